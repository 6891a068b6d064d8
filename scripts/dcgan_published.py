#!/usr/bin/python3
"""Whether the published DCGAN diverges for good on these pictures: its first epoch in plain PyTorch.

    /usr/bin/python3 scripts/dcgan_published.py PICTURES.zip

As the notebook has it: reals in [0, 1] against a tanh, a sigmoid and BCELoss, Adam at 0.0005, batch 32, normal 0.02.
Needs Debian's python3-torch and python3-pil. Prints losses and probabilities; docs/experiments.md tells what came of it.
"""
import io
import random
import sys
import zipfile

import numpy as np
import torch
from PIL import Image
from torch import nn

BATCH, SIZE = 32, 64


def picture(archive, name):
    image = Image.open(io.BytesIO(archive.read(name))).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR)
    return torch.from_numpy(np.asarray(image, np.float32) / 255).permute(2, 0, 1)


def networks():
    g, d = [], []
    for i, (a, b) in enumerate([(100, 512), (512, 256), (256, 128), (128, 64), (64, 3)]):
        g.append(nn.ConvTranspose2d(a, b, 4, 1 if i == 0 else 2, 0 if i == 0 else 1, bias=False))
        g += [nn.BatchNorm2d(b), nn.ReLU()] if i < 4 else [nn.Tanh()]
    for i, (a, b) in enumerate([(3, 64), (64, 128), (128, 256), (256, 512), (512, 1)]):
        d.append(nn.Conv2d(a, b, 4, 2 if i < 4 else 1, 1 if i < 4 else 0, bias=False))
        d += [nn.BatchNorm2d(b)] if 0 < i < 4 else []
        d.append(nn.LeakyReLU(0.2) if i < 4 else nn.Sigmoid())
    g, d = nn.Sequential(*g), nn.Sequential(*d)
    for module in [*g, *d]:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.02)
    return g, d


def main():
    archive = zipfile.ZipFile(sys.argv[1])
    names = sorted(n for n in archive.namelist() if n.lower().endswith((".jpg", ".png")))
    torch.manual_seed(0)
    random.seed(0)
    random.shuffle(names)
    g, d = networks()
    adam_g, adam_d = (torch.optim.Adam(n.parameters(), 5e-4, (0.5, 0.999)) for n in (g, d))
    loss, ones, zeros = nn.BCELoss(), torch.ones(BATCH), torch.zeros(BATCH)
    for step in range(min(148, len(names) // BATCH)):
        x = torch.stack([picture(archive, n) for n in names[step * BATCH : (step + 1) * BATCH]])
        z = torch.randn(BATCH, 100, 1, 1)
        adam_g.zero_grad()
        loss_g = loss(d(g(z)).flatten(), ones)
        loss_g.backward()
        adam_g.step()
        adam_d.zero_grad()
        real, fake = d(x).flatten(), d(g(z).detach()).flatten()
        loss_d = (loss(real, ones) + loss(fake, zeros)) / 2
        loss_d.backward()
        adam_d.step()
        if step < 20 or step % 8 == 0:
            means = f"D(x) {real.mean():.2f} D(G(z)) {fake.mean():.2f}"
            print(f"step {step + 1}: loss G {loss_g:.2f} D {loss_d:.2f} {means}", flush=True)


if __name__ == "__main__":
    main()
