"""Tunes in ABC notation that have one key, one metre and one voice, so that one caption is true of all of each."""

import glob
import hashlib
import os
import re
from dataclasses import dataclass

PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MODES = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor", "dor": "dorian",
    "mix": "mixolydian", "phr": "phrygian", "lyd": "lydian",
}
# Names that the Nottingham database gives its files.
NOTTINGHAM = {
    "jigs": "jig", "slip": "slip jig", "reelsa-c": "reel", "reelsd-g": "reel", "reelsh-l": "reel", "reelsm-q": "reel",
    "reelsr-t": "reel", "reelsu-z": "reel", "hpps": "hornpipe", "waltzes": "waltz", "morris": "morris dance",
    "xmas": "Christmas carol",
}
RHYTHMS = ["hornpipe", "strathspey", "slip jig", "jig", "reel", "waltz", "polka", "march", "air"]


@dataclass
class Tune:
    collection: str
    title: str
    metre: str
    unit_length: str
    key_field: str
    tonic: int
    mode: str
    rhythm: str | None
    body: str

    @property
    def digest(self):
        return hashlib.sha1((self.collection.split("_")[0] + self.body).encode()).hexdigest()

    @property
    def split(self):
        """By the tune itself: wherever it is found again, it is in the same split."""
        bucket = int(self.digest[:8], 16) % 100
        return "valid" if bucket < 8 else "test" if bucket < 16 else "train"

    @property
    def has_chords(self):
        return len(re.findall(r'"[A-G]', self.body)) > 4

    @property
    def bars(self):
        return max(4, len(re.findall(r"\|+", re.sub(r"\[[12]|[:\]]", "", self.body))) - 1)


def parse_key(field):
    match = re.match(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)", field)
    if not match or field.strip().lower().startswith(("none", "hp")):
        return None
    mode = MODES.get(match.group(3).lower()[:3])
    if mode is None:
        return None
    return (PITCHES[match.group(1)] + {"#": 1, "b": -1, "": 0}[match.group(2)]) % 12, mode


def parse(block, collection):
    """A tune, or nothing where a single caption could not be true."""
    head, body, key = {}, [], None
    for line in block.split("\n"):
        if not line.strip() or line.startswith("%"):
            continue
        field = re.match(r"([A-Za-z]):\s*(.*)", line)
        if key is None:
            if field:
                head.setdefault(field.group(1), field.group(2).split("%")[0].strip())
                if field.group(1) == "K" and (key := parse_key(field.group(2))) is None:
                    return None
        elif line.startswith("V:"):
            return None
        elif not re.match(r"[PNHWwGTZ]:", line):
            body.append(line)
    text = "\n".join(body)
    metre = {"C": "4/4", "C|": "2/2"}.get(head.get("M", ""), head.get("M", ""))
    changes = re.search(r"(^|\[|\n)[KMLQV]:", text)
    if key is None or not body or changes or not re.match(r"\d+/\d+$", metre) or int(metre.split("/")[0]) > 12:
        return None
    rhythm = head.get("R", "").split(",")[0].strip().lower() or None
    if collection.startswith("nottingham_"):
        rhythm = NOTTINGHAM.get(collection.removeprefix("nottingham_"))
    title = head.get("T", "")
    rhythm = rhythm or next((r for r in RHYTHMS if re.search(rf"\b{r}\b", title, re.I)), None)
    return Tune(collection, title, metre, head.get("L", "1/8"), head["K"], key[0], key[1], rhythm, text)


def load(folder):
    """All usable tunes of a folder, each once."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.abc"))):
        collection = os.path.basename(path)[:-4]
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read().replace("\r", "")
        for block in re.split(r"\n(?=X:)", "\n" + text):
            if block.strip().startswith("X:") and (tune := parse(block.strip(), collection)):
                found.setdefault(tune.digest, tune)
    return list(found.values())
