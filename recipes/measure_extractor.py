#!/usr/bin/env python3
"""Measure enrolment and extraction on binaural test scenes and print the table of models/README.md.

Scenes, enrolment, extraction and all numbers are audiotool's. Example:

    python3 recipes/measure_extractor.py --speech data/speech/test --noise data/noise/test --hrtf data/hrtf/kemar.sofa

`--count` scenes of two or three talkers with the target, enrolled once from the noisy recording with the target in front
and once from the clean utterance, then `--absent` scenes without it. SI-SDR is the mean over both ears; a scene whose
enrolment is refused counts as one with nothing gained, and is named.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", required=True, help="test speech, one folder a talker")
    parser.add_argument("--noise", required=True, help="test noises")
    parser.add_argument("--hrtf", required=True, nargs="+", help="heads")
    parser.add_argument("--rooms", help="measured impulse responses")
    parser.add_argument("--model", help="extractor, name or path; the default model if left out")
    parser.add_argument("--enrollment-model", help="the same for the enrolment")
    parser.add_argument("--audiotool", default=".build/release/audiotool")
    parser.add_argument("--config", help="settings of the scenes")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--absent", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder to keep the recordings in")
    parser.add_argument("--json", help="a file for all numbers")
    options = parser.parse_args()
    work = pathlib.Path(options.keep or tempfile.mkdtemp())

    def run(*command, allows_failure=False):
        result = subprocess.run([options.audiotool, *map(str, command)], capture_output=True, text=True)
        if result.returncode and not allows_failure:
            raise SystemExit(result.stderr)
        return result

    scenes = []
    for name, count, absent in (("present", options.count, 0), ("absent", options.absent, options.absent)):
        command = ["mix", "--speech", options.speech, "--noise", options.noise, "--hrtf", *options.hrtf, "--count", count,
                   "--absent", absent, "--seed", options.seed + (name == "absent"), "-o", work / name]
        for option in ("rooms", "config"):
            if getattr(options, option):
                command += [f"--{option}", getattr(options, option)]
        run(*command)
        scenes += [(name, folder) for folder in sorted((work / name).iterdir()) if folder.is_dir()]

    model = ["--model", options.model] if options.model else []
    enroller = ["--model", options.enrollment_model] if options.enrollment_model else []
    results = []
    for name, folder in scenes:
        entry = {"scene": f"{name}/{folder.name}"}
        for kind, example in (("noisy", "enrollment.wav"), ("clean", "enrollment_clean.wav")):
            voice, output = folder / f"{kind}.voice", folder / f"{kind}.wav"
            enrolled = run("enroll", folder / example, "-o", voice, *enroller, allows_failure=True)
            if enrolled.returncode:
                entry[kind] = {"refused": enrolled.stderr.strip().splitlines()[-1]}
                continue
            report = json.loads(run("extract", folder / "mixture.wav", "--voice", voice, "-o", output, "--json", *model).stdout)
            entry[kind] = {"presence": report["files"][0]["presence"], "output": str(output)}
        results.append(entry)

    def si_sdr(reference, estimates):
        """Of pairs of files, mean over the channels."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for side, files in (("r", reference), ("e", estimates)):
                (folder / side).mkdir()
                for index, file in enumerate(files):
                    (folder / side / f"{index:05}.wav").symlink_to(pathlib.Path(file).resolve())
            report = json.loads(run("evaluate", "--reference", folder / "r", "--estimate", folder / "e", "--metrics", "si_sdr", "--json").stdout)
        return {int(file["name"].split(".")[0]): file["metrics"]["si_sdr"] for file in report["files"]}

    present = [entry for entry in results if entry["scene"].startswith("present")]
    truth = [work / entry["scene"] / "target.wav" for entry in present]
    before = si_sdr(truth, [work / entry["scene"] / "mixture.wav" for entry in present])
    print("| enrolment | scenes | SI-SDR before, dB | after, dB | gain, dB | median | worse than before | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind in ("noisy", "clean"):
        heard = [index for index, entry in enumerate(present) if "output" in entry[kind]]
        after = si_sdr([truth[i] for i in heard], [present[i][kind]["output"] for i in heard])
        gains = [0.0] * len(present)
        for place, index in enumerate(heard):
            gains[index] = (after[place] if after[place] is not None else -60) - before[index]
            present[index][kind]["gain"] = gains[index]
        start = statistics.mean(before.values())
        print(f"| {kind} | {len(present)} | {start:.2f} | {start + statistics.mean(gains):.2f} | {statistics.mean(gains):+.2f} | "
              f"{statistics.median(gains):+.2f} | {sum(gain < 0 for gain in gains)} | {len(present) - len(heard)} |")
    print()
    print("| scenes | flagged absent | level under the input, mean (least), dB |")
    print("| --- | --- | --- |")
    for name in ("present", "absent"):
        verdicts = [e["noisy"]["presence"] for e in results if e["scene"].startswith(name) and "presence" in e["noisy"]]
        levels = [-v["levelRatio"] for v in verdicts if v.get("levelRatio") is not None]
        flagged = sum(v["target"] == "absent" for v in verdicts)
        if levels:
            print(f"| {name} | {flagged} of {len(verdicts)} | {statistics.mean(levels):.1f} ({min(levels):.1f}) |")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
