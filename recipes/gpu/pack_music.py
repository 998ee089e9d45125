#!/usr/bin/env python3
"""Put captioned clips in one file, as codes and words, for training a music model on a GPU with music.py.

    python3 recipes/gpu/pack_music.py --codes RUN/codes.safetensors --tokenizer RUN/tokenizer.json \\
        --music CLIPS --captions CAPTIONS.jsonl --music MORE --captions MORE.jsonl --valid VALID --out music.npz

RUN is the folder of a run of `audiotool train music`, whose codes are named by the SHA-256 of the recordings. --captions,
made by `audiotool captions`, holds further wordings of each clip and goes with the --music of the same place. Captions are
kept as words, and of every word many ways to cut it into pieces, so that pieces come apart differently each time.
"""

import argparse
import hashlib
import json
import pathlib
import random
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from safetensors import safe_open


class Tokenizer:
    """The pieces that Sources/TextEncoding/Tokenizer makes of a text, for tokenisers that were trained by audiotool."""

    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        root = json.loads(self.bytes)
        steps = [step["type"] for step in root["normalizer"]["normalizers"]]
        assert steps == ["NFKD", "StripAccents", "Lowercase", "Replace"] and root["model"]["type"] == "Unigram", steps
        vocabulary, self.unknown = root["model"]["vocab"], root["model"]["unk_id"]
        special = {self.unknown} | {token["id"] for token in root["added_tokens"] if token["special"]}
        self.pieces = {text: (i, score) for i, (text, score) in enumerate(vocabulary) if i not in special and text}
        assert not any("▁" in text[1:] for text in self.pieces), "words cannot be cut on their own"
        self.end = next(i for i, (text, _) in enumerate(vocabulary) if text == "</s>")
        self.unknown_score = min(score for _, score in self.pieces.values()) - 10
        self.longest = max(map(len, self.pieces))

    def words(self, text):
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Mc", "Me")).lower()
        return ["▁" + word for word in text.split()]

    def encode(self, word, dropout=0.0):
        """The most probable pieces of a word, those of several characters forbidden, place by place, with a probability."""
        best = [(0.0, -1, 0)] + [None] * len(word)
        for start in range(len(word)):
            for length in range(1, min(self.longest, len(word) - start) + 1):
                piece, own = self.pieces.get(word[start:start + length], (None, 0.0))
                if piece is None:
                    if length > 1:
                        continue
                    piece, own = self.unknown, self.unknown_score
                elif length > 1 and dropout and random.random() < dropout:
                    continue
                total, end = best[start][0] + own, start + length
                if best[end] is None or total > best[end][0]:
                    best[end] = (total, start, piece)
        result, end = [], len(word)
        while end:
            _, start, piece = best[end]
            if piece != self.unknown or not result or result[-1] != self.unknown:
                result.append(piece)
            end = start
        return result[::-1]


TEMPO = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*(?:bpm|beats (?:per|a) minute)|tempo(?: of|:)?\s*(\d{2,3}(?:\.\d+)?)")


def named_tempo(text):
    """The tempo that a caption names, in beats a minute, as Sources/TextEncoding/Captions/NamedTempo.swift finds it."""
    found = TEMPO.search(text.lower())
    tempo = float(found[1] or found[2]) if found else 0
    return tempo if 20 <= tempo <= 400 else None


class Texts:
    """Different captions as rows of different words, and the tempos that they name; word 0 is none."""

    def __init__(self, tokenizer):
        self.tokenizer, self.rows, self.words, self.tempos = tokenizer, {}, {"": 0}, {}

    def number(self, text):
        row = tuple(self.words.setdefault(word, len(self.words)) for word in self.tokenizer.words(text))
        number = self.rows.setdefault(row, len(self.rows))
        if tempo := named_tempo(text):
            self.tempos[number] = tempo
        return number

    def arrays(self, variants, dropout):
        cuts = [[self.tokenizer.encode(word)] + [self.tokenizer.encode(word, dropout) for _ in range(variants)]
                for word in self.words]
        table = np.full((len(cuts), variants + 1, max(len(p) for row in cuts for p in row)), -1, np.int16)
        for word, row in enumerate(cuts):
            for variant, pieces in enumerate(row):
                table[word, variant, :len(pieces)] = pieces
        words = np.zeros((len(self.rows), max(map(len, self.rows))), np.uint16)
        for row, number in self.rows.items():
            words[number, :len(row)] = row
        longest = max(sum(len(cuts[word][0]) for word in row) for row in self.rows)
        tempos = np.zeros(len(self.rows), np.float32)
        tempos[list(self.tempos)] = list(self.tempos.values())
        return {"words": words, "tempos": tempos, "pieces": table, "longest": np.array(min(256, int(longest * 1.25) + 8))}


def clips(folder, captions):
    """Path, caption, tempo and further wordings of each clip."""
    folder, more = pathlib.Path(folder), {}
    for line in open(captions) if captions else ():
        entry = json.loads(line)
        more[str((folder / entry["file"]).resolve())] = entry["captions"]
    found = []
    for line in open(folder / "clips.jsonl"):
        entry = json.loads(line)
        path = (folder / entry["file"]).resolve()
        found.append((path, entry["caption"], entry.get("bpm") or 0, more.get(str(path), [])))
    return found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrays(found, codes, texts):
    with ThreadPoolExecutor() as pool:
        names = list(pool.map(digest, (path for path, *_ in found)))
    kept = [(codes[name], *rest[1:]) for name, rest in zip(names, found) if name in codes]
    without = sum(not more for *_, more in kept)
    print(f"{len(kept)} clips, {len(found) - len(kept)} left out that have no codes, {without} with one caption only")
    frames = np.array([c.shape[1] for c, *_ in kept])
    stacked = np.zeros((len(kept), len(kept[0][0]), frames.max()), np.uint16)
    most = max(len(more) for *_, more in kept)
    own, others, counts = [], np.zeros((len(kept), max(1, most)), np.int32), []
    for i, (c, caption, _, more) in enumerate(kept):
        stacked[i, :, :c.shape[1]] = c
        own.append(texts.number(caption))
        others[i, :len(more)] = [texts.number(text) for text in more]
        counts.append(len(more))
    bpm = np.array([bpm for _, _, bpm, _ in kept], np.float32)
    return {"codes": stacked, "frames": frames, "bpm": bpm, "own": np.array(own, np.int32), "others": others, "counts": np.array(counts)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", action="append", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--music", action="append", required=True, help="a folder with clips.jsonl")
    parser.add_argument("--captions", action="append", default=[], help="further wordings; - for none")
    parser.add_argument("--valid", required=True)
    parser.add_argument("--frame-rate", type=float, default=50, help="of the codec")
    parser.add_argument("--variants", type=int, default=64, help="ways to cut each word")
    parser.add_argument("--dropout", type=float, default=0.05, help="how often each piece of a word comes apart")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    random.seed(1)
    codes = {}
    for path in options.codes:
        with safe_open(path, "np") as file:
            codes |= {name: file.get_tensor(name).astype(np.uint16) for name in file.keys()}
    tokenizer = Tokenizer(options.tokenizer)
    texts, captions = Texts(tokenizer), [None if path == "-" else path for path in options.captions]
    captions += [None] * (len(options.music) - len(captions))
    found = [clip for folder, more in zip(options.music, captions) for clip in clips(folder, more)]
    pack = {}
    for name, part in (("train", found), ("valid", clips(options.valid, None))):
        pack |= {f"{name}_{key}": value for key, value in arrays(part, codes, texts).items()}
    pack |= texts.arrays(options.variants, options.dropout)
    pack |= {"frame_rate": np.array(options.frame_rate), "end": np.array(tokenizer.end)}
    pack |= {"tokenizer": np.frombuffer(tokenizer.bytes, np.uint8)}
    np.savez_compressed(options.out, **pack)
    size = pathlib.Path(options.out).stat().st_size
    print(f"{len(texts.rows)} captions of {len(texts.words)} words; {size / 1e6:.1f} MB, {size / len(found) / 1e3:.2f} kB a clip")


if __name__ == "__main__":
    main()
