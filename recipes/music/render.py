"""Renders tunes in ABC notation to captioned clips, the music that the default music models are trained on.

    python3 recipes/music/render.py --abc tunes/ --output music --train 720 --valid 48 --test 48

writes music/train/00000.wav … and music/train/clips.jsonl, and the same for valid and test. Splits are by tune. What a
caption says is so because the script makes it so: instruments, tempo, key, metre, loudness; the mood follows from tempo and
mode by a rule. Equal arguments and programs give equal bytes, whatever the number of processes.

Needs numpy and Debian's abcmidi, fluidsynth and a soundfont (timgm6mb-soundfont or fluid-soundfont-gm).
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import wave

import numpy

import tunes

FONTS = ["/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/default-GM.sf2"]

# Name, General MIDI programme counted from 0, semitones from the range of a fiddle to that of the instrument.
INSTRUMENTS = [
    ("piano", 0, 0), ("harpsichord", 6, 0), ("music box", 10, 0), ("vibraphone", 11, 0), ("marimba", 12, 0),
    ("church organ", 19, 0), ("accordion", 21, 0), ("nylon-string guitar", 24, -12), ("banjo", 105, -12),
    ("violin", 40, 0), ("cello", 42, -24), ("harp", 46, 0), ("string ensemble", 48, 0), ("trumpet", 56, 0),
    ("French horn", 60, -12), ("alto saxophone", 65, -12), ("oboe", 68, 0), ("clarinet", 71, 0), ("flute", 73, 0),
    ("recorder", 74, 0), ("pan flute", 75, 0), ("bassoon", 70, -24), ("bagpipe", 109, 0),
]
ACCOMPANIMENTS = [("piano", 0), ("acoustic guitar", 24), ("accordion", 21), ("string ensemble", 48), ("harp", 46)]
NOTES = ["C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"]

# Velocities of the first, other strong and weak beats, and the level of the clip in dBFS.
LOUDNESS = {"soft": ((58, 50, 46), -29), "medium": ((92, 82, 74), -24), "loud": ((120, 110, 100), -19)}
ADVERBS = {"soft": "softly", "medium": "at medium volume", "loud": "loudly"}
MOODS = {
    ("slow", True): "sad", ("slow", False): "gentle", ("moderate", True): "wistful", ("moderate", False): "cheerful",
    ("fast", True): "restless", ("fast", False): "lively",
}
CAPTIONS = [
    "A {mood} {what}, {who}, in {key} {mode}, {metre} time at {bpm} bpm, played {how}.",
    "{who}, {mood} {what} in {key} {mode}, {pace} tempo ({bpm} bpm), {metre}, {how}.",
    "{pace} {what} in {metre}, key of {key} {mode}, {bpm} bpm, {who}, {how} and {mood}.",
    "{who} playing a {pace}, {mood} {what} {how}.",
    "a {pace} {what} for {who}",
    "{mood} {mode} {what}, {who}, {bpm} bpm",
]


class Arrangement:
    """Everything that is drawn for one clip, and what a caption says of it."""

    def __init__(self, tune, draw):
        self.tune = tune
        self.instrument, self.programme, shift = draw.choice(INSTRUMENTS)
        self.chords = draw.choice(ACCOMPANIMENTS) if tune.has_chords else None
        beats, unit = map(int, tune.metre.split("/"))
        compound = unit == 8 and beats % 3 == 0
        self.beat = "3/8" if compound else "1/2" if unit == 2 else "1/4"
        self.bpm = draw.randrange(52, 117, 4) if compound or unit == 2 else draw.randrange(60, 141, 4)
        self.transposition = draw.choice([-3, -2, -1, 0, 0, 0, 1, 2, 3])
        self.shift = shift
        self.loudness = draw.choice(list(LOUDNESS))
        self.bar_seconds = (beats / 3 if compound else beats) * 60 / self.bpm
        self.caption = self.describe(draw.choice(CAPTIONS))

    @property
    def key(self):
        return NOTES[(self.tune.tonic + self.transposition) % 12]

    @property
    def pace(self):
        return "slow" if self.bpm < 80 else "moderate" if self.bpm < 112 else "fast"

    @property
    def mood(self):
        return MOODS[self.pace, self.tune.mode in ("minor", "dorian", "phrygian")]

    def describe(self, form):
        solo = form.startswith("a {pace}") or " playing " in form
        if self.chords:
            who = f"{self.instrument} with {self.chords[0]} chords" if solo else f"{self.instrument} melody with {self.chords[0]} chords"
        else:
            who = f"solo {self.instrument}"
        text = form.format(
            mood=self.mood, what=self.tune.rhythm or "tune", who=who, key=self.key, mode=self.tune.mode, metre=self.tune.metre,
            bpm=self.bpm, pace=self.pace, how=ADVERBS[self.loudness])
        return text[0].upper() + text[1:]

    def abc(self, seconds):
        tune, velocities = self.tune, LOUDNESS[self.loudness][0]
        repeats = min(6, 1 + int((seconds + 4) / (tune.bars * self.bar_seconds)))
        lines = [
            "X:1", "T:t", f"M:{tune.metre}", f"L:{tune.unit_length}", f"Q:{self.beat}={self.bpm}", f"K:{tune.key_field}",
            f"%%MIDI program {self.programme}", f"%%MIDI transpose {self.transposition + self.shift}",
            "%%MIDI beat {} {} {} 1".format(*velocities),
        ]
        if self.chords:
            programme, weak = self.chords[1], velocities[2]
            lines += [
                f"%%MIDI chordprog {programme}", f"%%MIDI bassprog {programme}",
                f"%%MIDI chordvol {weak * 2 // 3}", f"%%MIDI bassvol {weak * 3 // 4}",
            ]
        else:
            lines.append("%%MIDI gchordoff")
        return "\n".join(lines + [tune.body] * repeats) + "\n"

    def record(self):
        tune = self.tune
        return {
            "caption": self.caption, "instrument": self.instrument, "programme": self.programme,
            "accompaniment": self.chords[0] if self.chords else None, "bpm": self.bpm, "beat": self.beat, "pace": self.pace,
            "key": self.key, "mode": tune.mode, "metre": tune.metre, "loudness": self.loudness, "mood": self.mood,
            "rhythm": tune.rhythm, "title": tune.title, "collection": tune.collection, "tune": tune.digest[:10],
        }


def sound(arrangement, seconds, rate, font, folder):
    """All of the arrangement, mono; nothing where a program could not make it."""
    abc, midi, wav = (os.path.join(folder, "tune." + ending) for ending in ("abc", "mid", "wav"))
    for path in (midi, wav):
        if os.path.exists(path):
            os.remove(path)
    with open(abc, "w") as file:
        file.write(arrangement.abc(seconds))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    subprocess.run(["abc2midi", abc, "-o", midi, "-quiet", "-silent"], **quiet)
    if not os.path.exists(midi):
        return None
    subprocess.run(
        ["fluidsynth", "-ni", "-q", "-r", str(rate), "-g", "0.5", "-R", "0", "-C", "0", "-T", "wav", "-O", "s16", "-F", wav, font, midi],
        timeout=120, **quiet)
    if not os.path.exists(wav):
        return None
    with wave.open(wav) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
        return samples.reshape(-1, file.getnchannels()).mean(1)


def cut(samples, arrangement, seconds, rate, draw):
    """A clip that begins with a bar, at its loudness; nothing where the tune is too short or silent there."""
    count = int(seconds * rate)
    room = len(samples) / rate - seconds - 2
    if room < 0:
        return None
    bar = draw.randrange(int(room / arrangement.bar_seconds) + 1) if draw.random() < 0.6 else 0
    start = int(bar * arrangement.bar_seconds * rate)
    clip = samples[start : start + count]
    level = numpy.sqrt(numpy.mean(clip**2))
    if level < 20:
        return None
    gain = min(32768 * 10 ** (LOUDNESS[arrangement.loudness][1] / 20) / level, 31000 / numpy.abs(clip).max())
    fade = numpy.minimum(1, (numpy.arange(count) + 1) / (rate // 100))
    return (clip * gain * fade * fade[::-1]).astype(numpy.int16), start / rate


def render(job):
    """Clip number `index` of a split; tunes are drawn until one can be rendered."""
    arguments, split, index, chosen = job
    path = os.path.join(arguments.output, split, f"{index:05d}.wav")
    with tempfile.TemporaryDirectory() as folder:
        for attempt in range(50):
            draw = random.Random(f"{arguments.seed}-{split}-{index}-{attempt}")
            arrangement = Arrangement(draw.choice(chosen), draw)
            samples = sound(arrangement, arguments.seconds, arguments.rate, arguments.font, folder)
            found = samples is not None and cut(samples, arrangement, arguments.seconds, arguments.rate, draw)
            if not found:
                continue
            with wave.open(path, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(arguments.rate)
                file.writeframes(found[0].tobytes())
            return {"file": os.path.basename(path), **arrangement.record(), "start": round(found[1], 3)}
    sys.exit(f"none of 50 tunes could be rendered for {path}; check abc2midi and fluidsynth")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--abc", required=True, help="folder of .abc files")
    parser.add_argument("--output", required=True)
    for split, count in ("train", 720), ("valid", 48), ("test", 48):
        parser.add_argument("--" + split, type=int, default=count, help=f"clips to make of tunes for {split}")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=32000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--font", default=next((f for f in FONTS if os.path.exists(f)), None))
    arguments = parser.parse_args()
    if not arguments.font:
        sys.exit("no soundfont: apt-get install timgm6mb-soundfont")
    everything = tunes.load(arguments.abc)
    with multiprocessing.Pool(arguments.processes) as pool:
        for split in "train", "valid", "test":
            chosen = [tune for tune in everything if tune.split == split]
            count = getattr(arguments, split)
            if not count:
                continue
            if not chosen:
                sys.exit(f"{arguments.abc} holds no usable tunes for {split}")
            folder = os.path.join(arguments.output, split)
            os.makedirs(folder, exist_ok=True)
            jobs = [(arguments, split, index, chosen) for index in range(count)]
            with open(os.path.join(folder, "clips.jsonl"), "w") as log:
                for record in pool.imap(render, jobs):
                    log.write(json.dumps(record) + "\n")
                    if sys.stderr.isatty():
                        print(f"\r{split}: {record['file']} of {count}", end="", file=sys.stderr)
            print(f"{split}: {count} clips of {len(chosen)} tunes")


if __name__ == "__main__":
    main()
