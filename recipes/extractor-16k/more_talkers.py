#!/usr/bin/env python3
"""More talkers for training: every recording also slower and faster, as people of their own.

    python3 recipes/extractor-16k/more_talkers.py speech/ speech-more/ [--speeds 0.88 1.12]

Pitch and formants move with the speed, so the voice is another one. The originals are linked.
"""

import argparse
import os
import pathlib
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial

import soundfile
from scipy.signal import resample_poly


def change(task, speed):
    source, target = task
    if target.exists():
        return
    samples, rate = soundfile.read(source, dtype="float32")
    factor = Fraction(speed).limit_denominator(50)
    target.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(target, resample_poly(samples, factor.denominator, factor.numerator), rate, format="FLAC")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--speeds", type=float, nargs="+", default=[0.88, 1.12])
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    recordings = [pathlib.Path(folder) / name for folder, _, names in os.walk(options.source, followlinks=True) for name in names]
    for talker in options.source.iterdir():
        link = options.target / talker.name
        if not link.exists():
            link.symlink_to(talker.resolve())
    with ProcessPoolExecutor() as pool:
        for speed in options.speeds:
            tasks = []
            for file in recordings:
                talker, *rest = file.relative_to(options.source).parts
                tasks.append((file, (options.target / f"{talker}@{speed}").joinpath(*rest).with_suffix(".flac")))
            list(pool.map(partial(change, speed=speed), tasks, chunksize=32))


if __name__ == "__main__":
    main()
