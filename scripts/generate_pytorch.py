#!/usr/bin/python3
"""Renders latents with a model of ssdgan in PyTorch, to compare with `ssdgan generate --w FILE --out X.safetensors`.

  scripts/generate_pytorch.py MODEL.safetensors LATENTS.safetensors OUT.safetensors

Needs Debian's python3-torch (/usr/bin/python3). LATENTS holds a tensor z or w, N x 100; OUT gets images, N x 3 x H x W.
"""
import json
import struct
import sys
from argparse import Namespace

import torch

from make_verify import DcganGenerator, Generator, write_safetensors

DTYPES = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}


def read(path):
    """A safetensors file's header and all of its bytes."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data, 8 + length


def load_file(path):
    """What safetensors.torch.load_file does: {name: tensor}."""
    header, data, begin = read(path)
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (begin + offset for offset in entry["data_offsets"])
            tensors[name] = torch.frombuffer(data[start:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def metadata(path):
    """{name: text}: the settings that a model was trained with."""
    return read(path)[0].get("__metadata__", {})


def generator_for(state, settings):
    """The reference network with the sizes of this state, and the settings that no tensor tells."""
    dcgan = "model.0.weight" in state
    first = state["model.0.weight" if dcgan else "conv_l1.weight"]
    layers = [w for n, w in state.items() if w.dim() == 4]
    upsampling = settings.get("upsampling", "transposed")
    options = Namespace(
        latent=first.shape[0], width=layers[-1].shape[0 if upsampling == "transposed" else 1], width_max=first.shape[1], image_size=4 << (len(layers) - 1),
        shared_mapping="mapper.linear.weight" in state, no_adain="ada_l1.style_scale.weight" not in state,
        first_input="constant" if "starting_const" in state else "latent",
        g_norm="batch" if "bn_l1.running_mean" in state else "instance", noise="noise_l1.strength" in state,
        mapping_layers=int(settings.get("mapping_layers", 4)), pixel_norm=settings.get("pixel_norm") == "1",
        upsampling=upsampling)
    return (DcganGenerator if dcgan else Generator)(options)


def main():
    model, latents, out = sys.argv[1:4]
    state = load_file(model)
    generator = generator_for(state, metadata(model))
    generator.load_state_dict(state)  # the one call
    generator.eval()
    inputs = load_file(latents)
    with torch.no_grad():
        images = generator(inputs["z"]) if "z" in inputs else generator.synthesise(inputs["w"])
    write_safetensors(out, {"images": images}, {"format": "ssdgan-images"})


if __name__ == "__main__":
    main()
