#!/usr/bin/python3
"""Makes files for `ssdgan verify`: training steps of the reference network, computed by PyTorch.

The network is written here in plain PyTorch from the method (A. Garg, arXiv 2404.00597), independently of the C core.
Computes in float64 by default and stores float32, so that the file is the better truth. Needs Debian's python3-torch
(run it with /usr/bin/python3); no test needs it, for the small files are committed in tests/golden.

  scripts/make_verify.py --out FILE [--image-size 64] [--batch 4] [--steps 3] [--dtype float64] ...
"""
import argparse
import copy
import json
import math
import struct

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


def draw_shifts(o, random):
    """Translations of Zhao et al. 2020 for one step: x and y for each of G's fakes, D's reals, D's fakes."""
    most = o.image_size // 8
    return torch.randint(-most, most + 1, (3 * o.batch, 2), generator=random).float()


def shifted(x, shifts):
    """The pictures moved as their rows say, zeros moving in, by plain tensor operations."""
    size = x.shape[-1]
    return torch.stack([F.pad(image, [size] * 4)[:, size + dy:2 * size + dy, size + dx:2 * size + dx]
                        for image, (dx, dy) in zip(x, shifts.int().tolist())])


def discriminator_loss(real, fake):
    bce = F.binary_cross_entropy_with_logits
    return (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))) / 2


def generator_loss(fake):
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


class Again:
    """No power iteration within."""

    def __init__(self, d):
        self.convs = [m for m in d.modules() if isinstance(m, nn.Conv2d)]

    def __enter__(self):
        for m in self.convs:
            m.eval()

    def __exit__(self, *_):
        for m in self.convs:
            m.train()


def frozen(o, name):
    """Names of the generator's tensors that --freeze l1,mapping,... leaves untrained."""
    part = "mapping" if name.startswith("mapper") else "l1" if name == "starting_const" else "l" + name.split("_l")[1][0]
    return part in o.freeze.split(",")


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


def optimisers_of(o, g, d):
    adam = dict(betas=(o.beta1, o.beta2), eps=o.eps)
    trained = [p for name, p in g.named_parameters() if not (o.freeze and frozen(o, name))]
    layers = [list(m.parameters()) for m in d.model if list(m.parameters())]
    trained_d = [p for ps in layers[o.freeze_d:] for p in ps]
    rates = [o.lr_g or o.lr, o.lr_d or o.lr]
    return [torch.optim.Adam(p, lr=r, **adam) for p, r in zip((trained, trained_d), rates)]


def training_step(o, g, d, optimisers, z, real, step=0, seen=lambda x, use: x, told=lambda results: None,
                  after_g=lambda: None, spare=False, make=None):
    """One step: G's update, then D's; with reuse_fake as shared_step says. `seen` is what D sees of pictures, `told` is called with {name: tensor} of results
    as they arise, `after_g` between the updates. `spare` leaves out D's weight gradients in G's update, which nobody
    uses: the same results, sooner. `make` makes the pictures."""
    make = make or (lambda: g(z))
    if o.reuse_fake:
        return shared_step(o, g, d, optimisers, make, real, step, seen, told, after_g)
    d.requires_grad_(not spare)
    g.zero_grad(set_to_none=True)
    fakes = make()
    told({"fake.0": fakes})
    g_loss = generator_loss(d(seen(fakes, 0)))
    g_loss.backward()
    told(gradients_of("grad.generator.", g))
    optimisers[0].step()
    after_g()

    d.requires_grad_(True)
    d.zero_grad(set_to_none=True)
    x = seen(real, 1)
    if o.r1 and step % o.r1_interval == 0:
        x.requires_grad_()
    real_logits = d(x)
    fake_logits = d(seen(make().detach(), 2))
    d_loss = discriminator_loss(real_logits, fake_logits)
    (d_loss + penalty(o, real_logits, x)).backward()
    told(gradients_of("grad.discriminator.", d))
    optimisers[1].step()
    return g_loss.detach(), d_loss.detach()


def penalty(o, real_logits, x):
    if not x.requires_grad:
        return 0
    slope, = torch.autograd.grad(real_logits.sum(), x, create_graph=True)
    return o.r1 * o.r1_interval / 2 * slope.square().sum() / o.batch


def shared_step(o, g, d, optimisers, make, real, step, seen, told, after_g):
    """A step in which D sees each batch once: its logits of the fakes serve G's update and its own. All forward passes
    share one power iteration. The fakes go first."""
    d.requires_grad_(True)
    x = seen(real, 1).detach()
    x.requires_grad_(bool(o.r1) and step % o.r1_interval == 0)
    fakes = make()
    told({"fake.0": fakes})
    fake_logits = d(seen(fakes, 0))
    g_loss = generator_loss(fake_logits)
    set_gradients(g, g_loss)
    with Again(d):
        real_logits = d(x)
    d_loss = discriminator_loss(real_logits, fake_logits)
    set_gradients(d, d_loss + penalty(o, real_logits, x))
    told(gradients_of("grad.generator.", g))
    told(gradients_of("grad.discriminator.", d))
    optimisers[0].step()
    after_g()
    optimisers[1].step()
    return g_loss.detach(), d_loss.detach()


def set_gradients(network, loss):
    """Of this network alone; the graph stays."""
    parameters = list(network.parameters())
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)):
        p.grad = gradient


def follow(o, average, g, seen_pictures, pictures):
    """The generator's exponential moving average after a step of so many pictures."""
    half_life = min(o.ema, o.ema_ramp * seen_pictures) if o.ema_ramp else o.ema
    keep = 0.5 ** (pictures / half_life)
    with torch.no_grad():
        for mean, now in zip(average.state_dict().values(), g.state_dict().values()):
            if mean.is_floating_point():
                mean.mul_(keep).add_(now, alpha=1 - keep)


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

        g_loss, d_loss = training_step(o, g, d, optimisers, z, real, step, seen, told, after_g,
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


if __name__ == "__main__":
    run(options_of())
