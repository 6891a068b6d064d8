#!/usr/bin/python3
"""PyTorch beside our engine, for `npm run bench -- --peers`. Needs Debian's python3-torch; the network is that of
scripts/pytorch.

  torch_peer.py onnx MODEL.safetensors BATCH OUT.onnx    the generator, z -> pictures, for this batch
  torch_peer.py serve                                    answers JSON lines:
    {"do": "generate", "model": FILE, "batch": N, "latents": FILE, "out": FILE}   raw float32, N x 3 x H x W
    {"do": "time", "what": "generate" | "step", "batch": N, "threads": N, "count": N, "model": FILE,
     "reuse_fake": BOOL, "frozen": BOOL}                                          {"ms": [...]}
"""
import json
import os
import sys
import time
import warnings

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/pytorch"))
import generate  # noqa: E402
import step  # noqa: E402
import tensor_file  # noqa: E402
import verify  # noqa: E402


def load(path):
    state = tensor_file.load_file(path)
    generator = generate.generator_for(state, tensor_file.metadata(path))
    generator.load_state_dict(state)
    return generator.eval().requires_grad_(False)


def export(model, batch, out):
    warnings.simplefilter("ignore")  # the exporter's, about sizes that are meant to be fixed
    generator = load(model)
    torch.onnx.export(generator, torch.randn(int(batch), 100), out, input_names=["z"], output_names=["images"],
                      opset_version=15, do_constant_folding=True)


class Peer:
    def __init__(self):
        self.made = {}

    def generator(self, ask):
        return self.once(("generator", ask["model"]), lambda: load(ask["model"]))

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def generate(self, ask):
        z = torch.frombuffer(bytearray(open(ask["latents"], "rb").read()), dtype=torch.float32).reshape(ask["batch"], -1)
        with torch.inference_mode():
            images = self.generator(ask)(z)
        images.contiguous().numpy().tofile(ask["out"])
        return {"shape": list(images.shape)}

    def time(self, ask):
        torch.set_num_threads(ask["threads"])
        body = self.generate_body(ask) if ask["what"] == "generate" else self.step_body(ask)
        ms = []
        for _ in range(ask["count"]):
            began = time.perf_counter()
            body()
            ms.append((time.perf_counter() - began) * 1e3)
        return {"ms": ms}

    def generate_body(self, ask):
        generator, z = self.generator(ask), torch.randn(ask["batch"], 100)

        def body():
            with torch.inference_mode():
                generator(z)
        return body

    def step_body(self, ask):
        def make():
            options = verify.options_of(["--out", "", "--dtype", "float32", "--batch", str(ask["batch"])])
            g, d = verify.build(options)
            optimisers = step.optimisers_of(options, g, d)
            return options, g, d, optimisers, torch.randn(ask["batch"], 100), torch.rand(ask["batch"], 3, 64, 64)
        made = self.once(("step", ask["batch"]), make)
        made[0].reuse_fake = ask["reuse_fake"]
        return lambda: step.training_step(*made, spare=ask["frozen"])


def blas():
    """The library behind libblas.so.3: it decides PyTorch's speed by a factor of nine."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    for variant in ("openblas-openmp", "openblas-pthread", "blis-openmp", "blis-pthread", "atlas"):
        if any(variant in path for path in paths):
            return variant
    return "reference BLAS"


def serve():
    peer = Peer()
    print(json.dumps({"name": f"PyTorch {torch.__version__} ({blas()})"}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        print(json.dumps(getattr(peer, ask["do"])(ask)), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["onnx"]:
        export(*sys.argv[2:5])
    else:
        serve()
