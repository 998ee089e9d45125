#include "include/elementwise.h"
#include "dispatch.h"
#include <string.h>

#define ROWS(name, expression)                                                                            \
    CK_CLONES static void name(size_t rows, size_t cols, float *restrict out, const float *a0, size_t a_row, \
                               size_t a_col, const float *b0, size_t b_row, size_t b_col) {               \
        for (size_t r = 0; r < rows; r++, out += cols, a0 += a_row, b0 += b_row) {                        \
            if (a_col && b_col) {                                                                         \
                for (size_t c = 0; c < cols; c++) { const float a = a0[c], b = b0[c]; out[c] = expression; } \
            } else if (a_col) {                                                                           \
                const float b = *b0;                                                                      \
                for (size_t c = 0; c < cols; c++) { const float a = a0[c]; out[c] = expression; }         \
            } else if (b_col) {                                                                           \
                const float a = *a0;                                                                      \
                for (size_t c = 0; c < cols; c++) { const float b = b0[c]; out[c] = expression; }         \
            } else {                                                                                      \
                const float a = *a0, b = *b0;                                                             \
                for (size_t c = 0; c < cols; c++) out[c] = expression;                                    \
            }                                                                                             \
        }                                                                                                 \
    }

ROWS(rows_add, a + b)
ROWS(rows_subtract, a - b)
ROWS(rows_multiply, a * b)
ROWS(rows_divide, a / b)
ROWS(rows_maximum, a >= b || a != a ? a : b)
ROWS(rows_minimum, a <= b || a != a ? a : b)
ROWS(rows_greater_equal, a >= b ? 1.0f : 0.0f)
ROWS(rows_equal, a == b ? 1.0f : 0.0f)

typedef void (*rows_map)(size_t, size_t, float *, const float *, size_t, size_t, const float *, size_t, size_t);
static const rows_map maps[] = {
    rows_add, rows_subtract, rows_multiply, rows_divide, rows_maximum, rows_minimum, rows_greater_equal, rows_equal,
};

void ck_binary(ck_binary_op op, size_t rows, size_t cols, float *out, const float *a, size_t a_row, size_t a_col,
               const float *b, size_t b_row, size_t b_col) {
    maps[op](rows, cols, out, a, a_row, a_col, b, b_row, b_col);
}

CK_CLONES void ck_accumulate(const float *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

enum { tile = 16 };

/// A transposing copy in tiles, so that both sides stay within a few cache lines.
static void gather_tiles(const float *x, float *out, size_t rows, size_t cols, size_t row_stride, size_t col_stride) {
    for (size_t r0 = 0; r0 < rows; r0 += tile) {
        const size_t r1 = r0 + tile < rows ? r0 + tile : rows;
        for (size_t c0 = 0; c0 < cols; c0 += tile) {
            const size_t c1 = c0 + tile < cols ? c0 + tile : cols;
            for (size_t r = r0; r < r1; r++)
                for (size_t c = c0; c < c1; c++) out[r * cols + c] = x[r * row_stride + c * col_stride];
        }
    }
}

void ck_gather_2d(const float *x, float *out, size_t rows, size_t cols, size_t row_stride, size_t col_stride) {
    if (col_stride == 1 || cols == 1) {
        for (size_t r = 0; r < rows; r++) memcpy(out + r * cols, x + r * row_stride, cols * sizeof(float));
    } else if (col_stride == 0) {
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++) out[r * cols + c] = x[r * row_stride];
    } else {
        gather_tiles(x, out, rows, cols, row_stride, col_stride);
    }
}
