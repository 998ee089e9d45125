#!/usr/bin/env python3
"""Measure an enhancer or a dereverberator on test mixtures and print the table of models/README.md.

Mixtures, enhancement and all numbers are audiotool's. Example:

    python3 recipes/measure_enhancer.py --speech data/speech/test --noise data/noise/test --model models/enhancer.safetensors
    python3 recipes/measure_enhancer.py --speech data/speech/test --rooms data/rir --steps 1

With --rooms the speech is convolved with measured impulse responses, the reference keeps their first 50 ms, and
`audiotool dereverb` is measured. With --live every file goes through `audiotool stream enhance`. Of a folder that has a table rir.csv (columns path, rt60) only the responses whose
reverberation time lies in --rt60 are taken.
"""

import argparse
import csv
import json
import math
import pathlib
import shutil
import subprocess
import tempfile
import time

METRICS = ["si_sdr", "estoi", "seg_snr", "pesq_wb"]
TITLES = ["SI-SDR dB", "ESTOI", "segSNR dB", "PESQ-WB"]


def scores(audiotool, clean, estimates, metrics=METRICS):
    """Per-file scores by metric: {metric: {name: value}}; undefined ones are left out."""
    command = [audiotool, "evaluate", "--reference", clean, "--estimate", estimates, "--metrics", ",".join(metrics), "--json"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    values = {metric: {file["name"]: file["metrics"][metric] for file in report["files"]} for metric in metrics}
    return {metric: {n: v for n, v in named.items() if v is not None} for metric, named in values.items()}


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def selected_rooms(folder, low, high, target):
    """A folder of links to the responses of `folder` with a reverberation time from `low` to `high` seconds."""
    table = folder / "rir.csv"
    if not table.exists():
        return folder
    target.mkdir(parents=True)
    for row in csv.DictReader(table.open()):
        if low <= float(row["rt60"]) <= high:
            name = pathlib.Path(row["path"]).name
            (target / name).symlink_to((folder / name).resolve())
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", required=True, help="test speech, one folder a speaker")
    parser.add_argument("--noise", help="test noises")
    parser.add_argument("--rooms", help="measured impulse responses: measure dereverberation")
    parser.add_argument("--rt60", default="0.3,1.2", help="lowest and highest reverberation time in s")
    parser.add_argument("--model", help="name or path; the default model if left out")
    parser.add_argument("--live", action="store_true", help="measure the streaming enhancer")
    parser.add_argument("--audiotool", default=".build/release/audiotool")
    parser.add_argument("--steps", default="1,2,5,10,30", help="numbers of sampler steps")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--clean", type=int, default=10, help="utterances without noise")
    parser.add_argument("--snr", default="-5,15", help="lowest and highest SNR in dB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--keep", help="a folder to keep the recordings in")
    parser.add_argument("--json", help="a file for all scores")
    options = parser.parse_args()

    tool = options.audiotool if "/" in options.audiotool else shutil.which(options.audiotool)
    work = pathlib.Path(options.keep or tempfile.mkdtemp())
    low, high = options.snr.split(",")
    verb, sources, what = "enhance", [], []
    if options.rooms:
        verb = "dereverb"
        shortest, longest = map(float, options.rt60.split(","))
        rooms = selected_rooms(pathlib.Path(options.rooms), shortest, longest, work / "rooms")
        sources += ["--rooms", rooms]
        what.append(f"rooms of {options.rooms}, {shortest} to {longest} s")
    if options.noise:
        sources += ["--noise", options.noise]
        what.append(f"noises of {options.noise}, {low} to {high} dB")
    subprocess.run([tool, "mixtures", "--speech", options.speech, *sources, "--count", str(options.count), "--clean",
                    str(options.clean), f"--lowest-snr={low}", f"--highest-snr={high}", "--seed", str(options.seed),
                    "--output", work], check=True)

    def enhance(source, target, steps):
        if target.exists():
            shutil.rmtree(target)
        if options.live:
            return stream(source, target)
        command = [tool, verb, source, "--quiet", "--output", target, "--steps", str(steps)]
        command += ["--model", options.model] if options.model else []
        command += ["--threads", str(options.threads)] if options.threads else []
        start = time.monotonic()
        subprocess.run(command, check=True)
        return time.monotonic() - start

    def stream(source, target):
        target.mkdir()
        start = time.monotonic()
        for path in sorted(source.glob("*.wav")):
            command = [tool, "stream", "enhance", "--quiet", "--input", path, "--output", target / path.name, "--compensate"]
            subprocess.run(command + (["--model", options.model] if options.model else []), check=True)
        return time.monotonic() - start

    everything = {"noisy": scores(tool, work / "clean", work / "noisy")}
    noisy = everything["noisy"]
    print(f"{options.count} mixtures of {options.speech} with {' and '.join(what)}, seed {options.seed}; "
          f"{options.clean} utterances as they are\n")
    print("| steps | " + " | ".join(TITLES) + " | gain: " + " | ".join(TITLES) + " | clean SI-SDR dB (lowest) | seconds |")
    print("|" + " --- |" * (2 * len(TITLES) + 3))
    print("| noisy | " + " | ".join(f"{mean(noisy[m].values()):.3f}" for m in METRICS) + " |" + " |" * (len(METRICS) + 2))
    for steps in [int(s) for s in options.steps.split(",")]:
        target = work / f"enhanced-{steps}"
        seconds = enhance(work / "noisy", target, steps)
        result = scores(tool, work / "clean", target)
        everything[steps] = result
        cells = [f"{mean(result[m].values()):.3f}" for m in METRICS]
        gains = [f"{mean(v - noisy[m][n] for n, v in result[m].items() if n in noisy[m]):+.3f}" for m in METRICS]
        kept = ""
        if options.clean:
            enhance(work / "untouched", work / f"untouched-{steps}", steps)
            clean = scores(tool, work / "untouched", work / f"untouched-{steps}", ["si_sdr"])
            everything[f"untouched {steps}"] = clean
            kept = f"{mean(clean['si_sdr'].values()):.1f} ({min(clean['si_sdr'].values(), default=math.nan):.1f})"
        print(f"| {steps} | " + " | ".join(cells) + " | " + " | ".join(gains) + f" | {kept} | {seconds:.1f} |", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(everything, indent=1))
    if not options.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
