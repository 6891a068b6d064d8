#!/usr/bin/python3
"""Makes tests/golden/styles.safetensors: a tiny generator with styles stage by stage (w+), and what PyTorch and numpy
make of it in float64, against which tests/native/test_latent.c judges the C core.

  model tensors            as PyTorch's state_dict
  styles                   N x S x L
  images                   N x 3 x H x W, from the styles
  target                   H x W x 3, whole levels 0..255
  losses, dstyles          the projection's loss of each picture (the header of src/tools/projection.h has the
                           formula) and the gradient by its styles
  losses.w, dw             the same with stage 0's style everywhere: N, N x L
  eigenvalues, directions  SeFa over all stages, largest first, rows of unit length whose largest element is positive
  eigenvalues.coarse, directions.coarse    over the first stage alone

Run it with /usr/bin/python3 (Debian's python3-torch, python3-numpy).
"""
import os
import sys

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_verify  # noqa: E402


def synthesise(g, styles):
    """styles: N x S x L."""
    x = g.starting_const[None].expand(len(styles), -1, -1, -1)
    for i in range(g.stages):
        x = getattr(g, f"conv_l{i + 1}")(x)
        x = F.relu(getattr(g, f"ada_l{i + 1}")(x, styles[:, i]))
    return torch.tanh(getattr(g, f"conv_l{g.stages + 1}")(x))


def pyramid_losses(images, target):
    """Mean squared difference, summed over the levels of halved pictures down to 4 x 4."""
    difference, total = images - target, 0
    while difference.shape[-1] >= 4:
        total = total + (difference**2).mean(dim=(1, 2, 3))
        difference = F.avg_pool2d(difference, 2)
    return total


def directions(g, stages):
    rows = []
    for i in stages:
        layer = getattr(g, f"ada_l{i + 1}")
        rows += [layer.style_scale.weight.detach().numpy(), layer.style_bias.weight.detach().numpy()]
    a = np.concatenate(rows)
    values, vectors = np.linalg.eigh(a.T @ a)
    order = np.argsort(-values)
    rows = vectors.T[order]
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    return torch.tensor(values[order].copy()), torch.tensor(rows * signs[:, None])


def main():
    torch.set_default_dtype(torch.float64)
    o = make_verify.options_of(["--out", "-", "--image-size", "32", "--width", "4", "--width-max", "12", "--latent", "9"])
    torch.manual_seed(5)
    g = make_verify.Generator(o)
    for p in g.parameters():  # what float32 holds
        p.data = p.data.float().double()
    n = 3
    styles = torch.randn(n, g.stages, o.latent).float().double().requires_grad_()
    target = torch.randint(0, 256, (32, 32, 3))
    wanted = (target.permute(2, 0, 1) / 127.5 - 1)[None]
    images = synthesise(g, styles)
    losses = pyramid_losses(images, wanted)
    (dstyles,) = torch.autograd.grad(losses.sum(), styles)
    w = styles[:, 0].detach().requires_grad_()
    losses_w = pyramid_losses(synthesise(g, w[:, None].expand(-1, g.stages, -1)), wanted)
    (dw,) = torch.autograd.grad(losses_w.sum(), w)
    values, vectors = directions(g, range(g.stages))
    coarse_values, coarse_vectors = directions(g, [0])
    tensors = dict(g.state_dict())
    tensors |= {"styles": styles, "images": images, "target": target, "losses": losses, "dstyles": dstyles}
    tensors |= {"losses.w": losses_w, "dw": dw, "eigenvalues": values, "directions": vectors}
    tensors |= {"eigenvalues.coarse": coarse_values, "directions.coarse": coarse_vectors}
    out = sys.argv[1] if len(sys.argv) > 1 else "tests/golden/styles.safetensors"
    make_verify.write_safetensors(out, tensors, {"format": "ssdgan-styles"})


if __name__ == "__main__":
    main()
