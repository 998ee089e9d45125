#!/usr/bin/env python3
"""Pack recordings for training on a GPU machine: one Ogg Opus file a kind with an index, and responses of heads.

    python3 recipes/gpu/pack.py --out PACK --speech DIR… --noise DIR… --valid-speech DIR --valid-noise DIR \
        --heads TUB_KEMAR.sofa MIT_KEMAR.sofa
"""

import argparse
import json
import pathlib

import h5py
import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 16000


def pack(folders, target, level, longest=None):
    """Writes `target`.ogg and `target`.json: [[group, name, first sample, count], …]; groups are the files' folders."""
    index, position = [], 0
    with soundfile.SoundFile(target.with_suffix(".ogg"), "w", RATE, 1, "OPUS", format="OGG", compression_level=level) as out:
        for folder in map(pathlib.Path, folders):
            for path in sorted(folder.rglob("*.flac")):
                samples, rate = soundfile.read(path, dtype="float32")
                assert rate == RATE and samples.ndim == 1, path
                samples = samples[:longest]
                rms = np.sqrt(np.mean(samples ** 2))
                if len(samples) < RATE // 2 or rms < 1e-5:
                    continue
                samples *= min(0.1 / rms, 0.95 / np.abs(samples).max())
                out.write(samples)
                index.append([path.parent.name, path.name, position, len(samples)])
                position += len(samples)
    target.with_suffix(".json").write_text(json.dumps(index))
    print(target.name, len(index), f"{position / RATE / 60:.1f} min", target.with_suffix(".ogg").stat().st_size >> 10, "KiB")


def head(path, taps=256):
    """[directions, 2, taps] at 16 kHz and their unit vectors (front, left, up), of a SOFA file."""
    with h5py.File(path) as file:
        responses = np.array(file["Data.IR"], np.float64)
        rate = int(np.array(file["Data.SamplingRate"]).ravel()[0])
        azimuth, elevation = np.deg2rad(np.array(file["SourcePosition"])[:, :2]).T
    divisor = np.gcd(RATE, rate)
    responses = resample_poly(responses, RATE // divisor, rate // divisor, axis=2)
    onset = max(0, int(np.argmax(np.abs(responses).max((0, 1)) > 0.05 * np.abs(responses).max())) - 8)
    responses = responses[:, :, onset:onset + taps]
    responses = np.pad(responses, ((0, 0), (0, 0), (0, taps - responses.shape[2])))
    front = np.argmin(azimuth ** 2 + elevation ** 2 + (azimuth > np.pi) * 10)
    responses /= np.sqrt(np.mean(np.sum(responses[front] ** 2, -1)))
    vectors = np.stack([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)], 1)
    return responses.astype(np.float16), vectors.astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("speech", "noise", "valid-speech", "valid-noise", "heads"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--speech-level", type=float, default=0.5, help="compression, 0 (little) to 1 (much)")
    parser.add_argument("--noise-level", type=float, default=0.6)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pack(options.speech, options.out / "speech", options.speech_level)
    pack(options.noise, options.out / "noise", options.noise_level, longest=60 * RATE)
    pack(options.valid_speech, options.out / "valid_speech", options.speech_level)
    pack(options.valid_noise, options.out / "valid_noise", options.noise_level, longest=30 * RATE)
    heads = [head(path) for path in options.heads]
    np.savez(options.out / "heads.npz", **{f"{kind}{i}": part for i, h in enumerate(heads) for kind, part in zip(("responses", "vectors"), h)})
    for responses, vectors in heads:
        print("head", responses.shape, vectors[0])


if __name__ == "__main__":
    main()
