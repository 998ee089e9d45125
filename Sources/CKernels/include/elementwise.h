// Element-wise maps over contiguous floats, and binary maps over broadcast rows.
#pragma once
#include <stddef.h>

typedef enum {
    CK_AFFINE,          // p x + q
    CK_RECIPROCAL,      // p / x
    CK_EXP, CK_LOG, CK_SIN, CK_COS, CK_TANH, CK_SIGMOID,
    CK_RELU,
    CK_LEAKY_RELU,      // slope p
    CK_ELU,             // alpha p
    CK_SILU,
    CK_GELU,            // with the error function
    CK_SOFTPLUS,
    CK_SQRT, CK_SQUARE, CK_ABS,
    CK_POWER,           // x^p
    CK_CLAMP,           // to [p, q]
} ck_unary_op;

/// y[i] = op(x[i])
void ck_unary(ck_unary_op op, const float *x, float *y, size_t n, float p, float q);
/// dx[i] = g[i] op'(x[i]), where y[i] = op(x[i])
void ck_unary_gradient(ck_unary_op op, const float *g, const float *x, const float *y, float *dx, size_t n, float p,
                       float q);

typedef enum { CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM, CK_GREATER_EQUAL, CK_EQUAL } ck_binary_op;

/// out[r cols + c] = op(a[r a_row + c a_col], b[r b_row + c b_col]); column strides are 0 or 1.
void ck_binary(ck_binary_op op, size_t rows, size_t cols, float *out, const float *a, size_t a_row, size_t a_col,
               const float *b, size_t b_row, size_t b_col);

/// y[i] += x[i]
void ck_accumulate(const float *x, float *y, size_t n);
/// out[r cols + c] = x[r row_stride + c col_stride]
void ck_gather_2d(const float *x, float *out, size_t rows, size_t cols, size_t row_stride, size_t col_stride);
