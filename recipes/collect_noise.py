#!/usr/bin/env python3
"""Collect noises for training from Debian packages of free games.

Downloads the packages, unpacks their sounds (also those inside archives), leaves out whatever is a voice, and writes
16 kHz mono FLAC, one file a sound, with a table noise.csv (path, type, package, original). Every longer sound is taken;
of the short ones, which would drown them, and of the music only a share. Needs apt-get, dpkg-deb, ffmpeg and the Python
packages numpy and soundfile; about 4 GB are downloaded. Example:

    python3 recipes/collect_noise.py --output data/noise-extra
"""

import argparse
import csv
import pathlib
import re
import random
import subprocess
import sys
import tempfile
import zipfile

import numpy
import soundfile

PACKAGES = """0ad-data 7kaa-data asterisk-moh-opsound-wav bzflag-data colobot-common-sounds endless-sky-data
extremetuxracer-data freedroidrpg-data hedgewars-data lugaru-data naev-data openarena-data pingus-data supertux-data
supertuxkart-data torcs-data trigger-rally-data warzone2100-data warzone2100-music widelands-data""".split()
SOUNDS = {".ogg", ".wav", ".mp3", ".flac", ".oga", ".opus"}
ARCHIVES = {".zip", ".wz", ".pk3"}
VOICES = re.compile(r"voice|speech|taunt|tutorial|codriver|memressp|countdown|sequenceaudio|vtoltalk|trnsppil|nexus|coltive"
                    r"|proxmessages|comments|titles|player/|audio/multi|human/death|singer|commander|hello|yes|laugh", re.I)
MUSIC = re.compile(r"music|/moh/|soundtrack|bgm", re.I)


def sounds_of(package, folder):
    """Yields (original name, file) of the sounds of a downloaded package."""
    deb = next(folder.glob(f"{package}_*.deb"))
    root = folder / package
    root.mkdir()
    wanted = " ".join(f"'*{ending}'" for ending in sorted(SOUNDS | ARCHIVES))
    # tar fails where a pattern matches nothing, which is no failure here.
    subprocess.run(f"dpkg-deb --fsys-tarfile '{deb}' | tar -x -C '{root}' --wildcards {wanted} 2>/dev/null", shell=True)
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.suffix.lower() in ARCHIVES:
            inside = path.with_suffix(path.suffix + ".d")
            try:
                with zipfile.ZipFile(path) as archive:
                    names = [n for n in archive.namelist() if pathlib.Path(n).suffix.lower() in SOUNDS]
                    archive.extractall(inside, names)
            except zipfile.BadZipFile:
                continue
            for sound in sorted(p for p in inside.rglob("*") if p.is_file()):
                yield f"{path.name}/{sound.relative_to(inside)}", sound
        elif path.suffix.lower() in SOUNDS:
            yield str(path.relative_to(root)), path


def decode(source, start, seconds):
    """16 kHz mono, the silence at both ends cut off, at a peak of half of full scale; empty where it is too quiet."""
    raw = subprocess.run(["ffmpeg", "-v", "quiet", "-ss", str(start), "-t", str(seconds), "-i", source, "-ac", "1", "-ar",
                          "16000", "-af", "highpass=30", "-f", "f32le", "-"], capture_output=True).stdout
    samples = numpy.frombuffer(raw[:len(raw) // 4 * 4], dtype="<f4")
    loud = numpy.flatnonzero(numpy.abs(samples) > 0.003 * (numpy.abs(samples).max() if len(samples) else 1))
    samples = samples[loud[0]:loud[-1] + 1] if len(loud) else samples[:0]
    peak = numpy.abs(samples).max() if len(samples) else 0
    return samples * (0.5 / peak) if peak >= 1e-3 else samples[:0]


def is_kept(kind, seconds, options, random):
    if kind == "music":
        return seconds >= 0.6 and random.random() <= options.music_share
    if seconds >= options.long:
        return True
    return seconds >= 0.8 and random.random() <= options.short_share


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=20, help="longest piece taken of a sound")
    parser.add_argument("--music-seconds", type=float, default=10, help="longest piece taken of a piece of music")
    parser.add_argument("--long", type=float, default=2.5, help="from how many seconds on a sound is always taken")
    parser.add_argument("--short-share", type=float, default=0.25, help="share of the shorter sounds")
    parser.add_argument("--music-share", type=float, default=0.25, help="share of the pieces of music")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packages", nargs="*", default=PACKAGES)
    options = parser.parse_args()
    generator, rows = random.Random(options.seed), []
    for package in options.packages:
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            if subprocess.run(["apt-get", "download", package], cwd=work, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode != 0:
                print(f"{package}: cannot be downloaded", file=sys.stderr)
                continue
            count = 0
            for name, sound in sounds_of(package, work):
                if VOICES.search(name):
                    continue
                kind = "music" if MUSIC.search(name) else "sound"
                samples = decode(sound, *((20, options.music_seconds) if kind == "music" else (0, options.seconds)))
                if is_kept(kind, len(samples) / 16_000, options, generator):
                    target = options.output / package / f"{count:04d}.flac"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    soundfile.write(target, samples, 16_000, subtype="PCM_16")
                    rows.append([str(target.relative_to(options.output)), kind, package, name])
                    count += 1
            print(f"{package}: {count} sounds", flush=True)
    with (options.output / "noise.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "type", "package", "original"], *rows])


if __name__ == "__main__":
    main()
