"""Writes fixtures/reference/neural_convolutions: what PyTorch computes for convolutions of many kinds.

    python recipes/convolution_fixtures.py fixtures/reference/neural_convolutions

Each case <c>: <c>.in.x, <c>.w.weight, <c>.w.bias, <c>.out, a cotangent <c>.cot (the scalar is sum(out * cot)) and the
gradients <c>.grad.x, <c>.grad.weight, <c>.grad.bias. The settings are in config.json. Computed in float64, stored in
float32, so that the differences are the rounding of whoever compares with them.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional

CASES = {
    "conv2d_3x3": dict(op="conv2d", x=[2, 5, 9, 7], outputs=6, kernel=[3, 3], padding=[1, 1, 1, 1]),
    "conv2d_valid": dict(op="conv2d", x=[1, 3, 8, 9], outputs=4, kernel=[3, 2]),
    "conv2d_no_bias": dict(op="conv2d", x=[3, 8, 6, 6], outputs=16, kernel=[3, 3], padding=[1, 1, 1, 1], bias=False),
    "conv2d_stride": dict(op="conv2d", x=[2, 4, 11, 10], outputs=8, kernel=[3, 3], stride=[2, 2], padding=[1, 1, 1, 1]),
    "conv2d_stride_axes": dict(op="conv2d", x=[2, 4, 10, 13], outputs=3, kernel=[3, 5], stride=[1, 3], padding=[1, 1, 2, 2]),
    "conv2d_asymmetric": dict(op="conv2d", x=[2, 3, 7, 8], outputs=4, kernel=[3, 3], padding=[2, 0, 1, 2]),
    "conv2d_dilated": dict(op="conv2d", x=[2, 4, 12, 11], outputs=5, kernel=[3, 3], padding=[2, 2, 4, 4], dilation=[2, 4]),
    "conv2d_groups": dict(op="conv2d", x=[2, 6, 7, 6], outputs=9, kernel=[3, 3], padding=[1, 1, 1, 1], groups=3),
    "conv2d_groups_wide": dict(op="conv2d", x=[1, 32, 5, 6], outputs=32, kernel=[3, 3], padding=[1, 1, 1, 1], groups=2),
    "conv2d_depthwise": dict(op="conv2d", x=[2, 6, 9, 40], outputs=6, kernel=[3, 3], padding=[1, 1, 1, 1], groups=6),
    "conv2d_depthwise_stride": dict(op="conv2d", x=[2, 4, 9, 70], outputs=4, kernel=[3, 5], stride=[2, 2], padding=[1, 1, 2, 2], groups=4),
    "conv2d_depthwise_multiplier": dict(op="conv2d", x=[2, 3, 6, 8], outputs=6, kernel=[3, 3], stride=[1, 3], padding=[2, 0, 1, 1], dilation=[2, 1], groups=3),
    "conv2d_pointwise": dict(op="conv2d", x=[3, 7, 5, 6], outputs=11, kernel=[1, 1]),
    "conv2d_pointwise_stride": dict(op="conv2d", x=[2, 4, 7, 8], outputs=5, kernel=[1, 1], stride=[2, 3]),
    "conv2d_one_channel": dict(op="conv2d", x=[2, 1, 10, 9], outputs=1, kernel=[5, 5], padding=[2, 2, 2, 2]),
    "conv2d_wide_padding": dict(op="conv2d", x=[1, 2, 4, 5], outputs=3, kernel=[2, 2], padding=[3, 3, 4, 4]),
    "conv2d_one_point": dict(op="conv2d", x=[2, 3, 3, 3], outputs=4, kernel=[3, 3]),
    "conv1d": dict(op="conv1d", x=[2, 5, 33], outputs=6, kernel=[5], padding=[2, 2]),
    "conv1d_causal": dict(op="conv1d", x=[2, 4, 30], outputs=4, kernel=[3], padding=[8, 0], dilation=[4]),
    "conv1d_stride": dict(op="conv1d", x=[2, 1, 64], outputs=8, kernel=[16], stride=[4], padding=[6, 6]),
    "conv1d_depthwise": dict(op="conv1d", x=[2, 8, 70], outputs=8, kernel=[7], padding=[3, 3], groups=8),
    "transpose2d": dict(op="convTranspose2d", x=[2, 5, 5, 6], outputs=4, kernel=[3, 3], stride=[2, 2], padding=[1, 1, 1, 1]),
    "transpose2d_extra": dict(op="convTranspose2d", x=[2, 3, 5, 4], outputs=4, kernel=[3, 3], stride=[2, 3], padding=[1, 1, 0, 0], output_padding=[1, 2]),
    "transpose2d_groups": dict(op="convTranspose2d", x=[1, 6, 5, 6], outputs=4, kernel=[4, 4], stride=[2, 2], padding=[1, 1, 1, 1], groups=2),
    "transpose2d_dilated": dict(op="convTranspose2d", x=[2, 4, 6, 5], outputs=3, kernel=[3, 3], padding=[0, 0, 2, 2], dilation=[1, 2]),
    "transpose2d_gap": dict(op="convTranspose2d", x=[2, 3, 4, 4], outputs=2, kernel=[2, 1], stride=[3, 2]),
    "transpose1d": dict(op="convTranspose1d", x=[2, 6, 17], outputs=3, kernel=[16], stride=[8], padding=[4, 4]),
    "transpose1d_depthwise": dict(op="convTranspose1d", x=[2, 4, 40], outputs=4, kernel=[4], stride=[2], padding=[1, 1], groups=4),
}


def run(case, generator):
    axes = len(case["kernel"])
    groups = case.setdefault("groups", 1)
    for key, default in (("stride", 1), ("dilation", 1), ("output_padding", 0)):
        case.setdefault(key, [default] * axes)
    padding = case.setdefault("padding", [0] * 2 * axes)
    bias = case.setdefault("bias", True)
    inputs, outputs = case["x"][1], case["outputs"]
    transposed = case["op"].startswith("convTranspose")
    shape = [inputs, outputs // groups] if transposed else [outputs, inputs // groups]
    draw = lambda size: torch.randn(size, generator=generator).double().requires_grad_()
    x, weight = draw(case["x"]), draw(shape + case["kernel"])
    bias = draw([outputs]) if bias else None
    if transposed:
        symmetric = padding[::2]
        assert symmetric == padding[1::2]
        function = functional.conv_transpose2d if axes == 2 else functional.conv_transpose1d
        out = function(x, weight, bias, case["stride"], symmetric, case["output_padding"], groups, case["dilation"])
    else:
        function = functional.conv2d if axes == 2 else functional.conv1d
        sides = [side for axis in reversed(range(axes)) for side in padding[2 * axis:2 * axis + 2]]
        out = function(functional.pad(x, sides), weight, bias, case["stride"], 0, case["dilation"], groups)
    cotangent = torch.randn(out.shape, generator=generator).double()
    (out * cotangent).sum().backward()
    result = {"in.x": x, "w.weight": weight, "out": out, "cot": cotangent, "grad.x": x.grad, "grad.weight": weight.grad}
    if bias is not None:
        result |= {"w.bias": bias, "grad.bias": bias.grad}
    return {key: value.detach().float().contiguous() for key, value in result.items()}


def main(folder):
    generator = torch.Generator().manual_seed(5)
    tensors = {f"{name}.{key}": value for name, case in CASES.items() for key, value in run(case, generator).items()}
    os.makedirs(folder, exist_ok=True)
    save_file(tensors, os.path.join(folder, "io.safetensors"))
    with open(os.path.join(folder, "config.json"), "w") as file:
        lines = [f" {json.dumps(name)}: {json.dumps(case)}" for name, case in CASES.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    note = "Convolutions by PyTorch in float64; made by recipes/convolution_fixtures.py. Padding: before, after per axis."
    with open(os.path.join(folder, "io.json"), "w") as file:
        json.dump({"note": note, "torch": torch.__version__}, file, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
