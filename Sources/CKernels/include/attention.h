// The parts of attention between its matrix products, for a block of positions over all sources.
#pragma once
#include <stddef.h>

/// Each of `rows` rows of `columns` scores becomes exp(score + mask - max); `scales` gets 1 / sum of each row, 0 of an empty one.
/// Rows of the mask, which may be null, lie `mask_stride` apart; 0 repeats one row.
void ck_attention_weights(float *scores, size_t rows, size_t columns, const float *mask, size_t mask_stride,
                          float *scales);
/// y = x scales, row by row.
void ck_scale_rows(const float *x, const float *scales, float *y, size_t rows, size_t columns);
/// `gradient`, that of softmax's results, becomes that of its scores. `weights` and `scales` are those from above;
/// `above` and `result`, [rows, outputs], are the result of attention and its gradient.
void ck_attention_gradient(const float *weights, const float *scales, const float *result, const float *above,
                           float *gradient, size_t rows, size_t columns, size_t outputs);
