#!/usr/bin/env python3
"""Faces of a model in PyTorch, 1.13 or newer:   python3 faces.py MODEL.safetensors [LATENTS.safetensors]

For models of the recipe `best`. Writes faces.ppm: 16 faces of random latents, or those of the tensor z (N x 100) of LATENTS.
"""
import json
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F


def load(path):
    """A safetensors file as {name: tensor}, and what it says about itself. `safetensors.torch.load_file` does the same."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    about = header.pop("__metadata__", {})
    kinds = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=kinds[entry["dtype"]]).reshape(entry["shape"]).clone()
    return tensors, about


class Mapping(nn.Sequential):
    """z to w: two layers, then mean 0 and variance 1."""

    def __init__(self, latent):
        super().__init__(nn.Linear(latent, latent), nn.Linear(latent, latent))
        self.norm = nn.BatchNorm1d(latent, affine=False)

    def forward(self, z):
        x = F.normalize(z, dim=1) * z.shape[1] ** 0.5
        for layer in (self[0], self[1]):
            x = F.leaky_relu(layer(x), 0.2)
        return self.norm(x)


class Style(nn.Module):
    def __init__(self, latent, channels):
        super().__init__()
        self.style_scale, self.style_bias = nn.Linear(latent, channels), nn.Linear(latent, channels)

    def forward(self, x, w):
        return self.style_scale(w)[:, :, None, None] * x + self.style_bias(w)[:, :, None, None]


class Generator(nn.Module):
    def __init__(self, latent, channels):
        super().__init__()
        self.stages = len(channels) - 1
        self.mapper = Mapping(latent)
        self.conv_l1 = nn.ConvTranspose2d(latent, channels[0], 4, bias=False)
        for i, channel in enumerate(channels[:-1], 1):
            self.add_module(f"bn_l{i}", nn.BatchNorm2d(channel, affine=False))
            self.add_module(f"ada_l{i}", Style(latent, channel))
            self.add_module(f"conv_l{i + 1}", nn.Conv2d(channel, channels[i], 3, padding=1, bias=False))

    def forward(self, z):
        """N x latent normal numbers to N x 3 x size x size pictures from -1 to 1."""
        w = self.mapper(z)
        x = self.conv_l1(w[:, :, None, None])
        for i in range(1, self.stages + 1):
            x = F.relu(getattr(self, f"ada_l{i}")(getattr(self, f"bn_l{i}")(x), w))
            x = getattr(self, f"conv_l{i + 1}")(F.interpolate(x, scale_factor=2))
        return torch.tanh(x)


def main():
    tensors, about = load(sys.argv[1])
    if about.get("g_norm") != "batch" or about.get("upsampling") != "nearest" or about.get("w_norm") != "1":
        sys.exit("This example knows models of the recipe best. scripts/pytorch in the repository knows all of them.")
    convolutions = [tensors[name] for name in sorted(tensors) if name.startswith("conv_l")]
    channels = [convolutions[0].shape[1]] + [weight.shape[0] for weight in convolutions[1:]]
    generator = Generator(convolutions[0].shape[0], channels)
    generator.load_state_dict({name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()})
    generator.eval()
    z = load(sys.argv[2])[0]["z"] if len(sys.argv) > 2 else torch.randn(16, convolutions[0].shape[0])
    with torch.no_grad():
        levels = ((generator(z) + 1) * 127.5).round().clamp(0, 255).byte()
    row = torch.cat(list(levels), dim=2)  # side by side
    with open("faces.ppm", "wb") as file:
        file.write(b"P6 %d %d 255\n" % (row.shape[2], row.shape[1]))
        file.write(bytes(row.permute(1, 2, 0).flatten().tolist()))
    print(f"faces.ppm: {len(z)} faces of {row.shape[1]} x {row.shape[1]} pixels")


if __name__ == "__main__":
    main()
