"""The PyTorch side of Benchmarks: does one unit of work for every line on standard input and prints its seconds.

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


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(0)
    tasks = {"convolution": convolution, "ncsnpp": ncsnpp, "enhancer": enhancer, "frechet": frechet}
    step = tasks[settings["task"]](settings)
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
