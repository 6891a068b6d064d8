"""Makes tests/golden/metrics.safetensors: what numpy, scipy and torch compute for the quality scores of src/eval.

    /usr/bin/python3 scripts/pytorch metrics

Written from the definitions (the papers named in src/eval/*.h), sharing no code with the core. The random numbers are
the core's (core_random.py), made anew in Python, since places and directions are part of what is checked. The test
pictures are made by the same generator in tests/native/test_eval.c.
"""
import math
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.ndimage
import torch
from PIL import Image
from scipy.spatial.distance import cdist

from core_random import Rng
from tensor_file import write_safetensors

COUNT_A, COUNT_B, SIZE = 14, 12, 64


def pictures(seed, count):
    """Coarse 8 x 8 colours, enlarged linearly in whole numbers, and a little noise."""
    out = np.zeros((count, SIZE, SIZE, 3), np.uint8)
    for n in range(count):
        random = Rng(seed, n)
        coarse = np.array([random.next() >> 56 for _ in range(9 * 9 * 3)]).reshape(9, 9, 3)
        noise = np.array([random.next() >> 60 for _ in range(SIZE * SIZE)]).reshape(SIZE, SIZE)
        for y in range(SIZE):
            for x in range(SIZE):
                i, j, v, u = y // 8, x // 8, y % 8, x % 8
                top = coarse[i, j] * (8 - u) + coarse[i, j + 1] * u
                low = coarse[i + 1, j] * (8 - u) + coarse[i + 1, j + 1] * u
                out[n, y, x] = np.minimum((top * (8 - v) + low * v) // 64 + noise[y, x], 255)
    return out


# ------------------------------------------------------------------------------------------ features


def random_conv(images):
    random = Rng(1, 0x66656174)
    x = torch.from_numpy(images.astype(np.float64) / 127.5 - 1).permute(0, 3, 1, 2)
    channels, features = [3, 32, 64, 64, 96], []
    for c, k in zip(channels, channels[1:]):
        w = np.zeros((k, c, 4, 4))
        for f in range(k):
            w[f] = random.normal(c * 16).reshape(c, 4, 4)
            if 2 * f >= k:
                w[f] -= w[f].mean((1, 2), keepdims=True)
            w[f] /= np.linalg.norm(w[f])
        x = torch.nn.functional.conv2d(x, torch.from_numpy(w), stride=2, padding=1)
        x = torch.nn.functional.leaky_relu(x, 0.2)
        x = x / torch.sqrt((x * x).mean(1, keepdim=True) + 0.01)
        features += [x.mean((2, 3)), torch.sqrt(x.var((2, 3), unbiased=False) + 1e-6)]
    return torch.cat(features, 1).numpy()


def clean_resize(image, size):
    """As clean-fid: Pillow's bicubic, a float channel at a time."""
    planes = [Image.fromarray(np.float32(image[..., c]), mode="F").resize((size, size), Image.BICUBIC) for c in range(3)]
    return np.clip([np.asarray(plane) for plane in planes], 0, 255)


# -------------------------------------------------------------------------------------------- scores


def frechet(a, b):
    m, s1, s2 = a.mean(0) - b.mean(0), np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(s1 @ s2)
    return m @ m + np.trace(s1) + np.trace(s2) - 2 * np.trace(root).real


def mmd(a, b):
    kernel = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    own = lambda x: (kernel(x, x).sum() - np.trace(kernel(x, x))) / (len(x) * (len(x) - 1))
    return own(a) + own(b) - 2 * kernel(a, b).mean()


def kernel_subsets(a, b, subsets, m, seed):
    random, values = Rng(seed, 0x6B6964), []

    def draw(x):
        order = list(range(len(x)))
        for i in range(m):
            j = i + random.below(len(x) - i)
            order[i], order[j] = order[j], order[i]
        return x[order[:m]]

    for _ in range(subsets):
        first = draw(a)
        values.append(mmd(first, draw(b)))
    return np.mean(values), np.std(values)


def neighbours(real, fake):
    radius = lambda x, k: np.sort(cdist(x, x), 1)[:, k]  # column 0 is the vector itself
    d = cdist(real, fake)
    return [
        (d <= radius(real, 3)[:, None]).any(0).mean(),
        (d <= radius(fake, 3)[None]).any(1).mean(),
        (d <= radius(real, 5)[:, None]).sum(0).mean() / 5,
        (d <= radius(real, 5)[:, None]).any(1).mean(),
    ]


def spread(x):
    d = cdist(x, x)
    return math.sqrt((d**2).sum() / (len(x) * (len(x) - 1)))


def swd(a, b, patches, directions, seed):
    line = np.array([1, 4, 6, 4, 1]) / 16
    filtered = lambda x, w: scipy.ndimage.convolve(x, w[None, :, :, None], mode="mirror")
    square = np.outer(line, line)

    def pyramid(x):
        gaussian = [x.astype(np.float64)]
        while gaussian[-1].shape[1] > 16:
            gaussian.append(filtered(gaussian[-1], square)[:, ::2, ::2])
        levels = []
        for fine, coarse in zip(gaussian, gaussian[1:]):
            spaced = np.zeros_like(fine)
            spaced[:, ::2, ::2] = coarse
            levels.append(fine - filtered(spaced, 4 * square))
        return levels + [gaussian[-1]]

    def descriptors(images, level):
        out = []
        for n, image in enumerate(images):
            random = Rng(seed, 0x737764 + (level << 32) + (n << 36))
            for _ in range(patches):
                x = random.below(image.shape[1] - 6)
                y = random.below(image.shape[0] - 6)
                out.append(image[y : y + 7, x : x + 7])
        out = np.array(out)
        out = (out - out.mean((0, 1, 2))) / out.std((0, 1, 2))
        return out.transpose(0, 3, 1, 2).reshape(len(out), -1)

    count, result = min(len(a), len(b)), []
    thin = lambda x: x[[i * len(x) // count for i in range(count)]]
    levels = zip(pyramid(thin(a)), pyramid(thin(b)))
    for level, (x, y) in enumerate(levels):
        x, y = descriptors(x, level), descriptors(y, level)
        random, distances = Rng(seed, 0x646972 + level), []
        for _ in range(directions):
            d = random.normal(147).astype(np.float64)
            d /= np.linalg.norm(d)
            distances.append(np.abs(np.sort(x @ d) - np.sort(y @ d)).mean())
        result.append(np.mean(distances))
    return result


def main(arguments):
    random = np.random.default_rng(5)
    mix = random.normal(size=(20, 20))
    sets = {
        "plain": (random.normal(size=(70, 20)) @ mix, random.normal(size=(53, 20)) @ mix + 0.3),
        "few": (random.normal(size=(9, 20)) * 2, random.normal(size=(11, 20)) + 1),  # covariances of low rank
    }
    tensors = {}
    for name, (a, b) in sets.items():
        a, b = np.float32(a), np.float32(b)
        wide = (a.astype(np.float64), b.astype(np.float64))
        m = min(len(a), len(b)) // 2
        tensors[f"{name}.a"], tensors[f"{name}.b"] = a, b
        tensors[f"{name}.scores"] = [frechet(*wide), *kernel_subsets(*wide, 7, m, 3), *neighbours(*wide)]
        tensors[f"{name}.spread"] = [spread(wide[0]), spread(wide[1])]
        tensors[f"{name}.nearest"] = [cdist(*wide).argmin(1), cdist(*wide).min(1)]
        alone = cdist(wide[0], wide[0]) + np.diag(np.full(len(a), np.inf))
        tensors[f"{name}.alone"] = [alone.argmin(1), alone.min(1)]
    a, b = pictures(11, COUNT_A), pictures(12, COUNT_B) // 16 * 16  # the second set in few colours
    features = random_conv(a)
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    tensors["conv"] = [(random_conv(x)[:3] - mean) / deviation for x in (a, b)]
    small = np.uint8(a[0, ::4, ::4] * 3 % 256)  # steep, so that the kernel overshoots and is clipped
    tensors["resize.from"] = small
    for size in (39, 11):
        tensors[f"resize.{size}"] = clean_resize(small, size)
    tensors["swd"] = swd(a, b, 9, 21, 4)
    path = Path(__file__).parents[2] / "tests/golden/metrics.safetensors"
    write_safetensors(path, {name: torch.tensor(np.float32(values)) for name, values in tensors.items()},
                      {"format": "ssdgan-metrics"})
    print(path, path.stat().st_size, "bytes;", {k: np.round(v, 5).tolist() for k, v in tensors.items() if np.size(v) < 9})
