"""Recordings and scenes on the GPU: mono mixtures for enhancers, binaural scenes for extraction and enrolment.

What is drawn, and from which ranges, follows Sources/ScoreDiffusion/Training/Mixtures and Sources/TargetSpeech/Scenes;
the draws themselves are PyTorch's.
"""

import json
import math
import pathlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import soundfile
import torch
from torch.nn import functional as F

RATE = 16000
SPEEDS = [(21, 25), (23, 25), (1, 1), (27, 25), (29, 25)]  # of the talkers, each a voice of its own


def resample(x, a, b, reach=24):
    """x [N] played at a/b of its speed: one sample of `a` becomes `b` over `a`; a windowed sinc for each phase."""
    cutoff = 0.95 * min(1, b / a)
    phase = torch.arange(b, device=x.device)[:, None] * a / b
    t = torch.arange(-reach, a + reach + 1, device=x.device) - phase
    kernel = torch.sinc(cutoff * t) * cutoff * (0.5 + 0.5 * torch.cos(math.pi * (t / reach).clamp(-1, 1)))
    y = F.conv1d(F.pad(x, (reach, a + reach))[None, None], kernel[:, None].float(), stride=a)[0]
    return y.T.reshape(-1)[:len(x) * b // a]


def decode(path, parts=16):
    """All samples of a file; its parts at the same time."""
    frames = soundfile.info(path).frames
    edges = [frames * part // parts for part in range(parts + 1)]

    def part(index):
        with soundfile.SoundFile(path) as file:
            file.seek(edges[index])
            return file.read(edges[index + 1] - edges[index], dtype="float32")

    with ThreadPoolExecutor() as pool:
        return np.concatenate(list(pool.map(part, range(parts))))


class Bank:
    """Recordings joined to one ring a group; `cut` draws passages of rings."""

    def __init__(self, pack, name, device, by_group=True, speeds=((1, 1),), pause=0.2):
        samples = decode(pathlib.Path(pack) / f"{name}.ogg")
        index = json.loads((pathlib.Path(pack) / f"{name}.json").read_text())
        samples = torch.from_numpy(samples).to(device)
        groups = {}
        for group, file, start, count in index:
            groups.setdefault(group if by_group else file, []).append((f"{group}/{file}", start, count))
        rings, self.members = [], []
        for speed_index, (a, b) in enumerate(speeds):
            fast = samples if a == b else resample(samples, a, b)
            for members in groups.values():
                parts = []
                for _, start, count in members:
                    start, count = start * b // a, count * b // a
                    part = fast[start:start + count]
                    parts += [part, part.new_zeros(int(pause * RATE) if by_group else 0)]
                rings.append(torch.cat(parts))
                self.members.append([(key, speed_index) for key, _, _ in members])
        self.lengths = torch.tensor([len(r) for r in rings], device=device)
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.flat = torch.cat(rings)
        self.edges = self.lengths.double().sqrt().cumsum(0)
        self.voices, self.speakers = len(rings), len(groups)
        self.device = device

    def draw(self, *shape):
        """Rings, longer ones more often."""
        x = torch.rand(shape, dtype=torch.float64, device=self.device) * self.edges[-1]
        return torch.searchsorted(self.edges, x).clamp(max=len(self.edges) - 1)

    def cut(self, which, count, start=None):
        """[…, count] of rings `which` […] from random places."""
        length = self.lengths[which][..., None]
        start = (torch.rand(which.shape, device=self.device)[..., None] * length).long() if start is None else start
        offset = (start + torch.arange(count, device=self.device)) % length
        return self.flat[self.starts[which][..., None] + offset]


def uniform(low, high, *shape, device):
    return torch.rand(shape, device=device) * (high - low) + low


def active_rms(x, block=400):
    """Root mean square of the blocks within 25 dB of the loudest, [...]."""
    power = x[..., :x.shape[-1] // block * block].unflatten(-1, (-1, block)).square().mean(-1)
    active = power > power.amax(-1, keepdim=True) * 10 ** -2.5
    return ((power * active).sum(-1) / active.sum(-1).clamp(min=1)).clamp(min=1e-12).sqrt()


def speed_change(x, factor, count):
    """Linear-phase interpolation of [B, N ≥ count·factor] at `factor` [B]; cubic."""
    position = torch.arange(count, device=x.device) * factor[:, None] + 1
    i = position.long().clamp(1, x.shape[1] - 3)
    t = position - i
    a, b, c, d = (x.gather(1, i + k) for k in (-1, 0, 1, 2))
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def equalize(x, decibels=8, share=0.5):
    """Random smooth gain over frequency: a curve through eight points on a logarithmic axis, [B, N]."""
    b, n = x.shape
    gain = torch.randn(b, 1, 8, device=x.device) * decibels / 2 * (torch.rand(b, 1, 1, device=x.device) < share)
    spectrum = torch.fft.rfft(x)
    axis = torch.linspace(0, 1, spectrum.shape[1], device=x.device).clamp(min=0.01).log() / math.log(100) + 1  # 0 … 1
    low = (axis * 7).long().clamp(max=6)
    w = axis * 7 - low
    w = (1 - torch.cos(math.pi * w)) / 2
    curve = gain[:, 0, low] * (1 - w) + gain[:, 0, low + 1] * w
    return torch.fft.irfft(spectrum * 10 ** (curve / 20), n)


class NoiseSource:
    def __init__(self, noise, speech):
        self.noise, self.speech = noise, speech

    def recording(self, b, n):
        factor = torch.exp(uniform(math.log(0.6), math.log(1.6), b, device=self.noise.device))
        x = self.noise.cut(self.noise.draw(b), int(n * 1.6) + 8)
        x = equalize(speed_change(x, factor, n), 6)
        flip = torch.rand(b, 1, device=x.device) < 0.2
        x = torch.where(flip, x.flip(1), x)
        return x / active_rms(x)[:, None]

    def babble(self, b, n):
        talkers = self.speech.cut(self.speech.draw(b, 7), n)
        gain = 10 ** (uniform(-6, 3, b, 7, 1, device=talkers.device) / 20)
        gain[:, 3:] *= (torch.rand(b, 4, 1, device=talkers.device) < 0.5)
        x = (talkers / active_rms(talkers)[..., None] * gain).sum(1)
        return x / active_rms(x)[:, None]

    def coloured(self, b, n):
        x = torch.fft.rfft(torch.randn(b, n, device=self.noise.device))
        slope = uniform(0, 1, b, 1, device=x.device)
        x = x / (torch.arange(x.shape[1], device=x.device) + 20) ** slope
        x = equalize(torch.fft.irfft(x, n), 8, 1)
        return x / active_rms(x)[:, None]

    def __call__(self, b, n, babble=0.1, coloured=0.05, second=0.4):
        x = self.recording(b, n)
        level = 10 ** (uniform(-12, 6, b, 1, device=x.device) / 20)
        pair = x + level * self.recording(b, n)
        x = torch.where(torch.rand(b, 1, device=x.device) < second, pair / active_rms(pair)[:, None], x)
        kind = torch.rand(b, 1, device=x.device)
        x = torch.where(kind < babble, self.babble(b, n), x)
        return torch.where((kind >= babble) & (kind < babble + coloured), self.coloured(b, n), x)


def convolve(x, h):
    """[..., N] with [..., L], cut to N."""
    n = x.shape[-1]
    size = 1 << (n + h.shape[-1] - 1).bit_length()
    if size * 3 // 4 >= n + h.shape[-1]:
        size = size * 3 // 4
    return torch.fft.irfft(torch.fft.rfft(x, size) * torch.fft.rfft(h, size), size)[..., :n]


def mono_room(b, device, taps=8000):
    """Responses [B, taps] with reverberation times 0.12 to 0.7 s, direct sound at sample 0, and their first 50 ms."""
    t = torch.arange(taps, device=device) / RATE
    time = uniform(0.12, 0.7, b, 1, device=device)
    ratio = uniform(-6, 12, b, 1, device=device)  # direct to reverberant, dB
    tail = torch.randn(b, taps, device=device) * torch.exp(-6.9 * t / time)
    sparse = torch.rand(b, taps, device=device) < (t * 16000 * 0.02).clamp(0.01, 1)
    tail = tail * sparse * (t > 0.001)
    tail = tail / tail.norm(dim=1, keepdim=True) * 10 ** (-ratio / 20)
    h = tail.clone()
    h[:, 0] += 1
    early = h * (t < 0.05)
    scale = 1 / early.norm(dim=1, keepdim=True)
    return h * scale, early * scale


class Mixtures:
    """(noisy, clean) [B, N] for enhancers."""

    def __init__(self, speech, noise, snr=(-7, 18), clean=0.04, noise_only=0.02, rooms=0.1, change=0.5):
        self.speech, self.noise = speech, NoiseSource(noise, speech)
        self.snr, self.clean, self.noise_only, self.rooms, self.change = snr, clean, noise_only, rooms, change

    def scene(self, b, n):
        device = self.speech.device
        factor = uniform(0.9, 1.1, b, device=device)
        x = speed_change(self.speech.cut(self.speech.draw(b), int(n * 1.1) + 8), factor, n)
        x = equalize(x, 6)
        h, early = mono_room(b, device)
        inside = torch.rand(b, 1, device=device) < self.rooms
        heard, target = torch.where(inside, convolve(x, h), x), torch.where(inside, convolve(x, early), x)
        level = active_rms(target)[:, None]
        heard, target = heard / level, target / level
        noise = self.noise(b, n) * 10 ** (-uniform(*self.snr, b, 1, device=device) / 20)
        kind = torch.rand(b, 1, device=device)
        noise = noise * (kind >= self.clean)
        silent = (kind > 1 - self.noise_only).float()
        return (heard * (1 - silent) + noise), target * (1 - silent)

    def __call__(self, b, n):
        noisy, clean = self.scene(b, n)
        other, other_clean = self.scene(b, n)
        after = torch.arange(n, device=noisy.device) >= uniform(0, n, b, 1, device=noisy.device)
        after &= torch.rand(b, 1, device=noisy.device) < self.change
        return torch.where(after, other, noisy), torch.where(after, other_clean, clean)


class Heads:
    """Responses of all heads' directions, where those are, and whose."""

    def __init__(self, pack, device):
        data = np.load(pathlib.Path(pack) / "heads.npz")
        self.count, self.device = len(data.files) // 2, device
        part = lambda name: [torch.from_numpy(data[f"{name}{i}"]).float().to(device) for i in range(self.count)]
        self.responses, self.vectors = torch.cat(part("responses")), torch.cat(part("vectors"))
        self.head = torch.cat([torch.full((len(x),), i, device=device) for i, x in enumerate(part("vectors"))])


class BinauralRooms:
    """Responses of simulated rooms at two ears: images up to the second order through the head, a diffuse tail."""

    TAPS = 8192

    def __init__(self, heads):
        self.heads, self.device = heads, heads.device
        axis = torch.arange(-2, 3)
        grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).view(-1, 3)
        self.images = grid[grid.abs().sum(1) <= 2].to(self.device)  # 25 images
        self.spectrum = torch.fft.rfft(heads.responses, 2048)  # [directions, 2, bins]

    def __call__(self, directions, anechoic=0.2):
        """directions: azimuths [B, S] in radians, counter-clockwise. Returns [B, S, 2, TAPS], direct sound near sample 40."""
        (b, s), d = directions.shape, self.device
        others = torch.randint(self.heads.count, (b, 1), device=d) != self.heads.head  # directions of other heads
        size = torch.stack([uniform(3, 9, b, device=d), uniform(2.5, 7, b, device=d), uniform(2.3, 4, b, device=d)], 1)
        volume, area = size.prod(1), 2 * (size[:, 0] * size[:, 1] + size[:, 0] * size[:, 2] + size[:, 1] * size[:, 2])
        time = uniform(0.12, 0.7, b, device=d)
        absorption = (1 - torch.exp(-0.161 * volume / (area * time))).clamp(0.02, 0.98)  # Eyring
        reflection = (1 - absorption).sqrt()
        dry = torch.rand(b, device=d) < anechoic
        reflection = torch.where(dry, 0, reflection)
        head = size * torch.stack([uniform(0.25, 0.75, b, device=d), uniform(0.25, 0.75, b, device=d),
                                   uniform(1.1, 1.7, b, device=d) / size[:, 2]], 1)
        facing = uniform(-math.pi, math.pi, b, 1, device=d)
        distance = uniform(0.6, 2.2, b, s, device=d)
        angle = directions + facing
        source = head[:, None] + torch.stack([distance * angle.cos(), distance * angle.sin(), uniform(-0.25, 0.25, b, s, device=d)], 2)
        source = torch.minimum(source.clamp(min=0.1), size[:, None] - 0.1)

        k = self.images[None, None].float()  # image k along an axis: k even → k·size + x, odd → (k + 1)·size − x
        odd = (self.images % 2 != 0)[None, None]
        place = torch.where(odd, (k + 1) * size[:, None, None] - source[:, :, None], k * size[:, None, None] + source[:, :, None])
        offset = place - head[:, None, None]  # [B, S, I, 3]
        far = offset.norm(dim=-1).clamp(min=0.2)
        gain = reflection[:, None, None] ** self.images.abs().sum(1) / far
        cos, sin = facing.cos()[..., None], facing.sin()[..., None]
        local = torch.stack([offset[..., 0] * cos + offset[..., 1] * sin, offset[..., 1] * cos - offset[..., 0] * sin, offset[..., 2]], -1)
        likeness = (local / far[..., None]) @ self.heads.vectors.T
        nearest = likeness.masked_fill(others[:, None, None], -2).argmax(-1)  # [B, S, I]
        direct = source.sub(head[:, None]).norm(dim=-1).clamp(min=0.2)
        delay = (far - direct[..., None]) / 343 * RATE + 30
        keep = delay < 2048 - 300
        bins = torch.arange(1025, device=d)
        early = torch.zeros(b, s, 2, 1025, dtype=torch.complex64, device=d)
        for image in range(len(self.images)):
            phase = torch.polar((gain * keep)[:, :, image, None].expand(-1, -1, 1025).contiguous(), -2 * math.pi / 2048 * delay[:, :, image, None] * bins)
            early += phase[:, :, None] * self.spectrum[nearest[:, :, image]]
        early = torch.fft.irfft(early, 2048)

        t = torch.arange(self.TAPS, device=d) / RATE
        energy = 16 * math.pi * time / (0.161 * volume) * (~dry)  # of the diffuse field, the direct sound's at 1 m being 1
        tail = torch.randn(b, s, 3, self.TAPS, device=d)
        low = (torch.fft.rfftfreq(self.TAPS, 1 / RATE, device=d) / 500).square()
        common = (1 / (1 + low)).sqrt()
        spectra = torch.fft.rfft(tail)
        tail = torch.fft.irfft(spectra[:, :, 2:] * common + spectra[:, :, :2] * (1 - common.square()).sqrt(), self.TAPS)
        onset = 0.012
        shape = torch.exp(-6.9 * t / time[:, None]) * ((t - onset) / 0.015).clamp(0, 1)
        shape = shape * (energy[:, None] * 13.8 / (time[:, None] * RATE)).sqrt()
        h = tail * shape[:, None, None]
        h[..., :2048] += early
        return h * direct[..., None, None]  # as loud as at 1 m, whatever the distance


class Scenes:
    """Binaural scenes with two or three talkers and noise (Veluri et al. 2024)."""

    def __init__(self, speech, noise, rooms):
        self.speech, self.noise, self.rooms = speech, NoiseSource(noise, speech), rooms

    def voices(self, b, count):
        """[B, count] voices of different speakers (a voice is a speaker at a speed)."""
        which = self.speech.draw(b, count)
        for _ in range(4):
            speaker = which % self.speech.speakers
            same = (speaker[:, :, None] == speaker[:, None]) & torch.ones(count, count, device=which.device).tril(-1).bool()
            which = torch.where(same.any(2), self.speech.draw(b, count), which)
        return which

    def render(self, voices, n, front, starts=None, present=None):
        """voices [B, K], the first the target. Returns ears [B, K, 2, N] of the talkers, noise [B, 2, N], dry [B, K, N]."""
        (b, k), d = voices.shape, voices.device
        dry = self.speech.cut(voices, n, starts)
        dry = dry / active_rms(dry)[..., None]
        azimuth = uniform(-math.pi, math.pi, b, k + 3, device=d)
        if front:
            azimuth[:, 0] = uniform(-math.pi / 18, math.pi / 18, b, device=d)
            others = uniform(math.pi / 12, 2 * math.pi - math.pi / 12, b, k - 1, device=d)
            azimuth[:, 1:k] = others
        h = self.rooms(azimuth)
        ears = convolve(dry[:, :, None], h[:, :, :].narrow(1, 0, k))
        noise = self.noise(b, n)
        shift = torch.randint(n, (b, 3), device=d)
        turned = noise.gather(1, ((torch.arange(n, device=d) + shift[..., None]) % n).view(b, -1)).view(b, 3, n)
        gain = uniform(0.5, 1, b, 3, 1, device=d)
        gain[:, 1:] *= (torch.rand(b, 1, 1, device=d) < 0.6)
        turned[:, 0] = noise
        around = convolve((turned * gain)[:, :, None], h.narrow(1, k, 3)).sum(1)
        return ears, around / active_rms(around).mean(1)[:, None, None].clamp(min=1e-6), dry

    def levels(self, ears, noise):
        """Talkers at -10…0 and noise at -15.5…-5 dB, all against each other."""
        b, k, d = ears.shape[0], ears.shape[1], ears.device
        loud = active_rms(ears).square().mean(2).sqrt()[..., None, None].clamp(min=1e-6)
        ears = ears / loud * 10 ** (uniform(-10, 0, b, k, 1, 1, device=d) / 20)
        return ears, noise * 10 ** (uniform(-18, -4, b, 1, 1, device=d) / 20)

    def __call__(self, b, n, third=0.5, absent=0.0, alone=0.05, mono=0.2):
        """Mixture [B, 2, N], the talkers as they are heard in it [B, 4, 2, N], silent where they are not, and their
        voices [B, 4]. The first is the target."""
        d = self.speech.device
        voices = self.voices(b, 4)
        ears, noise = self.levels(*self.render(voices, n, front=False)[:2])
        draw = torch.rand(b, device=d)
        on = torch.ones(b, 4, device=d)
        on[:, 2] = (torch.rand(b, device=d) < third).float()
        on[:, 3] = 0
        only = draw < alone
        on[:, 1:] *= ~only[:, None]
        missing = draw > 1 - absent
        on[:, 0] *= ~missing
        on[:, 3] = torch.where(missing, (torch.rand(b, device=d) < 0.5).float(), on[:, 3])
        t = torch.arange(n, device=d)
        # talkers begin up to a second late, and one in five stops or begins in mid-scene
        begin = uniform(0, RATE, b, 4, 1, device=d) * (torch.rand(b, 4, 1, device=d) < 0.5)
        cut = torch.rand(b, 4, 1, device=d)
        begin = torch.where(cut < 0.1, uniform(0, n * 0.8, b, 4, 1, device=d), begin)
        end = torch.where(cut > 0.9, uniform(n * 0.3, n, b, 4, 1, device=d), n)
        gate = ((t >= begin) & (t < end)).float()[:, :, None] * on[..., None, None]
        ears = ears * gate
        mixture = ears.sum(1) + noise
        one = (torch.rand(b, 1, 1, device=d) < mono)
        mixture = torch.where(one, mixture[:, :1], mixture)
        ears = torch.where(one[:, None], ears[:, :, :1], ears)
        level = 10 ** (uniform(-38, -16, b, 1, 1, device=d) / 20) / mixture.square().mean((1, 2), keepdim=True).sqrt().clamp(min=1e-6)
        return mixture * level, ears * level[:, None], voices

    def enrollment(self, voices, n, clean=0.0):
        """Noisy enrolment [B, 2, N] of voices [B] with the target in front, and its dry speech [B, N]."""
        b, d = voices.shape[0], voices.device
        others = self.voices(b, 2)
        clash = others % self.speech.speakers == voices[:, None] % self.speech.speakers
        others = torch.where(clash, (others + 1) % self.speech.voices, others)
        ears, noise, dry = self.render(torch.cat([voices[:, None], others], 1), n, front=True)
        ears, noise = self.levels(ears, noise)
        on = torch.ones(b, 3, 1, 1, device=d)
        on[:, 2] = (torch.rand(b, 1, 1, device=d) < 0.5).float()
        on[:, 1] = (torch.rand(b, 1, 1, device=d) < 0.9).float()
        quiet = torch.rand(b, 1, 1, 1, device=d) < clean
        on[:, 1:] *= ~quiet
        ears = (ears * on).sum(1) + noise * (~quiet[:, 0]) * 1.0
        shortest = n // 2
        keep = torch.arange(n, device=d) < uniform(shortest, n * 1.6, b, 1, device=d)
        return ears, dry[:, 0], keep
