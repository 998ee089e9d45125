"""Writes fixtures/reference/dsp_linear_prediction: what nara_wpe makes of spectrograms of one microphone.

    python recipes/linear_prediction_fixture.py fixtures/reference/dsp_linear_prediction

Each case <c>: <c>.in and <c>.out, [frames, bins, 2]; taps, delay and iterations are in config.json. Computed in
float64, stored in float32. Needs numpy, nara_wpe and safetensors.
"""

import json
import os
import sys

import numpy as np
from nara_wpe.wpe import wpe_v8
from safetensors.numpy import save_file

CASES = {
    "echoes": dict(frames=300, bins=3, taps=20, delay=3, iterations=2),
    "one_tap": dict(frames=40, bins=2, taps=1, delay=1, iterations=3),
    "one_pass": dict(frames=150, bins=4, taps=10, delay=2, iterations=1),
}


def reverberant(frames, bins, rng):
    """Bursts of complex noise with a tail that decays from frame to frame, turning its phase."""
    level = np.repeat(10 ** rng.uniform(-3, 0, (frames // 5 + 1, bins)), 5, axis=0)[:frames]
    dry = level * (rng.standard_normal((frames, bins)) + 1j * rng.standard_normal((frames, bins)))
    tail = 0.8 ** np.arange(40)[:, None] * np.exp(2j * np.pi * rng.uniform(size=(40, bins)))
    tail[0] = 1
    return np.stack([np.convolve(dry[:, b], tail[:, b])[:frames] for b in range(bins)], axis=1)


def main(folder):
    rng, tensors, config = np.random.default_rng(7), {}, []
    for name, case in CASES.items():
        settings = {key: case[key] for key in ("taps", "delay", "iterations")}
        spectrum = reverberant(case["frames"], case["bins"], rng).astype(np.complex64)
        result = wpe_v8(spectrum.T[:, None].astype(np.complex128), statistics_mode="full", **settings)[:, 0].T
        for key, value in (("in", spectrum), ("out", result)):
            tensors[f"{name}.{key}"] = np.ascontiguousarray(np.stack([value.real, value.imag], axis=-1), dtype=np.float32)
        config.append(dict(name=name, **settings))
    os.makedirs(folder, exist_ok=True)
    save_file(tensors, os.path.join(folder, "io.safetensors"))
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"cases": config}, file, indent=1)
    with open(os.path.join(folder, "io.json"), "w") as file:
        json.dump({}, file)


main(sys.argv[1])
