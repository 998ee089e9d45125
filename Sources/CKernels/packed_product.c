#include "panel.h"

enum { tile_rows = 6 };

/// `rows` is a constant at every call, so that the sums live in registers.
CK_INLINE void tile(size_t rows, const float *x, size_t x_stride, size_t depth, const float *panel, const float *bias,
                    const float *slopes, float *y, size_t y_stride, int adds) {
    ck_panel sums[tile_rows];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) sums[r] = CK_PANEL_OF(bias);
    for (size_t k = 0; k < depth; k++) {
        const ck_panel w = CK_PANEL_OF(panel + k * CK_PANEL);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) sums[r] += x[r * x_stride + k] * w;
    }
    const ck_panel zero = {0};
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
        ck_panel result = sums[r];
        if (slopes)
            result = __builtin_elementwise_max(result, zero)
                     + CK_PANEL_OF(slopes) * __builtin_elementwise_min(result, zero);
        if (adds) result += CK_PANEL_OF(y + r * y_stride);
        CK_PANEL_AT(y + r * y_stride) = result;
    }
}

CK_CLONES void ck_packed_rows(const ck_packed_product *product, const float *x, size_t x_stride, size_t rows, float *y,
                              size_t y_stride, int adds) {
    const size_t depth = product->depth;
    // Tiles of nearly equal heights: a last one of a single row would wait for its own sums.
    const size_t tiles = (rows + tile_rows - 1) / tile_rows;
    for (size_t column = 0; column < product->columns; column += CK_PANEL) {
        const float *panel = product->packed + column * depth, *bias = product->bias + column;
        const float *slopes = product->slopes ? product->slopes + column : NULL;
        size_t row = 0;
        for (size_t t = 0; t < tiles; t++) {
            const size_t height = (rows - row + tiles - t - 1) / (tiles - t);
            const float *from = x + row * x_stride;
            float *to = y + row * y_stride + column;
            switch (height) {
            case 6: tile(6, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            case 5: tile(5, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            case 4: tile(4, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            case 3: tile(3, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            case 2: tile(2, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            default: tile(1, from, x_stride, depth, panel, bias, slopes, to, y_stride, adds); break;
            }
            row += height;
        }
    }
}

CK_CLONES void ck_copy_rows(const float *restrict x, size_t x_stride, float *restrict y, size_t y_stride, size_t rows,
                            size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) y[r * y_stride + c] = x[r * x_stride + c];
}

CK_CLONES void ck_add_rows(const float *restrict x, size_t x_stride, float *restrict y, size_t y_stride, size_t rows,
                           size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) y[r * y_stride + c] += x[r * x_stride + c];
}
