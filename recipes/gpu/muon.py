"""Muon as Sources/NeuralCore/Optimizers/Muon.swift defines it: matrices move along orthogonal steps, the rest by AdamW.

Nothing waits for the GPU: matrices of one shape are worked on together, and the rate and the number of steps are tensors,
so that a step can be part of a CUDA graph.
"""

import math

import torch


def orthogonalized(x, dtype=torch.float32):
    """The nearest semi-orthogonal matrices, roughly, times 0.2 √max(rows, columns), of [N, rows, columns]."""
    rows, columns = x.shape[1:]
    scale = 0.2 * max(rows, columns) ** 0.5
    if rows > columns:
        x = x.mT
    x = (x / (x.square().sum((1, 2), keepdim=True).sqrt() + 1e-7)).to(dtype).contiguous()
    for _ in range(5):
        a = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.775, alpha=2.0315), x, beta=3.4445)
    if rows > columns:
        x = x.mT
    return x.float() * scale


class Muon:
    """`rate` may be set before each `step`. Parameters whose names contain one of `exceptions` are AdamW's, as are vectors
    and tensors with an axis of one."""

    def __init__(self, named_parameters, lr=1e-3, betas=(0.9, 0.999), weight_decay=0.0, exceptions=(), momentum=0.95,
                 epsilon=1e-8, dtype=torch.float32):
        named = [(name, p) for name, p in named_parameters if p.requires_grad]
        self.parameters = [p for _, p in named]
        device = self.parameters[0].device
        self.betas, self.weight_decay, self.momentum, self.epsilon, self.dtype = betas, weight_decay, momentum, epsilon, dtype
        self._rate = torch.tensor(float(lr), device=device)
        self._step = torch.zeros((), dtype=torch.float64, device=device)
        self.groups, self.elementwise = {}, []
        for name, p in named:
            is_matrix = p.dim() > 1 and p.shape[0] > 1 and p.numel() > p.shape[0]
            if is_matrix and not any(part in name for part in exceptions):
                self.groups.setdefault((p.shape[0], p.numel() // p.shape[0]), []).append(p)
            else:
                self.elementwise.append(p)
        self.momenta = {shape: torch.zeros(len(group), *shape, device=device) for shape, group in self.groups.items()}
        self.decayed = [p for p in self.elementwise if p.dim() > 1]
        self.first = [torch.zeros_like(p) for p in self.elementwise]
        self.second = [torch.zeros_like(p) for p in self.elementwise]

    @property
    def rate(self):
        return self._rate

    @rate.setter
    def rate(self, value):
        self._rate.fill_(value)

    @property
    def count(self):
        """Steps made so far."""
        return self._step

    def zero_grad(self, set_to_none=True):
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        if set_to_none:
            for p in self.parameters:
                p.grad = None
        elif gradients:
            torch._foreach_zero_(gradients)

    @torch.no_grad()
    def step(self):
        self._step += 1
        keep = 1 - self._rate * self.weight_decay
        self._move_elements(keep)
        for shape, group in self.groups.items():
            g = torch.stack([p.grad.reshape(shape) for p in group]).float()
            momentum = self.momenta[shape].lerp_(g, 1 - self.momentum)
            moves = orthogonalized(g.lerp(momentum, self.momentum), self.dtype) * self._rate
            torch._foreach_mul_(group, keep)
            torch._foreach_sub_(group, [move.view_as(p) for move, p in zip(moves.unbind(), group)])

    def _move_elements(self, keep):
        if not self.elementwise:
            return
        gradients = [p.grad for p in self.elementwise]
        torch._foreach_lerp_(self.first, gradients, 1 - self.betas[0])
        torch._foreach_mul_(self.second, self.betas[1])
        torch._foreach_addcmul_(self.second, gradients, gradients, 1 - self.betas[1])
        first_scale, second_scale = ((1 - torch.exp(self._step * math.log(beta))).float() for beta in self.betas)
        sizes = torch._foreach_div(self.second, second_scale)
        torch._foreach_sqrt_(sizes)
        torch._foreach_add_(sizes, self.epsilon)
        moves = torch._foreach_div(self.first, sizes)
        torch._foreach_mul_(moves, self._rate / first_scale)
        if self.decayed:
            torch._foreach_mul_(self.decayed, keep)
        torch._foreach_sub_(self.elementwise, moves)
