"""Writes fixtures/reference/neural: layers and optimizers of PyTorch on small random inputs.

    python recipes/neural_reference.py fixtures/reference/neural

Each block <b>: <b>.w.<parameter>, <b>.in.<input>, <b>.out, <b>.cot (the scalar is sum(out * cot)) and
<b>.grad.<parameter or input>; its settings are in config.json.
"""

import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn


def write_safetensors(path, tensors):
    header, offset, parts = {}, 0, []
    for name, value in tensors.items():
        data = value.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


config, tensors = {}, {}


def block(name, settings, module, inputs, call):
    for key, parameter in module.named_parameters():
        tensors[f"{name}.w.{key}"] = parameter.detach().clone()
    inputs = {key: value.requires_grad_() for key, value in inputs.items()}
    out = call(module, **inputs)
    cot = torch.randn_like(out)
    (out * cot).sum().backward()
    for key, value in inputs.items():
        tensors[f"{name}.in.{key}"], tensors[f"{name}.grad.{key}"] = value.detach(), value.grad
    for key, parameter in module.named_parameters():
        tensors[f"{name}.grad.{key}"] = parameter.grad
    tensors[f"{name}.out"], tensors[f"{name}.cot"] = out.detach(), cot
    for key, value in module.named_buffers():
        tensors[f"{name}.after.{key}"] = value.float()
    config[name] = settings


def recurrent(name, kind, inputs, hidden, batch, steps, layers=1, bidirectional=False):
    module = getattr(nn, kind)(inputs, hidden, layers, batch_first=True, bidirectional=bidirectional)
    settings = dict(op=kind, inputs=inputs, hidden=hidden, layers=layers, bidirectional=bidirectional)
    block(name, settings, module, {"x": torch.randn(batch, steps, inputs)}, lambda m, x: m(x)[0])


def norm(name, settings, module, shape):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter))
    block(name, settings, module, {"x": torch.randn(*shape) * 2 + 1}, lambda m, x: m(x))


def optimizer(name, settings, make):
    parameter = nn.Parameter(torch.randn(3, 5))
    tensors[f"{name}.in.parameter"] = parameter.detach().clone()
    optimizer, gradients, after = make([parameter]), torch.randn(6, 3, 5), []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
        after.append(parameter.detach().clone())
    tensors[f"{name}.in.gradients"], tensors[f"{name}.out"] = gradients, torch.stack(after)
    config[name] = settings


torch.manual_seed(0)
recurrent("gru", "GRU", 5, 4, 3, 7)
recurrent("gru_bidirectional", "GRU", 6, 10, 37, 5, bidirectional=True)
recurrent("gru_layers", "GRU", 5, 4, 2, 6, layers=2, bidirectional=True)
recurrent("lstm", "LSTM", 5, 4, 3, 7)
recurrent("lstm_bidirectional", "LSTM", 6, 10, 37, 5, bidirectional=True)
recurrent("lstm_layers", "LSTM", 5, 4, 2, 6, layers=3)
norm("layer_norm", dict(op="LayerNorm", features=21), nn.LayerNorm(21), (3, 5, 21))
norm("group_norm", dict(op="GroupNorm", groups=3, channels=12, epsilon=1e-6), nn.GroupNorm(3, 12, 1e-6), (2, 12, 4, 5))
norm("batch_norm", dict(op="BatchNorm", channels=6), nn.BatchNorm2d(6), (4, 6, 3, 5))
norm("prelu", dict(op="PReLU", channels=6), nn.PReLU(6), (4, 6, 3, 5))
block("gelu", dict(op="GELU"), nn.GELU(), {"x": torch.randn(4, 9) * 2}, lambda m, x: m(x))
block("linear", dict(op="Linear", inputs=9, outputs=4), nn.Linear(9, 4), {"x": torch.randn(2, 5, 9)}, lambda m, x: m(x))
for name, causal in [("attention", False), ("attention_causal", True)]:
    inputs = dict(q=torch.randn(2, 3, 5, 8), k=torch.randn(2, 3, 5, 8), v=torch.randn(2, 3, 5, 6))
    block(name, dict(op="Attention", causal=causal), nn.Module(), inputs,
          lambda m, q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal))
optimizer("adam", dict(op="AdamW", rate=0.01, decay=0.0), lambda p: torch.optim.Adam(p, 0.01))
optimizer("adamw", dict(op="AdamW", rate=0.02, decay=0.3), lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.3))

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
write_safetensors(folder / "io.safetensors", tensors)
(folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
(folder / "io.json").write_text(json.dumps({"note": f"PyTorch {torch.__version__}; see recipes/neural_reference.py"}) + "\n")
