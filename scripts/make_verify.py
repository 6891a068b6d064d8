#!/usr/bin/python3
"""Makes files for `ssdgan verify`: training steps of the reference network, computed by PyTorch.

The network is written here in plain PyTorch from the method (A. Garg, arXiv 2404.00597), independently of the C core.
Computes in float64 by default and stores float32, so that the file is the better truth. Needs Debian's python3-torch
(run it with /usr/bin/python3); no test needs it, for the small files are committed in tests/golden.

  scripts/make_verify.py --out FILE [--image-size 64] [--batch 4] [--steps 3] [--dtype float64] ...
"""
import argparse
import json
import struct

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm


class Mapping(nn.Module):
    """z -> w: normalise, then four times [Linear, LeakyReLU 0.2]."""

    def __init__(self, latent, shared):
        super().__init__()
        self.shared = shared
        if shared:
            self.linear = nn.Linear(latent, latent)
        else:
            for i in range(4):
                self.add_module(str(i), nn.Linear(latent, latent))

    def forward(self, z):
        x = F.normalize(z, dim=1)
        for i in range(4):
            x = F.leaky_relu((self.linear if self.shared else getattr(self, str(i)))(x), 0.2)
        return x


class AdaIN(nn.Module):
    def __init__(self, channels, latent):
        super().__init__()
        self.style_scale = nn.Linear(latent, channels)
        self.style_bias = nn.Linear(latent, channels)

    def forward(self, x, w):
        scale, bias = self.style_scale(w)[:, :, None, None], self.style_bias(w)[:, :, None, None]
        return scale * F.instance_norm(x, eps=1e-5) + bias


def channels_of(o):
    stages = o.image_size.bit_length() - 3
    inwards = [min(o.width << i, o.width_max) for i in range(stages)]
    return inwards[::-1], inwards


class Generator(nn.Module):
    def __init__(self, o):
        super().__init__()
        channels, _ = channels_of(o)
        self.adain, self.stages = not o.no_adain, len(channels)
        self.mapper = Mapping(o.latent, o.shared_mapping)
        if self.adain:
            self.starting_const = nn.Parameter(torch.randn(o.latent, 1, 1))
        for i, (a, b) in enumerate(zip([o.latent] + channels, channels + [3])):
            conv = nn.ConvTranspose2d(a, b, 4, 1 if i == 0 else 2, 0 if i == 0 else 1, bias=False)
            self.add_module(f"conv_l{i + 1}", conv)
            if i < self.stages and self.adain:
                self.add_module(f"ada_l{i + 1}", AdaIN(b, o.latent))
            elif i < self.stages:
                self.add_module(f"bn_l{i + 1}", nn.BatchNorm2d(b))

    def synthesise(self, w):
        x = self.starting_const[None].expand(len(w), -1, -1, -1) if self.adain else w[:, :, None, None]
        for i in range(1, self.stages + 1):
            x = getattr(self, f"conv_l{i}")(x)
            x = getattr(self, f"ada_l{i}")(x, w) if self.adain else getattr(self, f"bn_l{i}")(x)
            x = F.relu(x)
        return torch.tanh(getattr(self, f"conv_l{self.stages + 1}")(x))

    def forward(self, z):
        return self.synthesise(self.mapper(z))


class DcganGenerator(nn.Module):
    def __init__(self, o):
        super().__init__()
        channels, _ = channels_of(o)
        layers = []
        for i, (a, b) in enumerate(zip([o.latent] + channels, channels + [3])):
            layers.append(nn.ConvTranspose2d(a, b, 4, 1 if i == 0 else 2, 0 if i == 0 else 1, bias=False))
            layers += [nn.BatchNorm2d(b), nn.ReLU()] if i < len(channels) else [nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def synthesise(self, w):
        return self.model(w[:, :, None, None])

    forward = synthesise


class Discriminator(nn.Module):
    """Returns logits: the sigmoid is part of the loss."""

    def __init__(self, o):
        super().__init__()
        _, channels = channels_of(o)
        layers = []
        for i, (a, b) in enumerate(zip([3] + channels, channels)):
            conv = nn.Conv2d(a, b, 4, 2, 1, bias=False)
            normalise = o.spectral == "all" or (o.spectral == "paper" and i > 0)
            layers.append(spectral_norm(conv) if normalise else conv)
            layers += ([nn.BatchNorm2d(b)] if i > 0 else []) + [nn.LeakyReLU(0.2)]
        head = nn.Conv2d(channels[-1], 1, 4, 1, 0, bias=False)
        layers.append(spectral_norm(head) if o.spectral == "all" else head)
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x).flatten()


def write_safetensors(path, tensors, metadata):
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def state_of(prefix, module):
    return {prefix + k: v.clone() for k, v in module.state_dict().items() if "num_batches_tracked" not in k}


def gradients_of(prefix, module):
    return {prefix + k: p.grad.clone() for k, p in module.named_parameters()}


def build(o):
    torch.manual_seed(o.seed)
    g = DcganGenerator(o) if o.model == "dcgan" else Generator(o)
    d = Discriminator(o)
    for network in (g, d):
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):  # off their neutral values, so that mistakes show
                nn.init.normal_(module.weight, 1, 0.1)
                nn.init.normal_(module.bias, 0, 0.1)
            elif o.model == "dcgan" and hasattr(module, "weight") and module.weight.dim() == 4:
                nn.init.normal_(module.weight, 0, 0.02)
    # float32 values, which the file can hold exactly, then the precision of the computation
    return g.to(getattr(torch, o.dtype)), d.to(getattr(torch, o.dtype))


def training_step(g, d, g_optimiser, d_optimiser, z, real, reuse_fake, seen=None, frozen=False):
    """One step of the method: G's update, then D's. `seen`, if given, is called with {name: tensor} of results as they
    arise. `frozen` spares D's weight gradients in G's update, which nobody uses: the same results, sooner."""
    bce, one, zero = F.binary_cross_entropy_with_logits, torch.ones_like(z[:, 0]), torch.zeros_like(z[:, 0])

    d.requires_grad_(not frozen)
    fake = g(z)
    g_loss = bce(d(fake), one)
    g_optimiser.zero_grad()
    g_loss.backward()
    if seen:
        seen({"fake.0": fake, **gradients_of("grad.generator.", g)})
    g_optimiser.step()

    d.requires_grad_(True)
    d_optimiser.zero_grad()
    real_loss = bce(d(real), one)
    fake = fake.detach() if reuse_fake else g(z).detach()
    d_loss = (real_loss + bce(d(fake), zero)) / 2
    d_loss.backward()
    if seen:
        seen(gradients_of("grad.discriminator.", d))
    d_optimiser.step()
    return g_loss, d_loss


def optimisers(o, g, d):
    adam = dict(lr=o.lr, betas=(o.beta1, o.beta2), eps=o.eps)
    return torch.optim.Adam(g.parameters(), **adam), torch.optim.Adam(d.parameters(), **adam)


def run(o):
    g, d = build(o)
    dtype = getattr(torch, o.dtype)
    count = lambda m: sum(p.numel() for p in m.parameters())
    print(f"{o.out}: generator {count(g):,} parameters, discriminator {count(d):,}")
    if (o.image_size, o.width, o.width_max, o.latent, o.model, o.no_adain, o.shared_mapping) == (
            64, 64, 512, 100, "ssd", False, False):
        assert count(g) == 3809204 and count(d) == 2765568
    tensors = {**state_of("generator.", g), **state_of("discriminator.", d)}
    g_optimiser, d_optimiser = optimisers(o, g, d)
    for step in range(o.steps):
        z = torch.randn(o.batch, o.latent)
        coarse = torch.randn(o.batch, 3, o.image_size // 4, o.image_size // 4)
        real = torch.tanh(F.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False))
        tensors[f"z.{step}"], tensors[f"real.{step}"] = z, real
        z, real = z.to(dtype), real.to(dtype)

        seen = tensors.update if step == 0 else None
        g_loss, d_loss = training_step(g, d, g_optimiser, d_optimiser, z, real, o.reuse_fake, seen)

        tensors[f"loss.g.{step}"], tensors[f"loss.d.{step}"] = g_loss, d_loss
        tensors.update(state_of(f"after.{step}.generator.", g))
        tensors.update(state_of(f"after.{step}.discriminator.", d))
        print(f"  step {step}: loss G {g_loss:.6f}, D {d_loss:.6f}")
    write_safetensors(o.out, tensors, {
        "format": "ssdgan-verify", "model": o.model, "image_size": str(o.image_size), "batch": str(o.batch),
        "steps": str(o.steps), "shared_mapping": str(int(o.shared_mapping)), "reuse_fake": str(int(o.reuse_fake)),
        "lr": repr(o.lr), "beta1": repr(o.beta1), "beta2": repr(o.beta2), "eps": repr(o.eps)})


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    p.add_argument("--spectral", choices=["none", "paper", "all"])
    p.add_argument("--seed", type=int, default=4)
    p.add_argument("--lr", type=float, default=0.0005)
    p.add_argument("--beta1", type=float, default=0.5)
    p.add_argument("--beta2", type=float, default=0.999)
    p.add_argument("--eps", type=float, default=1e-2, help="large on purpose: Adam's first update is sign-like")
    p.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    return p


def options_of(arguments=None):
    options = parser().parse_args(arguments)
    options.spectral = options.spectral or ("none" if options.model == "dcgan" else "paper")
    return options


if __name__ == "__main__":
    run(options_of())
