#!/usr/bin/env python3
"""Weights to start the streaming enhancer from: an enhancer's, its GRUs across frames joined to forward ones.

    python3 recipes/stream-16k/start.py models/enhancer-16k.safetensors start.safetensors
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def joined(forward, backward, recurrent):
    """Gate by gate the units of both directions; recurrent weights are block diagonal."""
    size = forward.shape[0] // 3
    f, b = forward.view(3, size, *forward.shape[1:]), backward.view(3, size, *forward.shape[1:])
    if not recurrent:
        return torch.cat([f, b], 1).flatten(0, 1)
    blocks = torch.zeros(3, 2 * size, 2 * size)
    blocks[:, :size, :size], blocks[:, size:, size:] = f, b
    return blocks.flatten(0, 1)


def main():
    source, target = sys.argv[1:]
    weights, metadata = load_file(source), safe_open(source, "pt").metadata()
    config = json.loads(metadata["config"])
    config["network"]["causal"] = True
    config.pop("default", None)
    result = {}
    for name, value in weights.items():
        if ".time.gru." not in name:
            result[name] = value
        elif not name.endswith("_reverse"):
            result[name] = joined(value, weights[name + "_reverse"], "weight_hh" in name).contiguous()
    save_file(result, target, metadata=metadata | {"config": json.dumps(config)})


if __name__ == "__main__":
    main()
