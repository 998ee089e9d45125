// Normalisation over rows (the last axis) and over planes (contiguous elements of one group or channel).
#pragma once
#include <stddef.h>

/// y = (x - mean) rstd weight + bias for each of `rows` rows of `width`; writes each row's mean and 1/deviation.
/// weight and bias may be null together.
void ck_layer_norm(const float *x, const float *weight, const float *bias, float *y, float *mean, float *rstd,
                   size_t rows, size_t width, float epsilon);
/// dx, and the rows' sums for the weight and the bias, which are overwritten; with a null weight both are left alone.
void ck_layer_norm_gradient(const float *g, const float *x, const float *weight, const float *mean, const float *rstd,
                            float *dx, float *dweight, float *dbias, size_t rows, size_t width);

/// The mean of n values and the sum of their squared distances from it.
void ck_moments(const float *x, size_t n, float *mean, float *squares);
/// The sum of g, and the sum of g (x - mean) rstd.
void ck_normalized_sums(const float *g, const float *x, size_t n, float mean, float rstd, float *sum, float *dot);
/// dx = a g + b x + c
void ck_combine(const float *g, const float *x, float *dx, size_t n, float a, float b, float c);
