"""What PyTorch does slowly on a GPU for small networks over many positions: GRUs along an axis, and layer normalisation.

    python3 recipes/gpu/kernels.py      compares them with PyTorch's; ends with 0 if they are right and faster

cuDNN starts kernels for every step and sums the gradients of the weights step by step; here a block of sequences keeps its
state on the chip, axes stay where they are, and those sums are single matrix products.
"""

import sys
import time

import torch
import triton
import triton.language as tl
from torch.nn import functional as F


# ------------------------------------------------------------------------------------------------ recurrences

@triton.jit
def _matrix(u, gate, H: tl.constexpr, P: tl.constexpr, TRANSPOSED: tl.constexpr):
    """The gate's [from, to] of u [3, to, from], padded; or [to, from]."""
    a, b = tl.arange(0, P)[:, None], tl.arange(0, P)[None, :]
    place = a * H + b if TRANSPOSED else b * H + a
    return tl.load(u + gate * H * H + place, mask=(a < H) & (b < H), other=0.0)


@triton.jit
def _gru_forward(gx, u, bias, out, saved, N, T, inner, outer, stride, H: tl.constexpr, P: tl.constexpr, R: tl.constexpr,
                 REVERSED: tl.constexpr, RESIDENT: tl.constexpr):
    rows, columns = tl.program_id(0) * R + tl.arange(0, R), tl.arange(0, P)
    inside = (rows < N)[:, None] & (columns < H)[None, :]
    start = ((rows // inner).to(tl.int64) * outer + rows % inner)[:, None]
    bn = tl.load(bias + columns, mask=columns < H, other=0.0)[None, :]
    if RESIDENT:
        ur, uz, un = _matrix(u, 0, H, P, False), _matrix(u, 1, H, P, False), _matrix(u, 2, H, P, False)
    h = tl.zeros([R, P], tl.float32)
    for i in range(T):
        if not RESIDENT:
            ur, uz, un = _matrix(u, 0, H, P, False), _matrix(u, 1, H, P, False), _matrix(u, 2, H, P, False)
        t = T - 1 - i if REVERSED else i
        place = start + t * stride
        g = gx + place * (3 * H) + columns[None, :]
        r = tl.sigmoid(tl.load(g, mask=inside, other=0.0) + tl.dot(h, ur))
        z = tl.sigmoid(tl.load(g + H, mask=inside, other=0.0) + tl.dot(h, uz))
        q = tl.dot(h, un) + bn
        n = 2 * tl.sigmoid(2 * (tl.load(g + 2 * H, mask=inside, other=0.0) + r * q)) - 1
        h = n + z * (h - n)
        tl.store(out + place * H + columns[None, :], h, mask=inside)
        s = saved + place * (4 * H) + columns[None, :]
        tl.store(s, r, mask=inside)
        tl.store(s + H, z, mask=inside)
        tl.store(s + 2 * H, n, mask=inside)
        tl.store(s + 3 * H, q, mask=inside)


@triton.jit
def _gru_backward(gradient, u, out, saved, result, N, T, inner, outer, stride, H: tl.constexpr, P: tl.constexpr, R: tl.constexpr,
                  REVERSED: tl.constexpr, RESIDENT: tl.constexpr):
    rows, columns = tl.program_id(0) * R + tl.arange(0, R), tl.arange(0, P)
    inside = (rows < N)[:, None] & (columns < H)[None, :]
    start = ((rows // inner).to(tl.int64) * outer + rows % inner)[:, None]
    if RESIDENT:
        ur, uz, un = _matrix(u, 0, H, P, True), _matrix(u, 1, H, P, True), _matrix(u, 2, H, P, True)
    dh = tl.zeros([R, P], tl.float32)
    for i in range(T):
        if not RESIDENT:
            ur, uz, un = _matrix(u, 0, H, P, True), _matrix(u, 1, H, P, True), _matrix(u, 2, H, P, True)
        t = i if REVERSED else T - 1 - i
        before = t + 1 if REVERSED else t - 1
        place, past = start + t * stride, start + before * stride
        s = saved + place * (4 * H) + columns[None, :]
        r = tl.load(s, mask=inside, other=0.0)
        z = tl.load(s + H, mask=inside, other=0.0)
        n = tl.load(s + 2 * H, mask=inside, other=0.0)
        q = tl.load(s + 3 * H, mask=inside, other=0.0)
        h = tl.load(out + past * H + columns[None, :], mask=inside & (before >= 0) & (before < T), other=0.0)
        dh += tl.load(gradient + place * H + columns[None, :], mask=inside, other=0.0)
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * (h - n) * z * (1 - z)
        dq = dn * r
        dr = dn * q * r * (1 - r)
        d = result + place * (4 * H) + columns[None, :]
        tl.store(d, dr, mask=inside)
        tl.store(d + H, dz, mask=inside)
        tl.store(d + 2 * H, dn, mask=inside)
        tl.store(d + 3 * H, dq, mask=inside)
        dh = dh * z + tl.dot(dr, ur) + tl.dot(dz, uz) + tl.dot(dq, un)


def _layout(shape, axis):
    """Sequences, steps, and where they lie, of positions [A, B, C] and the axis of the steps, 1 or 2."""
    a, b, c = shape[:3]
    return (a * c, b, c, b * c, c) if axis == 1 else (a * b, c, 1, c, 1)


def _run(kernel, tensors, shape, axis, size, is_reversed):
    padded = max(16, triton.next_power_of_2(size))
    rows, layout = (32 if padded <= 64 else 16), _layout(shape, axis)
    kernel[(triton.cdiv(layout[0], rows),)](
        *tensors, *layout, H=size, P=padded, R=rows, REVERSED=is_reversed, RESIDENT=padded <= 64, num_stages=1)


class _Recurrence(torch.autograd.Function):
    """gx [A, B, C, 3H], the input's part of the gates (reset, update, new), to the states [A, B, C, H]."""

    @staticmethod
    def forward(context, gx, u, bias, axis, is_reversed):
        size = u.shape[1]
        gx, u, bias = gx.contiguous(), u.contiguous(), bias.contiguous()
        out, saved = gx.new_empty(*gx.shape[:3], size), gx.new_empty(*gx.shape[:3], 4 * size)
        _run(_gru_forward, (gx, u, bias, out, saved), gx.shape, axis, size, is_reversed)
        context.save_for_backward(u, out, saved)
        context.axis, context.is_reversed = axis, is_reversed
        return out

    @staticmethod
    def backward(context, gradient):
        u, out, saved = context.saved_tensors
        size, axis = out.shape[3], context.axis
        result = torch.empty_like(saved)
        _run(_gru_backward, (gradient.contiguous(), u, out, saved, result), out.shape, axis, size, context.is_reversed)
        steps, ends = out.shape[axis], (0, 1) if context.is_reversed else (1, 0)
        past = F.pad(out.narrow(axis, 1 - ends[0], steps - 1), (0, 0) + (0, 0) * (2 - axis) + ends)
        rows, past = result.view(-1, 4 * size), past.reshape(-1, size)
        du = torch.cat([rows[:, :2 * size].T @ past, rows[:, 3 * size:].T @ past]).view_as(u)
        return result[..., :3 * size].contiguous(), du, rows[:, 3 * size:].sum(0), None, None


def gru(x, w, u, input_bias, state_bias, axis=1, is_reversed=False):
    """One direction of torch.nn.GRU from zero states along axis 1 or 2 of x [A, B, C, inputs]."""
    size = u.shape[1]
    fixed = torch.cat([state_bias[:2 * size], torch.zeros_like(state_bias[2 * size:])])
    gx = F.linear(x, w, input_bias + fixed)
    return _Recurrence.apply(gx, u.view(3, size, size), state_bias[2 * size:], axis, is_reversed)


# ------------------------------------------------------------------------------------------------ normalisation

@triton.jit
def _norm_forward(x, weight, bias, y, scale, M, epsilon, C: tl.constexpr, P: tl.constexpr, R: tl.constexpr):
    rows, columns = tl.program_id(0) * R + tl.arange(0, R), tl.arange(0, P)
    inside = (rows < M)[:, None] & (columns < C)[None, :]
    place = rows[:, None].to(tl.int64) * C + columns[None, :]
    v = tl.load(x + place, mask=inside, other=0.0)
    v = tl.where(inside, v - (tl.sum(v, 1) / C)[:, None], 0.0)
    s = 1 / tl.sqrt(tl.sum(v * v, 1) / C + epsilon)
    tl.store(scale + rows, s, mask=rows < M)
    w = tl.load(weight + columns, mask=columns < C, other=0.0)[None, :]
    b = tl.load(bias + columns, mask=columns < C, other=0.0)[None, :]
    tl.store(y + place, v * s[:, None] * w + b, mask=inside)


@triton.jit
def _norm_backward(gradient, x, weight, scale, dx, sums, M, blocks, C: tl.constexpr, P: tl.constexpr, R: tl.constexpr):
    columns = tl.arange(0, P)
    w = tl.load(weight + columns, mask=columns < C, other=0.0)[None, :]
    dw, db = tl.zeros([P], tl.float32), tl.zeros([P], tl.float32)
    for block in range(blocks):
        rows = (tl.program_id(0) * blocks + block) * R + tl.arange(0, R)
        inside = (rows < M)[:, None] & (columns < C)[None, :]
        place = rows[:, None].to(tl.int64) * C + columns[None, :]
        v, g = tl.load(x + place, mask=inside, other=0.0), tl.load(gradient + place, mask=inside, other=0.0)
        s = tl.load(scale + rows, mask=rows < M, other=0.0)[:, None]
        v = tl.where(inside, v - (tl.sum(v, 1) / C)[:, None], 0.0) * s
        dw += tl.sum(g * v, 0)
        db += tl.sum(g, 0)
        g = g * w
        d = s * (g - (tl.sum(g, 1) / C)[:, None] - v * (tl.sum(g * v, 1) / C)[:, None])
        tl.store(dx + place, d, mask=inside)
    own = sums + tl.program_id(0) * 2 * C + columns
    tl.store(own, dw, mask=columns < C)
    tl.store(own + C, db, mask=columns < C)


class _Norm(torch.autograd.Function):
    ROWS, PROGRAMS = 64, 1024

    @staticmethod
    def forward(context, x, weight, bias, epsilon):
        x, width = x.contiguous(), x.shape[-1]
        count = x.numel() // width
        y, scale = torch.empty_like(x), x.new_empty(count)
        _norm_forward[(triton.cdiv(count, _Norm.ROWS),)](
            x, weight, bias, y, scale, count, epsilon, C=width, P=triton.next_power_of_2(width), R=_Norm.ROWS)
        context.save_for_backward(x, weight, scale)
        return y

    @staticmethod
    def backward(context, gradient):
        x, weight, scale = context.saved_tensors
        count, width = scale.numel(), x.shape[-1]
        blocks = triton.cdiv(count, _Norm.ROWS * _Norm.PROGRAMS)
        programs = triton.cdiv(count, _Norm.ROWS * blocks)
        dx, sums = torch.empty_like(x), x.new_empty(programs, 2, width)
        _norm_backward[(programs,)](
            gradient.contiguous(), x, weight, scale, dx, sums, count, blocks, C=width, P=triton.next_power_of_2(width), R=_Norm.ROWS)
        dw, db = sums.sum(0)
        return dx, dw, db, None


def layer_norm(x, weight, bias, epsilon=1e-5):
    return _Norm.apply(x, weight, bias, epsilon)


# ------------------------------------------------------------------------------------------------ a trial

def largest_difference(theirs, ours):
    return max(((a - b).abs().max() / a.abs().max()).item() for a, b in zip(theirs, ours))


def compare(name, theirs, ours, inputs, turns=4):
    """Whether results and gradients agree; tells the seconds of both, forward and gradient."""
    def run(f):
        for _ in range(turns + 1):
            torch.cuda.synchronize()
            start = time.monotonic()
            y = f()
            values = [y, *torch.autograd.grad((y * weight).mean(), inputs)]
            torch.cuda.synchronize()
            seconds = time.monotonic() - start
        return seconds, values

    weight = torch.randn_like(theirs())
    (first, a), (second, b) = run(theirs), run(ours)
    difference = largest_difference(a, b)
    print(f"{name}: PyTorch {first * 1e3:.1f} ms, kernels {second * 1e3:.1f} ms, difference {difference:.1e}", flush=True)
    return second < first and difference < 2e-2


def trial():
    torch.manual_seed(1)
    good = True
    for size, inputs, shape, axis in ((48, 48, (128, 128, 32), 1), (24, 48, (64, 128, 32), 2)):
        network = torch.nn.GRU(inputs, size, batch_first=True).cuda()
        x = torch.randn(*shape, inputs, device="cuda", requires_grad=True)
        parameters = [network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0]
        steps = shape[axis]

        def theirs():
            y = x.transpose(1, 2) if axis == 1 else x
            y = network(y.reshape(-1, steps, inputs))[0].view(*y.shape[:3], size)
            return y.transpose(1, 2) if axis == 1 else y

        good &= compare(f"GRU of {size} along {steps}", theirs, lambda: gru(x, *parameters, axis=axis), [x, *parameters])
    norm = torch.nn.LayerNorm(48).cuda()
    x = torch.randn(128, 128, 32, 48, device="cuda", requires_grad=True)
    return compare("norm of 48", lambda: norm(x), lambda: layer_norm(x, norm.weight, norm.bias), [x, norm.weight, norm.bias]) and good


if __name__ == "__main__":
    sys.exit(not trial())
