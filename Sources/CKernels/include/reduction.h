// Sums and maxima along one axis of [outer, reduced, inner]; the order of additions depends on the sizes only.
#pragma once
#include <stddef.h>

/// out[j] = sum over r of x[r inner + j]
void ck_sum(const float *x, float *out, size_t reduced, size_t inner);
/// out[j] = maximum over r of x[r inner + j]
void ck_max(const float *x, float *out, size_t reduced, size_t inner);
/// Sum of squares in double precision.
double ck_sum_of_squares(const float *x, size_t n);

/// Each of `rows` rows of `cols`: exp(x - max) / sum, or its logarithm.
void ck_softmax(const float *x, float *y, size_t rows, size_t cols, int logarithm);
/// dx from g and y of the above.
void ck_softmax_gradient(const float *g, const float *y, float *dx, size_t rows, size_t cols, int logarithm);
