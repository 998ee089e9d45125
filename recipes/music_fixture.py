#!/usr/bin/env python3
"""Reference numbers of small music models, one of them with a beat clock: nats of codes and all gradients, by
recipes/music_network.py.

    python3 recipes/music_fixture.py fixtures/reference/music_network
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from music_network import MusicNetwork

SIZES = {"width": 16, "feedForwardWidth": 24, "layers": 2, "heads": 2, "codebooks": 3, "codes": 20,
         "text": {"vocabulary": 30, "width": 12, "feedForwardWidth": 18, "layers": 2, "heads": 3}}


def write(out, sizes):
    out.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(5)
    network = MusicNetwork(**sizes, dropout=0)
    for name, p in network.named_parameters():
        is_norm = "norm.weight" in name
        p.data = (1.0 if is_norm else 0.0) + (0.3 if p.dim() < 2 else 0.5) * (2 * torch.rand(p.shape, generator=generator) - 1)
    codes = torch.randint(SIZES["codes"], (4, SIZES["codebooks"], 9), generator=generator)
    lengths = torch.tensor([7, 0, 3, 1])  # none is the null condition
    pieces = torch.randint(SIZES["text"]["vocabulary"], (4, 7), generator=generator)
    pieces *= torch.arange(7) < lengths[:, None]
    tempos, starts = torch.tensor([72.0, 90.0, 0.0, 132.5]), torch.tensor([0, 0, 3, 5])
    nats = network.nats(codes, pieces, lengths, tempos, starts)
    weights = torch.rand(nats.shape, generator=generator) + 0.5
    (nats * weights).sum().backward()
    save_file({name: p.detach().contiguous() for name, p in network.named_parameters()}, out / "model.safetensors")
    tensors = {"codes": codes.float(), "pieces": pieces.float(), "lengths": lengths.float(), "tempos": tempos, "starts": starts.float(),
               "nats": nats.detach(), "weights": weights}
    tensors |= {f"grad.{name}": p.grad.contiguous() for name, p in network.named_parameters()}
    save_file(tensors, out / "io.safetensors")
    (out / "config.json").write_text(json.dumps(sizes, indent=1) + "\n")


def main():
    for name, more in (("small", {}), ("clock", {"frameRate": 4.0})):
        write(pathlib.Path(sys.argv[1]) / name, SIZES | more)


if __name__ == "__main__":
    main()
