#!/usr/bin/env python3
"""Reference numbers of the target speech networks in sizes that the published system does not have.

    python3 recipes/target_network_fixture.py fixtures/reference/target_networks
    python3 recipes/target_network_fixture.py OUT --weights enrollment.safetensors --config enrollment.json

The first form writes small networks with drawn weights, outputs and all gradients; the second the outputs of a trained
network. The networks are those of recipes/tfgridnet_network.py and recipes/light_target_networks.py.
"""

import argparse
import json
import pathlib

import torch
from safetensors.torch import load_file, save_file

from light_target_networks import BandSplitExtractor, MelEnrollmentNetwork
from tfgridnet_network import EnrollmentNetwork, Extractor

EXTRACTOR = {"stft_chunk_size": 16, "stft_pad_size": 8, "num_ch": 2, "n_srcs": 2, "D": 8, "L": 2, "I": 1, "J": 1, "B": 2,
             "H": 6, "local_atten_len": 5, "approx_qk_dim": 30, "embed_dim": 12}
ENROLLMENT = {"embed_dim": 12, "num_ch": 2, "n_fft": 16, "stride": 8, "num_blocks": 2, "lstm_hidden_units": 6,
              "emb_dim": 8, "attn_n_head": 2, "attn_approx_qk_dim": 20, "emb_ks": 4, "emb_hs": 2}
SETS = {
    "extractor/enhancer": (Extractor, {**EXTRACTOR, "embed_dim": 0, "num_ch": 1, "n_srcs": 1, "stft_pad_size": 16}),
    "extractor/one_ear_out": (Extractor, {**EXTRACTOR, "n_srcs": 1, "B": 3}),
    "extractor/one_block": (Extractor, {**EXTRACTOR, "embed_dim": 0, "B": 1, "stft_pad_size": 4}),
    "enrollment/strided": (EnrollmentNetwork, ENROLLMENT),
    "enrollment/one_ear": (EnrollmentNetwork, {**ENROLLMENT, "num_ch": 1, "emb_ks": 3, "emb_hs": 3, "n_fft": 24}),
}
# Of the light networks: arguments here, and the settings of the same network in a model file.
LIGHT = {
    "light_extractor/small": (
        BandSplitExtractor, {"chunk": 32, "channels": 10, "hidden": 5, "blocks": 2, "embedding": 12, "voice": 7},
        {"family": "band-split", "sampleRate": 16000, "chunkLength": 32, "channels": 10, "hidden": 5, "blocks": 2,
         "embeddingSize": 12, "voiceWidth": 7}),
    "light_enrollment/small": (
        MelEnrollmentNetwork, {"hop": 64, "bands": 9, "hidden": 6, "layers": 2, "embedding": 10},
        {"family": "mel-recurrent", "sampleRate": 16000, "hopLength": 64, "bands": 9, "hidden": 6, "layers": 2, "embeddingSize": 10}),
}


def draw(network, generator):
    """Norms around 1, everything else uniform and large enough to matter."""
    for name, p in network.named_parameters():
        one = name.endswith(("norm.weight", "gamma", "conv.1.weight", "proj.1.weight")) and p.dim() != 2
        scale = 0.3 if one or p.dim() < 2 else 1 / p[0].numel() ** 0.5
        start = 1 if one and p.numel() > 1 else 0.25 if p.numel() == 1 else 0
        p.data = start + scale * (2 * torch.rand(p.shape, generator=generator) - 1)


def inputs(network, config, batch, samples, generator):
    light = isinstance(network, (BandSplitExtractor, MelEnrollmentNetwork))
    x = torch.randn(batch, 2 if light else config["num_ch"], samples, generator=generator)
    size = config.get("embed_dim", config.get("embedding"))
    conditioned = isinstance(network, (Extractor, BandSplitExtractor)) and size > 0
    voice = torch.randn(batch, size, generator=generator) if conditioned else None
    if isinstance(network, BandSplitExtractor):
        voice = torch.nn.functional.normalize(voice, dim=1)
    return {"input": x, **({"embedding": voice} if conditioned else {})}


def write(folder, config, network, tensors, note):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "io.json").write_text(json.dumps({"note": note}, indent=1) + "\n")
    contiguous = lambda d: {k: v.detach().float().contiguous() for k, v in d.items()}
    save_file(contiguous(tensors), str(folder / "io.safetensors"))
    kept = {k: v for k, v in network.state_dict().items() if ".filterbank." not in k}
    save_file(contiguous(kept), str(folder / "model.safetensors"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--weights")
    parser.add_argument("--config")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(11)
    if options.weights:
        config = json.loads(pathlib.Path(options.config).read_text())["network"]
        kind = EnrollmentNetwork if "n_fft" in config else Extractor
        network = kind(**config)
        network.load_state_dict(load_file(options.weights))
        given = inputs(network, config, 1, 12_345, generator)
        with torch.no_grad():
            output = network(*given.values())
        write(options.out, config, network, {**given, "output": output}, "Output of a trained network.")
        return
    for name, (kind, config, settings) in {**{k: (*v, v[1]) for k, v in SETS.items()}, **LIGHT}.items():
        network = kind(**config)
        draw(network, generator)
        given = inputs(network, config, 2, 181 if name in SETS else 1200, generator)
        for tensor in given.values():
            tensor.requires_grad_()
        output = network(*given.values())
        cotangent = torch.randn(output.shape, generator=generator)
        (output * cotangent).sum().backward()
        gradients = {f"grad.{k}": v.grad for k, v in {**given, **dict(network.named_parameters())}.items()}
        write(options.out / name, settings, network, {**given, "output": output, "cot.output": cotangent, **gradients},
              "Gradients are of the sum of output * cot.output.")


if __name__ == "__main__":
    main()
