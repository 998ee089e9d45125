#!/usr/bin/env python3
"""d-vectors of every utterance at five speeds, by Resemblyzer: what the speaker encoders are trained to give.

    python3 recipes/gpu/dvectors.py dvectors.npz SPEECH…

Keys are folder/file, values [speeds, 256]; not a number where no voice was found. May be interrupted and run again.
"""

import pathlib
import sys

import numpy as np
import soundfile
from resemblyzer import VoiceEncoder, preprocess_wav
from scipy.signal import resample_poly

SPEEDS = [(21, 25), (23, 25), (1, 1), (27, 25), (29, 25)]  # as in scenes.py


def vector(encoder, samples):
    try:
        return encoder.embed_utterance(preprocess_wav(samples, 16000))
    except (ValueError, IndexError):
        return np.full(256, np.nan, np.float32)


def main():
    out = pathlib.Path(sys.argv[1])
    done = dict(np.load(out)) if out.exists() else {}
    encoder = VoiceEncoder("cpu", verbose=False)
    paths = [path for folder in sys.argv[2:] for path in sorted(pathlib.Path(folder).glob("*/*.flac"))]
    for number, path in enumerate(paths):
        key = f"{path.parent.name}/{path.name}"
        if key in done:
            continue
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == 16000, path
        fast = [samples if a == b else resample_poly(samples, b, a).astype(np.float32) for a, b in SPEEDS]
        done[key] = np.stack([vector(encoder, x) for x in fast]).astype(np.float16)
        if number % 100 == 0:
            np.savez(out, **done)
    np.savez(out, **done)


if __name__ == "__main__":
    main()
