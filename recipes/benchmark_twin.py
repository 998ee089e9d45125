"""The Python side of Benchmarks: does one unit of work for every line on standard input and prints its seconds.

    python recipes/benchmark_twin.py '{"task": "convolution", "threads": 2, ...}'
"""

import json
import sys
import time

import torch

from enhancer_network import EnhancerNetwork
from ncsnpp_network import NCSNpp


def convolution(settings):
    """Forward, or forward and backward, of one convolution with 'same' padding."""
    kernel, backward = settings["kernel"], settings["backward"]
    layer = torch.nn.Conv2d(
        settings["inputs"], settings["outputs"], kernel, padding=kernel // 2, groups=settings["groups"])
    x = torch.randn(settings["batch"], settings["inputs"], settings["height"], settings["width"])
    x.requires_grad_(backward)
    cotangent = torch.randn(settings["batch"], settings["outputs"], settings["height"], settings["width"])

    def step():
        if backward:
            layer.weight.grad = layer.bias.grad = x.grad = None
            layer(x).backward(cotangent)
        else:
            with torch.no_grad():
                layer(x)

    return step


def training(network, inputs, target):
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)

    def step():
        optimizer.zero_grad()
        (network(*inputs) - target).square().mean().backward()
        optimizer.step()

    return step


def forward(network, inputs):
    def step():
        with torch.no_grad():
            network(*inputs)

    return step


def ncsnpp(settings):
    batch, bins, frames = settings["batch"], settings["bins"], settings["frames"]
    network = NCSNpp(settings["features"], bins=bins)
    inputs = torch.randn(batch, 4, bins, frames), torch.rand(batch) * 0.9 + 0.05
    if not settings["backward"]:
        return forward(network.eval(), inputs)
    return training(network, inputs, torch.randn(batch, 2, bins, frames))


def enhancer(settings):
    shape = settings["batch"], settings["frames"], settings["bins"], 2
    network = EnhancerNetwork(bins=settings["bins"])
    inputs = torch.randn(shape), torch.randn(shape), torch.rand(settings["batch"]) * 0.9 + 0.05
    if not settings["backward"]:
        return forward(network.eval(), inputs)
    return training(network, inputs, torch.randn(shape))


def frechet(settings):
    """As the published programs compute it: covariances, and the square root of their product."""
    import numpy
    import scipy.linalg

    rng = numpy.random.default_rng(0)
    shape = settings["count"], settings["dimension"]
    x, y = rng.normal(size=shape), rng.normal(size=shape) + 0.1

    def step():
        a, b = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
        shift = x.mean(0) - y.mean(0)
        shift @ shift + numpy.trace(a) + numpy.trace(b) - 2 * numpy.trace(scipy.linalg.sqrtm(a @ b).real)

    return step


def metric(settings):
    """One metric over the 16 kHz pairs of a folder of reference numbers, by the package that is commonly used."""
    import os
    import warnings

    import soundfile
    from pesq import pesq
    from pystoi import stoi

    warnings.simplefilter("ignore")
    folder = settings["folder"]
    with open(os.path.join(folder, "values.json")) as file:
        listed = [pair for pair in json.load(file)["pairs"] if pair["fs"] == 16000]
    pairs = [[soundfile.read(os.path.join(folder, pair[side]))[0] for side in ("clean", "degraded")] for pair in listed]
    measure = {
        "pesq_wb": lambda clean, degraded: pesq(16000, clean, degraded, "wb"),
        "pesq_nb": lambda clean, degraded: pesq(16000, clean, degraded, "nb"),
        "stoi": lambda clean, degraded: stoi(clean, degraded, 16000),
        "estoi": lambda clean, degraded: stoi(clean, degraded, 16000, extended=True),
    }[settings["metric"]]

    def step():
        for clean, degraded in pairs:
            measure(clean, degraded)

    return step


def extractor_chunk(settings):
    """One chunk of the streaming extractor: states carried along, the gate of the voice computed once."""
    from tfgridnet_network import Extractor

    network = Extractor(**settings).eval()
    net, chunk, pad = network.tfgridnet, network.chunk, network.pad
    width, bins, past = settings["D"], (chunk + pad) // 2 + 1, settings["local_atten_len"] - 1
    samples = torch.randn(settings["num_ch"], 1, chunk + pad) * 0.1
    state = {
        "input": torch.zeros(1, 2 * settings["num_ch"], 2, bins), "output": torch.zeros(1, width, 2, bins),
        "tail": torch.zeros(network.sources, 1, pad),
        "blocks": [
            {
                "lstm": (torch.zeros(1, bins, settings["H"]), torch.zeros(1, bins, settings["H"])),
                "keys": torch.zeros(1, block.heads, past, bins * block.keys),
                "values": torch.zeros(1, block.heads, past, bins * width // block.heads),
            }
            for block in net.blocks
        ],
    }
    gate = None
    if settings["embed_dim"]:
        with torch.no_grad():
            gate = net.embed_to_feats_proj(torch.randn(1, settings["embed_dim"])).view(1, 1, width, bins).transpose(2, 3)

    def block_step(block, held, x):
        y = block.intra_norm(x).view(1, bins, width)
        x = x + block.intra_linear(block.intra_rnn(y)[0]).view(1, 1, bins, width)
        y = block.inter_norm(x).view(bins, 1, width)
        y, held["lstm"] = block.inter_rnn(y, held["lstm"])
        x = x + block.inter_linear(y).view(1, 1, bins, width)
        q, k, v = (block.split(layers, x) for layers in (block.attn_conv_Q, block.attn_conv_K, block.attn_conv_V))
        k, v = torch.cat([held["keys"], k], 2), torch.cat([held["values"], v], 2)
        held["keys"], held["values"] = k[:, :, 1:], v[:, :, 1:]
        y = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1) @ v
        y = y.view(1, block.heads, 1, bins, -1).permute(0, 2, 3, 1, 4).reshape(1, 1, bins, width)
        y = block.attn_concat_proj[1](block.attn_concat_proj[0](y))
        return x + block.attn_concat_proj[3](y.reshape(1, 1, -1)).view(1, 1, bins, width)

    def step():
        with torch.no_grad():
            x = torch.nn.functional.conv1d(samples, net.enc.filters, stride=chunk)
            x = x.view(1, -1, 2, bins).transpose(1, 2).reshape(1, -1, 1, bins)
            x = torch.cat([state["input"], x], 2)
            state["input"] = x[:, :, 1:]
            x = net.conv(x).permute(0, 2, 3, 1)
            for index, block in enumerate(net.blocks):
                if index == 1 and gate is not None:
                    x = x * gate
                x = block_step(block, state["blocks"][index], x)
            x = torch.cat([state["output"], x.permute(0, 3, 1, 2)], 2)
            state["output"] = x[:, :, 1:]
            x = net.deconv(x).view(network.sources, 2 * bins, 1)
            x = torch.nn.functional.conv_transpose1d(x, net.dec.filters, stride=chunk)
            x[..., :pad] += state["tail"]
            state["tail"] = x[..., chunk:].clone()
            return x[..., :chunk]

    return step


def extractor_start(settings):
    def step():
        extractor_chunk(settings)()

    return step


def music_decoding(settings):
    """Frames of transformers' MusicGen decoder (small), one clip with guidance: two rows, past kept."""
    from transformers import MusicgenDecoderConfig, MusicgenForCausalLM

    network = MusicgenForCausalLM(MusicgenDecoderConfig()).eval()
    text = torch.randn(2, 12, network.config.hidden_size)
    state = {"past": None, "length": 0}

    def step():
        with torch.no_grad():
            for _ in range(settings["frames"]):
                if state["length"] == 512:
                    state.update(past=None, length=0)
                tokens = torch.randint(0, 2048, (4, 1)).repeat(2, 1)
                output = network(
                    input_ids=tokens, encoder_hidden_states=text, past_key_values=state["past"], use_cache=True)
                conditional, free = output.logits.chunk(2)
                _ = free + 3 * (conditional - free)
                state.update(past=output.past_key_values, length=state["length"] + 1)

    return step


def layer(settings):
    """One building block: forward, or forward and all gradients."""
    shape, size = settings["shape"], settings["size"]
    x = torch.randn(shape, requires_grad=settings["backward"])
    recurrence = {"batch_first": True, "bidirectional": settings["bidirectional"]}
    functional = torch.nn.functional
    if settings["layer"] == "attention":
        modules, apply = [], lambda: functional.scaled_dot_product_attention(x, x, x)
    else:
        module = {
            "product": lambda: torch.nn.Linear(shape[-1], size),
            "gru": lambda: torch.nn.GRU(shape[-1], size, **recurrence),
            "lstm": lambda: torch.nn.LSTM(shape[-1], size, **recurrence),
            "groupNorm": lambda: torch.nn.GroupNorm(size, shape[1]),
            "layerNorm": lambda: torch.nn.LayerNorm(shape[-1]),
        }[settings["layer"]]()
        modules = [module]
        apply = {
            "gru": lambda: module(x)[0], "lstm": lambda: module(x)[0], "groupNorm": lambda: functional.silu(module(x)),
        }.get(settings["layer"], lambda: module(x))

    def step():
        if settings["backward"]:
            for tensor in [x, *(parameter for module in modules for parameter in module.parameters())]:
                tensor.grad = None
            apply().square().mean().backward()
        else:
            with torch.no_grad():
                apply()

    return step


def stft_torch(settings):
    window, signal = torch.hann_window(settings["n_fft"]), torch.randn(settings["samples"])

    def step():
        spectrum = torch.stft(signal, settings["n_fft"], settings["hop"], window=window, return_complex=True)
        torch.istft(spectrum, settings["n_fft"], settings["hop"], window=window, length=len(signal))

    return step


def stft_scipy(settings):
    import numpy
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    transform = ShortTimeFFT(hann(settings["n_fft"], sym=False).astype(numpy.float32), settings["hop"], fs=16000)
    signal = numpy.random.default_rng(0).standard_normal(settings["samples"]).astype(numpy.float32)

    def step():
        transform.istft(transform.stft(signal), k1=len(signal))

    return step


def stereo(settings):
    import numpy

    return numpy.random.default_rng(0).standard_normal((settings["samples"], 2)).astype(numpy.float32)


def resample_soxr(settings):
    import soxr

    signal = stereo(settings)
    return lambda: soxr.resample(signal, settings["from"], settings["to"], quality="VHQ")


def resample_scipy(settings):
    import math

    from scipy.signal import resample_poly

    signal, divisor = stereo(settings), math.gcd(settings["from"], settings["to"])
    return lambda: resample_poly(signal, settings["to"] // divisor, settings["from"] // divisor, axis=0)


def rnnoise(settings):
    """RNNoise's own frames at 48 kHz, the conversion of rates included."""
    import numpy
    import soundfile
    import soxr
    from pyrnnoise import rnnoise as library

    samples, rate = soundfile.read(settings["recording"], dtype="float32")
    samples = numpy.resize(samples if samples.ndim == 1 else samples[:, 0], int(settings["seconds"] * rate))
    state = library.create()

    def step():
        wide = numpy.clip(soxr.resample(samples, rate, 48000) * 32767, -32768, 32767).astype(numpy.int16)
        wide = numpy.pad(wide, (0, -len(wide) % library.FRAME_SIZE))
        clean = [library.process_mono_frame(state, frame)[0] for frame in wide.reshape(-1, library.FRAME_SIZE)]
        soxr.resample(numpy.concatenate(clean), 48000, rate)

    return step


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(0)
    tasks = {
        "convolution": convolution, "ncsnpp": ncsnpp, "enhancer": enhancer, "frechet": frechet, "metric": metric,
        "extractor_chunk": extractor_chunk, "extractor_start": extractor_start,
        "music_decoding": music_decoding, "layer": layer, "stft_torch": stft_torch, "stft_scipy": stft_scipy,
        "resample_soxr": resample_soxr, "resample_scipy": resample_scipy, "rnnoise": rnnoise,
    }
    step = tasks[settings["task"]](settings)
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
