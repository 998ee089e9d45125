"""GRUs of small states over many sequences on a GPU: one kernel for all steps of a direction, one for its gradient.

cuDNN starts kernels for every step and sums the gradients of the weights step by step; here a block of sequences keeps its
state on the chip, and those sums are single matrix products.
"""

import sys
import time

import torch
import triton
import triton.language as tl
from torch.nn import functional as F

ROWS = 32  # sequences of a block


@triton.jit
def _matrix(u, gate, H: tl.constexpr, P: tl.constexpr, TRANSPOSED: tl.constexpr):
    """The gate's [from, to] of u [3, to, from], padded; or [to, from]."""
    a, b = tl.arange(0, P)[:, None], tl.arange(0, P)[None, :]
    place = a * H + b if TRANSPOSED else b * H + a
    return tl.load(u + gate * H * H + place, mask=(a < H) & (b < H), other=0.0)


@triton.jit
def _forward(gx, u, bias, out, saved, N, T, H: tl.constexpr, P: tl.constexpr, R: tl.constexpr, REVERSED: tl.constexpr):
    rows, columns = tl.program_id(0) * R + tl.arange(0, R), tl.arange(0, P)
    inside = (rows < N)[:, None] & (columns < H)[None, :]
    ur, uz, un = _matrix(u, 0, H, P, False), _matrix(u, 1, H, P, False), _matrix(u, 2, H, P, False)
    bn = tl.load(bias + columns, mask=columns < H, other=0.0)[None, :]
    h = tl.zeros([R, P], tl.float32)
    for i in range(T):
        t = T - 1 - i if REVERSED else i
        step = (rows * T + t)[:, None].to(tl.int64)
        g = gx + step * (3 * H) + columns[None, :]
        r = tl.sigmoid(tl.load(g, mask=inside, other=0.0) + tl.dot(h, ur))
        z = tl.sigmoid(tl.load(g + H, mask=inside, other=0.0) + tl.dot(h, uz))
        q = tl.dot(h, un) + bn
        n = 2 * tl.sigmoid(2 * (tl.load(g + 2 * H, mask=inside, other=0.0) + r * q)) - 1
        h = n + z * (h - n)
        tl.store(out + step * H + columns[None, :], h, mask=inside)
        s = saved + step * (4 * H) + columns[None, :]
        tl.store(s, r, mask=inside)
        tl.store(s + H, z, mask=inside)
        tl.store(s + 2 * H, n, mask=inside)
        tl.store(s + 3 * H, q, mask=inside)


@triton.jit
def _backward(gradient, u, out, saved, result, N, T, H: tl.constexpr, P: tl.constexpr, R: tl.constexpr, REVERSED: tl.constexpr):
    rows, columns = tl.program_id(0) * R + tl.arange(0, R), tl.arange(0, P)
    inside = (rows < N)[:, None] & (columns < H)[None, :]
    ur, uz, un = _matrix(u, 0, H, P, True), _matrix(u, 1, H, P, True), _matrix(u, 2, H, P, True)
    dh = tl.zeros([R, P], tl.float32)
    for i in range(T):
        t = i if REVERSED else T - 1 - i
        before = t + 1 if REVERSED else t - 1
        step = (rows * T + t)[:, None].to(tl.int64)
        past = (rows * T + before)[:, None].to(tl.int64)
        s = saved + step * (4 * H) + columns[None, :]
        r = tl.load(s, mask=inside, other=0.0)
        z = tl.load(s + H, mask=inside, other=0.0)
        n = tl.load(s + 2 * H, mask=inside, other=0.0)
        q = tl.load(s + 3 * H, mask=inside, other=0.0)
        h = tl.load(out + past * H + columns[None, :], mask=inside & (before >= 0) & (before < T), other=0.0)
        dh += tl.load(gradient + step * H + columns[None, :], mask=inside, other=0.0)
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * (h - n) * z * (1 - z)
        dq = dn * r
        dr = dn * q * r * (1 - r)
        d = result + step * (4 * H) + columns[None, :]
        tl.store(d, dr, mask=inside)
        tl.store(d + H, dz, mask=inside)
        tl.store(d + 2 * H, dn, mask=inside)
        tl.store(d + 3 * H, dq, mask=inside)
        dh = dh * z + tl.dot(dr, ur) + tl.dot(dz, uz) + tl.dot(dq, un)


class _Recurrence(torch.autograd.Function):
    """gx [N, T, 3H], the input's part of the gates (reset, update, new), to the states [N, T, H]."""

    @staticmethod
    def forward(context, gx, u, bias, reversed_):
        (n, t, width), size = gx.shape, u.shape[1]
        gx, u, bias = gx.contiguous(), u.contiguous(), bias.contiguous()
        out, saved = gx.new_empty(n, t, size), gx.new_empty(n, t, 4 * size)
        padded = max(16, triton.next_power_of_2(size))
        _forward[(triton.cdiv(n, ROWS),)](gx, u, bias, out, saved, n, t, size, padded, ROWS, reversed_)
        context.save_for_backward(u, out, saved)
        context.reversed = reversed_
        return out

    @staticmethod
    def backward(context, gradient):
        u, out, saved = context.saved_tensors
        n, t, size = out.shape
        result = torch.empty_like(saved)
        padded = max(16, triton.next_power_of_2(size))
        _backward[(triton.cdiv(n, ROWS),)](gradient.contiguous(), u, out, saved, result, n, t, size, padded, ROWS, context.reversed)
        past = F.pad(out[:, 1:], (0, 0, 0, 1)) if context.reversed else F.pad(out[:, :-1], (0, 0, 1, 0))
        rows, past = result.view(n * t, 4 * size), past.reshape(n * t, size)
        du = torch.cat([rows[:, :2 * size].T @ past, rows[:, 3 * size:].T @ past]).view_as(u)
        return result[..., :3 * size].contiguous(), du, rows[:, 3 * size:].sum(0), None


def gru(x, w, u, input_bias, state_bias, reversed_=False):
    """One direction of torch.nn.GRU on x [N, T, inputs] from zero states."""
    size = u.shape[1]
    fixed = torch.cat([state_bias[:2 * size], torch.zeros_like(state_bias[2 * size:])])
    gx = F.linear(x, w, input_bias + fixed)
    return _Recurrence.apply(gx, u.view(3, size, size), state_bias[2 * size:], reversed_)


def compare(size=48, inputs=48, count=4096, steps=128, turns=4):
    """Seconds of forward and gradient by cuDNN and by the kernels, and the largest difference of results and gradients."""
    torch.manual_seed(1)
    network = torch.nn.GRU(inputs, size, batch_first=True).cuda()
    x, weight = torch.randn(count, steps, inputs, device="cuda", requires_grad=True), torch.randn(count, steps, size, device="cuda")
    parameters = [network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0]

    def run(f):
        for _ in range(turns + 1):
            torch.cuda.synchronize()
            start = time.monotonic()
            y = f()
            values = [y, *torch.autograd.grad((y * weight).mean(), [x, *parameters])]
            torch.cuda.synchronize()
            seconds = time.monotonic() - start
        return seconds, values

    theirs, ours = run(lambda: network(x)[0]), run(lambda: gru(x, *parameters))
    difference = max(((a - b).abs().max() / a.abs().max()).item() for a, b in zip(theirs[1], ours[1]))
    return theirs[0], ours[0], difference


if __name__ == "__main__":
    theirs, ours, difference = compare()
    print(f"cuDNN {theirs * 1e3:.1f} ms, kernels {ours * 1e3:.1f} ms, difference {difference:.1e}", flush=True)
    sys.exit(not (ours < theirs and difference < 2e-2))
