"""PyTorch twin of Sources/ScoreDiffusion/Networks/EnhancerNetwork.swift.

Used to explore designs, to measure training speed side by side and to write the parity fixture.
Nothing here is needed to run audiotool. Parameter names and layouts equal the Swift network's.
"""

import math
from itertools import groupby

import torch
from torch import nn


def band_widths(bins):
    """Bands of 4 bins up to a quarter of the spectrum, of 8 up to a half, of 16 above; the last takes the rest."""
    widths, start = [], 0
    while start < bins:
        width = 4 if start < (bins - 1) // 4 else 8 if start < (bins - 1) // 2 else 16
        rest = bins - start
        width = rest if rest < 2 * width and start >= (bins - 1) // 2 else width
        widths.append(min(width, rest))
        start += widths[-1]
    return widths


class BlockDiagonalLinear(nn.Module):
    """Independent affine maps of neighbouring slices; `weight` holds each block's [outputs, inputs] in turn."""

    def __init__(self, blocks, scale=1.0):
        super().__init__()
        self.blocks = blocks
        parts = [(torch.rand(o * i) * 2 - 1) * scale / math.sqrt(i) for i, o in blocks]
        self.weight = nn.Parameter(torch.cat(parts))
        self.bias = nn.Parameter(torch.zeros(sum(o for _, o in blocks)))

    def forward(self, x):
        outputs, offset, start = [], 0, 0
        for (inputs, width), run in groupby(self.blocks):  # equal neighbours in one batched product
            n = len(list(run))
            weight = self.weight[offset:offset + n * inputs * width].view(n, width, inputs)
            slices = x[..., start:start + n * inputs].reshape(-1, n, inputs).transpose(0, 1)
            outputs.append(torch.bmm(slices, weight.mT).transpose(0, 1).reshape(*x.shape[:-1], n * width))
            offset += n * inputs * width
            start += n * inputs
        return torch.cat(outputs, -1) + self.bias


kernels = None  # gpu/kernels.py, where a training on a GPU found it to be faster


def layer_norm(x, norm):
    """Over the last axis."""
    return kernels.layer_norm(x, norm.weight, norm.bias, norm.eps) if kernels and x.is_cuda else norm(x)


class GRU(nn.GRU):
    """One layer from zero state, batch first. On a GPU without `kernels` the biases enter as weights of a constant input and
    of a constant state: cuDNN's own gradient of biases takes longer than all the rest."""

    def forward(self, x):
        if not x.is_cuda:
            return super().forward(x)
        if kernels:
            return self.along(x[:, :, None], 1)[:, :, 0], None
        size, inputs, width = self.hidden_size, self.input_size, 8 - self.hidden_size % 8
        pad = nn.functional.pad
        hold = torch.zeros(3, width, inputs + 1, device=x.device)
        hold[1, 0, -1:].fill_(50)  # the update gate of the constant state keeps it
        weights = []
        directions = 2 if self.bidirectional else 1
        for suffix in ("", "_reverse")[:directions]:
            part = lambda name: getattr(self, f"{name}_l0{suffix}")
            w = torch.cat([part("weight_ih"), part("bias_ih")[:, None]], 1).view(3, size, inputs + 1)
            u = torch.cat([part("weight_hh"), part("bias_hh")[:, None]], 1).view(3, size, size + 1)
            weights += [torch.cat([w, hold], 1).flatten(0, 1), pad(u, (0, width - 1, 0, width)).flatten(0, 1)]
        state = x.new_zeros(directions, x.shape[0], size + width)
        state[:, :, size] = 1
        y, h = torch._VF.gru(pad(x, (0, 1), value=1.0), state, weights, False, 1, 0.0, self.training, self.bidirectional, True)
        return y.unflatten(-1, (directions, size + width))[..., :size].flatten(-2), h

    def along(self, x, axis):
        """States along axis 1 or 2 of [A, B, C, inputs], by the kernels."""
        parts = []
        for suffix in ("", "_reverse")[:2 if self.bidirectional else 1]:
            weights = (getattr(self, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            parts.append(kernels.gru(x, *weights, axis=axis, is_reversed=suffix != ""))
        return torch.cat(parts, -1) if len(parts) > 1 else parts[0]


class AxisBlock(nn.Module):
    """Residual GRU along one axis of [B, T, bands, C]: two directions, or a forward one of twice the size."""

    def __init__(self, channels, hidden, forward_only=False):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        size = 2 * hidden if forward_only else hidden
        self.gru = GRU(channels, size, batch_first=True, bidirectional=not forward_only)
        self.linear = nn.Linear(2 * hidden, channels)

    def forward(self, x):  # [batch, steps, C]
        return x + self.linear(self.gru(self.norm(x))[0])

    def along(self, x, axis):
        return x + self.linear(self.gru.along(layer_norm(x, self.norm), axis))


class DualPathBlock(nn.Module):
    def __init__(self, channels, hidden, causal):
        super().__init__()
        self.bands = AxisBlock(channels, hidden)
        self.time = AxisBlock(channels, hidden, forward_only=causal)

    def forward(self, x):  # [B, T, K, C]
        if kernels and x.is_cuda:
            return self.time.along(self.bands.along(x, 2), 1)
        b, t, k, c = x.shape
        x = self.bands(x.reshape(b * t, k, c)).reshape(b, t, k, c)
        x = self.time(x.transpose(1, 2).reshape(b * k, t, c)).reshape(b, k, t, c)
        return x.transpose(1, 2)


class EnhancerNetwork(nn.Module):
    """Predicts the clean compressed spectrogram from the bridge's state, the noisy one and the time.

    state, noisy: [B, T, F, 2]; time: [B] in (0, 1]. Returns [B, T, F, 2].
    """

    features, taps = 6, 3

    def __init__(self, bins=257, channels=48, hidden=24, blocks=3, embedding=32, causal=False):
        super().__init__()
        widths = band_widths(bins)
        self.bins, self.channels, self.widths, self.causal = bins, channels, widths, causal
        outputs = 2 * (self.taps + 2)
        self.split = BlockDiagonalLinear([(self.features * w, channels) for w in widths])
        self.register_buffer("frequencies", 2.0 ** torch.linspace(-1, 6, embedding // 2))
        self.embed_0 = nn.Linear(embedding, channels)
        self.embed_1 = nn.Linear(channels, channels)
        self.blocks = nn.ModuleList([DualPathBlock(channels, hidden, causal) for _ in range(blocks)])
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.masks = BlockDiagonalLinear([(2 * channels, outputs * w) for w in widths], scale=0.1)
        with torch.no_grad():  # starts as the identity on the noisy frame itself
            self.masks.bias.view(bins, outputs)[:, 2] = 1

    def forward(self, state, noisy, time):
        b, t, f, _ = noisy.shape
        magnitude = lambda z: (z.square().sum(-1, keepdim=True) + 1e-8).sqrt()
        x = torch.cat([state, noisy, magnitude(state), magnitude(noisy)], -1)
        x = self.split(x.reshape(b, t, -1)).view(b, t, len(self.widths), self.channels)
        phase = math.pi * time[:, None] * self.frequencies
        e = self.embed_1(nn.functional.silu(self.embed_0(torch.cat([phase.sin(), phase.cos()], -1))))
        x = x + e[:, None, None]
        for block in self.blocks:
            x = block(x)
        x = nn.functional.silu(self.expand(self.norm(x)))
        m = self.masks(x.reshape(b, t, -1)).view(b, t, f, self.taps + 2, 2)
        past = nn.functional.pad(noisy, (0, 0, 0, 0, 1, 0))[:, :t]
        third = (nn.functional.pad(noisy, (0, 0, 0, 0, 2, 0))[:, :t] if self.causal
                 else nn.functional.pad(noisy, (0, 0, 0, 0, 0, 1))[:, 1:])
        sources = torch.stack([past, noisy, third, state], 3)
        re = (m[..., :4, 0] * sources[..., 0] - m[..., :4, 1] * sources[..., 1]).sum(3)
        im = (m[..., :4, 0] * sources[..., 1] + m[..., :4, 1] * sources[..., 0]).sum(3)
        return torch.stack([re, im], -1) + m[..., 4, :]
