"""Pictures a second of training on this machine, in float32 and with mixed precision. It needs no project.

  python3 scripts/pytorch bench [--seconds 5] [--batches 8,64,256] [--size 64] [--recipe best|paper]

The networks have random weights and the pictures are noise, which takes the same time. The first steps are not counted.
"""
import argparse
import time

import torch

from checkpoint import State, options_of
from core_random import Rng
from networks import Discriminator, Generator
from project import on_device
from tensor_file import bytes_of
from train import Training

# Settings that make the speed: wasm/run/recipes.js.
RECIPES = {
    "best": dict(width=24, width_d=16, first_input="latent", pixel_norm=1, mapping_layers=2, mapping_rate=0.1, w_norm=1,
                 g_norm="batch", upsampling="nearest", spectral_norm="none", batch=8, ema=10000, augment_translation=1, flip=1,
                 reuse_fake=1),
    "paper": dict(),
}


def checkpoint(recipe, size, batch):
    """The bytes of a new training's checkpoint. PyTorch's initial values, not the engine's."""
    settings = {**RECIPES[recipe], "image_size": size, **({"batch": batch} if batch else {})}
    metadata = {"format": "ssdgan-checkpoint", "step": "0", "epoch": "0", "step_in_epoch": "0",
                "random": ",".join(f"{word:016x}" for word in Rng(0, 12).s), **{k: str(v) for k, v in settings.items()}}
    o = options_of(metadata)
    networks = {"generator.": Generator(o), "discriminator.": Discriminator(o)}
    tensors = {prefix + name: tensor for prefix, network in networks.items() for name, tensor in network.state_dict().items()}
    if o.ema:
        tensors.update({"average." + name: tensor for name, tensor in networks["generator."].state_dict().items()})
    return bytes_of(tensors, metadata)


def speed(training, seconds):
    wait = torch.cuda.synchronize if training.device.type == "cuda" else lambda: None
    for _ in range(5):
        training.step()
    wait()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        training.step()
        steps += 1
        if steps % 20 == 0:
            wait()  # so that no long queue of work is left at the end
    wait()
    return steps * training.batches * training.o.batch / (time.perf_counter() - began)


def main(arguments):
    p = argparse.ArgumentParser("pytorch bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--batches", default="8,64,256")
    p.add_argument("--size", type=int, default=64)
    p.add_argument("--recipe", choices=list(RECIPES), default="best")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args(arguments)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = True, False
    name = torch.cuda.get_device_name() if a.device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"PyTorch {torch.__version__}, {name}; recipe {a.recipe}, {a.size} x {a.size}")
    noise = torch.randint(0, 256, (2000, a.size, a.size, 3), dtype=torch.uint8).numpy()
    pictures = on_device(noise, a.device)
    for batch in map(int, a.batches.split(",")):
        for amp in (False, True):
            training = Training(State(checkpoint(a.recipe, a.size, batch), a.device), pictures, device=a.device, amp=amp)
            print(f"batch {batch:4}, {'mixed  ' if amp else 'float32'}: {speed(training, a.seconds):8.0f} pictures a second", flush=True)
