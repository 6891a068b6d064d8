"""Makes files for `ssdgan verify`: training steps of the reference networks, computed by PyTorch.

Computes in float64 by default and stores float32, so that the file is the better truth.

  /usr/bin/python3 scripts/pytorch verify --out FILE [--image-size 64] [--batch 4] [--steps 3] [--dtype float64] ...
"""
import argparse
import copy

import torch
from torch import nn
from torch.nn import functional as F

from networks import DcganGenerator, Discriminator, Generator, state_of
from step import draw_shifts, follow, optimisers_of, shifted, training_step
from tensor_file import write_safetensors


def build(o):
    torch.manual_seed(o.seed)
    g = DcganGenerator(o) if o.model == "dcgan" else Generator(o)
    d = Discriminator(o)
    for network in (g, d):
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d) and module.affine:  # off their neutral values, so that mistakes show
                nn.init.normal_(module.weight, 1, 0.1)
                nn.init.normal_(module.bias, 0, 0.1)
            elif o.model == "dcgan" and hasattr(module, "weight") and module.weight.dim() == 4:
                nn.init.normal_(module.weight, 0, 0.02)
    # float32 values, which the file can hold exactly, then the precision of the computation
    return g.to(getattr(torch, o.dtype)), d.to(getattr(torch, o.dtype))


def run(o):
    g, d = build(o)
    dtype = getattr(torch, o.dtype)
    count = lambda m: sum(p.numel() for p in m.parameters())
    print(f"{o.out}: generator {count(g):,} parameters, discriminator {count(d):,}")
    if (o.image_size, o.width, o.width_max, o.latent, o.model, o.no_adain, o.shared_mapping) == (
            64, 64, 512, 100, "ssd", False, False):
        assert count(g) == 3809204 and count(d) == 2765568
    tensors = {**state_of("generator.", g), **state_of("discriminator.", d)}
    optimisers = optimisers_of(o, g, d)
    random, average = torch.Generator().manual_seed(o.seed), copy.deepcopy(g)
    for step in range(o.steps):
        z = torch.randn(o.batch * (2 if o.style_mixing else 1), o.latent)
        coarse = torch.randn(o.batch, 3, o.image_size // 4, o.image_size // 4)
        real = torch.tanh(F.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False))
        tensors[f"z.{step}"], tensors[f"real.{step}"] = z, real
        noise = mix = shifts = None
        if o.noise:
            noise = torch.randn(1, o.batch * 16 * (4 ** (o.image_size.bit_length() - 3) - 1) // 3)
            tensors[f"noise.{step}"], noise = noise, noise[0].to(dtype)
        if o.style_mixing:
            mix = torch.randint(1, o.image_size.bit_length() - 3, (o.batch,))
            mix[torch.rand(o.batch) > o.style_mixing] = o.image_size.bit_length() - 3
            tensors[f"mix.{step}"] = mix
        if o.augment_translation:
            shifts = draw_shifts(o, random)
            tensors[f"augment.{step}"] = shifts
            shifts = shifts.reshape(3, o.batch, 2)
        z, real = z.to(dtype), real.to(dtype)
        seen = lambda x, use: shifted(x, shifts[use]) if o.augment_translation else x

        told = tensors.update if step == 0 else lambda results: None

        def after_g():
            if o.ema:
                follow(o, average, g, (step + 1) * o.batch, o.batch)
                tensors.update(state_of(f"after.{step}.average.", average))

        g_loss, d_loss, *_ = training_step(o, g, d, optimisers, z, real, step, seen, told, after_g,
                                           make=lambda: g(z, noise, mix) if o.model == "ssd" else g(z))

        tensors[f"loss.g.{step}"], tensors[f"loss.d.{step}"] = g_loss, d_loss
        tensors.update(state_of(f"after.{step}.generator.", g))
        tensors.update(state_of(f"after.{step}.discriminator.", d))
        print(f"  step {step}: loss G {g_loss:.6f}, D {d_loss:.6f}")
    parts = ["mapping", "l1", "l2", "l3", "l4", "l5", "l6"]
    options = {k: v for k, v in {
        "ema": o.ema,
        "lr_g": o.lr_g, "lr_d": o.lr_d, "r1": o.r1, "r1_interval": o.r1_interval if o.r1 else 0,
        "freeze": sum(1 << parts.index(p) for p in o.freeze.split(",") if p), "freeze_d": o.freeze_d}.items() if v}
    options.update({"ema_ramp": o.ema_ramp} if o.ema else {})
    for name in ("augment_translation", "mapping_layers", "mapping_rate", "pixel_norm", "w_norm", "equalised", "noise", "upsampling", "downsampling",
                 "d_norm", "minibatch_std", "style_mixing", "first_input", "g_norm", "width_d"):
        if getattr(o, name) != parser().get_default(name):
            options[name] = int(getattr(o, name)) if isinstance(getattr(o, name), bool) else getattr(o, name)
    write_safetensors(o.out, tensors, {
        "format": "ssdgan-verify", "model": o.model, "image_size": str(o.image_size), "batch": str(o.batch),
        "steps": str(o.steps), "shared_mapping": str(int(o.shared_mapping)), "reuse_fake": str(int(o.reuse_fake)),
        "lr": repr(o.lr), "beta1": repr(o.beta1), "beta2": repr(o.beta2), "eps": repr(o.eps),
        **{k: str(v) for k, v in options.items()}})


def parser():
    p = argparse.ArgumentParser("pytorch verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--model", choices=["ssd", "dcgan"], default="ssd")
    p.add_argument("--image-size", type=int, default=64)
    p.add_argument("--width", type=int, default=64)
    p.add_argument("--width-max", type=int, default=512)
    p.add_argument("--latent", type=int, default=100)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--steps", type=int, default=3)
    p.add_argument("--shared-mapping", action="store_true")
    p.add_argument("--reuse-fake", action="store_true")
    p.add_argument("--no-adain", action="store_true")
    p.add_argument("--spectral", choices=["none", "paper"])
    p.add_argument("--seed", type=int, default=13, help="the default meets no kink at full size (docs/verify.md)")
    p.add_argument("--lr", type=float, default=0.0005)
    p.add_argument("--beta1", type=float, default=0.5)
    p.add_argument("--beta2", type=float, default=0.999)
    p.add_argument("--eps", type=float, default=1e-2, help="large on purpose: Adam's first update is sign-like")
    p.add_argument("--ema", type=float, default=0)
    p.add_argument("--ema-ramp", type=float, default=0.05)
    p.add_argument("--lr-g", type=float, default=0)
    p.add_argument("--lr-d", type=float, default=0)
    p.add_argument("--r1", type=float, default=0)
    p.add_argument("--r1-interval", type=int, default=1)
    p.add_argument("--freeze", default="", help="some of mapping,l1,l2,...")
    p.add_argument("--freeze-d", type=int, choices=[0, 1], default=0)
    p.add_argument("--mapping-layers", type=int, default=4)
    p.add_argument("--mapping-rate", type=float, default=1.0)
    for name in ("augment-translation", "pixel-norm", "w-norm", "equalised", "noise", "minibatch-std"):
        p.add_argument(f"--{name}", action="store_true")
    p.add_argument("--upsampling", choices=["transposed", "nearest", "bilinear"], default="transposed")
    p.add_argument("--downsampling", choices=["strided", "average"], default="strided")
    p.add_argument("--d-norm", choices=["batch", "none"], default="batch")
    p.add_argument("--style-mixing", type=float, default=0)
    p.add_argument("--first-input", choices=["constant", "latent"], default="constant")
    p.add_argument("--g-norm", choices=["instance", "batch"], default="instance")
    p.add_argument("--width-d", type=int, default=0)
    p.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    return p


def options_of(arguments=None):
    options = parser().parse_args(arguments)
    options.spectral = options.spectral or ("none" if options.model == "dcgan" else "paper")
    return options


def main(arguments):
    run(options_of(arguments))
