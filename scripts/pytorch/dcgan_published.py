"""Whether the published DCGAN diverges for good on these pictures: its first epoch, as the notebook has it: reals in [0, 1]
against a tanh, a sigmoid and BCELoss, Adam at 0.0005, batch 32, normal 0.02.

  /usr/bin/python3 scripts/pytorch dcgan_published PICTURES.zip

Needs Pillow. Prints losses and probabilities; docs/experiments.md tells what came of it.
"""
import io
import random
import zipfile

import numpy as np
import torch
from PIL import Image
from torch import nn

from networks import DcganGenerator, Discriminator
from verify import options_of

BATCH, SIZE = 32, 64


def picture(archive, name):
    image = Image.open(io.BytesIO(archive.read(name))).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR)
    return torch.from_numpy(np.asarray(image, np.float32) / 255).permute(2, 0, 1)


def networks():
    o = options_of(["--out", "-", "--model", "dcgan"])
    g, d = DcganGenerator(o), nn.Sequential(Discriminator(o), nn.Sigmoid())
    for module in [*g.modules(), *d.modules()]:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.02)
    return g, d


def main(arguments):
    archive = zipfile.ZipFile(arguments[0])
    names = sorted(n for n in archive.namelist() if n.lower().endswith((".jpg", ".png")))
    torch.manual_seed(0)
    random.seed(0)
    random.shuffle(names)
    g, d = networks()
    adam_g, adam_d = (torch.optim.Adam(n.parameters(), 5e-4, (0.5, 0.999)) for n in (g, d))
    loss, ones, zeros = nn.BCELoss(), torch.ones(BATCH), torch.zeros(BATCH)
    for step in range(min(148, len(names) // BATCH)):
        x = torch.stack([picture(archive, n) for n in names[step * BATCH : (step + 1) * BATCH]])
        z = torch.randn(BATCH, 100)
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
