#!/usr/bin/env python3
"""Tunes a model of music by DRAGON with one reward after the other and prints the table of win rates.

    python3 recipes/tune_experiments/rewards.py --references music/train --style accordion/ --style-captions accordion.txt \
        --prompts prompts.txt --held-out held_out.txt --output runs/rewards [--encoder NAME] [--scorer FILE] [--model NAME]

Every reward has a run of its own (`audiotool tune`), from the same start and with the same seed; win rates are of held-out
prompts. `--references` are recordings like those that the model learned from, `--style` and `--style-captions` ask for
something narrower, `--encoder` hears captions and recordings alike, `--scorer` is a learned reward. Runs that are there
already are read, not made again. Standard library only.
"""

import argparse
import json
import pathlib
import subprocess
import time


SETTINGS = "--guidance 1 --labels soft --learning-rate 0.0012".split()
# What clips of one prompt differ in, and what is asked of a varied set, is learned from pairs alone.
PAIRS = "--beta 0.02".split()
PAIRED = ("level -14", "level -32", "FAD", "Vendi", "Vendi + level")
# For a style that a prompt's own clips hardly have, eight clips of each prompt are drawn and two learned from, the wanted one
# mostly by its likelihood; every second prompt borrows it.
SEARCH = "--samples 8 --prompts-per-round 12 --extremes --likelihood 30 --epochs 3 --beta 0.003 --exploration 0.5".split()


def rewards(options):
    """(name, kind, YAML) of each."""
    references = f'reference: "{pathlib.Path(options.references).resolve()}"'
    style = f'reference: "{pathlib.Path(options.style).resolve()}"'
    words = f'reference: "{pathlib.Path(options.style_captions).resolve()}"'
    own = f'encoder: "{options.encoder}"'
    found = [
        ("level -14", "instance", "{reward: loudness, target: -14}"),
        ("level -32", "instance", "{reward: loudness, target: -32}"),
        ("tempo 120", "instance", "{reward: tempo, bpm: 120}"),
        ("fit to the prompt", "instance", "{reward: clap, %s}" % own),
        ("exemplars", "instance-to-distribution", "{reward: clap, %s, %s}" % (own, style)),
        ("captions as exemplars", "instance-to-distribution", "{reward: clap, %s, %s}" % (own, words)),
        ("per-song FAD", "instance-to-distribution", "{reward: per-song-fad, %s}" % references),
        ("per-song FAD, style", "instance-to-distribution", "{reward: per-song-fad, %s}" % style),
        ("FAD", "distribution", "{reward: fad, %s}" % references),
        ("FAD, style", "distribution", "{reward: fad, %s, %s}" % (own, style)),
        ("KAD, style", "distribution", "{reward: kad, %s, %s}" % (own, style)),
        ("MMD to captions", "distribution", "{reward: mmd, biased: true, %s, %s}" % (own, words)),
        ("Vendi", "distribution", "{reward: vendi, %s}" % own),
        ("Vendi + level", "distribution", "{reward: vendi, weight: 0.2, %s}\n  - {reward: loudness, target: -14, weight: 0.2}" % own),
    ]
    if options.scorer:
        found.append(("scorer", "instance", '{reward: scorer, model: "%s"}' % pathlib.Path(options.scorer).resolve()))
    return found


def measurements(run):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if "measurement" in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("references", "style", "style-captions", "prompts", "held-out", "output"):
        parser.add_argument("--" + name, required=True)
    for name in ("scorer", "model", "gold"):
        parser.add_argument("--" + name)
    parser.add_argument("--encoder", default="captions-16k")
    parser.add_argument("--program", default="audiotool")
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--only", nargs="*", help="names of rewards")
    parser.add_argument("arguments", nargs="*", help="more arguments of tune, after --")
    options = parser.parse_args()
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, kind, text in rewards(options):
        if options.only and name not in options.only:
            continue
        stem = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
        run, file, clock = output / stem, output / f"{stem}.yaml", output / f"{stem}.seconds"
        file.write_text(f"name: reward\nundefined: drop\nrewards:\n  - {text}\n")
        started = time.time()
        if not (run / "model.safetensors").exists():
            command = [
                options.program, "tune", "--prompts", options.prompts, "--eval-prompts", options.held_out, "--eval-count", "128",
                "--eval-every", str(options.rounds), "--rounds", str(options.rounds), "--reward", str(file), "--output", str(run), *SETTINGS]
            command += SEARCH if name not in PAIRED else PAIRS + (["--prompts-per-round", "24"] if kind == "distribution" else [])
            command += ["--resume"] if (run / "config.json").exists() else []
            command += ["--model", options.model] if options.model else []
            command += ["--gold", options.gold] if options.gold else []
            print("#", " ".join(command + options.arguments), flush=True)
            code = subprocess.run(command + options.arguments).returncode
            if code != 0:
                rows.append((name, kind, None, time.time() - started))
                continue
            clock.write_text(f"{time.time() - started:.0f}")
        rows.append((name, kind, measurements(run)[-1], float(clock.read_text()) if clock.exists() else 0))
    print("| reward | kind | start | tuned | wins | KL (nats a clip) | watched | minutes |")
    print("|---|---|---|---|---|---|---|---|")
    wins = []
    for name, kind, last, seconds in rows:
        if last is None:
            print(f"| {name} | {kind} | failed | | | | | {seconds / 60:.1f} |")
            continue
        found = last["measurement"]
        reward = found["rewards"][found["trained"]]
        wins.append(reward["winRate"])
        watched = "; ".join(
            f"{key[5:]} {value['value']:.3g} ({value['start']:.3g})" for key, value in found["rewards"].items() if key.startswith("gold "))
        print(
            f"| {name} | {kind} | {reward['start']:.4g} | {reward['value']:.4g} | {100 * reward['winRate']:.1f} % "
            f"| {found['divergence']:.3g} | {watched} | {seconds / 60:.1f} |")
    if wins:
        print(f"\nmean win rate over {len(wins)} rewards: {100 * sum(wins) / len(wins):.2f} %")


if __name__ == "__main__":
    main()
