"""A project of the page or the terminal (wasm/run/store.js names its files): a folder, or its zip. It is read, and written back
so that page and terminal go on with it."""
import atexit
import datetime
import json
import os
import socket
import zipfile

import numpy as np
import torch

from tensor_file import is_whole, tensors_in, write_whole

PROJECT, PICTURES, LOG, MODEL, LOCK = "project.json", "pictures.safetensors", "log.jsonl", "model.safetensors", ".lock"
SLOTS = ("checkpoint-a.safetensors", "checkpoint-b.safetensors")


class Folder:
    def __init__(self, path):
        self.path = path

    def read(self, name):
        file = os.path.join(self.path, name)
        if not os.path.exists(file):
            return None
        with open(file, "rb") as opened:
            return opened.read()

    def save(self, files, removed):
        """In their order, each whole or not at all."""
        for name, data in files.items():
            write_whole(os.path.join(self.path, name), data)
        for name in removed:
            if os.path.exists(os.path.join(self.path, name)):
                os.remove(os.path.join(self.path, name))

    def hold(self):
        """Keeps other trainings out of the folder (wasm/cli/lock.js)."""
        file, pid = os.path.join(self.path, LOCK), os.getpid()
        mine = {"pid": pid, "host": socket.gethostname(), "boot": text_of("/proc/sys/kernel/random/boot_id"), "started": start_of(pid)}
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            raise SystemExit(f"{self.path} is in use: a training runs there. Wait for it; if none does, remove {file}.") from None
        with os.fdopen(handle, "w") as lock:
            lock.write(json.dumps({**mine, "since": now()}) + "\n")
        atexit.register(lambda: os.path.exists(file) and os.remove(file))


class Zip:
    """Is written as another zip."""

    def __init__(self, path, out):
        self.out = out
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            notes = [name for name in names if name == PROJECT or name.endswith("/" + PROJECT)]
            if not notes:
                raise SystemExit(f"{path} holds no project of ssdgan.")
            folder = min(notes, key=len)[: -len(PROJECT)]
            self.files = {name[len(folder) :]: archive.read(name) for name in names if name.startswith(folder)}

    def read(self, name):
        return self.files.get(name)

    def save(self, files, removed):
        self.files.update(files)
        for name in removed:
            self.files.pop(name, None)
        temporary = self.out + ".part"
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, data in self.files.items():
                archive.writestr(name, data)
        os.replace(temporary, self.out)

    def hold(self):
        pass


def text_of(file):
    if not os.path.exists(file):
        return None
    with open(file, encoding="utf8") as opened:
        return opened.read().strip()


def start_of(pid):
    stat = text_of(f"/proc/{pid}/stat")
    return stat[stat.rindex(")") + 2 :].split(" ")[19] if stat else None


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def fingerprint(pictures):
    """Of all bytes (src/data/dataset.c): 1.5 seconds for 2,000 pictures of 64 x 64."""
    count, size = pictures.shape[:2]
    data, hash_ = pictures.tobytes(), 0xCBF29CE484222325 ^ (size << 32 | count)
    for word in np.frombuffer(data + bytes(-len(data) % 8), "<u8").tolist():
        hash_ = (hash_ ^ word) * 0x100000001B3 & (1 << 64) - 1
        hash_ ^= hash_ >> 29
    return (hash_ ^ hash_ >> 53) & (1 << 53) - 1


def pictures_in(folder):
    """Each PNG and JPEG of a folder by name, H x W x 3 bytes."""
    try:
        from PIL import Image  # here only: a project with its pictures needs no Pillow
    except ImportError:
        raise SystemExit("Reading pictures needs Pillow. Install it (Debian: apt-get install python3-pil).") from None
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith((".png", ".jpg", ".jpeg")))
        pictures = [np.asarray(Image.open(os.path.join(folder, name)).convert("RGB")) for name in names]
    except OSError as error:
        raise SystemExit(f"The pictures in {folder} cannot be read: {error.strerror or error}.") from None
    if not pictures:
        raise SystemExit(f"There are no PNG or JPEG pictures in {folder}.")
    return pictures


class Project:
    def __init__(self, path, out=None):
        if not os.path.exists(path):
            raise SystemExit(f"There is no project {path}.")
        if os.path.isfile(path) and not out:
            raise SystemExit("A zip goes on as another zip: name it with --out.")
        if os.path.isdir(path) and out:
            raise SystemExit("A folder goes on in its place: leave out --out, or copy it first.")
        self.path, self.store = path, Folder(path) if os.path.isdir(path) else Zip(path, out)
        self.hold = self.store.hold
        self.about = json.loads(self.store.read(PROJECT) or "{}")

    def checkpoint(self):
        """The bytes of the newest checkpoint that is whole."""
        found = [(name, self.store.read(name)) for name in SLOTS]
        steps = {name: float(tensors_in(data)[1]["step"]) for name, data in found if data and is_whole(data)}
        if not steps:
            raise SystemExit(f"{self.path} holds no checkpoint to go on from.")
        self.slot = max(steps, key=steps.get)
        return self.store.read(self.slot)

    def pictures(self, wanted, folder=None):
        """N x H x W x 3 bytes. wanted: the fingerprint of those that the training began with."""
        kept = self.store.read(PICTURES)
        if folder is None and kept is None:
            doodles = self.about.get("doodles")
            what = (f"trains on {doodles} doodles. Draw them (ssdgan doodles -n {doodles} --size ... --out FOLDER) and name them"
                    if doodles else "does not keep its pictures. Name a folder with them")
            raise SystemExit(f"The project {what} with --pictures FOLDER.")
        if folder is None:
            return tensors_in(kept)[0]["pictures"].numpy()
        found = pictures_in(folder)
        pictures = np.stack(found) if len({picture.shape for picture in found}) == 1 else None
        if pictures is None or (wanted and fingerprint(pictures) != wanted):
            raise SystemExit(f"The pictures in {folder} are not those that the training began with.")
        return pictures

    def save(self, state, events, command, total):
        """Everything that page and terminal need. events: of the steps since the last save."""
        plan = json.loads(state.metadata.get("plan") or "{}")
        lines = (self.store.read(LOG) or b"").decode().split("\n")[:-1]
        known = plan.get("logLines")
        lines = lines[: len(lines) if known is None else known] + [json.dumps(event, separators=(",", ":")) for event in events]
        state.metadata["plan"] = json.dumps({**plan, "logLines": len(lines)}, separators=(",", ":"), ensure_ascii=False)
        step = state.counters["step"]
        self.slot = SLOTS[1 - SLOTS.index(self.slot)]
        commands = self.about.get("commands", [])
        self.about.update(changed=now(), commands=commands if command in commands[-1:] else [*commands, command],
                          progress={"step": step, "total": total})
        files = {LOG: "".join(line + "\n" for line in lines).encode(), self.slot: state.checkpoint(state.metadata["plan"]),
                 MODEL: state.model(), PROJECT: (json.dumps(self.about, indent=2, ensure_ascii=False) + "\n").encode()}
        self.store.save(files, [SLOTS[1 - SLOTS.index(self.slot)]] if isinstance(self.store, Zip) else [])

    def total(self, state, steps_per_epoch):
        """Steps that the run has planned; None: it has not yet."""
        plan = json.loads(state.metadata.get("plan") or "{}")
        if plan.get("minutes") or not (plan.get("steps") or plan.get("epochs")):
            return None
        return plan.get("steps") or plan["epochs"] * steps_per_epoch


def on_device(pictures, device):
    """N x 3 x H x W bytes."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).to(device)
