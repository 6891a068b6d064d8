"""The networks of docs/method.md in plain PyTorch, written from the method (A. Garg, arXiv 2404.00597) and independently of the
C core, which is checked against them (docs/verify.md). The names of the tensors are those of our files.

`o` holds the options under the names of verify.py.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize, spectral_norm


def option(o, name, without=0):
    """An option that whoever made `o` may not know."""
    return getattr(o, name, without)


class Scale(nn.Module):
    """Equalised learning rate (Karras et al. 2018): the layer computes with scale times what is trained."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return self.scale * x


def equalise(o, layer, gain, rate=1.0):
    """Makes a layer's weight one of unit normals times He's constant; `rate` is StyleGAN's lrmul."""
    if option(o, "equalised"):
        fan_in = layer.weight[0].numel()
        if isinstance(layer, nn.ConvTranspose2d):  # four of its sixteen weights meet at a pixel, or all make a map
            fan_in = layer.in_channels * (4 if layer.stride[0] == 2 else 1)
        nn.init.normal_(layer.weight, 0, 1 / rate)
        parametrize.register_parametrization(layer, "weight", Scale(rate * math.sqrt(gain / fan_in)), unsafe=True)
        if layer.bias is not None and rate != 1:
            parametrize.register_parametrization(layer, "bias", Scale(rate), unsafe=True)
    return layer


class Mapping(nn.Module):
    """z -> w: normalise, then four times [Linear, LeakyReLU 0.2]."""

    def __init__(self, o):
        super().__init__()
        self.shared, self.layers = o.shared_mapping, option(o, "mapping_layers", 4)
        self.latent, self.factor = o.latent, math.sqrt(o.latent) if option(o, "pixel_norm") else 1
        layer = lambda: equalise(o, nn.Linear(o.latent, o.latent), 2, option(o, "mapping_rate", 1.0))
        if self.shared:
            self.linear = layer()
        else:
            for i in range(self.layers):
                self.add_module(str(i), layer())
        if option(o, "w_norm"):
            self.norm = nn.BatchNorm1d(o.latent, affine=False)

    def forward(self, z):
        x = F.normalize(z, dim=1) * self.factor
        for i in range(self.layers):
            x = F.leaky_relu((self.linear if self.shared else getattr(self, str(i)))(x), 0.2)
        return self.norm(x) if hasattr(self, "norm") else x


class AdaIN(nn.Module):
    def __init__(self, o, channels, normalised=False):
        super().__init__()
        self.normalised = normalised
        self.style_scale = equalise(o, nn.Linear(o.latent, channels), 1)
        self.style_bias = equalise(o, nn.Linear(o.latent, channels), 1)

    def forward(self, x, w):
        scale, bias = self.style_scale(w)[:, :, None, None], self.style_bias(w)[:, :, None, None]
        return scale * (x if self.normalised else F.instance_norm(x, eps=1e-5)) + bias


class Noise(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.strength = nn.Parameter(torch.randn(channels) / 5)

    def forward(self, x, noise):
        return x + self.strength[None, :, None, None] * noise[:, None]


def channels_of(o):
    stages = o.image_size.bit_length() - 3
    inwards = lambda width: [min(width << i, o.width_max) for i in range(stages)]
    return inwards(o.width)[::-1], inwards(option(o, "width_d") or o.width)


class Generator(nn.Module):
    def __init__(self, o):
        super().__init__()
        channels, _ = channels_of(o)
        self.adain, self.stages = not o.no_adain, len(channels)
        self.upsampling = option(o, "upsampling", "transposed")
        self.from_constant = self.adain and option(o, "first_input", "constant") == "constant"
        self.batched = option(o, "g_norm", "instance") == "batch"
        self.mapper = Mapping(o)
        if self.from_constant:
            self.starting_const = nn.Parameter(torch.randn(o.latent, 1, 1))
        for i, (a, b) in enumerate(zip([o.latent] + channels, channels + [3])):
            if i == 0 or self.upsampling == "transposed":
                conv = nn.ConvTranspose2d(a, b, 4, 1 if i == 0 else 2, 0 if i == 0 else 1, bias=False)
            else:
                conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            conv = equalise(o, conv, 2 if i < self.stages else 1)
            self.add_module(f"conv_l{i + 1}", conv)
            if i < self.stages and self.adain:
                self.add_module(f"ada_l{i + 1}", AdaIN(o, b, self.batched))
                if self.batched:
                    self.add_module(f"bn_l{i + 1}", nn.BatchNorm2d(b, affine=False))
            elif i < self.stages:
                self.add_module(f"bn_l{i + 1}", nn.BatchNorm2d(b))
            if i < self.stages and option(o, "noise"):
                self.add_module(f"noise_l{i + 1}", Noise(b))

    def layer(self, i, x):
        conv = getattr(self, f"conv_l{i}")
        if i == 1 or self.upsampling == "transposed":
            return conv(x)
        x = conv(F.interpolate(x, scale_factor=2, mode="nearest"))
        if self.upsampling == "bilinear":
            row = torch.tensor([1, 2, 1], dtype=x.dtype, device=x.device) / 4
            x = F.conv2d(x, torch.outer(row, row).expand(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1])
        return x

    def synthesise(self, w, noise=None):
        """w: one for all stages, or a list of one each; noise: each stage's N x H x W, one behind the other."""
        ws = w if isinstance(w, list) else [w] * self.stages
        x = self.starting_const[None].expand(len(ws[0]), -1, -1, -1) if self.from_constant else ws[0][:, :, None, None]
        for i in range(1, self.stages + 1):
            x = self.layer(i, x)
            if noise is not None:
                mine, noise = noise[:len(x) * 16 << 2 * (i - 1)], noise[len(x) * 16 << 2 * (i - 1):]
                x = getattr(self, f"noise_l{i}")(x, mine.reshape(len(x), x.shape[2], x.shape[3]))
            if not self.adain or self.batched:
                x = getattr(self, f"bn_l{i}")(x)
            if self.adain:
                x = getattr(self, f"ada_l{i}")(x, ws[i - 1])
            x = F.relu(x)
        return torch.tanh(self.layer(self.stages + 1, x))

    def forward(self, z, noise=None, mix=None):
        """mix: N stages from which on a picture has the style of its second latent; z is then 2 N x L."""
        w = self.mapper(z)
        if mix is not None:
            a, b = w.chunk(2)
            w = [torch.where((i < mix)[:, None], a, b) for i in range(self.stages)]
        return self.synthesise(w, noise)


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
        self.stages, self.minibatch_std = len(channels), option(o, "minibatch_std")
        average, plain = option(o, "downsampling") == "average", option(o, "d_norm") == "none"
        layers = []
        for i, (a, b) in enumerate(zip([3] + channels, channels)):
            conv = nn.Conv2d(a, b, 3, 1, 1, bias=plain) if average else nn.Conv2d(a, b, 4, 2, 1, bias=plain)
            normalise = o.spectral == "paper" and i > 0
            conv = equalise(o, conv, 2)
            layers.append(spectral_norm(conv) if normalise else conv)
            norm = [nn.Identity() if plain else nn.BatchNorm2d(b)] if i > 0 else []  # identity: the modules keep numbers
            layers += norm + [nn.LeakyReLU(0.2)]
        head = equalise(o, nn.Conv2d(channels[-1] + bool(self.minibatch_std), 1, 4, 1, 0, bias=False), 1)
        layers.append(head)
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        for module in self.model[:-1]:
            x = module(x)
            if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
                x = F.avg_pool2d(x, 2)
        if self.minibatch_std:
            group = 4 if len(x) % 4 == 0 else len(x)
            grouped = x.reshape(-1, group, *x.shape[1:])
            std = (grouped.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3)).repeat_interleave(group)
            x = torch.cat([x, std[:, None, None, None].expand(-1, 1, 4, 4)], 1)
        return self.model[-1](x).flatten()


def state_of(prefix, module):
    scales = scales_of(module)
    return {prefix + plain(k): v * scales[k] if k in scales else v.clone()
            for k, v in module.state_dict().items() if "num_batches_tracked" not in k}


def gradients_of(prefix, module):
    scales = scales_of(module)
    return {prefix + plain(k): p.grad / scales.get(k, 1) for k, p in module.named_parameters() if p.grad is not None}


def plain(name):
    """The name of what a parametrised layer computes with."""
    return name.replace("parametrizations.", "").replace(".original", "")


def scales_of(module):
    """Name of what is trained -> its scale, of the equalised layers."""
    return {f"{name}.parametrizations.{part}.original": list_[0].scale
            for name, layer in module.named_modules() if parametrize.is_parametrized(layer)
            for part, list_ in layer.parametrizations.items()}
