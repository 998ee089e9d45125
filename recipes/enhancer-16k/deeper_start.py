#!/usr/bin/env python3
"""Weights to start a deeper enhancer from: an enhancer's, with blocks appended that change nothing at first.

    python3 recipes/enhancer-16k/deeper_start.py models/enhancer-16k.safetensors start.safetensors 5
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def main():
    source, target, blocks = sys.argv[1], sys.argv[2], int(sys.argv[3])
    weights, metadata = load_file(source), safe_open(source, "pt").metadata()
    config = json.loads(metadata["config"])
    old, limit = config["network"]["blocks"], config["network"]["hidden"] ** -0.5
    generator = torch.Generator().manual_seed(5)
    last = {k.removeprefix(f"blocks.{old - 1}."): v for k, v in weights.items() if k.startswith(f"blocks.{old - 1}.")}
    for block in range(old, blocks):
        for name, value in last.items():
            if ".linear." in name:
                new = torch.zeros_like(value)
            elif ".norm." in name:
                new = torch.full_like(value, 1.0 if name.endswith("weight") else 0.0)
            else:
                new = (torch.rand(value.shape, generator=generator) * 2 - 1) * limit
            weights[f"blocks.{block}.{name}"] = new
    config["network"]["blocks"] = blocks
    config.pop("default", None)
    save_file({k: v.contiguous() for k, v in weights.items()}, target, metadata=metadata | {"config": json.dumps(config)})


if __name__ == "__main__":
    main()
