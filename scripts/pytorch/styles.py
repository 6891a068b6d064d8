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

and tests/golden/truncation.safetensors: a tiny generator whose first layer sees w, its typical face and truncated w, against
which tests/native/test_truncation.c judges the C core.

  model tensors            as PyTorch's state_dict
  typical                  L: the w of the typical face, a seed of 0 to 599 (typical_of)
  psis                     N
  truncated                N x L: w of the seeds 0 .. N - 1, each truncated by its psi

  /usr/bin/python3 scripts/pytorch styles [FOLDER]
"""
import os

import numpy as np
import torch
from torch.nn import functional as F

from core_random import Rng
from networks import Generator
from tensor_file import write_safetensors
from verify import options_of

LATENTS = 1  # the stream of z (STREAM_LATENTS)


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


def typical_of(w, images):
    """All pictures are averaged down to a quarter of the side. Of the 30 whose grey values correlate most with those of
    the mean of all, the w of the one that is nearest to that mean."""
    small = F.avg_pool2d(images, 4)
    mean = small.mean(0)
    grey = torch.cat([small, mean[None]]).mean(1).flatten(1)
    likeness = torch.corrcoef(grey)[-1, :-1]
    order = likeness.argsort(descending=True)
    distances = ((small - mean) ** 2).sum(dim=(1, 2, 3))[order[:30]]
    first, second = distances.sort().values[:2]
    assert second > 1.001 * first and likeness[order[29]] > likeness[order[30]] + 1e-5, "take another seed for the model"
    return w[order[distances.argmin()]]


def truncate(typical, w, psi):
    """Directions along the great circle, lengths linearly."""
    a, b = typical / typical.norm(), w / w.norm()
    angle = torch.acos(a @ b)
    direction = (torch.sin((1 - psi) * angle) * a + torch.sin(psi * angle) * b) / torch.sin(angle)
    return direction * torch.lerp(typical.norm(), w.norm(), psi.clamp(0, 1))


def make_truncation(out):
    """Styles of variance 1 from a mapping, each stage modulated (g_norm batch), running statistics from 512 latents."""
    o = options_of(
        ["--out", "-", "--image-size", "32", "--width", "4", "--width-max", "8", "--latent", "10", "--mapping-layers", "2",
         "--pixel-norm", "--w-norm", "--first-input", "latent", "--g-norm", "batch"])
    torch.manual_seed(6)
    g = Generator(o)
    for module in g.modules():
        if hasattr(module, "momentum"):
            module.momentum = None  # plain means over all batches
    with torch.no_grad():
        g(torch.randn(512, o.latent))
        for tensor in g.state_dict().values():  # what float32 holds
            tensor.copy_(tensor.float())
        g.eval()
        w = g.mapper(torch.tensor(np.stack([Rng(seed, LATENTS).normal(o.latent) for seed in range(600)])).double())
        typical = typical_of(w, g.synthesise(w))
        psis = torch.tensor([-2, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 2])
        truncated = torch.stack([truncate(typical, *row) for row in zip(w, psis)])
    tensors = {k: v for k, v in g.state_dict().items() if "num_batches_tracked" not in k}
    tensors |= {"typical": typical, "psis": psis, "truncated": truncated}
    write_safetensors(out, tensors, {
        "format": "ssdgan-styles", "mapping_layers": "2", "pixel_norm": "1", "w_norm": "1", "first_input": "latent",
        "g_norm": "batch"})


def make_styles(out):
    o = options_of(["--out", "-", "--image-size", "32", "--width", "4", "--width-max", "12", "--latent", "9"])
    torch.manual_seed(5)
    g = Generator(o)
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
    write_safetensors(out, tensors, {"format": "ssdgan-styles"})


def main(arguments):
    torch.set_default_dtype(torch.float64)
    folder = arguments[0] if arguments else "tests/golden"
    make_styles(os.path.join(folder, "styles.safetensors"))
    make_truncation(os.path.join(folder, "truncation.safetensors"))
