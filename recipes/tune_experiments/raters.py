#!/usr/bin/env python3
"""Simulated raters: a preference model from noisy choices, tuning on it, and where it stops being true.

    python3 recipes/tune_experiments/raters.py --references music/train --style accordion/ --prompts prompts.txt \
        --held-out held_out.txt --output runs/raters [--guidance 1] [--pairs 1600] [--flips 0.25]

What the raters really like is in TASTE, the rewards of stage R, which raters share, in DESIGNED. In order: choices with wrong
ones among them; preference models of one and of five members; R, U and RU, the latter two with the one; by the true taste each
against the start, RU against R and RU against U; and the curve of true against learned reward over the divergence for one and
for five members, with next to no penalty (curve-*.csv). What is there already is not made again. Standard library only.
"""

import argparse
import csv
import json
import pathlib
import subprocess

from rewards import measurements


DESIGNED = [
    "{reward: clap, encoder: %(encoder)s, name: adherence, weight: 1}",
    "{reward: per-song-fad, reference: %(references)s, weight: 0.025}",
]
TASTE = [
    "{reward: clap, encoder: %(encoder)s, name: adherence, weight: 2}",
    "{reward: per-song-fad, reference: %(references)s, weight: 0.025}",
    "{reward: clap, encoder: %(encoder)s, reference: %(style)s, name: style, weight: 0.5}",
    "{reward: loudness, target: %(level)s, weight: 0.12}",
]


def reward_file(path, rewards, options):
    """A file of rewards; their sum is called as the file is."""
    values = {
        "encoder": json.dumps(options.encoder), "references": json.dumps(str(pathlib.Path(options.references).resolve())),
        "style": json.dumps(str(pathlib.Path(options.style).resolve())), "level": options.level}
    path.write_text("\n".join([f"name: {path.stem}", "undefined: drop", "rewards:", *("  - " + line % values for line in rewards), ""]))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("references", "style", "prompts", "held-out", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--model", default="music-24k")
    parser.add_argument("--encoder", default="captions-16k")
    parser.add_argument("--program", default="audiotool")
    parser.add_argument("--level", type=float, default=-32, help="LUFS that raters like")
    parser.add_argument("--pairs", type=int, default=1600)
    parser.add_argument("--flips", type=float, default=0.25)
    parser.add_argument("--sharpness", type=float, default=4, help="how surely raters know what they like, before flips")
    parser.add_argument("--rounds", type=int, default=24, help="of U and RU")
    parser.add_argument("--designed-rounds", type=int, default=48, help="of R, which learns by DRAGON from pairs")
    parser.add_argument("--method", default="rloo")
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--beta", type=float, default=0.03, help="of U and RU, which are to stay near their start")
    parser.add_argument("--free-beta", type=float, default=0.005, help="of the curves, which are to go too far")
    parser.add_argument("--free-rounds", type=int, default=20)
    parser.add_argument("--guidance", help="how strongly the text pulls in all clips; 1 takes half the work")
    parser.add_argument("--clips", type=int, default=800, help="pairs of each comparison at the end")
    options = parser.parse_args()
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    designed = reward_file(output / "designed.yaml", DESIGNED, options)
    taste = reward_file(output / "taste.yaml", TASTE, options)
    start = ["--model", options.model]
    drawing = ["--guidance", options.guidance] if options.guidance else []

    def run(*arguments):
        command = [options.program, *map(str, arguments)]
        print("#", " ".join(command), flush=True)
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    choices = output / "choices"
    if not (choices / "choices.jsonl").exists():
        run("preferences", "simulate", "--prompts", options.prompts, "--reward", taste, "--pairs", options.pairs,
            "--flips", options.flips, "--sharpness", options.sharpness, "--output", choices, *start, *drawing)
    for name, members in (("one", 1), ("five", 5)):
        if not (output / f"{name}.yaml").exists():
            print(run("preferences", "train", choices / "choices.jsonl", "-o", output / f"{name}.safetensors", "--members", members,
                      "--encoder", options.encoder, "--encoder", "spectral", "--with-prompts"))

    def tune(name, reward, model, *method):
        folder = output / name
        if not (folder / "model.safetensors").exists():
            run("tune", "--prompts", options.prompts, "--eval-prompts", options.held_out, "--eval-count", 64, "--eval-every", 4,
                "--reward", reward, "--gold", taste, "--output", folder, *method, *model, *drawing,
                *(["--resume"] if (folder / "config.json").exists() else []))
        return ["--model", folder / "model.safetensors"]

    def policy_gradient(beta, rounds):
        return ["--method", options.method, "--rounds", rounds, "--prompts-per-round", 8, "--samples", 4,
                "--learning-rate", options.learning_rate, "--beta", beta]

    r = tune("R", designed, start, "--method", "dragon", "--labels", "soft", "--rounds", options.designed_rounds,
             "--learning-rate", 0.0012, "--beta", 0.02)
    u = tune("U", output / "one.yaml", start, *policy_gradient(options.beta, options.rounds))
    ru = tune("RU", output / "one.yaml", r, *policy_gradient(options.beta, options.rounds))

    def compare(label, first, second):
        folder = output / ("compare-" + label.replace(" ", "-"))
        if not (folder / "choices.jsonl").exists():
            text = run("preferences", "simulate", *first, "--against", second[1], "--prompts", options.held_out, "--reward", taste,
                       "--pairs", options.clips, "--output", folder, *drawing)
            (folder / "result.txt").write_text(text)
        print(f"{label}: {(folder / 'result.txt').read_text().strip()}")

    compare("U over start", u, start)
    compare("RU over U", ru, u)
    compare("RU over start", ru, start)
    compare("RU over R", ru, r)
    compare("R over start", r, start)

    for name in ("one", "five"):
        tune("free-" + name, output / f"{name}.yaml", start, *policy_gradient(options.free_beta, options.free_rounds))
        points = []
        for item in measurements(output / f"free-{name}"):
            found = item["measurement"]
            gold, learned = found["rewards"]["gold " + taste.stem], found["rewards"][found["trained"]]
            points.append((item["step"], found["divergence"], learned["value"], learned["winRate"], gold["value"], gold["winRate"]))
        with open(output / f"curve-{name}.csv", "w", newline="") as file:
            csv.writer(file).writerows([("round", "divergence", "learned", "learned wins", "true", "true wins"), *points])
        best = max(points, key=lambda point: point[4])
        print(f"{name}: the true reward is highest at round {best[0]}, {best[1]:.3g} nats a clip; it ends at {points[-1][4]:.4g} after {best[4]:.4g}")


if __name__ == "__main__":
    main()
