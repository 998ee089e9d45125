// The gates of a gated recurrent unit for several sequences at one step. Rows are sequences; strides are in floats.
#pragma once
#include <stddef.h>

/// gates: [rows][3 size], on entry W_i x + b_i for r, z, n; on exit the gates' values.
/// recurrent: [rows, 3 size] = W_h h + b_h, contiguous. candidate [rows][size] receives its n part.
/// previous may be null (zeros). output [rows][size] = (1 - z) n + z h.
void ck_gru_step(
    float *gates, size_t gate_stride, const float *recurrent, const float *previous, size_t previous_stride,
    float *candidate, size_t candidate_stride, float *output, size_t output_stride, size_t rows, size_t size);

/// state_gradient [rows, size], contiguous: on entry that of the output, on exit the part that reaches h directly.
/// gates receive the gradients of W_i x + b_i, candidate the n part of those of W_h h + b_h;
/// recurrent [rows, 3 size] receives the whole of the latter.
void ck_gru_step_gradient(
    float *state_gradient, float *gates, size_t gate_stride, const float *previous, size_t previous_stride,
    float *candidate, size_t candidate_stride, float *recurrent, size_t rows, size_t size);
