"""PyTorch twin of Sources/MusicRL/Training/MusicNetwork.swift: a text encoder and a decoder of codes.

Used to train on a GPU (recipes/gpu/music.py). Nothing here is needed to run audiotool. Parameter names and layouts equal
the Swift network's.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


def drawn(shape, deviation):
    """Gaussian, cut off at three deviations."""
    return nn.Parameter(torch.randn(shape).clamp(-3, 3) * deviation)


class Linear(nn.Module):
    def __init__(self, inputs, outputs, gain=1.0):
        super().__init__()
        self.weight = drawn((outputs, inputs), gain / math.sqrt(inputs))

    def forward(self, x):
        return F.linear(x, self.weight)


class Table(nn.Module):
    """Rows by number. The gradient of index_select needs no sorting on a GPU, as that of an embedding does."""

    def __init__(self, rows, width, deviation):
        super().__init__()
        self.weight = drawn((rows, width), deviation)

    def forward(self, index):
        return self.weight.index_select(0, index.reshape(-1)).view(*index.shape, -1)


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


# ------------------------------------------------------------------------------------------------ the text encoder

class RMSNorm(nn.Module):
    def __init__(self, width, epsilon=1e-6):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return x / (x.square().mean(-1, keepdim=True) + self.epsilon).sqrt() * self.weight


def position_buckets(length, count=32, maximum=128):
    """T5's bucket of each distance, [queries, keys]."""
    exact = count // 4
    ratio = maximum / exact
    first = [next(d for d in range(exact, maximum + 1) if (d / exact) ** exact >= ratio ** j) for j in range(exact)]

    def bucket(distance):
        size, side = abs(distance), count // 2 if distance > 0 else 0
        return side + (size if size < exact else exact + max(j for j in range(exact) if first[j] <= size))

    row = torch.tensor([bucket(distance) for distance in range(1 - length, length)])
    place = torch.arange(length)
    return row[place - place[:, None] + length - 1]


class T5Attention(nn.Module):
    """Its scores are not scaled; queries begin as small as that would make them."""

    def __init__(self, width, heads, has_table):
        super().__init__()
        self.heads = heads
        self.q, self.k = Linear(width, width, 1 / math.sqrt(width / heads)), Linear(width, width)
        self.v, self.o = Linear(width, width), Linear(width, width)
        if has_table:
            self.relative_attention_bias = Table(32, heads, 1)

    def forward(self, x, bias):
        q, k, v = (split(part(x), self.heads) for part in (self.q, self.k, self.v))
        mixed = (q @ k.mT + bias).softmax(-1) @ v
        return self.o(mixed.transpose(1, 2).flatten(2))


class T5Block(nn.Module):
    def __init__(self, width, inner, heads, has_table):
        super().__init__()
        attention, feed_forward = nn.Module(), nn.Module()
        attention.SelfAttention, attention.layer_norm = T5Attention(width, heads, has_table), RMSNorm(width)
        feed_forward.DenseReluDense, feed_forward.layer_norm = nn.Module(), RMSNorm(width)
        feed_forward.DenseReluDense.wi, feed_forward.DenseReluDense.wo = Linear(width, inner), Linear(inner, width)
        self.layer = nn.ModuleList([attention, feed_forward])

    def forward(self, x, bias):
        attention, feed_forward = self.layer
        x = x + attention.SelfAttention(attention.layer_norm(x), bias)
        dense = feed_forward.DenseReluDense
        return x + dense.wo(dense.wi(feed_forward.layer_norm(x)).relu())


class T5Encoder(nn.Module):
    def __init__(self, vocabulary, width, inner, layers, heads):
        super().__init__()
        self.shared = Table(vocabulary, width, 1)
        self.encoder = nn.Module()
        self.encoder.block = nn.ModuleList([T5Block(width, inner, heads, index == 0) for index in range(layers)])
        self.encoder.final_layer_norm = RMSNorm(width)
        self.buckets = {}

    def forward(self, pieces, heard):
        """States [B, P, width] of pieces [B, P]; those where `heard` is false are hidden."""
        length = pieces.shape[1]
        if length not in self.buckets:
            self.buckets[length] = position_buckets(length).to(pieces.device)
        table = self.encoder.block[0].layer[0].SelfAttention.relative_attention_bias
        hidden = torch.zeros_like(heard, dtype=torch.float32).masked_fill(~heard, -math.inf)
        bias = table(self.buckets[length]).permute(2, 0, 1) + hidden[:, None, None]
        x = self.shared(pieces)
        for block in self.encoder.block:
            x = block(x, bias)
        return self.encoder.final_layer_norm(x)


# ------------------------------------------------------------------------------------------------ the decoder

class Attention(nn.Module):
    def __init__(self, width, heads, gain):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (Linear(width, width, gain) for _ in range(4))

    def forward(self, x, source, **mask):
        q, k, v = (split(y, self.heads) for y in (self.q_proj(x), self.k_proj(source), self.v_proj(source)))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v, **mask).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, width, inner, heads, dropout, gain):
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = Attention(width, heads, gain), nn.LayerNorm(width)
        self.encoder_attn, self.encoder_attn_layer_norm = Attention(width, heads, gain), nn.LayerNorm(width)
        self.fc1, self.fc2 = Linear(width, inner, gain), Linear(inner, width, gain)
        self.final_layer_norm = nn.LayerNorm(width)
        self.noise = nn.Dropout(dropout)

    def forward(self, x, memory, mask, presence):
        normal = self.self_attn_layer_norm(x)
        x = x + self.noise(self.self_attn(normal, normal, is_causal=True))
        x = x + self.noise(self.encoder_attn(self.encoder_attn_layer_norm(x), memory, attn_mask=mask)) * presence
        return x + self.noise(self.fc2(F.gelu(self.fc1(self.final_layer_norm(x)))))


def positions(steps, width):
    """Cosines, then sines, [steps, width]."""
    half = width // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float64) / max(1, half - 1))
    angles = torch.arange(steps, dtype=torch.float64)[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], 1).float()


HARMONICS = [1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4]


def beat_clock(harmonics, steps, tempos, starts, rate):
    """Cosines, then sines, of the harmonics of the beat, [B, steps, 14], of tempos [B] in beats a minute, where 0 is none, from
    the frames `starts` [B]."""
    frames = starts[:, None] + torch.arange(steps, device=tempos.device)
    beats = frames * tempos.double()[:, None] / (60 * rate)
    angles = 2 * math.pi * beats[..., None] * harmonics
    return torch.cat([angles.cos(), angles.sin()], 2).float() * (tempos > 0)[:, None, None]


class Decoder(nn.Module):
    def __init__(self, codebooks, codes, width, inner, layers, heads, dropout, frame_rate=None):
        super().__init__()
        self.model = nn.Module()
        self.model.decoder = body = nn.Module()
        body.embed_tokens = nn.ModuleList([Table(codes + 1, width, 1 / math.sqrt(2 * codebooks)) for _ in range(codebooks)])
        if frame_rate:
            body.embed_beat = Linear(2 * len(HARMONICS), width, 0.1)
            self.register_buffer("harmonics", torch.tensor(HARMONICS, dtype=torch.float64), persistent=False)
        body.layers = nn.ModuleList(
            [Layer(width, inner, heads, dropout, 1 / math.sqrt(2 * (index + 1))) for index in range(layers)])
        body.layer_norm = nn.LayerNorm(width)
        self.lm_heads = nn.ModuleList([Linear(width, codes, 0.1) for _ in range(codebooks)])
        self.noise, self.width, self.frame_rate, self.tables = nn.Dropout(dropout), width, frame_rate, {}

    def states(self, tokens, memory, mask, presence, tempos, starts):
        steps, body = tokens.shape[2], self.model.decoder
        if steps not in self.tables:
            self.tables[steps] = positions(steps, self.width).to(tokens.device)
        x = self.tables[steps] + sum(table(tokens[:, k]) for k, table in enumerate(body.embed_tokens))
        if self.frame_rate:
            x = x + body.embed_beat(beat_clock(self.harmonics, steps, tempos, starts, self.frame_rate))
        x = self.noise(x)
        for layer in body.layers:
            x = layer(x, memory, mask, presence)
        return body.layer_norm(x)


# ------------------------------------------------------------------------------------------------ both

def delayed(codes, special):
    """[B, K, T] as [B, K, T + K]: a step for the start, then each codebook a step behind the one before it."""
    b, codebooks, frames = codes.shape
    tokens = codes.new_full((b, codebooks, frames + codebooks), special)
    for k in range(codebooks):
        tokens[:, k, k + 1:k + 1 + frames] = codes[:, k]
    return tokens


class MusicNetwork(nn.Module):
    def __init__(self, width=256, feedForwardWidth=1024, layers=4, heads=4, text=None, codebooks=4, codes=1024, dropout=0.1,
                 frameRate=None):
        super().__init__()
        text = {"vocabulary": 512, "width": 128, "feedForwardWidth": 256, "layers": 2, "heads": 4} | (text or {})
        self.text_encoder = T5Encoder(
            text["vocabulary"], text["width"], text["feedForwardWidth"], text["layers"], text["heads"])
        self.enc_to_dec_proj = nn.Linear(text["width"], width)
        self.decoder = Decoder(codebooks, codes, width, feedForwardWidth, layers, heads, dropout, frameRate)
        self.codes = codes

    def states(self, tokens, pieces, lengths, tempos, starts):
        """Normalised results of the last layer [B, S, width]. A text of length 0 is the null condition, a tempo of 0 none."""
        with torch.autocast(tokens.device.type, enabled=False):
            heard = torch.arange(pieces.shape[1], device=pieces.device) < lengths.clamp(min=1)[:, None]
            memory = self.enc_to_dec_proj(self.text_encoder(pieces, heard))
        presence = (lengths > 0)[:, None, None].to(memory.dtype)
        return self.decoder.states(tokens, memory, heard[:, None, None], presence, tempos * (lengths > 0), starts)

    def forward(self, tokens, *texts):
        """Scores of every code at the step after each, [B, K, S, codes], of delayed tokens [B, K, S]; texts as in `nats`."""
        states = self.states(tokens, *texts)
        return torch.stack([head(states) for head in self.decoder.lm_heads], 1)

    def nats(self, codes, *texts):
        """The mean negative logarithm of the codes' probabilities by clip and codebook, [B, K], of codes [B, K, T].

        Texts are pieces [B, P], their lengths [B], the tempos [B] that they name and the frames [B] at which the codes begin.
        """
        frames = codes.shape[2]
        states = self.states(delayed(codes, self.codes)[:, :, :-1], *texts)
        rows = []
        for k, head in enumerate(self.decoder.lm_heads):
            scores = head(states[:, k:k + frames])
            losses = F.cross_entropy(scores.flatten(0, 1).float(), codes[:, k].flatten(), reduction="none")
            rows.append(losses.view(-1, frames).mean(1))
        return torch.stack(rows, 1)

    def loss(self, *batch):
        return self.nats(*batch).mean()
