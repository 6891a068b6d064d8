"""The core's random numbers (src/base/rng.c) in Python: xoshiro256++ (Blackman & Vigna 2019) seeded through splitmix64, and
Box-Muller in pairs. A training that goes on here draws what the core would have drawn."""
import math

import numpy as np

MASK = (1 << 64) - 1
ORDER = 1000  # + epoch: the stream of the order of the pictures (STREAM_ORDER)


class Rng:
    """One number at a time: 2 microseconds each."""

    def __init__(self, seed, stream):
        self.x = seed & MASK
        first = self.splitmix()
        self.x = first ^ (stream * 0xD1342543DE82EF95 & MASK)
        self.s = [self.splitmix() for _ in range(4)]

    def splitmix(self):
        self.x = (self.x + 0x9E3779B97F4A7C15) & MASK
        z = self.x
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return z ^ (z >> 31)

    def next(self):
        s = self.s
        rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & MASK
        result = (rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def below(self, bound):
        return (self.next() >> 32) * bound >> 32

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def normal(self, count):
        out = []
        for _ in range((count + 1) // 2):
            radius = math.sqrt(-2 * math.log(1 - self.uniform()))
            angle = 6.283185307179586 * self.uniform()
            out += [radius * math.cos(angle), radius * math.sin(angle)]
        return np.float32(out[:count])


def steps(state, count):
    """Moves generators on together. state: 4 x lanes of uint64, changed in place; returns count x lanes numbers."""
    u64 = np.uint64
    s0, s1, s2, s3 = state
    out = np.empty((count, state.shape[1]), u64)
    for row in out:
        x = s0 + s3
        np.add((x << u64(23)) | (x >> u64(41)), s0, out=row)
        t = s1 << u64(17)
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3[:] = (s3 << u64(45)) | (s3 >> u64(19))
    return out


class Stream:
    """The same numbers, many at a time: 256 generators, each 1024 numbers ahead of the one before (20 times as fast). How a
    state goes on is linear over bits, so that a jump of 1024 numbers is a table: where each of the 256 bits leads."""

    LANES, LENGTH = 256, 1024

    def __init__(self, state):
        """state: four whole numbers."""
        bits = np.zeros((4, 256), np.uint64)
        for bit in range(256):
            bits[bit // 64, bit] = np.uint64(1) << np.uint64(bit % 64)
        steps(bits, self.LENGTH)
        self.jump, self.next_state = bits, np.array(state, np.uint64)
        self.fill()

    @classmethod
    def from_text(cls, text):
        """As a checkpoint has it: four numbers of 16 hexadecimal digits."""
        return cls([int(word, 16) for word in text.split(",")])

    def jumped(self, state):
        word, shift = np.arange(256) // 64, np.arange(256, dtype=np.uint64) % np.uint64(64)
        is_set = (state[word] >> shift) & np.uint64(1) == 1
        return np.bitwise_xor.reduce(self.jump[:, is_set], axis=1)

    def fill(self):
        starts = [self.next_state]
        for _ in range(self.LANES):
            starts.append(self.jumped(starts[-1]))
        self.starts, self.next_state = np.stack(starts[:-1], axis=1), starts[-1]
        self.numbers = steps(self.starts.copy(), self.LENGTH).T.reshape(-1)
        self.at = 0

    def take(self, count):
        parts = []
        while count > 0:
            if self.at == len(self.numbers):
                self.fill()
            part = self.numbers[self.at : self.at + count]
            self.at += len(part)
            count -= len(part)
            parts.append(part)
        return np.concatenate(parts) if parts else np.empty(0, np.uint64)

    def text(self):
        """The state from which the next number comes."""
        lane, offset = divmod(self.at, self.LENGTH)
        state = self.starts[:, lane : lane + 1].copy() if lane < self.LANES else self.next_state[:, None].copy()
        steps(state, offset)
        return ",".join(f"{int(word):016x}" for word in state[:, 0])

    def below(self, bound, count):
        return (((self.take(count) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)

    def uniform(self, count):
        return (self.take(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def coins(self, count):
        return self.take(count) >> np.uint64(63) == 1

    def normal(self, count):
        first, second = self.uniform((count + 1) // 2 * 2).reshape(-1, 2).T
        radius, angle = np.sqrt(-2 * np.log(1 - first)), 6.283185307179586 * second
        return np.float32(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:count])


def shuffled(count, seed, epoch):
    """The order of the training pictures in an epoch (src/train/batch.c)."""
    random, order = Rng(seed, ORDER + epoch), list(range(count))
    for i in range(count - 1, 0, -1):
        j = random.below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order
