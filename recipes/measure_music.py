#!/usr/bin/env python3
"""Measure a model of music on captioned clips that it was not trained on, and print the tables of models/README.md.

Music, codes, embeddings and scores are audiotool's. Example:

    python3 recipes/measure_music.py --model runs/music/best.safetensors --encoder runs/captions/best.safetensors \\
        --codec runs/music/codec.safetensors --valid music/valid --train music/train --work measured

--work keeps what is generated: a second call goes on from there. Needs numpy.
"""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import time
import wave

import numpy


def run(*arguments):
    done = subprocess.run([str(argument) for argument in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def read(path):
    """Samples from -1 to 1, mono, and the rate of a WAV file of 16 bits."""
    with wave.open(str(path)) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
        return samples.reshape(-1, file.getnchannels()).mean(1) / 32768, file.getframerate()


def write(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def shuffle_codes(path, seed):
    """Puts the frames of a file of codes in random order."""
    data = bytearray(path.read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    entry = json.loads(data[8 : 8 + length])["codes"]
    start, end = (8 + length + offset for offset in entry["data_offsets"])
    codes = numpy.frombuffer(bytes(data[start:end]), "<i4").reshape(entry["shape"])
    order = numpy.random.default_rng(seed).permutation(codes.shape[2])
    data[start:end] = codes[:, :, order].tobytes()
    path.write_bytes(data)


def mel_filters(rate, length, bands, top=12000):
    """Triangles of height 1, evenly spaced on Slaney's mel scale up to `top` Hz."""
    def hertz(mel):
        return numpy.where(mel < 15, mel * 200 / 3, 1000 * numpy.exp((mel - 15) * numpy.log(6.4) / 27))
    edges = hertz(numpy.linspace(0, 15 + 27 * numpy.log(top / 1000) / numpy.log(6.4), bands + 2))
    frequencies = numpy.arange(length // 2 + 1) * rate / length
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return numpy.maximum(0, numpy.minimum((frequencies - low) / (middle - low), (high - frequencies) / (high - middle)))


def mel_distance(estimate, target, rate):
    """Mean difference of the levels of mel bands in dB over spectra of four lengths."""
    distances = []
    for length, bands in (2048, 128), (1024, 96), (512, 64), (256, 32):
        window, filters = numpy.hanning(length + 1)[:-1], mel_filters(rate, length, bands)
        def levels(samples):
            frames = numpy.lib.stride_tricks.sliding_window_view(samples, length)[:: length // 4]
            return numpy.log10(numpy.abs(numpy.fft.rfft(frames * window)) * 4 / length @ filters.T + 1e-4)
        distances.append(20 * numpy.abs(levels(estimate) - levels(target)).mean())
    return numpy.mean(distances)


def si_sdr(estimate, target):
    scaled = target * (estimate @ target) / (target @ target)
    return 10 * numpy.log10((scaled @ scaled) / numpy.sum((estimate - scaled) ** 2))


class Measurement:
    def __init__(self, arguments):
        self.__dict__.update(vars(arguments))
        self.work.mkdir(parents=True, exist_ok=True)
        lines = (self.valid / "clips.jsonl").read_text().splitlines()
        self.clips = [json.loads(line) for line in lines][: self.count]
        self.captions = [clip["caption"] for clip in self.clips]
        self.prompts = self.work / "prompts.txt"
        self.prompts.write_text("".join(f"{index:05d}.wav\t{text}\n" for index, text in enumerate(self.captions)))

    def folder(self, name):
        path = self.work / name
        path.mkdir(exist_ok=True)
        return path

    def generate(self):
        folder, times = self.folder("generated"), []
        for index, caption in enumerate(self.captions):
            path = folder / f"{index:05d}.wav"
            if path.exists():
                continue
            start = time.time()
            options = ["--guidance", self.guidance] if self.guidance is not None else []
            run(self.audiotool, "generate", caption, "-o", path, "--seed", index + 1, "--model", self.model, "--quiet", *options)
            times.append(time.time() - start)
        if times:
            print(f"10 s of music take {numpy.median(times):.1f} s (median of {len(times)}, start of the program included)\n")
        return folder

    def real(self):
        folder = self.folder("real")
        for index, clip in enumerate(self.clips):
            target = folder / f"{index:05d}.wav"
            if not target.exists():
                target.symlink_to((self.valid / clip["file"]).resolve())
        return folder

    def through_codec(self, name, sources, change=None):
        """Sources through the codec, their codes changed on the way."""
        folder = self.folder(name)
        for index, source in enumerate(sources):
            target, codes = folder / f"{index:05d}.wav", self.work / "codes.safetensors"
            if target.exists():
                continue
            run(self.audiotool, "tokens", "encode", source, "-o", codes, "--model", self.codec, "--quiet")
            if change:
                change(codes, index)
            run(self.audiotool, "tokens", "decode", codes, "-o", target, "--model", self.codec, "--quiet")
        return folder

    def noise(self):
        folder, draw = self.folder("noise-source"), numpy.random.default_rng(1)
        for index in range(self.count):
            level = 10 ** (draw.uniform(-29, -19) / 20)
            write(folder / f"{index:05d}.wav", draw.normal(size=240_000) * level, 24_000)
        return self.through_codec("noise", sorted(folder.glob("*.wav")))

    def shuffled(self):
        lines = (self.train / "clips.jsonl").read_text().splitlines()
        files = [self.train / json.loads(line)["file"] for line in random.Random(1).sample(lines, self.count)]
        return self.through_codec("shuffled", files, shuffle_codes)

    def embeddings(self, folder):
        table = self.work / "table.json"
        texts = [option for caption in self.captions for option in ("--text", caption)]
        run(self.audiotool, "embed", folder, *texts, "-o", table, "--encoder", self.encoder, "--quiet")
        rows = [item["embedding"] for item in json.loads(table.read_text())["items"]]
        return numpy.array(rows[: self.count]), numpy.array(rows[self.count :])

    def adherence(self, name, folder):
        audio, text = self.embeddings(folder)
        scores = audio @ text.T
        own = scores.diagonal()
        order = numpy.roll(numpy.arange(self.count), 1)
        other = numpy.array([[a != b for b in self.captions] for a in self.captions])
        shuffled = numpy.mean(own > scores[numpy.arange(self.count), order])
        pairs = numpy.mean((own[:, None] > scores)[other])
        print(f"| {name} | {own.mean():.3f} | {scores[other].mean():.3f} | {100 * shuffled:.0f} % | {100 * pairs:.1f} % |")

    def tempo(self, name, folder):
        report = json.loads(run(
            self.audiotool, "score", folder, "--reward", "tempo", "--prompts", self.prompts, "--json", "--no-cache"))
        rewards = [clip["rewards"].get("tempo") for clip in report["clips"]]
        asked = [reward for reward, caption in zip(rewards, self.captions) if "bpm" in caption]
        found = [reward for reward in asked if reward is not None]
        near = sum(-reward <= numpy.log2(1.1) for reward in found)
        share = 100 * near / len(found) if found else float("nan")
        print(f"| {name} | {len(asked)} | {len(found)} | {near} ({share:.0f} %) |")

    def distances(self, name, folder):
        values = []
        for encoder in self.encoder, "spectral":
            report = json.loads(run(
                self.audiotool, "score", folder, "--reward", "fad", "--reference", self.valid, "--encoder", encoder, "--json"))
            values.append(report["set"]["measures"]["fad"])
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")

    def round_trip(self, real, decoded):
        mel, ratio = [], []
        for path in sorted(real.glob("*.wav")):
            (target, rate), (estimate, _) = read(path), read(decoded / path.name)
            mel.append(mel_distance(estimate, target, rate))
            ratio.append(si_sdr(estimate, target))
        print(f"Codec, there and back: mel distance {numpy.mean(mel):.2f} dB, SI-SDR {numpy.mean(ratio):.1f} dB\n")

    def pictures(self, folder):
        for path in sorted(folder.glob("*.wav"))[:10]:
            run(self.audiotool, "plot", path, self.work / "real" / path.name, "--scale", "mel", "-o", path.with_suffix(".png"),
                "--title", self.captions[int(path.stem)][:100], "--title", "the clip that the caption describes")

    def report(self):
        generated, real = self.generate(), self.real()
        trip, noise, shuffled = self.through_codec("round-trip", sorted(real.glob("*.wav"))), self.noise(), self.shuffled()
        sets = [("generated", generated), ("clips themselves", real), ("clips through the codec", trip), ("noise through the codec", noise),
                ("shuffled frames of training clips", shuffled)]
        print("| | score with own caption | with others | beats a shuffled one | beats any other |\n|---|---|---|---|---|")
        for name, folder in sets:
            self.adherence(name, folder)
        print("\n| | captions with a tempo | clips with a pulse | within 10 % or an octave |\n|---|---|---|---|")
        for name, folder in sets[:3]:
            self.tempo(name, folder)
        print("\n| Fréchet distance to the valid clips | by the captions' encoder | by spectral statistics |\n|---|---|---|")
        for name, folder in sets[:1] + sets[2:]:
            self.distances(name, folder)
        print()
        self.round_trip(real, trip)
        self.pictures(generated)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audiotool", default=".build/release/audiotool")
    parser.add_argument("--model", required=True, help="of music")
    parser.add_argument("--encoder", required=True, help="of recordings and captions")
    parser.add_argument("--codec", required=True, help="the music model's")
    parser.add_argument("--valid", type=pathlib.Path, required=True, help="captioned clips that were not trained on")
    parser.add_argument("--train", type=pathlib.Path, required=True, help="captioned clips of the training")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--guidance", type=float)
    Measurement(parser.parse_args()).report()


if __name__ == "__main__":
    main()
