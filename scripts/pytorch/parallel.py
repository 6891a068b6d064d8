"""Many processes that train one pair of networks, as torchrun starts them: each has its share of every batch.

Gradients are averaged by one all-reduce a network and step, not by DistributedDataParallel: that one expects a forward and a
backward pass through one module, while a GAN's step sends three batches through D, with gradients that are thrown away.
"""
import functools
import os

import torch
import torch.distributed as dist
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm


def begin(device):
    """(rank, number of processes); without torchrun (0, 1)."""
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if ranks > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return (dist.get_rank() if ranks > 1 else 0), ranks


def mean(tensor):
    """Over all processes, in place."""
    dist.all_reduce(tensor)
    return tensor.div_(dist.get_world_size())


class Shared:
    """An optimiser that first averages the gradients over the processes."""

    def __init__(self, optimiser):
        self.optimiser = optimiser

    def step(self):
        gradients = [p.grad for group in self.optimiser.param_groups for p in group["params"] if p.grad is not None]
        together = mean(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, together.split([gradient.numel() for gradient in gradients])):
            gradient.copy_(part.view_as(gradient))
        self.optimiser.step()


def whole_batch_norm(layer, forward, x):
    """Batch norm with the statistics of the whole batch. nn.SyncBatchNorm is for GPUs only."""
    if not layer.training:
        return forward(x)
    axes, shape = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
    values, ranks = x.float(), dist.get_world_size()
    count = values.numel() // values.shape[1] * ranks
    average = all_reduce(values.sum(axes)) / count
    centred = values - average.view(shape)
    variance = all_reduce(centred.square().sum(axes)) / count
    with torch.no_grad():
        layer.running_mean.lerp_(average, layer.momentum)
        layer.running_var.lerp_(variance * count / (count - 1), layer.momentum)
    y = centred * torch.rsqrt(variance + layer.eps).view(shape)
    return (y if layer.weight is None else y * layer.weight.view(shape) + layer.bias.view(shape)).to(x.dtype)


def share_batch_norm(network):
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            layer.forward = functools.partial(whole_batch_norm, layer, layer.forward)


def average_statistics(network):
    """Where each process has had statistics of its own."""
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            mean(layer.running_mean)
            mean(layer.running_var)
