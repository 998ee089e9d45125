#!/usr/bin/env python3
"""Train one of the default models on a GPU, for a given number of seconds, on packs made by pack.py.

    python3 recipes/gpu/train.py extractor --pack PACK --config recipes/gpu/extractor.json --seconds 480 --out OUT

Writes OUT/<task>.safetensors (the averaged weights, named as in Swift), OUT/<task>.json (settings and validation) and
a line of OUT/<task>.log every few seconds.

One task at a time has the GPU's whole speed: several processes under CUDA's MPS took 0.6 s a step each, whatever the
task, where one alone takes 0.2 s (the extractor, 24 examples of 4 s, on an H200).
"""

import argparse
import copy
import functools
import json
import math
import pathlib
import random
import subprocess
import sys
import time

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import enhancer_network  # noqa: E402
from enhancer_network import EnhancerNetwork  # noqa: E402
from light_target_networks import BandSplitExtractor, MelEnrollmentNetwork  # noqa: E402
from muon import Muon  # noqa: E402
from scenes import RATE, SPEEDS, Bank, BinauralRooms, Heads, Mixtures, NoiseSource, Scenes, active_rms, uniform  # noqa: E402
from tfgridnet_network import EnrollmentNetwork, Extractor, SpeakerEncoder  # noqa: E402


# ------------------------------------------------------------------------------------------------ losses

def decibels(x):
    return 10 / math.log(10) * x.log()


def noise_to_signal(estimate, target, limit=30.0):
    """Noise over signal in dB, limited below, [...] of [..., N]."""
    signal = target.square().sum(-1).clamp(min=1e-7)
    return decibels((estimate - target).square().sum(-1) / signal + 10 ** (-limit / 10))


def si_sdr(estimate, target):
    estimate, target = estimate - estimate.mean(-1, keepdim=True), target - target.mean(-1, keepdim=True)
    scaled = (estimate * target).sum(-1, keepdim=True) / target.square().sum(-1, keepdim=True).clamp(min=1e-9) * target
    return decibels(scaled.square().sum(-1).clamp(min=1e-9) / (estimate - scaled).square().sum(-1).clamp(min=1e-9))


class Spectra:
    """Compressed spectra [B, T, F, 2] as Sources/ScoreDiffusion/Spectrograms computes them, and the losses on them."""

    def __init__(self, device, fft=512, hop=256, exponent=0.5, factor=0.35):
        self.fft, self.hop, self.exponent, self.factor = fft, hop, exponent, factor
        self.window = torch.hann_window(fft, device=device).sqrt()
        self.frames = round(0.384 * RATE / hop)
        edges = [round(150 * 2 ** ((2 * i - 1) / 6) / (RATE / fft)) for i in range(16)]
        ranges = [(a, max(a + 1, b)) for a, b in zip(edges, edges[1:]) if max(a + 1, b) <= fft // 2 + 1]
        self.bands = torch.zeros(fft // 2 + 1, len(ranges), device=device)
        for band, (a, b) in enumerate(ranges):
            self.bands[a:b, band] = 1

    def forward(self, x):
        z = torch.view_as_real(torch.stft(x, self.fft, self.hop, window=self.window, return_complex=True)).transpose(1, 2)
        return z * self.factor * (z.square().sum(-1, keepdim=True) + 1e-12) ** ((self.exponent - 1) / 2)

    def expand(self, z):
        return z * self.factor ** (-1 / self.exponent) * (z.square().sum(-1, keepdim=True) + 1e-12) ** ((1 / self.exponent - 1) / 2)

    def inverse(self, z, length):
        z = torch.view_as_complex(self.expand(z).transpose(1, 2).contiguous())
        return torch.istft(z, self.fft, self.hop, window=self.window, length=length)

    def envelopes(self, z):
        segments = z.shape[1] // self.frames
        plain = self.expand(z[:, :segments * self.frames])
        return (plain.square().sum(3) @ self.bands + 1e-6).sqrt().unflatten(1, (segments, self.frames))

    def envelope_correlation(self, estimate, clean):
        def unit(x, axis):
            x = x - x.mean(axis, keepdim=True)
            return x / (x.square().sum(axis, keepdim=True) + 1e-6).sqrt()

        reference = self.envelopes(clean)
        agreement = (unit(unit(reference, 2), 3) * unit(unit(self.envelopes(estimate), 2), 3)).sum((2, 3)) / self.frames
        power = reference.square().mean((2, 3))
        counts = (power > torch.clamp(1e-4 * power.amax(1, keepdim=True), min=2e-6)).float()
        return (agreement * counts / counts.sum().clamp(min=1)).sum()

    def loss(self, estimate, clean, waveform, clean_waveform, signal_to_noise=0.2, envelopes=1.8):
        error = 4 * (estimate - clean).square().sum(-1).mean()
        size = lambda z: (z.square().sum(-1) + 1e-8).sqrt()
        error = error + 8 * (size(estimate) - size(clean)).square().mean()
        signal = clean_waveform.square().sum(1).clamp(min=1e-3)
        ratio = decibels((waveform - clean_waveform).square().sum(1) / signal + 1e-3)
        return error + signal_to_noise * ratio.mean() + envelopes * (1 - self.envelope_correlation(estimate, clean))


# ------------------------------------------------------------------------------------------------ voices

class Voices:
    """d-vectors of the teacher: of single utterances and the mean of a voice."""

    def __init__(self, bank, path):
        stored = dict(np.load(path))
        rows = []
        for members in bank.members:
            e = np.stack([stored[key][speed].astype(np.float32) for key, speed in members if key in stored])
            e = e[np.isfinite(e).all(1)]
            assert len(e), members
            rows.append(e[np.random.default_rng(0).permutation(len(e))][:8])
        self.count = torch.tensor([len(e) for e in rows], device=bank.device)
        self.single = torch.zeros(len(rows), 8, 256, device=bank.device)
        for i, e in enumerate(rows):
            self.single[i, :len(e)] = torch.from_numpy(e).to(bank.device)
        self.mean = F.normalize(self.single.sum(1), dim=1)

    def utterance(self, which):
        pick = (torch.rand(which.shape, device=which.device) * self.count[which]).long()
        return F.normalize(self.single[which, pick], dim=-1)


def fbank(device):
    top = 15 + 27 * math.log(8) / math.log(6.4)  # Slaney's mel of 8 kHz
    mel = torch.linspace(0, top, 42, device=device)
    hertz = torch.where(mel < 15, mel * 200 / 3, 1000 * torch.exp((mel - 15) * math.log(6.4) / 27))
    f = torch.linspace(0, 8000, 201, device=device)[:, None]
    low, middle, high = hertz[:-2], hertz[1:-1], hertz[2:]
    weights = torch.minimum((f - low) / (middle - low), (high - f) / (high - middle)).clamp(min=0) * 2 / (high - low)
    window = torch.hann_window(400, device=device)

    def frames(x):  # [B, N] → mel power [B, T, 40]
        z = torch.stft(x, 400, 160, window=window, center=True, pad_mode="constant", return_complex=True)
        return z.abs().square().transpose(1, 2) @ weights

    return frames


# ------------------------------------------------------------------------------------------------ tasks

class Task:
    """`loss(network, batch)` and `validate(network)`; networks start from --init where given."""

    def __init__(self, options, config):
        self.device = options.device
        torch.manual_seed(config.get("seed", 1))
        bank = lambda name, **more: Bank(options.pack, name, self.device, **more)
        self.speech = bank("speech", speeds=SPEEDS if self.binaural else ((1, 1),))
        self.noise = bank("noise", by_group=False)
        self.valid_speech, self.valid_noise = bank("valid_speech"), bank("valid_noise", by_group=False)
        self.config, self.n = config, int(config["seconds"] * RATE)
        if self.binaural:
            heads = Heads(options.pack, self.device)
            self.voices, self.valid_voices = (Voices(b, options.teacher) for b in (self.speech, self.valid_speech))
            self.scenes = Scenes(self.speech, self.noise, BinauralRooms(heads))
            self.valid_scenes = Scenes(self.valid_speech, self.valid_noise, BinauralRooms(heads))
        self.options = options
        self.prepare()

    binaural = True
    variants, variant = [None], None  # what the examples of a step have in common, drawn for each step

    def prepare(self):
        pass


def enrollment_network(config):
    design = MelEnrollmentNetwork if config.get("family") == "mel-recurrent" else EnrollmentNetwork
    return design(**config["network"])


def extractor_network(config):
    if config.get("family") == "band-split":
        return BandSplitExtractor(**config["network"])
    return Scaled(Extractor(**config["network"]), config["gain"])


class EnrollTask(Task):
    def network(self):
        return enrollment_network(self.config)

    def embed(self, network, scenes, which, clean):
        x, _, keep = scenes.enrollment(which, self.n, clean)
        mono = torch.rand(len(x), 1, 1, device=x.device) < self.config.get("mono", 0.15)
        x = torch.where(mono, x[:, :1], x)
        x = x[..., :self.n if torch.rand(()) < 0.5 else int(self.n * float(uniform(0.4, 1, 1, device="cpu")))]
        return F.normalize(network(x), dim=1)

    def loss(self, network, b):
        which = self.speech.draw(b)
        e, target = self.embed(network, self.scenes, which, 0.1), self.voices.mean[which]
        cosine = (e * target).sum(1)
        same = (which % self.speech.speakers)[:, None] == (which % self.speech.speakers)
        other = same & ~torch.eye(b, dtype=torch.bool, device=e.device)
        logits = (12 * e @ target.T).masked_fill(other, -math.inf)
        contrast = F.cross_entropy(logits, torch.arange(b, device=e.device))
        return (1 - cosine).mean() + self.config.get("contrast", 0.1) * contrast

    @torch.no_grad()
    def validate(self, network):
        right, cosines, count = 0, [], 0
        for _ in range(8):
            which = self.valid_speech.draw(32)
            e, means = self.embed(network, self.valid_scenes, which, 0.0), self.valid_voices.mean
            cosines.append((e * means[which]).sum(1))
            right += ((e @ means.T).argmax(1) == which).sum().item()
            count += 32
        means = self.valid_voices.mean
        between = (means @ means.T)[~torch.eye(len(means), dtype=torch.bool, device=means.device)].mean()
        return {"cosine": torch.cat(cosines).mean().item(), "identified": right / count, "between teachers": between.item()}


class SpeakerTask(EnrollTask):
    def prepare(self):
        self.frames = fbank(self.device)

    def network(self):
        return SpeakerEncoder(**self.config["network"])

    def embed(self, network, scenes, which, clean):
        bank = scenes.speech
        x = bank.cut(which, 160 * 160)
        x = x / active_rms(x)[:, None]
        snr = uniform(0, 45, len(x), 1, device=x.device)
        x = x + scenes.noise(len(x), x.shape[1]) * 10 ** (-snr / 20) * (torch.rand(len(x), 1, device=x.device) < 0.7)
        x = x / x.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6) * 10 ** (-30 / 20)
        return network(self.frames(x)[:, :160])


class ExtractorTask(Task):
    enrolled = None

    def network(self):
        return extractor_network(self.config)

    def wait(self):
        """Voices as the enrolment network hears them in noise, `enrollments` of each, once it is trained."""
        folder, count = pathlib.Path(self.options.enrollment), self.config.get("enrollments", 12)
        while not (folder / "enrollment.safetensors").exists():
            time.sleep(0.5)
        network = enrollment_network(json.loads((folder / "enrollment.json").read_text())).to(self.device).eval()
        network.load_state_dict(load_file(folder / "enrollment.safetensors"))
        self.enrolled, self.valid_enrolled = (self.enroll(network, s, count) for s in (self.scenes, self.valid_scenes))
        print("extractor: enrolments are the network's", tuple(self.enrolled.shape), flush=True)

    @torch.no_grad()
    def enroll(self, network, scenes, count, batch=128):
        """[voices, count, E]"""
        n, parts = int(self.config.get("enrollmentSeconds", 5) * RATE), []
        for which in torch.arange(scenes.speech.voices, device=self.device).repeat(count).split(batch):
            x = scenes.enrollment(which, n, 0.15)[0]
            parts.append(F.normalize(network(x[..., :int(n * float(uniform(0.5, 1, 1, device="cpu")))]), dim=1))
        return torch.cat(parts).view(count, scenes.speech.voices, -1).transpose(0, 1).contiguous()

    def embedding(self, voices, enrolled, which, share):
        """Of voices [...], [..., E]: the network's in `share` of them, else the teacher's."""
        e = voices.utterance(which)
        e = torch.where(torch.rand_like(e[..., :1]) < 0.3, voices.mean[which], e)
        e = F.normalize(e + torch.randn_like(e) * 0.03 * torch.rand_like(e[..., :1]), dim=-1)
        if enrolled is None:
            return e
        pick = torch.randint(enrolled.shape[1], which.shape, device=e.device)
        return torch.where(torch.rand_like(e[..., :1]) < share, enrolled[which, pick], e)

    def loss(self, network, b):
        """Of each scene two talkers are asked for: the target, and another."""
        mixture, ears, voices = self.scenes(b, self.n, absent=self.config.get("absent", 0.1))
        target, asked = ears[:, :2].flatten(0, 1), voices[:, :2].flatten()
        mixture = mixture.repeat_interleave(2, 0)
        estimate = network(mixture, self.embedding(self.voices, self.enrolled, asked, self.config.get("enrolled", 0.7)))
        return self.distance(mixture, target, estimate)

    def distance(self, mixture, target, estimate):
        """Noise over signal in dB, where there is no target a share of what is left of the mixture."""
        heard = target.square().mean((1, 2)) > 1e-9
        share = self.config.get("scaleInvariant", 0.5)
        ratio = ((1 - share) * noise_to_signal(estimate, target) + share * -si_sdr(estimate, target).clamp(-20, 30)).mean(1)
        power = mixture.square().sum((1, 2)).clamp(min=1e-7)
        rest = decibels(estimate.square().sum((1, 2)) / power + 10 ** -3)
        return torch.where(heard, ratio, self.config.get("absentWeight", 0.3) * rest).mean()

    def extractor(self, network):
        return network

    def voices_to_try(self, network):
        """Functions from validation voices [B] to embeddings [B, E], the plainest first."""
        kinds = {"teacher": lambda which: self.valid_voices.mean[which]}
        if self.enrolled is not None:
            kinds["network"] = lambda which: self.embedding(self.valid_voices, self.valid_enrolled, which, 1.0)
        return kinds

    @torch.no_grad()
    def validate(self, network):
        extract, kinds, absent = self.extractor(network), self.voices_to_try(network), []
        gains = {kind: [] for kind in kinds}
        for turn in range(6):
            mixture, ears, voices = self.valid_scenes(24, 5 * RATE, alone=0, mono=0)
            target = ears[:, 0]
            for kind, voice in kinds.items():
                gain = (si_sdr(extract(mixture, voice(voices[:, 0])), target) - si_sdr(mixture, target)).mean(1)
                gains[kind].append(gain[target.square().mean((1, 2)) > 1e-9])
            mixture, _, voices = self.valid_scenes(24, 5 * RATE, alone=0, absent=1.0)
            y = extract(mixture, next(iter(kinds.values()))(voices[:, 0]))
            absent.append(decibels(y.square().sum((1, 2)) / mixture.square().sum((1, 2)) + 1e-9))
        result = {f"SI-SDR gain, {k}": torch.cat(v).mean().item() for k, v in gains.items() if v}
        worst = {f"share below 0 dB, {k}": (torch.cat(v) < 0).float().mean().item() for k, v in gains.items() if v}
        return result | worst | {"absent, dB": torch.cat(absent).mean().item()}


class JointTask(ExtractorTask):
    """Extractor and enrolment network together: the voice of a noisy example is what extraction asks for."""

    def network(self):
        return torch.nn.ModuleDict({
            "extractor": extractor_network(self.config),
            "enrollment": enrollment_network({"family": "mel-recurrent", "network": self.config.get("enrollmentNetwork", {})}),
        })

    @property
    def variants(self):
        """Lengths of the enrolments."""
        return [int(self.config.get("enrollmentSeconds", 5) * RATE * share) for share in (0.5, 0.75, 1)]

    def voice(self, network, scenes, which, length, clean=0.2, dry=0.1):
        """Of enrolments at two ears, at one, and of dry utterances."""
        x, dry_speech, _ = scenes.enrollment(which, length, clean)
        chance = lambda share: torch.rand(len(x), 1, 1, device=x.device) < share
        x = torch.where(chance(self.config.get("mono", 0.1)), x[:, :1], x)
        x = torch.where(chance(dry), dry_speech[:, None], x)
        return F.normalize(network["enrollment"](x), dim=1)

    def loss(self, network, b):
        mixture, ears, voices = self.scenes(b, self.n, absent=self.config.get("absent", 0.1))
        asked = voices[:, :2].flatten()
        mixture, target = mixture.repeat_interleave(2, 0), ears[:, :2].flatten(0, 1)
        e = self.voice(network, self.scenes, asked, self.variant)
        likeness = (e * self.voices.mean[asked]).sum(1).mean()
        return self.distance(mixture, target, network["extractor"](mixture, e)) - self.config.get("likeness", 0.3) * likeness

    def extractor(self, network):
        return network["extractor"]

    def voices_to_try(self, network):
        enroll = lambda clean, dry: lambda which: self.voice(network, self.valid_scenes, which, self.variants[-1], clean, dry)
        return {"noisy": enroll(0.0, 0.0), "clean": enroll(1.0, 0.0), "dry": enroll(0.0, 1.0)}


class StreamTask(Task):
    binaural = False

    def prepare(self):
        self.spectra = Spectra(self.device)
        mixtures = self.config.get("mixtures", {})
        self.mixtures = Mixtures(self.speech, self.noise, **mixtures)
        self.valid_mixtures = Mixtures(self.valid_speech, self.valid_noise, snr=(-5, 15), clean=0, noise_only=0, rooms=0, change=0)

    def network(self):
        return Scaled(Extractor(**self.config["network"]), self.config["gain"])

    def estimate(self, network, noisy):
        """Waveforms and spectra at the scale where the input has a root mean square of about 1."""
        level = 10 ** (uniform(-42, -14, len(noisy), 1, device=noisy.device) / 20)
        waveform = network((noisy * level)[:, None])[:, 0] / level
        return waveform, self.spectra.forward(waveform)

    def loss(self, network, b):
        noisy, clean = self.mixtures(b, self.n)
        scale = 1 / noisy.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)
        noisy, clean = noisy * scale, clean * scale
        waveform, spectra = self.estimate(network, noisy)
        weights = self.config.get("loss", {})
        return self.spectra.loss(spectra, self.spectra.forward(clean), waveform, clean, **weights)

    @torch.no_grad()
    def validate(self, network):
        gains = []
        for _ in range(4):
            noisy, clean = self.valid_mixtures(16, 6 * RATE)
            noisy, clean = (x / noisy.square().mean(1, keepdim=True).sqrt() for x in (noisy, clean))
            gains.append(si_sdr(self.estimate(network, noisy)[0], clean) - si_sdr(noisy, clean))
        return {"SI-SDR gain": torch.cat(gains).mean().item()}


class EnhancerTask(StreamTask):
    def network(self):
        return EnhancerNetwork(**self.config.get("network", {}))

    def estimate(self, network, noisy, clean=None):
        jitter = 10 ** (uniform(-5, 5, len(noisy), 1, device=noisy.device) / 20)
        y = self.spectra.forward(noisy * jitter)
        state, t = y, torch.ones(len(y), device=y.device)
        if clean is not None:  # one in five somewhere along the bridge, the others at its end
            c, k = 0.4, 2.6
            variance = lambda time: c * torch.expm1(2 * time * math.log(k)) / (2 * math.log(k))
            inside = torch.arange(len(y), device=y.device) % 5 == 0
            t = torch.where(inside, uniform(1e-4, 1, len(y), device=y.device), t)
            part, total = variance(t)[:, None, None, None], variance(torch.ones((), device=y.device))
            x = self.spectra.forward(clean * jitter)
            state = (total - part) / total * x + part / total * y + ((total - part) * part).clamp(min=0).sqrt() / total.sqrt() * torch.randn_like(y)
        estimate = network(state, y, t)
        return self.spectra.inverse(estimate, noisy.shape[1]), estimate, jitter

    def loss(self, network, b):
        noisy, clean = self.mixtures(b, self.n)
        scale = 1 / noisy.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)
        noisy, clean = noisy * scale, clean * scale
        waveform, spectra, jitter = self.estimate(network, noisy, clean)
        return self.spectra.loss(spectra, self.spectra.forward(clean * jitter), waveform, clean * jitter, **self.config.get("loss", {}))


class Scaled(torch.nn.Module):
    """network(gain · x) / gain: a network without a norm at its ends works best around 1. `fold` makes it part of the weights."""

    def __init__(self, network, gain):
        super().__init__()
        self.network, self.gain = network, gain

    def forward(self, x, *more):
        return self.network(x * self.gain, *more) / self.gain

    @staticmethod
    def fold(state, gain):
        state = {k.removeprefix("network."): v for k, v in state.items()}
        state["tfgridnet.conv.0.weight"] = state["tfgridnet.conv.0.weight"] * gain
        for part in ("weight", "bias"):
            state[f"tfgridnet.deconv.{part}"] = state[f"tfgridnet.deconv.{part}"] / gain
        return state


TASKS = {"enrollment": EnrollTask, "speaker": SpeakerTask, "extractor": ExtractorTask, "joint": JointTask, "stream": StreamTask, "enhancer": EnhancerTask}


# ------------------------------------------------------------------------------------------------ the loop

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--pack", required=True)
    parser.add_argument("--teacher", help="d-vectors by file, made by dvectors.py")
    parser.add_argument("--config", required=True)
    parser.add_argument("--seconds", type=float, required=True, help="of training")
    parser.add_argument("--out", required=True)
    parser.add_argument("--init", help="weights to start from")
    parser.add_argument("--enrollment", help="folder that a run for the enrolment network writes to, whose voices the extractor's are to be")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--graph", action="store_true", help="replay whole steps, which otherwise wait for Python")
    parser.add_argument("--profile", action="store_true", help="tell what three steps spend their time on")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    config = json.loads(pathlib.Path(options.config).read_text())
    begun = time.monotonic()
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    trial = None
    if options.device == "cuda":
        trial = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("kernels.py")])
    task = TASKS[options.task](options, config)
    if trial and trial.wait() == 0:
        import kernels
        enhancer_network.kernels = kernels
    network = task.network().to(options.device)
    if options.init:
        print(network.load_state_dict({k: v.float() for k, v in load_file(options.init).items()}, strict=False), flush=True)
    if options.enrollment:
        task.wait()
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = Muon(network.named_parameters(), lr=config["learningRate"], betas=(0.9, 0.99), weight_decay=config.get("weightDecay", 0.01))
    out, batch, warm = pathlib.Path(options.out), options.batch or config["batch"], config.get("warmUp", 200)
    out.mkdir(parents=True, exist_ok=True)
    log = (out / f"{options.task}.log").open("a")
    decay, peak, floor = config.get("averageDecay", 0.999), config["learningRate"], config.get("finalLearningRate", 1e-5)

    def save(validation=None):
        state = average.state_dict()
        if isinstance(average, Scaled):
            state = Scaled.fold(state, average.gain)
        state = {k: v.contiguous().cpu() for k, v in state.items()}
        save_file(state, out / f"{options.task}.partial")
        (out / f"{options.task}.json").write_text(json.dumps(config | {
            "steps": int(tally[0].item()), "examples": int(tally[0].item()) * batch, "trainedSeconds": time.monotonic() - start, "validation": validation}, indent=1))
        (out / f"{options.task}.partial").rename(out / f"{options.task}.safetensors")

    tally = torch.zeros(3, device=options.device)  # updates, sum of losses, gradients that were no numbers
    parameters, averages = list(network.parameters()), list(average.parameters())

    def update():
        """One update; nothing in it waits for the GPU."""
        loss = task.loss(network, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.get("gradientNorm", 3))
        good = torch.isfinite(norm)
        for p in parameters:
            p.grad = torch.where(good, p.grad, 0)
        optimizer.step()
        with torch.no_grad():
            tally.add_(torch.stack([torch.ones_like(norm), torch.where(good, loss.detach(), 0), (~good).float()]))
            keep = ((tally[0] + 1) / (tally[0] + 10)).clamp(max=decay)
            change = torch._foreach_sub(parameters, averages)
            torch._foreach_mul_(change, 1 - keep)
            torch._foreach_add_(averages, change)

    def captured():
        """A graph of an update for each variant."""
        graphs, pool, stream = [], torch.cuda.graph_pool_handle(), torch.cuda.Stream()
        for task.variant in task.variants:
            with torch.cuda.stream(stream):
                for _ in range(3):
                    update()
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=pool, stream=stream):
                update()
            graphs.append(graph.replay)
        return graphs

    def varied(variant):
        task.variant = variant
        update()

    print(f"{options.task}: ready after {time.monotonic() - begun:.1f} s, {sum(p.numel() for p in parameters)} parameters", flush=True)
    start, turn, shown, saved, known = time.monotonic(), 0, 0.0, 0.0, [0.0] * 3
    optimizer.rate = peak / max(warm, 1)
    updates = captured() if options.graph else [functools.partial(varied, variant) for variant in task.variants]
    profiler = None
    while (elapsed := time.monotonic() - start) < options.seconds:
        rate = min(1, (turn + 1) / warm) * (floor + (peak - floor) * (1 + math.cos(math.pi * elapsed / options.seconds)) / 2)
        optimizer.rate = rate
        if options.profile and turn == 10:
            profiler = torch.profiler.profile()
            profiler.start()
        random.choice(updates)()
        turn += 1
        if turn % 4 == 0 and options.device == "cuda":
            torch.cuda.synchronize()
        if profiler and turn == 13:
            torch.cuda.synchronize()
            profiler.stop()
            print(profiler.key_averages().table(sort_by="self_cuda_time_total", row_limit=25, max_name_column_width=70), flush=True)
        if elapsed - shown > config.get("logEvery", 10):
            now = tally.tolist()
            steps = max(now[0] - known[0], 1)
            line = f"{options.task} {elapsed:.0f} s step {now[0]:.0f} loss {(now[1] - known[1]) / steps:.4f} skipped {now[2]:.0f} {batch * steps / (elapsed - shown):.0f} ex/s"
            if options.device == "cuda":
                line += f" {torch.cuda.max_memory_allocated() >> 20} MiB"
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()
            shown, known = elapsed, now
        if elapsed - saved > config.get("saveEvery", 60) and options.task != "enrollment":
            save()
            saved = elapsed
    step = int(tally[0].item())
    torch.manual_seed(7)
    validation = task.validate(average.eval())
    print(options.task, step, validation, flush=True)
    log.write(json.dumps(validation) + "\n")
    save(validation)


if __name__ == "__main__":
    main()
