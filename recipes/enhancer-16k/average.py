#!/usr/bin/env python3
"""The mean of the weights of two models of one design.

    python3 recipes/enhancer-16k/average.py first.safetensors second.safetensors average.safetensors
"""

import sys

from safetensors import safe_open
from safetensors.torch import load_file, save_file


def main():
    first, second, target = sys.argv[1:]
    a, b = load_file(first), load_file(second)
    save_file({name: ((a[name] + b[name]) / 2).contiguous() for name in a}, target, metadata=safe_open(first, "pt").metadata())


if __name__ == "__main__":
    main()
