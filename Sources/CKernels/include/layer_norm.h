#pragma once
#include <stddef.h>

/// Each row of `size`: y = (x - mean) / sqrt(variance + epsilon) * weight + bias; scale[row] = 1 / that root,
/// mean[row] as computed.
void ck_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, float *y, float *mean, float *scale,
    size_t rows, size_t size);

/// dx of each row; weight_gradient and bias_gradient [size] are overwritten with the sums over these rows.
void ck_layer_norm_gradient(
    const float *g, const float *x, const float *weight, const float *mean, const float *scale, float *dx,
    float *weight_gradient, float *bias_gradient, size_t rows, size_t size);
