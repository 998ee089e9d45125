"""PyTorch twins of the networks of Sources/TargetSpeech/Networks: used to train the default models on a GPU, to measure
speed side by side and to write parity fixtures. Nothing here is needed to run audiotool.

Parameter names and layouts equal those of the Swift networks and of the published checkpoints (Veluri et al., "Look
Once to Hear", CHI 2024; Wang et al., "TF-GridNet", 2023).
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


def analysis_filters(window, hop):
    """[2F, 1, window]: rows of cosines, then of negative sines, under the square root of a periodic Hann window."""
    bins, n = window // 2 + 1, torch.arange(window, dtype=torch.float64)
    scale = torch.full((bins,), 2 / (window / math.sqrt(hop)), dtype=torch.float64)
    scale[0] /= math.sqrt(2)
    scale[-1] /= math.sqrt(2)
    phase = 2 * math.pi * torch.arange(bins, dtype=torch.float64)[:, None] * n / window
    shape = torch.sin(math.pi * n / window) * scale[:, None]
    real, imaginary = torch.cos(phase) * shape, -torch.sin(phase) * shape
    imaginary[0] = imaginary[-1] = 0
    return torch.cat([real, imaginary])[:, None].float()


class Filterbank(nn.Module):
    def __init__(self, window, hop):
        super().__init__()
        self.filterbank = nn.Module()
        self.filterbank.register_buffer("_filters", analysis_filters(window, hop))
        self.filterbank.register_buffer(
            "torch_window", torch.sin(math.pi * torch.arange(window, dtype=torch.float64) / window).float())

    @property
    def filters(self):
        return self.filterbank._filters


class LSTM(nn.LSTM):
    """One layer, batch first. On a GPU it starts from zero state, and the biases enter as weights of a constant input:
    cuDNN's own gradient of biases takes longer than all the rest."""

    def forward(self, x, state=None):
        if not x.is_cuda:
            return super().forward(x, state)
        fill = 8 - self.input_size % 8  # a one, and zeros up to a multiple of eight
        weights = []
        for suffix in ("", "_reverse")[:1 + self.bidirectional]:
            part = lambda name: getattr(self, f"{name}_l0{suffix}")
            bias = part("bias_ih") + part("bias_hh")
            weights += [F.pad(torch.cat([part("weight_ih"), bias[:, None]], 1), (0, fill - 1)), part("weight_hh")]
        x = F.pad(F.pad(x, (0, 1), value=1.0), (0, fill - 1))
        zero = x.new_zeros(1 + self.bidirectional, x.shape[0], self.hidden_size)
        y, h, c = torch._VF.lstm(x, (zero, zero), weights, False, 1, 0.0, self.training, self.bidirectional, True)
        return y, (h, c)


class WrappedNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.norm = nn.LayerNorm(size)

    def forward(self, x):
        return self.norm(x)


class CausalBlock(nn.Module):
    """Frequency, time and attention over the last `span` frames; x is [B, T, F, D]."""

    def __init__(self, channels, hidden, bins, heads, approximate_keys, span):
        super().__init__()
        self.heads, self.span = heads, span
        self.keys = math.ceil(approximate_keys / bins)
        self.intra_norm = WrappedNorm(channels)
        self.intra_rnn = LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.intra_linear = nn.Linear(2 * hidden, channels)
        self.inter_norm = WrappedNorm(channels)
        self.inter_rnn = LSTM(channels, hidden, batch_first=True)
        self.inter_linear = nn.Linear(hidden, channels)

        def projection(outputs, norm):
            return nn.Sequential(nn.Linear(channels, outputs), nn.PReLU(), nn.Identity(), WrappedNorm(norm))

        self.attn_conv_Q = projection(heads * self.keys, bins * self.keys)
        self.attn_conv_K = projection(heads * self.keys, bins * self.keys)
        self.attn_conv_V = projection(channels, bins * channels // heads)
        self.attn_concat_proj = projection(channels, bins * channels)

    def split(self, layers, x):
        """[B, T, F, heads·e] → [B, heads, T, F·e], normalised."""
        b, t, f, _ = x.shape
        x = layers[1](layers[0](x)).view(b, t, f, self.heads, -1).permute(0, 3, 1, 2, 4)
        return layers[3](x.reshape(b, self.heads, t, -1))

    def forward(self, x):
        b, t, f, d = x.shape
        y = self.intra_norm(x).reshape(b * t, f, d)
        x = x + self.intra_linear(self.intra_rnn(y)[0]).view(b, t, f, d)
        y = self.inter_norm(x).transpose(1, 2).reshape(b * f, t, d)
        x = x + self.inter_linear(self.inter_rnn(y)[0]).view(b, f, t, d).transpose(1, 2)

        q, k, v = (self.split(layers, x) for layers in (self.attn_conv_Q, self.attn_conv_K, self.attn_conv_V))
        past = self.span - 1
        k, v = F.pad(k, (0, 0, past, 0)), F.pad(v, (0, 0, past, 0))  # an empty past, which is attended to
        position = torch.arange(t + past, device=x.device) - torch.arange(t, device=x.device)[:, None]
        outside = (position < 0) | (position > past)
        scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
        y = scores.masked_fill(outside, -math.inf).softmax(-1) @ v
        y = y.view(b, self.heads, t, f, -1).permute(0, 2, 3, 1, 4).reshape(b, t, f, d)
        y = self.attn_concat_proj[1](self.attn_concat_proj[0](y))
        return x + self.attn_concat_proj[3](y.reshape(b, t, f * d)).view(b, t, f, d)


class Extractor(nn.Module):
    """mixture [B, M, N], embedding [B, E] (none where embed_dim is 0) → [B, S, N]."""

    def __init__(self, embed_dim=256, stft_chunk_size=128, stft_pad_size=64, num_ch=2, D=64, L=4, B=3, H=64,
                 local_atten_len=50, n_srcs=2, approx_qk_dim=512, **ignored):
        super().__init__()
        self.chunk, self.pad, self.sources = stft_chunk_size, stft_pad_size, n_srcs
        window = stft_chunk_size + stft_pad_size
        bins = window // 2 + 1
        net = self.tfgridnet = nn.Module()
        net.enc, net.dec = Filterbank(window, stft_chunk_size), Filterbank(window, stft_chunk_size)
        net.conv = nn.Sequential(nn.Conv2d(2 * num_ch, D, 3, padding=(0, 1)))
        net.blocks = nn.ModuleList([CausalBlock(D, H, bins, L, approx_qk_dim, local_atten_len) for _ in range(B)])
        if embed_dim:
            net.embed_to_feats_proj = nn.Sequential(nn.Linear(embed_dim, D * bins), nn.LayerNorm(D * bins))
        net.deconv = nn.ConvTranspose2d(D, 2 * n_srcs, 3, padding=(2, 1))

    def forward(self, mixture, embedding=None):
        net, (b, m, n) = self.tfgridnet, mixture.shape
        x = F.pad(mixture, (0, -n % self.chunk + self.pad))
        x = F.conv1d(x.reshape(b * m, 1, -1), net.enc.filters, stride=self.chunk)  # [B·M, 2F, T]
        bins, t = x.shape[1] // 2, x.shape[2]
        x = x.view(b, m, 2, bins, t).permute(0, 2, 1, 4, 3).reshape(b, 2 * m, t, bins)
        x = net.conv(F.pad(x, (0, 0, 2, 0))).permute(0, 2, 3, 1)  # [B, T, F, D]
        for index, block in enumerate(net.blocks):
            if index == 1 and hasattr(net, "embed_to_feats_proj"):
                x = x * net.embed_to_feats_proj(embedding).view(b, 1, -1, bins).transpose(2, 3)
            x = block(x)
        x = net.deconv(F.pad(x.permute(0, 3, 1, 2), (0, 0, 2, 0)))  # [B, 2S, T, F]
        x = x.transpose(2, 3).reshape(b * self.sources, 2 * bins, t)
        x = F.conv_transpose1d(x, net.dec.filters, stride=self.chunk)
        return x.view(b, self.sources, -1)[..., :n]


class ChannelNorm(nn.Module):
    """Over the axes of size > 1 of `shape`, an affine map of that shape."""

    def __init__(self, shape):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
        self.axes = (1, 3) if shape[3] > 1 else (1,)

    def forward(self, x):
        variance, mean = torch.var_mean(x, self.axes, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + 1e-5) * self.gamma + self.beta


class OfflineBlock(nn.Module):
    """x is [B, D, T, F]."""

    def __init__(self, channels, hidden, bins, heads, approximate_keys, kernel, stride):
        super().__init__()
        self.heads, self.kernel, self.stride = heads, kernel, stride
        keys = math.ceil(approximate_keys / bins)
        for axis in ("intra", "inter"):
            setattr(self, f"{axis}_norm", ChannelNorm((1, channels, 1, 1)))
            setattr(self, f"{axis}_rnn", LSTM(channels * kernel, hidden, batch_first=True, bidirectional=True))
            setattr(self, f"{axis}_linear", nn.ConvTranspose1d(2 * hidden, channels, kernel, stride))

        def projection(outputs):
            return nn.Sequential(nn.Conv2d(channels, outputs, 1), nn.PReLU(), ChannelNorm((1, outputs, 1, bins)))

        for head in range(heads):
            setattr(self, f"attn_conv_Q_{head}", projection(keys))
            setattr(self, f"attn_conv_K_{head}", projection(keys))
            setattr(self, f"attn_conv_V_{head}", projection(channels // heads))
        self.attn_concat_proj = projection(channels)

    def along(self, axis, x):
        """x [batch, D, steps]: unfold, recurrence, back to the same length."""
        rest = (self.kernel - x.shape[2]) if x.shape[2] < self.kernel else -(x.shape[2] - self.kernel) % self.stride
        padded = F.pad(x, (0, rest)).unfold(2, self.kernel, self.stride)  # [batch, D, steps, kernel]
        y = padded.permute(0, 2, 1, 3).flatten(2)
        y = getattr(self, f"{axis}_linear")(getattr(self, f"{axis}_rnn")(y)[0].transpose(1, 2))
        return y[..., :x.shape[2]]

    def forward(self, x):
        b, d, t, f = x.shape
        y = self.intra_norm(x).permute(0, 2, 1, 3).reshape(b * t, d, f)
        x = x + self.along("intra", y).view(b, t, d, f).transpose(1, 2)
        y = self.inter_norm(x).permute(0, 3, 1, 2).reshape(b * f, d, t)
        x = x + self.along("inter", y).view(b, f, d, t).permute(0, 2, 3, 1)
        outputs = []
        for head in range(self.heads):
            q, k, v = (getattr(self, f"attn_conv_{name}_{head}")(x) for name in "QKV")
            flat = lambda z: z.transpose(1, 2).flatten(2)
            scores = flat(q) @ flat(k).transpose(1, 2) / math.sqrt(q.shape[1] * f)
            outputs.append((scores.softmax(-1) @ flat(v)).view(b, t, -1, f).transpose(1, 2))
        return x + self.attn_concat_proj(torch.cat(outputs, 1))


class EnrollmentNetwork(nn.Module):
    """enrollment [B, M, N] → embedding [B, E]."""

    def __init__(self, embed_dim=256, num_ch=2, n_fft=128, stride=64, num_blocks=3, lstm_hidden_units=64, emb_dim=64,
                 attn_n_head=4, attn_approx_qk_dim=512, emb_ks=4, emb_hs=1, **ignored):
        super().__init__()
        self.fft, self.stride, bins = n_fft, stride, n_fft // 2 + 1
        self.conv = nn.Sequential(nn.Conv2d(2 * num_ch, emb_dim, 3, padding=1), nn.GroupNorm(1, emb_dim))
        self.blocks = nn.ModuleList([
            OfflineBlock(emb_dim, lstm_hidden_units, bins, attn_n_head, attn_approx_qk_dim, emb_ks, emb_hs)
            for _ in range(num_blocks)])
        self.embed_proj = nn.Sequential(nn.Linear(emb_dim * bins, embed_dim), nn.LayerNorm(embed_dim))
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, x):
        b, m, n = x.shape
        x = x / torch.std(x, (1, 2), keepdim=True)
        z = torch.stft(x.reshape(b * m, n), self.fft, self.stride, window=self.window, return_complex=True)
        z = torch.view_as_real(z).view(b, m, *z.shape[1:], 2).permute(0, 4, 1, 3, 2)
        x = self.conv(z.reshape(b, 2 * m, *z.shape[3:]))
        for block in self.blocks:
            x = block(x)
        return self.embed_proj(x.transpose(1, 2).flatten(2)).mean(1)


class SpeakerEncoder(nn.Module):
    """frames [B, T, 40] of mel power (their logarithm where `logarithm`) → unit, non-negative [B, E] (Wan et al. 2018)."""

    def __init__(self, mels=40, hidden=256, layers=3, embed_dim=256, logarithm=False):
        super().__init__()
        self.logarithm = logarithm
        self.lstm = nn.LSTM(mels, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, embed_dim)

    def forward(self, frames):
        if self.logarithm:
            frames = (frames + 1e-6).log() * 0.25 + 2
        _, (h, _) = self.lstm(frames)
        e = self.linear(h[-1]).relu()
        return e / (e.norm(dim=1, keepdim=True) + 1e-9)
