"""Trains many small networks at once in PyTorch, and scores them: how docs/experiments.md compares settings with several seeds.

  python3 scripts/pytorch sweep SWEEP.json --pictures drawn=anime.zip --features mobilenet.onnx --out DIR

The networks and the training step are those that the C core is checked against. On a GPU each training is a
CUDA graph on a stream of its own: a step of these networks is some hundred tiny kernels, which one training alone cannot fill
a GPU with (H200: 655 steps a second alone, 2,270 with eight at once). Needs PyTorch 2, Pillow and onnx.

SWEEP.json is a list of runs: {"name", "data", "held": 500, "share": 1, "seed": 0, "marks": [69000, 207000], and options of
`pytorch verify` with underscores}. A run is scored when it has seen so many pictures as its marks say, by 2,000 samples of the
averaged generator. DIR gets results.json and a sheet of samples for each mark.
"""
import argparse
import copy
import io
import json
import math
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torch import nn
from torch.nn import functional as F

import verify
from networks import AdaIN, DcganGenerator, Discriminator, Generator
from step import shifted, training_step

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
GRAPH_STEPS = 16  # steps in a CUDA graph: R1 comes every 16
DRAWN_STEPS = 256  # steps whose random numbers are drawn at once
SAMPLES = 2000
SHEET = (4, 12)
PATHS, PATH_STEP = 240, 0.01

# What options of verify.py are not, and the values for a training (its own are for comparing single steps).
DEFAULTS = dict(dtype="float32", eps=1e-8, batch=32, initial="pytorch", flip=False, held=500, share=1.0, r1_interval=16, seed=0)


def pictures_of(path, size):
    """N x 3 x size x size bytes: the centre of each picture, resized."""
    out = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(n for n in archive.namelist() if n.lower().endswith((".jpg", ".png"))):
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.BILINEAR)
            out.append(np.asarray(image).transpose(2, 0, 1))
    return torch.from_numpy(np.stack(out)).to(DEVICE)


def initialise(o, generator, discriminator):
    """The initial values of src/nn/init.c, where they are not PyTorch's."""
    normal = o.initial == "dcgan" or o.model == "dcgan"
    for module in [*generator.modules(), *discriminator.modules()]:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) and normal and not o.equalised:
            nn.init.normal_(getattr(module, "weight_orig", module.weight), 0, 0.02)
        if isinstance(module, nn.BatchNorm2d) and module.affine and normal:
            nn.init.normal_(module.weight, 1, 0.02)
        if isinstance(module, AdaIN) and (o.equalised or o.g_norm == "batch"):
            for linear, bias in ((module.style_scale, 1), (module.style_bias, 0)):
                if not o.equalised:
                    nn.init.zeros_(linear.weight)
                nn.init.constant_(linear.bias, bias)
    if o.g_norm == "batch" and o.model == "ssd":
        for i in range(o.mapping_layers):
            linear, first = getattr(generator.mapper, str(i)), math.sqrt(o.latent) if i == 0 else 1
            nn.init.normal_(linear.weight, 0, first * math.sqrt(2 / (1.04 * o.latent)))
            nn.init.zeros_(linear.bias)


class Run:
    """One training. step() is what the graph records; random numbers come from buffers, so that a seed decides them."""

    def __init__(self, entry, data):
        options = {**vars(verify.options_of(["--out", "-"])), **DEFAULTS}
        if entry.get("model") == "dcgan":
            options["spectral"] = "none"
        unknown = set(entry) - set(options) - {"name", "data", "marks"}
        if unknown:
            raise SystemExit(f"{entry['name']}: there is no option {', '.join(sorted(unknown))}")
        self.o = o = SimpleNamespace(**{**options, **entry})
        self.name, self.marks, self.data = o.name, list(o.marks), data[o.data]
        self.count, self.steps = round((len(self.data) - o.held) * o.share), 0
        torch.manual_seed(1000 + o.seed)
        self.g = DcganGenerator(o) if o.model == "dcgan" else Generator(o)
        self.d = Discriminator(o)
        initialise(o, self.g, self.d)
        self.g.to(DEVICE).train()
        self.d.to(DEVICE).train()
        self.average = copy.deepcopy(self.g).eval().requires_grad_(False)
        floats = lambda network: [t for t in network.state_dict().values() if t.is_floating_point()]
        self.followers, self.followed = floats(self.average), floats(self.g)
        self.optimisers = self.make_optimisers()
        self.random = torch.Generator(device=DEVICE).manual_seed(7 + o.seed)
        self.make_buffers()
        self.stream = torch.cuda.Stream() if DEVICE == "cuda" else None

    def make_optimisers(self):
        o = self.o
        fast = dict(fused=True, capturable=True) if DEVICE == "cuda" else {}
        adam = lambda groups: torch.optim.Adam(groups, betas=(float(o.beta1), float(o.beta2)), eps=o.eps, **fast)
        group = lambda parameters, rate: dict(
            params=list(parameters), lr=torch.tensor(rate, device=DEVICE) if DEVICE == "cuda" else rate)
        named = list(self.g.named_parameters())
        mapping = [p for name, p in named if name.startswith("mapper") and not o.equalised]
        others = [p for name, p in named if not name.startswith("mapper") or o.equalised]
        rate_g, rate_d = o.lr_g or o.lr, o.lr_d or o.lr
        groups = [group(others, rate_g)] + ([group(mapping, rate_g * o.mapping_rate)] if mapping else [])
        return [adam(groups), adam([group(self.d.parameters(), rate_d)])]

    def make_buffers(self):
        o, n = self.o, DRAWN_STEPS
        zeros = lambda *shape, **more: torch.zeros(*shape, device=DEVICE, **more)
        self.at, self.seen = zeros(1, dtype=torch.long), zeros(1)
        self.order, self.cursor = zeros(0, dtype=torch.long), 0
        self.drawn = dict(z=zeros(n, o.batch * (2 if o.style_mixing else 1), o.latent), flip=zeros(n, o.batch, dtype=torch.bool),
                          index=zeros(n, o.batch, dtype=torch.long), shift=zeros(n, 3, o.batch, 2))
        if o.noise:
            self.drawn["noise"] = zeros(n, o.batch * 16 * (4 ** self.g.stages - 1) // 3)
        if o.style_mixing:
            self.drawn["mix"] = zeros(n, o.batch, dtype=torch.long)

    def draw(self):
        """The random numbers of the next steps; pictures in epochs of whole batches."""
        o, random = self.o, self.random
        uniform = lambda *shape: torch.rand(*shape, device=DEVICE, generator=random)
        need, parts = DRAWN_STEPS * o.batch, [self.order[self.cursor:]]
        while sum(map(len, parts)) < need:
            epoch = torch.randperm(self.count, device=DEVICE, generator=random)
            parts.append(epoch[:self.count // o.batch * o.batch] if self.count >= o.batch else epoch.repeat(o.batch)[:o.batch])
        self.order, self.cursor = torch.cat(parts), need
        self.drawn["index"].copy_(self.order[:need].reshape(DRAWN_STEPS, o.batch))
        self.drawn["z"].normal_(generator=random)
        self.drawn["flip"].copy_(uniform(DRAWN_STEPS, o.batch) < (0.5 if o.flip else 0))
        most = o.image_size // 8
        self.drawn["shift"].copy_(torch.floor(uniform(DRAWN_STEPS, 3, o.batch, 2) * (2 * most + 1)) - most)
        if o.noise:
            self.drawn["noise"].normal_(generator=random)
        if o.style_mixing:
            mix = torch.randint(1, self.g.stages, (DRAWN_STEPS, o.batch), device=DEVICE, generator=random)
            mix[uniform(DRAWN_STEPS, o.batch) > o.style_mixing] = self.g.stages
            self.drawn["mix"].copy_(mix)
        self.at.zero_()

    def follow(self):
        o = self.o
        if o.ema:
            half_life = (self.seen * o.ema_ramp).clamp(max=o.ema) if o.ema_ramp else torch.full_like(self.seen, o.ema)
            keep = torch.exp2(-o.batch / half_life)[0]
            with torch.no_grad():
                torch._foreach_mul_(self.followers, keep)
                torch._foreach_add_(self.followers, torch._foreach_mul(self.followed, 1 - keep))

    def step(self, number):
        o = self.o
        now = {name: values.index_select(0, self.at)[0] for name, values in self.drawn.items()}
        real = self.data.index_select(0, now["index"]).float() / 127.5 - 1
        real = torch.where(now["flip"][:, None, None, None], real.flip(3), real)
        more = () if o.model == "dcgan" else (now.get("noise"), now.get("mix"))
        self.seen.add_(o.batch)
        training_step(o, self.g, self.d, self.optimisers, now["z"], real, number,
                                  lambda x, use: shifted(x, now["shift"][use]) if o.augment_translation else x, after_g=self.follow, spare=True,
                                  make=lambda: self.g(now["z"], *more))
        self.at.add_(1)

    def some_steps(self):
        for i in range(GRAPH_STEPS):
            self.step(i)

    def begin(self):
        self.draw()
        if DEVICE == "cpu":
            return
        torch.cuda.synchronize()
        with torch.cuda.stream(self.stream):
            self.some_steps()  # a graph cannot be recorded before everything has run once
            self.steps = GRAPH_STEPS
            torch.cuda.synchronize()
            self.graph, self.event = torch.cuda.CUDAGraph(), torch.cuda.Event()
            with torch.cuda.graph(self.graph, stream=self.stream):
                self.some_steps()
            self.event.record()

    def advance(self):
        """Asks for some more steps; False: the last ones are not done yet."""
        if DEVICE == "cuda" and not self.event.query():
            return False
        with torch.cuda.stream(self.stream):
            if self.steps % DRAWN_STEPS == 0 and self.steps:
                self.draw()
            if DEVICE == "cuda":
                self.graph.replay()
                self.event.record()
            else:
                self.some_steps()
        self.steps += GRAPH_STEPS
        return True

    @torch.no_grad()
    def samples(self):
        o = self.o
        network = self.average if o.ema else copy.deepcopy(self.g).eval()
        random = torch.Generator(device=DEVICE).manual_seed(123)
        z = torch.randn(SAMPLES, o.latent, device=DEVICE, generator=random)
        maps = [torch.randn(16 << 2 * i, device=DEVICE, generator=random) for i in range(getattr(network, "stages", 0))]
        out = []
        for part in z.split(100):
            noise = (torch.cat([m.repeat(len(part)) for m in maps]),) if o.noise else ()
            out.append(((network(part, *noise) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8))
        return torch.cat(out)


class Yardstick:
    """The scores of docs/metrics.md in the features of a network given as ONNX (N x 3 x 224 x 224 in [0, 1] -> features)."""

    def __init__(self, path):
        model = onnx.load(path)
        self.weights = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()).to(DEVICE) for i in model.graph.initializer}
        self.nodes, self.output = model.graph.node, model.graph.output[0].name
        self.known = {}

    def layer(self, node, x, *rest):
        has = {a.name: list(a.ints) or (a.s.decode() if a.s else a.f if a.type == 1 else a.i) for a in node.attribute}
        if node.op_type == "Conv":
            weight, stride = rest[0], has["strides"]
            if has["auto_pad"] == "SAME_UPPER":
                pads = [max((-(-d // s) - 1) * s + weight.shape[-1] - d, 0) for d, s in zip(x.shape[2:], stride)]
                x = F.pad(x, [pads[1] // 2, pads[1] - pads[1] // 2, pads[0] // 2, pads[0] - pads[0] // 2])
            return F.conv2d(x, weight, rest[1] if len(rest) > 1 else None, stride=stride, groups=has["group"])
        if node.op_type == "BatchNormalization":
            scale, bias, mean, variance = rest
            return F.batch_norm(x, mean, variance, scale, bias, False, 0, has["epsilon"])
        if node.op_type == "Pad":
            pads = [int(p) for p in rest[0]]
            return F.pad(x, [pads[3], pads[7], pads[2], pads[6]])
        simple = {"Clip": lambda: x.clamp(float(rest[0]), float(rest[1])), "Relu": x.relu, "Add": lambda: x + rest[0],
                  "AveragePool": lambda: F.avg_pool2d(x, has["kernel_shape"], has["strides"]), "Reshape": lambda: x.flatten(1),
                  "GlobalAveragePool": lambda: x.mean((2, 3), keepdim=True), "Flatten": lambda: x.flatten(1)}
        return simple[node.op_type]()

    @torch.no_grad()
    def features(self, pictures, side=224):
        rows = []
        for part in pictures.split(250):
            x = F.interpolate(part.float() / 255, (side, side), mode="bicubic", antialias=True, align_corners=False)
            values = {"input": x}
            for node in self.nodes:
                inputs = [values[n] if n in values else self.weights[n] for n in node.input]
                values[node.output[0]] = self.layer(node, *inputs)
            rows.append(values[self.output].flatten(1))
        return torch.cat(rows)

    def of_real(self, run):
        """Features of the pictures trained on and of all that could be, and the distances that bound "far" and "copy"."""
        o, key = run.o, (run.o.data, run.o.held, run.o.share)
        if key not in self.known:
            last = len(run.data) - o.held
            whole, held = self.features(run.data[:last]), self.features(run.data[last:])
            trained = whole[:run.count]
            own = torch.cdist(trained, trained).fill_diagonal_(math.inf)
            limits = torch.cdist(held, trained).amin(1).quantile(0.9), own.amin(1).quantile(0.01)
            self.known[key] = (trained, whole, *limits)
        return self.known[key]

    def scores(self, run, samples):
        trained, whole, far, close = self.of_real(run)
        fake = self.features(samples)
        across = torch.cdist(trained, fake)
        radii = [torch.cdist(x, x).sort(1).values[:, [3, 5]] for x in (trained, fake)]
        nearest = across.amin(0)
        paths = {f"path_{space}": self.path_length(run.average, space) for space in "zw"} if run.o.model == "ssd" and not run.o.noise else {}
        share = lambda condition: float(condition.float().mean())
        return dict(kernel=1000 * kernel_distance(whole, fake), swd=swd(run.data[:len(run.data) - run.o.held], samples),
                    precision=share((across <= radii[0][:, :1]).any(0)), recall=share((across <= radii[1][None, :, 0]).any(1)),
                    coverage=share(across.amin(1) <= radii[0][:, 1]), far=share(nearest > far), copies=share(nearest < close), **paths)

    @torch.no_grad()
    def path_length(self, network, space):
        """Perceptual path length (Karras et al. 2019) in these features: squared distance of two pictures PATH_STEP apart on the
        way between two latents, in z on the sphere, in w along a line, divided by PATH_STEP squared. The median of PATHS
        places, since few places at which a feature begins decide the mean."""
        random, found = torch.Generator(device=DEVICE).manual_seed(5), []
        for _ in range(PATHS // 40):
            a, b = (F.normalize(torch.randn(40, network.mapper.latent, device=DEVICE, generator=random), dim=1) for _ in range(2))
            t, angle = torch.rand(40, 1, device=DEVICE, generator=random), torch.acos((a * b).sum(1, keepdim=True))
            if space == "w":
                a, b = network.mapper(a), network.mapper(b)
                ends = [torch.lerp(a, b, place) for place in (t, t + PATH_STEP)]
            else:
                ends = [network.mapper((torch.sin((1 - place) * angle) * a + torch.sin(place * angle) * b) / torch.sin(angle))
                        for place in (t, t + PATH_STEP)]
            x, y = [self.features((network.synthesise(w) + 1) * 127.5) for w in ends]
            found.append(((x - y) ** 2).sum(1) / PATH_STEP ** 2)
        return float(torch.cat(found).median())


def kernel_distance(a, b, subsets=25):
    m, random = min(1000, min(len(a), len(b)) // 2), torch.Generator().manual_seed(0)
    total = 0
    for _ in range(subsets):
        x, y = [rows[torch.randperm(len(rows), generator=random)[:m].to(DEVICE)] for rows in (a, b)]
        kernel = lambda p, q: (p @ q.T / p.shape[1] + 1).double() ** 3
        own = [kernel(p, p) for p in (x, y)]
        total += (sum(k.sum() - k.trace() for k in own) / (m - 1) - 2 * kernel(x, y).sum() / m) / m
    return float(total / subsets)


def pyramid(x):
    """Laplacian, three levels."""
    row = torch.tensor([1, 4, 6, 4, 1.0], device=DEVICE) / 16
    filter_ = torch.outer(row, row).expand(3, 1, 5, 5).contiguous()
    smooth = lambda y, gain: F.conv2d(F.pad(y, [2] * 4, mode="reflect"), gain * filter_, groups=3)
    levels = []
    for _ in range(2):
        down, wide = smooth(x, 1)[:, :, ::2, ::2], torch.zeros_like(x)
        wide[:, :, ::2, ::2] = down
        levels.append(x - smooth(wide, 4))
        x = down
    return levels + [x]


def swd(a, b, patches=64, directions=256):
    """As src/eval/swd.h defines it, of fewer patches and directions."""
    n, random = min(len(a), len(b), SAMPLES), torch.Generator(device=DEVICE).manual_seed(1)
    thin = lambda x: x[torch.linspace(0, len(x) - 1, n).long().to(x.device)].float()
    total = 0
    for levels in zip(pyramid(thin(a)), pyramid(thin(b))):
        rows, columns = torch.randint(0, levels[0].shape[-1] - 6, (2, n, patches), device=DEVICE, generator=random)
        axis, picture = torch.arange(7, device=DEVICE), torch.arange(n, device=DEVICE)[:, None, None, None]
        unit = F.normalize(torch.randn(147, directions, device=DEVICE, generator=random), dim=0)
        sorted_ = []
        for level in levels:
            cut = level.permute(0, 2, 3, 1)[picture, rows[..., None, None] + axis[:, None], columns[..., None, None] + axis]
            cut = cut.reshape(-1, 49, 3)
            cut = (cut - cut.mean((0, 1))) / cut.std((0, 1))
            sorted_.append((cut.flatten(1) @ unit).sort(0).values)
        total += (sorted_[0] - sorted_[1]).abs().mean()
    return float(total) / 3 * 1000


def sheet(samples, path):
    rows, columns = SHEET
    size = samples.shape[-1]
    grid = samples[:rows * columns].reshape(rows, columns, 3, size, size).permute(0, 3, 1, 4, 2).reshape(rows * size, columns * size, 3)
    Image.fromarray(grid.cpu().numpy()).save(path, quality=88)


def main(arguments):
    parser = argparse.ArgumentParser("pytorch sweep", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep")
    parser.add_argument("--pictures", action="append", required=True, metavar="NAME=ZIP")
    parser.add_argument("--features", required=True, metavar="ONNX")
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=20)
    arguments = parser.parse_args(arguments)
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = False, True
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    data = {name: pictures_of(path, arguments.size) for name, path in (p.split("=", 1) for p in arguments.pictures)}
    yardstick, results, active, began = Yardstick(arguments.features), [], [], time.time()
    queue = [Run(entry, data) for entry in json.loads(Path(arguments.sweep).read_text())]
    while queue or active:
        while queue and len(active) < arguments.at_once:
            active.append(queue.pop(0))
            active[-1].begin()
        moved = [run.advance() for run in active]
        for run in [run for run in active if run.steps * run.o.batch >= run.marks[0]]:
            if DEVICE == "cuda":
                run.stream.synchronize()
            mark, samples = run.marks.pop(0), run.samples()
            results.append(dict(name=run.name, data=run.o.data, seed=run.o.seed, pictures=run.steps * run.o.batch, **yardstick.scores(run, samples)))
            print(f"{time.time() - began:.0f} s", json.dumps(results[-1]), flush=True)
            sheet(samples, out / f"{run.name}-{run.o.data}-{run.o.seed}-{mark}.jpg")
            (out / "results.json").write_text(json.dumps(results, indent=1))
            if not run.marks:
                active.remove(run)
                run.graph = None
        if not any(moved):
            time.sleep(0.0003)
