"""Writes fixtures/reference/enhancer: inputs, outputs and gradients of recipes/enhancer_network.py.

    python3 recipes/enhancer_fixture.py fixtures/reference/enhancer
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

from enhancer_network import EnhancerNetwork

CASES = {
    "small": dict(bins=33, channels=8, hidden=4, blocks=2, embedding=8),
    "default_layout": dict(bins=257, channels=8, hidden=8, blocks=1, embedding=32),
    "causal": dict(bins=33, channels=8, hidden=4, blocks=2, embedding=8, causal=True),
}


def compress(spectrum, factor):
    return spectrum * (spectrum.square().sum(-1, keepdim=True) + 1e-10).pow(-0.25) * factor


def network_case(folder, settings, seed):
    torch.manual_seed(seed)
    network = EnhancerNetwork(**settings)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    state, noisy = (torch.randn(2, 7, settings["bins"], 2) for _ in range(2))
    time, target = torch.tensor([1.0, 0.3]), torch.randn(2, 7, settings["bins"], 2)
    output = network(state, noisy, time)
    loss = (output - target).square().mean()
    loss.backward()
    io = {"state": state, "noisy": noisy, "time": time, "target": target, "output": output, "loss": loss}
    io |= {f"gradient.{name}": p.grad for name, p in network.named_parameters()}
    write(folder, settings, io, "loss = mean((output - target)^2); gradient.* with respect to every parameter")
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, folder / "model.safetensors")


def envelope_correlation(estimate, clean, settings):
    """Mean ESTOI-like correlation of the segments with speech; both are plain spectra [batch, frames, bins, 2]."""
    frames = round(0.384 * settings["sampleRate"] / settings["hopLength"])
    segments = clean.shape[1] // frames
    edges = [round(150 * 2 ** ((2 * k - 1) / 6) * settings["nFFT"] / settings["sampleRate"]) for k in range(16)]

    def envelopes(spectrum):
        power = spectrum[:, : segments * frames].square().sum(-1)
        bands = torch.stack([power[..., low:high].sum(-1) for low, high in zip(edges, edges[1:])], -1)
        return (bands + 1e-6).sqrt().unflatten(1, (segments, frames))

    def unit(x, axis):
        x = x - x.mean(axis, keepdim=True)
        return x / (x.square().sum(axis, keepdim=True) + 1e-6).sqrt()

    reference = envelopes(clean)
    score = (unit(unit(reference, 2), 3) * unit(unit(envelopes(estimate), 2), 3)).sum((2, 3)) / frames
    power = reference.square().mean((2, 3))
    speech = power > (1e-4 * power.amax(1, keepdim=True)).clamp(min=2e-6)
    return score[speech].mean()


def loss_case(folder, seed):
    """All terms of the training loss, on an estimate given as a spectrum; the first half of item 1 is silent."""
    torch.manual_seed(seed)
    settings = dict(nFFT=512, hopLength=256, exponent=0.5, factor=0.35, complex=4.0, magnitude=8.0,
                    signalToNoise=0.05, signalToNoiseLimit=30.0, sampleRate=16000, envelopes=1.5)
    window = torch.hann_window(512).sqrt()
    stft = lambda x: torch.view_as_real(torch.stft(x, 512, 256, 512, window, return_complex=True)).transpose(1, 2)
    clean = torch.randn(2, 16000)
    clean[1, :8000] = 0
    spectrum = compress(stft(clean), settings["factor"])
    estimate = (spectrum + 0.3 * torch.randn_like(spectrum)).requires_grad_()
    size = (estimate.square().sum(-1, keepdim=True) + 1e-10).sqrt()
    plain = estimate * size / settings["factor"] ** 2
    linear = torch.view_as_complex(plain.transpose(1, 2).contiguous())
    waveform = torch.istft(linear, 512, 256, 512, window, length=clean.shape[1])
    magnitude = lambda z: (z.square().sum(-1) + 1e-8).sqrt()
    spectral = (4 * (estimate - spectrum).square().sum(-1) + 8 * (magnitude(estimate) - magnitude(spectrum)).square()).mean()
    ratio = (waveform - clean).square().sum(-1) / clean.square().sum(-1).clamp(min=1e-3)
    noise = (10 / math.log(10) * (ratio + 1e-3).log()).mean()
    correlation = envelope_correlation(plain, stft(clean), settings)
    loss = spectral + 0.05 * noise + settings["envelopes"] * (1 - correlation)
    loss.backward()
    write(folder, settings, {
        "clean": clean, "spectrum": spectrum, "estimate": estimate, "waveform": waveform, "spectral": spectral,
        "noiseToSignal": noise, "envelopeCorrelation": correlation, "loss": loss, "gradient": estimate.grad}, "gradient of loss with respect to estimate")


def write(folder, settings, io, note):
    folder.mkdir(parents=True, exist_ok=True)
    io = {name: value.detach().contiguous().clone() for name, value in io.items()}
    save_file(io, folder / "io.safetensors")
    tensors = {name: {"dtype": "F32", "shape": list(value.shape)} for name, value in io.items()}
    (folder / "io.json").write_text(json.dumps({"note": note, "tensors": tensors}, indent=1) + "\n")
    (folder / "config.json").write_text(json.dumps(settings, indent=1) + "\n")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for seed, (name, settings) in enumerate(CASES.items()):
        network_case(root / f"network_{name}", settings, seed)
    loss_case(root / "loss", 7)
