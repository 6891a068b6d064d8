"""The core's random numbers (src/base/rng.c), made anew for the scripts that check it: xoshiro256++ (Blackman & Vigna 2019)
seeded through splitmix64, and Box-Muller in pairs."""
import math

import numpy as np

MASK = (1 << 64) - 1


class Rng:
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
