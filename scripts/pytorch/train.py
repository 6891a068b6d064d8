"""Continues a project of the page or the terminal, on a CPU, on a GPU, or on many with torchrun, and writes it back.

  python3 scripts/pytorch train PROJECT --steps 20000           a folder, in its place
  python3 scripts/pytorch train PROJECT.zip --out BACK.zip      as the page exports and takes it
  torchrun --nproc_per_node 4 scripts/pytorch train PROJECT --batch 32

The recipe is the project's: networks, rates, averages, augmentation. Pictures, mirrorings, shifts and latents are those that the
page or the terminal would have drawn next, so that it is the same training (docs/pytorch.md).
"""
import argparse
import math
import os
import shlex
import signal
import time

import torch

import parallel
from checkpoint import State
from project import Project, on_device
from sampler import Sampler
from step import follow, shifted, training_step


class Training:
    """A state, its pictures, and how a step is made here."""

    def __init__(self, state, pictures, batches=1, device="cpu", amp=False, rank=0, ranks=1, norm="whole"):
        """pictures: N x 3 x H x W bytes on the device; batches: of the project in a step of this training."""
        self.state, self.o, self.pictures, self.device, self.batches = state, state.o, pictures, torch.device(device), batches
        self.rank, self.ranks, self.norm = rank, ranks, norm
        self.sampler = Sampler(state.o, len(pictures), state.counters, state.random)
        self.optimisers, self.made = state.optimisers, 0
        for network in (state.g, state.d):
            if amp:
                network.forward = in_low_precision(network.forward, self.device)
            if ranks > 1 and norm == "whole":
                parallel.share_batch_norm(network)
        if ranks > 1:
            self.optimisers = [parallel.Shared(optimiser) for optimiser in state.optimisers]

    def batch(self):
        drawn = self.sampler.some(self.batches, self.rank, self.ranks)
        return {name: torch.from_numpy(array).to(self.device, non_blocking=True) for name, array in drawn.items()}

    def step(self):
        """Returns the numbers of the log as one tensor: losses, D's mean probabilities, the gradients' norms."""
        o, state = self.o, self.state
        now = self.batch()
        real = self.pictures[now["index"]].float() / 127.5 - 1
        real = torch.where(now["flip"][:, None, None, None], real.flip(3), real)
        noise = torch.cat([now[f"noise{i}"].flatten() for i in range(self.sampler.stages)]) if o.noise else None
        z, mix = (torch.cat([now["z"], now["z2"]]), now["mix"]) if o.style_mixing else (now["z"], None)
        make = (lambda: state.g(z)) if o.model == "dcgan" else (lambda: state.g(z, noise, mix))
        seen = lambda x, use: shifted(x, now["shifts"][use]) if o.augment_translation else x
        pictures = self.batches * o.batch

        def after_g():
            if o.ema:
                follow(o, state.average, state.g, state.counters["step"] * o.batch, pictures)

        did = training_step(o, state.g, state.d, self.optimisers, z, real, self.made_before(), seen, after_g=after_g, spare=True,
                            make=make)
        self.made += 1
        norms = [torch.stack([p.grad.norm() for group in optimiser.param_groups for p in group["params"]]).norm()
                 for optimiser in state.optimisers]
        return torch.stack([did.g_loss, did.d_loss, did.real_logits.sigmoid().mean(), did.fake_logits.sigmoid().mean(), *norms])

    def made_before(self):
        """The number that R1's interval counts: of the project's steps, or of those here if they are several in one."""
        return self.state.counters["step"] - 1 if self.batches == 1 else self.made

    def told(self, numbers, first):
        """Log lines of steps, each a row of numbers, the first of which is step `first`."""
        rows = torch.stack(numbers)
        rows = (parallel.mean(rows) if self.ranks > 1 else rows).tolist()
        names = ("loss_g", "loss_d", "d_real", "d_fake", "grad_norm_g", "grad_norm_d")
        count, epoch = self.batches, self.sampler.steps_per_epoch
        return [{"event": "step", "step": first + i * count, "epoch": (first + i * count) // epoch,
                 **{name: value if math.isfinite(value) else None for name, value in zip(names, row)}} for i, row in enumerate(rows)]

    def finish(self):
        """Makes the state one that can be written."""
        self.state.random = self.sampler.random.text()
        if self.ranks > 1 and self.norm == "own":
            for network in filter(None, (self.state.g, self.state.d, self.state.average)):
                parallel.average_statistics(network)


def in_low_precision(forward, device):
    """bfloat16 within the network, which needs no scaling of the loss; weights, moments and losses stay float32."""
    def wrapped(*inputs):
        with torch.autocast(device.type, torch.bfloat16):
            return forward(*inputs).float()
    return wrapped


def parser():
    p = argparse.ArgumentParser("pytorch train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("project", help="folder of a run, or the zip of a project")
    p.add_argument("--out", help="the zip to write; of a zip only")
    p.add_argument("--steps", type=int, help="so many steps more; without it up to the end that the project has planned")
    p.add_argument("--batch", type=int, help="pictures a step of all processes together, a multiple of the project's batch; a step "
                   "then counts as several of the project's")
    p.add_argument("--device", help="cpu or cuda; without it cuda where there is one")
    p.add_argument("--amp", action="store_true", help="mixed precision (bfloat16)")
    p.add_argument("--norm", choices=["whole", "own"], default="whole", help="with torchrun: batch norm over the whole batch, as one "
                   "process has it, or each process over its own share, which is faster")
    p.add_argument("--pictures", metavar="FOLDER", help="the pictures, of the right size, where the project does not keep them")
    p.add_argument("--save-every", type=float, default=10, metavar="MINUTES")
    return p


def main(arguments):
    a = parser().parse_args(arguments)
    device = torch.device(a.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = True, False
    rank, ranks = parallel.begin(device)
    project = Project(a.project, a.out)
    if rank == 0:
        project.hold()
    state = State(project.checkpoint(), device)
    pictures = on_device(project.pictures(int(float(state.metadata.get("fingerprint", "0"))), a.pictures), device)
    batch = a.batch or state.o.batch
    if batch % state.o.batch:
        raise SystemExit(f"--batch is {batch}, but must be a multiple of the project's {state.o.batch}.")
    if batch % ranks or batch // ranks < 2:
        raise SystemExit(f"A batch of {batch} cannot be shared by {ranks} processes: each needs the same number, and 2 or more.")
    if state.o.minibatch_std and ranks > 1 and batch // ranks % 4:
        raise SystemExit("With minibatch_std each process needs a multiple of 4 pictures, which are compared with each other.")
    training = Training(state, pictures, batch // state.o.batch, device, a.amp, rank, ranks, a.norm)
    total = project.total(state, training.sampler.steps_per_epoch)
    if a.steps is None and total is None:
        raise SystemExit("The project has planned no end: say how many --steps.")
    steps = max(0, (total - state.counters["step"]) // training.batches) if a.steps is None else a.steps
    command = "pytorch train " + " ".join(map(shlex.quote, arguments))
    run(training, project, steps, total, command, a.save_every * 60)


def run(training, project, steps, total, command, save_seconds):
    """Trains, tells how it goes, and saves from time to time, at the end and at Ctrl-C."""
    state, asked = training.state, []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(1))
    counts, waiting, events, began, saved, told = training.batches, [], [], time.time(), time.time(), time.time()
    first = state.counters["step"] + counts
    if training.rank == 0:
        print(f"Step {state.counters['step']}: {steps} steps of {counts * training.o.batch} pictures on {training.device}, "
              f"{training.ranks} process{'es' if training.ranks > 1 else ''}.", flush=True)
    for number in range(1, steps + 1):
        waiting.append(training.step())
        is_last = number == steps
        if len(waiting) < 50 and not is_last and not asked:
            continue
        events += training.told(waiting, first)
        first, waiting = first + len(waiting) * counts, []
        if events[-1]["loss_g"] is None or events[-1]["loss_d"] is None:
            raise SystemExit(f"The training diverged at step {state.counters['step']}: the last save stands. Lower the learning rate.")
        # All processes must agree on it, for a save may average over them.
        flags = torch.tensor([float(bool(asked)), float(time.time() - saved > save_seconds)], device=training.device)
        stop, due = (parallel.mean(flags) if training.ranks > 1 else flags).tolist()
        if training.rank == 0 and (time.time() - told > 5 or is_last or stop):
            speed = number * counts * training.o.batch / (time.time() - began)
            print(f"step {state.counters['step']}: loss G {events[-1]['loss_g']:.3f}, D {events[-1]['loss_d']:.3f}; "
                  f"{speed:.0f} pictures a second", flush=True)
            told = time.time()
        if is_last or stop or due:
            training.finish()
            if training.rank == 0:
                project.save(state, events, command, total)
            events, saved = [], time.time()
        if stop:
            break
    if training.rank == 0:
        print(f"Saved at step {state.counters['step']}.")
