"""A checkpoint of ours as networks and optimisers of PyTorch, and back: weights, average, running statistics, spectral vectors,
Adam's moments, counters and random state."""
import copy
import math
from types import SimpleNamespace

import torch
from torch import nn

from networks import DcganGenerator, Discriminator, Generator
from step import frozen, frozen_d
from tensor_file import NO_DIGITS, bytes_of, tensors_in

PARTS = ("mapping", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8")
COUNTERS = ("step", "epoch", "step_in_epoch")
# What is not a setting in the metadata of a checkpoint.
RUN = ("format", "checksum", "epoch", "step_in_epoch", "fingerprint", "best_val_loss_g", "best_step", "random", "plan")


def options_of(metadata):
    """The settings of a checkpoint (docs/settings.md), under the names that networks.py and step.py use."""
    text = lambda name, without: metadata.get(name, without)
    number = lambda name, without: float(metadata.get(name, without))
    whole = lambda name, without: int(number(name, without))
    parts, is_dcgan = whole("freeze", 0), metadata.get("model") == "dcgan"
    return SimpleNamespace(
        model=text("model", "ssd"), image_size=whole("image_size", 64), latent=whole("latent_size", 100), width=whole("width", 64),
        width_d=whole("width_d", 0), width_max=whole("width_max", 512), shared_mapping=whole("shared_mapping", 0),
        mapping_layers=whole("mapping_layers", 4), mapping_rate=number("mapping_rate", 1), pixel_norm=whole("pixel_norm", 0),
        w_norm=whole("w_norm", 0), no_adain=not whole("adain", 1), g_norm=text("g_norm", "instance"),
        first_input=text("first_input", "constant"), upsampling=text("upsampling", "transposed"), noise=whole("noise", 0),
        style_mixing=number("style_mixing", 0), spectral="none" if is_dcgan else text("spectral_norm", "paper"), d_norm=text("d_norm", "batch"),
        downsampling=text("downsampling", "strided"), minibatch_std=whole("minibatch_std", 0),
        adam_equalised=whole("equalised", 0), batch=whole("batch", 32), seed=whole("seed", 0), flip=whole("flip", 0),
        val_count=whole("val_count", -1), fraction=number("fraction", 100), lr=number("lr", 0.0005), lr_g=number("lr_g", 0),
        lr_d=number("lr_d", 0), beta1=number("beta1", 0.5), beta2=number("beta2", 0.999), eps=number("eps", 1e-8),
        ema=number("ema", 0), ema_ramp=number("ema_ramp", 0.05), r1=number("r1", 0), r1_interval=whole("r1_interval", 16),
        reuse_fake=whole("reuse_fake", 0), augment_translation=whole("augment_translation", 0),
        freeze=",".join(part for i, part in enumerate(PARTS) if parts >> i & 1), freeze_d=whole("freeze_d", 0))


def rates_of(o, network):
    """Name of a parameter -> factor of its learning rate. A file has the weights that a layer computes with, with an equalised
    learning rate too: training w = c v at c times the rate, with epsilon / c, is training v (src/train/optimise.c)."""
    last, rates = "", {}
    for layer_name, layer in network.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            last = layer_name
    for layer_name, layer in network.named_modules():
        for name, parameter in layer.named_parameters(layer_name, recurse=False):
            rates[name] = o.mapping_rate if name.startswith("mapper") else 1.0
            if o.adam_equalised and parameter.dim() in (2, 4):
                fan_in = parameter[0].numel()
                if isinstance(layer, nn.ConvTranspose2d):  # four of its sixteen weights meet at a pixel, or all make a map
                    fan_in = layer.in_channels * (4 if layer.stride[0] == 2 else 1)
                rates[name] *= math.sqrt((1 if layer_name == last or "style_" in name else 2) / fan_in)
    return rates


def adam_of(o, network, rate, is_frozen, moments, steps):
    """Adam as it stood after so many steps. moments: {"m.NAME": tensor, "v.NAME": tensor}."""
    groups, rates, named = {}, rates_of(o, network), dict(network.named_parameters())
    for name, parameter in named.items():
        if not is_frozen(name):
            groups.setdefault(rates[name], []).append(parameter)
    adam = torch.optim.Adam([dict(params=group, lr=rate * factor, eps=o.eps / factor) for factor, group in groups.items()],
                            betas=(o.beta1, o.beta2))
    for name, parameter in named.items():
        if not is_frozen(name) and steps:
            adam.state[parameter] = dict(step=torch.tensor(float(steps)), exp_avg=moments["m." + name].to(parameter.device),
                                         exp_avg_sq=moments["v." + name].to(parameter.device))
    return adam


class State:
    """Networks, optimisers and counters of a training."""

    def __init__(self, data, device="cpu"):
        """data: the bytes of a checkpoint."""
        self.tensors, self.metadata = tensors_in(data)
        if self.metadata.get("format") != "ssdgan-checkpoint":
            raise SystemExit("The file is no checkpoint of ssdgan: it lacks the discriminator and the optimiser's state.")
        self.o = o = options_of(self.metadata)
        self.counters = {name: int(float(self.metadata[name])) for name in COUNTERS}
        self.random = self.metadata["random"]
        self.g = (DcganGenerator if o.model == "dcgan" else Generator)(o)
        self.d = Discriminator(o)
        self.g.load_state_dict(self.part("generator."))
        self.d.load_state_dict(self.part("discriminator."))
        self.average = copy.deepcopy(self.g) if o.ema else None
        if o.ema:
            self.average.load_state_dict(self.part("average."))
            self.average.to(device).eval().requires_grad_(False)
        for network in (self.g, self.d):
            network.to(device).train()
        adam = lambda network, name, rate, is_frozen: adam_of(
            o, network, rate or o.lr, is_frozen, self.part(f"adam.{name}."), self.counters["step"])
        self.optimisers = [adam(self.g, "generator", o.lr_g, lambda name: bool(o.freeze) and frozen(o, name)),
                           adam(self.d, "discriminator", o.lr_d, lambda name: frozen_d(o, name))]

    def part(self, prefix):
        return {name[len(prefix) :]: tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}

    def moments(self):
        """As the file has them; those of frozen layers as they came."""
        out = {}
        for name, network, optimiser in zip(("generator", "discriminator"), (self.g, self.d), self.optimisers):
            for key, parameter in network.named_parameters():
                state = optimiser.state.get(parameter)
                for letter, moment in (("m", "exp_avg"), ("v", "exp_avg_sq")) if state else ():
                    out[f"adam.{name}.{letter}.{key}"] = state[moment]
        return out

    def now(self):
        """All tensors of the file, as they are now."""
        networks = {"generator.": self.g, "discriminator.": self.d, **({"average.": self.average} if self.o.ema else {})}
        new = {prefix + name: tensor for prefix, network in networks.items() for name, tensor in network.state_dict().items()}
        new.update(self.moments())
        tracked = torch.tensor(self.counters["step"])
        return {name: tracked if name.endswith("num_batches_tracked") else new.get(name, old) for name, old in self.tensors.items()}

    def checkpoint(self, plan):
        """The file's bytes. plan: the text for its metadata."""
        tensors = self.now()
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise FloatingPointError(f"{name} holds a number that is not finite: the state is not saved.")
        told = {name: str(value) for name, value in self.counters.items()}
        return bytes_of(tensors, {**self.metadata, **told, "random": self.random, "plan": plan, "checksum": NO_DIGITS})

    def model(self):
        """The generator's file, as model.safetensors."""
        prefix = "average." if self.o.ema else "generator."
        tensors = {name[len(prefix) :]: tensor for name, tensor in self.now().items() if name.startswith(prefix)}
        settings = {name: text for name, text in self.metadata.items() if name not in RUN}
        return bytes_of(tensors, {**settings, "format": "ssdgan-model", "step": str(self.counters["step"])})
