"""safetensors files, with the metadata and the checksum of ours (src/file), without the package safetensors."""
import json
import os
import struct

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64, "U8": torch.uint8}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
MASK = (1 << 64) - 1
PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
NO_DIGITS = "0" * 16


def tensors_in(data):
    """{name: tensor} and {name: text} of the metadata."""
    data = bytearray(data)
    (length,) = struct.unpack("<Q", data[:8])
    header, tensors = json.loads(data[8 : 8 + length]), {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            flat = torch.frombuffer(data[start:end], dtype=DTYPES[entry["dtype"]]) if end > start else torch.empty(0)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors, header.get("__metadata__", {})


def load_file(path):
    """What safetensors.torch.load_file does: {name: tensor}."""
    with open(path, "rb") as file:
        return tensors_in(file.read())[0]


def metadata(path):
    """{name: text}: the settings that a model was trained with."""
    with open(path, "rb") as file:
        return tensors_in(file.read())[1]


def bytes_of(tensors, metadata):
    """The file. Floats of any precision become float32. A `checksum` in the metadata gets its digits here."""
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu()
        tensor = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
        blob = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(blobs)
    return with_checksum(data) if "checksum" in metadata else data


def write_safetensors(path, tensors, metadata):
    """All tensors as float32."""
    with open(path, "wb") as out:
        out.write(bytes_of({name: tensor.to(torch.float32) for name, tensor in tensors.items()}, metadata))


def digits_at(data):
    """Where the checksum's 16 digits stand; -1: there are none."""
    (length,) = struct.unpack("<Q", data[:8])
    key = data.find(b'"checksum"', 8, 8 + length)
    return -1 if key < 0 else data.index(b'"', data.index(b":", key)) + 1


def with_checksum(data):
    at = digits_at(data)
    data = data[:at] + NO_DIGITS.encode() + data[at + 16 :]
    return data[:at] + b"%016x" % xxh64(data) + data[at + 16 :]


def is_whole(data):
    """Whether a file has all its bytes, and agrees with its checksum where it has one."""
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        last = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    except (ValueError, struct.error):
        return False
    return len(data) == 8 + length + last and (digits_at(data) < 0 or with_checksum(data) == data)


def xxh64(data):
    """XXH64 with seed 0 (src/file/checksum.h). 94 MB take 5 seconds."""
    p0, p1, p2, p3, p4 = PRIMES
    mask = MASK
    rotate = lambda x, bits: ((x << bits) | (x >> (64 - bits))) & mask
    mix = lambda lane, word: rotate((lane + word * p1) & mask, 31) * p0 & mask
    whole, hash_ = len(data) // 32 * 32, p4
    if whole:
        a, b, c, d = (p0 + p1) & mask, p1, 0, -p0 & mask
        for w, x, y, z in struct.iter_unpack("<4Q", memoryview(data)[:whole]):
            a = (a + w * p1) & mask
            a = ((a << 31) | (a >> 33)) * p0 & mask
            b = (b + x * p1) & mask
            b = ((b << 31) | (b >> 33)) * p0 & mask
            c = (c + y * p1) & mask
            c = ((c << 31) | (c >> 33)) * p0 & mask
            d = (d + z * p1) & mask
            d = ((d << 31) | (d >> 33)) * p0 & mask
        hash_ = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) & mask
        for lane in (a, b, c, d):
            hash_ = ((hash_ ^ mix(0, lane)) * p0 + p3) & mask
    hash_ = (hash_ + len(data)) & mask
    rest = data[whole:]
    while len(rest) >= 8:
        hash_ = (rotate(hash_ ^ mix(0, int.from_bytes(rest[:8], "little")), 27) * p0 + p3) & mask
        rest = rest[8:]
    if len(rest) >= 4:
        hash_ = (rotate(hash_ ^ (int.from_bytes(rest[:4], "little") * p0 & mask), 23) * p1 + p2) & mask
        rest = rest[4:]
    for byte in rest:
        hash_ = rotate(hash_ ^ (byte * p4 & mask), 11) * p0 & mask
    hash_ = (hash_ ^ hash_ >> 33) * p1 & mask
    hash_ = (hash_ ^ hash_ >> 29) * p2 & mask
    return hash_ ^ hash_ >> 32


def write_whole(path, data):
    """Writes a file whole or not at all."""
    temporary = f"{path}.part"
    with open(temporary, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
