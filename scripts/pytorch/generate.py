"""Renders latents with a model of ssdgan in PyTorch, to compare with `ssdgan generate --w FILE --out X.safetensors`.

  /usr/bin/python3 scripts/pytorch generate MODEL.safetensors LATENTS.safetensors OUT.safetensors

LATENTS holds a tensor z or w, N x 100; OUT gets images, N x 3 x H x W.
"""
from argparse import Namespace

import torch

from networks import DcganGenerator, Generator
from tensor_file import load_file, metadata, write_safetensors


def generator_for(state, settings):
    """The reference network with the sizes of this state, and the settings that no tensor tells."""
    dcgan = "model.0.weight" in state
    first = state["model.0.weight" if dcgan else "conv_l1.weight"]
    layers = [w for n, w in state.items() if w.dim() == 4]
    upsampling = settings.get("upsampling", "transposed")
    options = Namespace(
        latent=first.shape[0], width=layers[-1].shape[0 if upsampling == "transposed" else 1], width_max=first.shape[1], image_size=4 << (len(layers) - 1),
        shared_mapping="mapper.linear.weight" in state, no_adain="ada_l1.style_scale.weight" not in state,
        first_input="constant" if "starting_const" in state else "latent",
        g_norm="batch" if "bn_l1.running_mean" in state else "instance", noise="noise_l1.strength" in state,
        mapping_layers=int(settings.get("mapping_layers", 4)), pixel_norm=settings.get("pixel_norm") == "1",
        upsampling=upsampling)
    return (DcganGenerator if dcgan else Generator)(options)


def main(arguments):
    model, latents, out = arguments
    state = load_file(model)
    generator = generator_for(state, metadata(model))
    generator.load_state_dict(state)  # the one call
    generator.eval()
    inputs = load_file(latents)
    with torch.no_grad():
        images = generator(inputs["z"]) if "z" in inputs else generator.synthesise(inputs["w"])
    write_safetensors(out, {"images": images}, {"format": "ssdgan-images"})
