// The gate arithmetic of one step of recurrent cells, for `rows` sequences; the matrix products are the caller's.
#pragma once
#include <stddef.h>

/// Where the values of one step lie. Rows are `gate_stride` apart in the gates, `state_stride` in the states.
/// `previous` and `previous_cell` may have another distance between rows (0 repeats one row).
typedef struct {
    size_t rows, hidden;
    float *gates[4];
    size_t gate_stride;
    const float *previous;
    size_t previous_stride;
    const float *previous_cell;
    size_t previous_cell_stride;
    float *state;
    float *cell;
    size_t state_stride;
} ck_recurrent_step;

/// The first two gates of a row must be neighbours, the second `hidden` behind the first.
/// gates: reset, update, candidate (input part), candidate (hidden part), all before their functions; the first three
/// are replaced by their values. state = (1 - z) n + z previous.
void ck_gru_forward(const ck_recurrent_step *step);
/// gates: input, forget, candidate, output before their functions; replaced by their values.
/// cell = f previous_cell + i g, state = o tanh(cell).
void ck_lstm_forward(const ck_recurrent_step *step);

/// Replaces the gates by the gradients before their functions. `g` is the gradient of the state from above, in rows
/// `g_stride` apart; `carry` ([rows, hidden]) is that from the step after and becomes the part of the one for the step
/// before that does not pass through the hidden weights.
void ck_gru_backward(const ck_recurrent_step *step, const float *g, size_t g_stride, float *carry);
/// The same; `cell_carry` is the gradient of the cell.
void ck_lstm_backward(const ck_recurrent_step *step, const float *g, size_t g_stride, float *carry, float *cell_carry);
