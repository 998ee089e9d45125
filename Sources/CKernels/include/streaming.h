// Parts of a recurrent network that computes one frame at a time: products with packed weights, LSTM steps, attention
// over past frames. Every call works on the calling thread alone and takes no memory.
//
// Columns come in panels of `CK_PANEL`; `packed` weights are [panels][depth][CK_PANEL], and whatever is said to have
// `columns` or `hidden` columns has room for whole panels.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { CK_PANEL = 16 };

typedef struct {
    const float *packed;
    const float *bias;   // [columns]
    const float *slopes; // [columns], those of negative results (PReLU); or null
    size_t depth, columns;
} ck_packed_product;

/// y = f(x w + bias), or y += f(x w + bias), for `rows` rows that lie `x_stride` and `y_stride` apart.
void ck_packed_rows(const ck_packed_product *product, const float *x, size_t x_stride, size_t rows, float *y,
                    size_t y_stride, int adds);

/// The gates of `hidden` units (whole panels) lie as [panels][input, forget, candidate, output][CK_PANEL].

/// A bidirectional LSTM from zero state over `steps` steps.
/// `gates` is [steps][2][4 hidden], the input's share with both biases, forward direction first; `recurrent` is, for
/// each direction, [panels][hidden][4][CK_PANEL]; `cells` is [2][hidden], overwritten; `states` is [steps][2][hidden].
void ck_lstm_both_ways(const float *gates, const float *recurrent, size_t steps, size_t hidden, float *cells,
                       float *states);
/// One step of one sequence for the units from `first` to before `end`, whole panels, so that threads can share a step.
/// `gates` is [4 hidden], the input's share with both biases; `previous`, `cells` and `states` are [hidden].
void ck_lstm_units(const float *gates, const float *recurrent, size_t hidden, size_t first, size_t end,
                   const float *previous, float *cells, float *states);
/// One step of an LSTM for `rows` sequences: `gates` is [rows][4 hidden], complete, `cells` is [rows][hidden], and the
/// states lie `state_stride` apart.
void ck_lstm_rows(const float *gates, size_t rows, size_t hidden, float *cells, float *states, size_t state_stride);

/// The same for gated recurrent units, whose gates lie as [panels][reset, update, candidate of the input, candidate of
/// the state][CK_PANEL]. `recurrent` is, for each direction, [panels][hidden][3][CK_PANEL], without the input's
/// candidate; the state's candidate in `gates` holds its bias.
void ck_gru_both_ways(const float *gates, const float *recurrent, size_t steps, size_t hidden, float *states);
/// One step for `rows` sequences; `gates` is complete, and the states are replaced.
void ck_gru_rows(const float *gates, size_t rows, size_t hidden, float *states, size_t state_stride);

/// Layer normalisation of each of `rows` rows of `width`, which lie `x_stride` and `y_stride` apart.
void ck_norm_rows(const float *x, size_t x_stride, size_t rows, size_t width, const float *weight, const float *bias,
                  float epsilon, float *y, size_t y_stride);

/// output = sum over frames of softmax(scale keys query) values. `keys` is [frames][key_width] and `values`
/// [frames][value_width], both widths whole panels; `weights` takes one number for each frame.
void ck_attend(const float *query, const float *keys, size_t key_width, const float *values, size_t value_width,
               size_t frames, float scale, float *weights, float *output);
/// The same with keys and values in bfloat16.
void ck_attend_bfloat16(const float *query, const uint16_t *keys, size_t key_width, const uint16_t *values,
                        size_t value_width, size_t frames, float scale, float *weights, float *output);

/// y[r y_stride + c] = x[r x_stride + c], or += .
void ck_copy_rows(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows, size_t columns);
void ck_add_rows(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows, size_t columns);
