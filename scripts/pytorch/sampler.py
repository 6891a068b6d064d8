"""The batches of a training as the core draws them (src/train/batch.c): which pictures, which mirrored, and all random numbers."""
import math

import numpy as np

from core_random import Stream, shuffled


def held_out(count, wanted):
    """How many of so many pictures are kept back: a tenth, from 1 to 500, unless somebody wants another number."""
    return wanted if wanted >= 0 else min(500, max(1, count // 10))


class Sampler:
    def __init__(self, o, count, counters, random):
        """count: of pictures; counters: of checkpoint.py, which go on; random: the checkpoint's text."""
        self.o, self.counters, self.random = o, counters, Stream.from_text(random)
        self.train = max(1, math.floor((count - held_out(count, o.val_count)) * o.fraction / 100 + 0.5))
        self.steps_per_epoch = self.train // o.batch or 1
        self.stages = o.image_size.bit_length() - 3
        if counters["step_in_epoch"] >= self.steps_per_epoch:
            counters["step_in_epoch"] = 0
        self.shuffle()

    def shuffle(self):
        self.order = np.array(shuffled(self.train, self.o.seed, self.counters["epoch"]))

    def next(self):
        """One batch of the project: arrays whose first axis (of shifts: the second) counts its pictures."""
        o, random, n = self.o, self.random, self.o.batch
        first = self.counters["step_in_epoch"] * n
        batch = dict(index=self.order[np.arange(first, first + n) % self.train])
        batch["flip"] = random.coins(n) if o.flip else np.zeros(n, bool)
        latents = random.normal(n * o.latent * (2 if o.style_mixing else 1)).reshape(-1, n, o.latent)
        batch.update(zip(("z", "z2"), latents))
        if o.noise:
            lengths = [n * 16 << 2 * i for i in range(self.stages)]
            fields = np.split(random.normal(sum(lengths)), np.cumsum(lengths)[:-1])
            batch.update((f"noise{i}", field.reshape(n, -1)) for i, field in enumerate(fields))
        if o.style_mixing:  # a picture that is not mixed draws one number, another one two
            mix = lambda: 1 + random.below(self.stages - 1, 1)[0] if random.uniform(1)[0] < o.style_mixing else self.stages
            batch["mix"] = np.array([mix() for _ in range(n)])
        if o.augment_translation:
            reach = (o.image_size + 4) // 8
            batch["shifts"] = random.below(2 * reach + 1, 3 * n * 2).reshape(3, n, 2) - reach
        self.advance()
        return batch

    def advance(self):
        self.counters["step"] += 1
        self.counters["step_in_epoch"] += 1
        if self.counters["step_in_epoch"] == self.steps_per_epoch:
            self.counters["step_in_epoch"] = 0
            self.counters["epoch"] += 1
            self.shuffle()

    def some(self, count, rank=0, ranks=1):
        """So many batches as one, and of that the share of process `rank` of `ranks`."""
        batches = [self.next() for _ in range(count)]
        whole = {name: np.concatenate([b[name] for b in batches], axis=1 if name == "shifts" else 0) for name in batches[0]}
        share = count * self.o.batch // ranks
        mine = slice(rank * share, (rank + 1) * share)
        return {name: array[:, mine] if name == "shifts" else array[mine] for name, array in whole.items()}
