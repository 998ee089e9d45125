"""PyTorch twins of the light target speech networks: BandSplitExtractor and MelEnrollmentNetwork of Sources/TargetSpeech.

Used to train on a GPU and to write the parity fixtures. Nothing here is needed to run audiotool. Parameter names and
layouts equal the Swift networks'.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from enhancer_network import GRU, BlockDiagonalLinear, DualPathBlock, band_widths, layer_norm


class BandSplitExtractor(nn.Module):
    """mixture [B, 2, N] and embedding [B, E] of length one to the voice at both ears, [B, 2, N]; causal in frames."""

    features, terms, factor, level_seconds, floor = 9, 5, 0.35, 6.0, 1e-8

    def __init__(self, chunk=256, channels=48, hidden=24, blocks=4, embedding=256, voice=64, rate=16000):
        super().__init__()
        self.chunk, self.channels, self.widths = chunk, channels, band_widths(chunk + 1)
        self.memory = max(1, int(self.level_seconds * (rate / chunk)))
        floats, bands = 2 * self.terms, len(self.widths)
        self.split = BlockDiagonalLinear([(self.features * w, channels) for w in self.widths])
        self.voice = nn.Linear(embedding, voice)
        self.gates = nn.ModuleList([nn.Linear(voice, 2 * bands * channels) for _ in range(blocks)])
        self.blocks = nn.ModuleList([DualPathBlock(channels, hidden, causal=True) for _ in range(blocks)])
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.masks = BlockDiagonalLinear([(2 * channels, 2 * floats * w) for w in self.widths], scale=0.1)
        self.register_buffer("window", torch.hann_window(2 * chunk).sqrt(), persistent=False)
        with torch.no_grad():
            for gate in self.gates:
                gate.weight.zero_()
                gate.bias.zero_()
            self.masks.bias.view(chunk + 1, 2, floats)[:, :, 2] = 1

    def gains(self, x):
        """What brings the level followed so far to a root mean square of 1, [B, frames], of whole chunks [B, 2, N]."""
        powers = F.pad(x.unflatten(2, (-1, self.chunk)).square().mean((1, 3)), (0, 1))
        heard = powers > self.floor
        if powers.shape[1] <= self.memory:  # a mean of all that was heard
            count, power = heard.cumsum(1), (powers * heard).cumsum(1, dtype=torch.float64).float()
            return (power / count.clamp(min=1)).clamp(min=self.floor).rsqrt()
        power, count, gains = torch.zeros_like(powers[:, 0]), torch.zeros_like(powers[:, 0]), []
        for mean, counts in zip(powers.unbind(1), heard.unbind(1)):
            count = torch.where(counts, (count + 1).clamp(max=self.memory), count)
            power = torch.where(counts, power + (mean - power) / count.clamp(min=1), power)
            gains.append(power.clamp(min=self.floor).rsqrt())
        return torch.stack(gains, 1)

    def forward(self, mixture, embedding):
        batch, _, length = mixture.shape
        x = F.pad(mixture, (0, -length % self.chunk))
        gain = self.gains(x)[:, None, :, None]
        z = self.spectra(x) * gain  # [B, ears, T, F]
        z = z * self.factor * (power(z) + 1e-20) ** -0.25
        left, right = z.unbind(1)
        l, r = ((power(ear) + 1e-8).sqrt() for ear in (left, right))
        between = left * right.conj() / (l * r)
        x = torch.stack([left.real, left.imag, right.real, right.imag, l, r, between.real, between.imag, (l - r) / (l + r)], -1)
        frames, bins = l.shape[1:]
        x = self.split(x.flatten(2)).view(batch, frames, len(self.widths), self.channels)
        voice = F.silu(self.voice(embedding * embedding.shape[1] ** 0.5))
        for gate, block in zip(self.gates, self.blocks):
            values = gate(voice).view(batch, 2, 1, len(self.widths), self.channels)
            x = block(torch.addcmul(values[:, 1], x, 1 + values[:, 0]))
        x = F.silu(self.expand(layer_norm(x, self.norm)))
        m = torch.view_as_complex(self.masks(x.flatten(2)).view(batch, frames, bins, 2, self.terms, 2))
        m = m.permute(3, 4, 0, 1, 2).contiguous()  # [ears, terms, B, T, F]
        ears = torch.stack([self.filter(m[0], left, right), self.filter(m[1], right, left)], 1)
        ears = ears * ((power(ears) + 1e-20).sqrt() / self.factor ** 2 / gain)
        return self.sound(ears)[..., :length]

    def spectra(self, x):
        """[..., N] of whole chunks to [..., N / chunk + 1, F]: frames of two chunks around the chunks' edges."""
        frames = F.pad(x, (self.chunk, self.chunk)).unfold(-1, 2 * self.chunk, self.chunk)
        return torch.fft.rfft(frames * self.window)

    def sound(self, z):
        """The inverse; the squares of the windows add up to 1."""
        frames = torch.fft.irfft(z, 2 * self.chunk) * self.window
        return (frames[..., 1:, :self.chunk] + frames[..., :-1, self.chunk:]).flatten(-2)

    def filter(self, m, own, other):
        frames = own.shape[1]
        past = lambda n: F.pad(own, (0, 0, n, 0))[:, :frames]
        return m[0] * past(1) + m[1] * own + m[2] * past(2) + m[3] * other + m[4]


def power(z):
    return torch.view_as_real(z).square().sum(-1)


class MelEnrollmentNetwork(nn.Module):
    """recording [B, 2, N] with the voice in front to its embedding [B, E] of length one."""

    def __init__(self, hop=256, bands=40, hidden=128, layers=2, embedding=256, rate=16000):
        super().__init__()
        self.hop, self.bands = hop, bands
        self.input = nn.Linear(4 * bands, hidden)
        self.recurrences = nn.ModuleList(
            [GRU(hidden if layer == 0 else 2 * hidden, hidden, batch_first=True, bidirectional=True) for layer in range(layers)])
        self.attention = nn.Linear(2 * hidden, 1)
        self.output = nn.Linear(2 * hidden, embedding)
        self.register_buffer("window", torch.hann_window(2 * hop), persistent=False)
        self.register_buffer("bank", mel_bank(rate, 2 * hop, bands, 60, min(7600, rate / 2)), persistent=False)

    def features(self, x):
        batch = x.shape[0]
        z = torch.stft(x.flatten(0, 1), 2 * self.hop, self.hop, window=self.window, center=True, pad_mode="constant", return_complex=True)
        left, right = z.unflatten(0, (batch, 2)).transpose(2, 3).unbind(1)
        power = lambda z: z.abs().square() @ self.bank
        middle, side, l, r = power((left + right) / 2), power((left - right) / 2), power(left), power(right)
        floor = (1e-7 * torch.maximum(l, r).amax((1, 2), keepdim=True)).clamp(min=torch.finfo(torch.float32).tiny)
        level = (middle + floor).log()
        ratio = lambda a, b: (0.5 * ((a + floor).log() - (b + floor).log())).clamp(-3, 3)
        return torch.cat([
            0.4 * (level - level.mean((1, 2), keepdim=True)),
            ((left * right.conj()).real @ self.bank) / ((l + floor).sqrt() * (r + floor).sqrt()),
            ratio(side, middle), ratio(l, r)], -1)

    def forward(self, x):
        x = F.silu(self.input(self.features(x)))
        for gru in self.recurrences:
            x = gru(x)[0]
        return F.normalize(self.output((x * self.attention(x).softmax(1)).sum(1)), dim=1)


def mel_bank(rate, fft, bands, low, high):
    """Slaney's mel filters of equal area, [bins, bands]."""
    def mel(hertz):
        return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)

    points = torch.linspace(mel(low), mel(high), bands + 2, dtype=torch.float64)
    hertz = torch.where(points < 15, points * 200 / 3, 1000 * torch.exp((points - 15) * math.log(6.4) / 27))
    f = torch.arange(fft // 2 + 1, dtype=torch.float64)[:, None] * rate / fft
    a, b, c = hertz[:-2], hertz[1:-1], hertz[2:]
    return (torch.minimum((f - a) / (b - a), (c - f) / (c - b)).clamp(min=0) * 2 / (c - a)).float()
