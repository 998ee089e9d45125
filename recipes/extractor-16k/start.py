#!/usr/bin/env python3
"""Weights to start the light extractor from: those of the streaming enhancer, which hears the mean of both ears.

    python3 recipes/extractor-16k/start.py models/stream-16k.safetensors start.safetensors [--blocks 4] [--embedding 256]

Blocks beyond the enhancer's change nothing at first, nor does the voice.
"""

import argparse
import json
import math
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from enhancer_network import band_widths  # noqa: E402

FEATURES, TERMS = 9, 5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--embedding", type=int, default=256)
    parser.add_argument("--voice", type=int, default=64)
    options = parser.parse_args()
    source, metadata = load_file(options.source), safe_open(options.source, "pt").metadata()
    network = json.loads(metadata["config"])["network"]
    channels, bins = network["channels"], network["bins"]
    generator = torch.Generator().manual_seed(7)

    def uniform(*shape, limit):
        return (torch.rand(shape, generator=generator) * 2 - 1) * limit

    result = {}
    widths = band_widths(bins)
    # The state of the bridge's end is the noisy spectrum, and so is each ear's.
    phase = math.pi * source["frequencies"]
    hidden = torch.cat([phase.sin(), phase.cos()]) @ source["embed_0.weight"].T + source["embed_0.bias"]
    shift = torch.nn.functional.silu(hidden) @ source["embed_1.weight"].T + source["embed_1.bias"]
    result["split.bias"] = source["split.bias"] + shift.repeat(len(widths))
    pieces, offset = [], 0
    for width in widths:
        old = source["split.weight"][offset:offset + channels * 6 * width].view(channels, width, 6)
        offset += channels * 6 * width
        new = torch.zeros(channels, width, FEATURES)
        for part in range(2):
            new[:, :, [part, 2 + part]] = ((old[:, :, part] + old[:, :, 2 + part]) / 2).unsqueeze(-1)
        new[:, :, 4:6] = ((old[:, :, 4] + old[:, :, 5]) / 2).unsqueeze(-1)
        pieces.append(new.flatten())
    result["split.weight"] = torch.cat(pieces)

    def joined(floats):
        """Filters of one ear, the state's weight added to the present frame's, for both ears."""
        floats = floats.clone()
        floats[:, 2:4] += floats[:, 6:8]
        floats[:, 6:8] = 0
        return torch.stack([floats, floats], 1)

    pieces, offset = [], 0
    for width in widths:
        count = 2 * channels * 2 * TERMS * width
        old = source["masks.weight"][offset:offset + count].view(width, 2 * TERMS, 2 * channels)
        offset += count
        pieces.append(joined(old).flatten())
    result["masks.weight"] = torch.cat(pieces)
    result["masks.bias"] = joined(source["masks.bias"].view(bins, 2 * TERMS)).flatten()
    for name, value in source.items():
        if name.startswith(("blocks.", "norm.", "expand.")):
            result[name] = value
    last = f"blocks.{network['blocks'] - 1}."
    for block in range(network["blocks"], options.blocks):
        for name in [name for name in source if name.startswith(last)]:
            shape, new = source[name].shape, f"blocks.{block}." + name[len(last):]
            if ".linear." in name:
                result[new] = torch.zeros(shape)
            elif ".norm." in name:
                result[new] = torch.full(shape, 1.0 if name.endswith("weight") else 0.0)
            else:
                result[new] = uniform(*shape, limit=network["hidden"] ** -0.5)
    result["voice.weight"] = uniform(options.voice, options.embedding, limit=options.embedding ** -0.5)
    result["voice.bias"] = torch.zeros(options.voice)
    for block in range(options.blocks):
        result[f"gates.{block}.weight"] = torch.zeros(2 * len(widths) * channels, options.voice)
        result[f"gates.{block}.bias"] = torch.zeros(2 * len(widths) * channels)
    config = {
        "name": "start", "purpose": "Weights to start from.", "licence": "Apache-2.0", "sampleRate": 16000,
        "network": {
            "family": "band-split", "sampleRate": 16000, "chunkLength": bins - 1, "channels": channels,
            "hidden": network["hidden"], "blocks": options.blocks, "embeddingSize": options.embedding, "voiceWidth": options.voice,
        },
    }
    save_file(
        {name: value.contiguous() for name, value in result.items()}, options.target,
        metadata={"kind": "target-speech-extractor", "config": json.dumps(config)})


if __name__ == "__main__":
    main()
