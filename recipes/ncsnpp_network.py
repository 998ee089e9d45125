"""PyTorch twin of NCSN++ (FIR resampling, progressive input and output, sums), for timing side by side.

Written from the description of Song et al., "Score-Based Generative Modeling through Stochastic Differential
Equations" (2021), appendix H, and Richter et al., "Speech Enhancement and Dereverberation with Diffusion-Based
Generative Models" (2023). Nothing here is needed to run audiotool.
"""

import math

import torch
from torch import nn
from torch.nn import functional


def group_norm(channels):
    return nn.GroupNorm(min(channels // 4, 32), channels, eps=1e-6)


def fir_kernel(taps, gain):
    taps = torch.tensor(taps, dtype=torch.float32)
    kernel = torch.outer(taps, taps)
    return (kernel * gain / kernel.sum())[None, None]


class Resampler(nn.Module):
    """Low-pass filter and change of size by two, plane by plane; only the kept points are computed."""

    def __init__(self, up, taps=(1, 3, 3, 1)):
        super().__init__()
        self.up, self.excess = up, len(taps) - 2
        self.register_buffer("kernel", fir_kernel(taps, 4 if up else 1).flip(2, 3), persistent=False)

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.reshape(b * c, 1, h, w)
        if self.up:
            size = self.kernel.shape[-1]
            x = functional.conv_transpose2d(x, self.kernel.flip(2, 3), stride=2)
            before = size - 1 - ((self.excess + 1) // 2 + 1)
            x = x[:, :, before:before + 2 * h, before:before + 2 * w]
        else:
            before, after = (self.excess + 1) // 2, self.excess // 2
            x = functional.conv2d(functional.pad(x, (before, after, before, after)), self.kernel, stride=2)
        return x.reshape(b, c, x.shape[2], x.shape[3])


class Block(nn.Module):
    """Residual block shifted by the embedding of time, with an optional change of size."""

    def __init__(self, inputs, outputs, embedding, resampler=None):
        super().__init__()
        self.norm_0, self.norm_1 = group_norm(inputs), group_norm(outputs)
        self.conv_0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv_1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.dense = nn.Linear(embedding, outputs)
        self.resampler = resampler
        changes = inputs != outputs or resampler is not None
        self.skip = nn.Conv2d(inputs, outputs, 1) if changes else nn.Identity()

    def forward(self, x, embedding):
        h = functional.silu(self.norm_0(x))
        if self.resampler is not None:
            h, x = self.resampler(h), self.resampler(x)
        h = self.conv_0(h) + self.dense(functional.silu(embedding))[:, :, None, None]
        h = self.conv_1(functional.silu(self.norm_1(h)))
        return (self.skip(x) + h) / math.sqrt(2)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = group_norm(channels)
        self.query, self.key, self.value, self.out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        n = self.norm(x)
        q, k, v = (f(n).reshape(b, c, h * w).transpose(1, 2) for f in (self.query, self.key, self.value))
        a = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, c, h, w)
        return (x + self.out(a)) / math.sqrt(2)


class NCSNpp(nn.Module):
    """x: [batch, 4, bins, frames] (state and noisy, real and imaginary), t: [batch]. Returns [batch, 2, bins, frames]."""

    def __init__(self, features=128, multipliers=(1, 1, 2, 2, 2, 2, 2), blocks=2, bins=256, attention_bins=(16,)):
        super().__init__()
        embedding = 4 * features
        self.register_buffer("frequencies", 16 * torch.randn(features))
        self.embed_0, self.embed_1 = nn.Linear(2 * features, embedding), nn.Linear(embedding, embedding)
        self.stem = nn.Conv2d(4, features, 3, padding=1)
        self.down_level, self.up_level = Resampler(up=False), Resampler(up=True)
        make = lambda i, o, r=None: Block(i, o, embedding, r)
        attends = lambda level: bins >> level in attention_bins
        self.down, skips, width = nn.ModuleList(), [features], features
        for level, multiplier in enumerate(multipliers):
            stage = nn.ModuleDict({"blocks": nn.ModuleList(), "attention": nn.ModuleList()})
            for _ in range(blocks):
                stage["blocks"].append(make(width, features * multiplier))
                width = features * multiplier
                if attends(level):
                    stage["attention"].append(Attention(width))
                skips.append(width)
            if level < len(multipliers) - 1:
                stage["resample"] = make(width, width, self.down_level)
                stage["combine"] = nn.Conv2d(4, width, 1)
                skips.append(width)
            self.down.append(stage)
        self.middle_0, self.middle_attention, self.middle_1 = make(width, width), Attention(width), make(width, width)
        self.up = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(multipliers))):
            stage = nn.ModuleDict({"blocks": nn.ModuleList()})
            for _ in range(blocks + 1):
                stage["blocks"].append(make(width + skips.pop(), features * multiplier))
                width = features * multiplier
            if attends(level):
                stage["attention"] = Attention(width)
            stage["norm"], stage["pyramid"] = group_norm(width), nn.Conv2d(width, 4, 3, padding=1)
            if level > 0:
                stage["resample"] = make(width, width, self.up_level)
            self.up.append(stage)
        self.output = nn.Conv2d(4, 2, 1)

    def forward(self, x, t):
        phase = 2 * math.pi * t.log()[:, None] * self.frequencies
        e = self.embed_0(torch.cat([phase.sin(), phase.cos()], 1))
        e = self.embed_1(functional.silu(e))
        pyramid, h = x, self.stem(x)
        skips = [h]
        for stage in self.down:
            for index, block in enumerate(stage["blocks"]):
                h = block(h, e)
                if len(stage["attention"]):
                    h = stage["attention"][index](h)
                skips.append(h)
            if "resample" in stage:
                h = stage["resample"](h, e)
                pyramid = self.down_level(pyramid)
                h = stage["combine"](pyramid) + h
                skips.append(h)
        h = self.middle_1(self.middle_attention(self.middle_0(h, e)), e)
        pyramid = None
        for stage in self.up:
            for block in stage["blocks"]:
                h = block(torch.cat([h, skips.pop()], 1), e)
            if "attention" in stage:
                h = stage["attention"](h)
            image = stage["pyramid"](functional.silu(stage["norm"](h)))
            pyramid = image if pyramid is None else self.up_level(pyramid) + image
            if "resample" in stage:
                h = stage["resample"](h, e)
        return self.output(pyramid / t[:, None, None, None])
