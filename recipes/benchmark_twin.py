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


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(0)
    tasks = {
        "convolution": convolution, "ncsnpp": ncsnpp, "enhancer": enhancer, "frechet": frechet, "metric": metric,
    }
    step = tasks[settings["task"]](settings)
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
