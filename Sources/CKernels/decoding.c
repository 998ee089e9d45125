#include "include/decoding.h"
#include "lane_sum.h"
#include "panel.h"
#include <math.h>
#include <string.h>

typedef uint32_t words __attribute__((vector_size(64), aligned(4), may_alias));
typedef int8_t bytes __attribute__((vector_size(32), aligned(1), may_alias));
typedef int16_t halves __attribute__((vector_size(64), aligned(2), may_alias));
typedef int32_t products __attribute__((vector_size(128)));
typedef int32_t integers __attribute__((vector_size(64)));

/// Outputs and input rows that one tile computes together. Weights of a tile's outputs lie in turns, a cache line each.
enum { tile_outputs = 2, tile_rows = 2, line = 64 };

typedef ck_panel tile_sums[tile_outputs][tile_rows];

/// `rows` is a constant at every call of the three, so that the sums live in registers.
CK_INLINE void sum_float32(size_t rows, const ck_weights *weights, size_t output, const ck_rows *in, size_t row,
                           tile_sums sums) {
    const size_t depth = weights->depth;
    const float *w = (const float *)weights->values + output * depth, *x = in->x + row * in->stride;
    for (size_t k = 0; k < depth; k += CK_PANEL, w += 2 * CK_PANEL) {
        const ck_panel first = CK_PANEL_OF(w), second = CK_PANEL_OF(w + CK_PANEL);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            const ck_panel v = CK_PANEL_OF(x + r * in->stride + k);
            sums[0][r] += first * v;
            sums[1][r] += second * v;
        }
    }
}

CK_INLINE void sum_bfloat16(size_t rows, const ck_weights *weights, size_t output, const ck_rows *in, size_t row,
                            tile_sums sums) {
    const size_t depth = weights->depth;
    const uint32_t *w = (const uint32_t *)weights->values + output * depth / 2;
    const float *x = in->x + row * in->stride;
    for (size_t k = 0; k < depth; k += 2 * CK_PANEL, w += 2 * CK_PANEL) {
        const words first = *(const words *)w, second = *(const words *)(w + CK_PANEL);
        const ck_panel low[tile_outputs] = {(ck_panel)(first << 16), (ck_panel)(second << 16)};
        const ck_panel high[tile_outputs] = {(ck_panel)(first & 0xFFFF0000u), (ck_panel)(second & 0xFFFF0000u)};
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            const float *v = x + r * in->stride + k;
            sums[0][r] += low[0] * CK_PANEL_OF(v);
            sums[0][r] += high[0] * CK_PANEL_OF(v + CK_PANEL);
            sums[1][r] += low[1] * CK_PANEL_OF(v);
            sums[1][r] += high[1] * CK_PANEL_OF(v + CK_PANEL);
        }
    }
}

/// Sums of neighbouring products of 32 pairs: one instruction where there is one for it.
#define PAIR_PRODUCTS(result, a, b)                                                                                  \
    do {                                                                                                             \
        const products all_ = __builtin_convertvector(a, products) * __builtin_convertvector(b, products);            \
        (result) = __builtin_shufflevector(all_, all_, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)      \
                   + __builtin_shufflevector(all_, all_, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);   \
    } while (0)

/// A group's sum is exact in 32 bits: 64 · 127 · 32767 < 2^31.
CK_INLINE void sum_int8(size_t rows, const ck_weights *weights, size_t output, const ck_rows *in, size_t row,
                        tile_sums sums) {
    const size_t depth = weights->depth, groups = depth / CK_GROUP;
    const int8_t *w = (const int8_t *)weights->values + output * depth;
    const float *w_scales = weights->scales + output * groups, *x_scales = in->scales + row * groups;
    const int16_t *x = in->quantized + row * depth;
    for (size_t g = 0; g < groups; g++, w += tile_outputs * CK_GROUP, w_scales += tile_outputs) {
        halves parts[tile_outputs][2];
#pragma clang loop unroll(full)
        for (size_t o = 0; o < tile_outputs; o++) {
            parts[o][0] = __builtin_convertvector(*(const bytes *)(w + o * CK_GROUP), halves);
            parts[o][1] = __builtin_convertvector(*(const bytes *)(w + o * CK_GROUP + 32), halves);
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            const int16_t *v = x + r * depth + g * CK_GROUP;
            const halves first = *(const halves *)v, second = *(const halves *)(v + 32);
            const float scale = x_scales[r * groups + g];
#pragma clang loop unroll(full)
            for (size_t o = 0; o < tile_outputs; o++) {
                integers low, high;
                PAIR_PRODUCTS(low, parts[o][0], first);
                PAIR_PRODUCTS(high, parts[o][1], second);
                sums[o][r] += w_scales[o] * scale * __builtin_convertvector(low + high, ck_panel);
            }
        }
    }
}

CK_INLINE void tile(ck_weight_type type, size_t rows, const ck_weights *weights, size_t output, size_t outputs,
                    const ck_rows *in, size_t row, float *y, size_t y_stride, int adds) {
    tile_sums sums = {{{0}}};
    switch (type) {
    case CK_WEIGHTS_FLOAT32: sum_float32(rows, weights, output, in, row, sums); break;
    case CK_WEIGHTS_BFLOAT16: sum_bfloat16(rows, weights, output, in, row, sums); break;
    case CK_WEIGHTS_INT8: sum_int8(rows, weights, output, in, row, sums); break;
    }
    for (size_t o = 0; o < outputs; o++)
        for (size_t r = 0; r < rows; r++) {
            float lanes[CK_PANEL];
            memcpy(lanes, &sums[o][r], sizeof lanes);
            const float sum = ck_fold(lanes);
            float *target = y + (row + r) * y_stride + output + o;
            *target = adds ? *target + sum : sum;
        }
}

CK_INLINE void all_tiles(ck_weight_type type, const ck_weights *weights, const ck_rows *in, size_t first,
                         size_t outputs, float *y, size_t y_stride, int adds) {
    for (size_t o = 0; o < outputs; o += tile_outputs) {
        const size_t height = outputs - o < tile_outputs ? outputs - o : tile_outputs;
        size_t row = 0;
        for (; row + tile_rows <= in->count; row += tile_rows)
            tile(type, tile_rows, weights, first + o, height, in, row, y, y_stride, adds);
        if (row < in->count) tile(type, 1, weights, first + o, height, in, row, y, y_stride, adds);
    }
}

CK_CLONES void ck_weighted_rows(const ck_weights *weights, const ck_rows *rows, size_t first, size_t outputs, float *y,
                                size_t y_stride, int adds) {
    switch (weights->type) {
    case CK_WEIGHTS_FLOAT32: all_tiles(CK_WEIGHTS_FLOAT32, weights, rows, first, outputs, y, y_stride, adds); break;
    case CK_WEIGHTS_BFLOAT16: all_tiles(CK_WEIGHTS_BFLOAT16, weights, rows, first, outputs, y, y_stride, adds); break;
    case CK_WEIGHTS_INT8: all_tiles(CK_WEIGHTS_INT8, weights, rows, first, outputs, y, y_stride, adds); break;
    }
}

CK_INLINE uint16_t rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

CK_CLONES void ck_round_bfloat16(const float *restrict x, uint16_t *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = rounded(x[i]);
}

/// The largest magnitude of a group, NaN where a number is not finite.
CK_INLINE float largest(const float *x, size_t n) {
    float best = 0, check = 0;
    for (size_t i = 0; i < n; i++) {
        const float size = fabsf(x[i]);
        best = size > best ? size : best;
        check += x[i] * 0;
    }
    return best + check;
}

/// The place of the first byte of a row's line in a tile.
CK_INLINE size_t line_start(size_t row, size_t index, size_t lines) {
    return ((row / tile_outputs * lines + index) * tile_outputs + row % tile_outputs) * line;
}

static void pack_group(const float *source, size_t count, int8_t *values, float *scale) {
    const float top = largest(source, count), inverse = top > 0 ? 127 / top : 0;
    // The reciprocal of a subnormal is infinite; so small a group is zero.
    const int sound = inverse > 0 && inverse <= 3e38f;
    *scale = top == top ? (sound ? top / 127 : 0) : top;
    for (size_t i = 0; i < count; i++) values[i] = sound ? (int8_t)lrintf(source[i] * inverse) : 0;
}

void ck_pack_weights(const ck_weights *weights, const float *source, size_t first, size_t rows, size_t columns) {
    char *values = (char *)weights->values;
    float *scales = (float *)weights->scales;
    const size_t width = weights->type == CK_WEIGHTS_FLOAT32 ? 16 : weights->type == CK_WEIGHTS_BFLOAT16 ? 32 : CK_GROUP;
    const size_t lines = weights->depth / width;
    for (size_t row = first; row < first + rows; row++, source += columns)
        for (size_t start = 0; start < columns; start += width) {
            const size_t count = columns - start < width ? columns - start : width;
            char *target = values + line_start(row, start / width, lines);
            switch (weights->type) {
            case CK_WEIGHTS_FLOAT32: memcpy(target, source + start, count * sizeof(float)); break;
            case CK_WEIGHTS_BFLOAT16:
                for (size_t i = 0; i < count; i++) ((uint16_t *)target)[2 * (i % 16) + i / 16] = rounded(source[start + i]);
                break;
            case CK_WEIGHTS_INT8:
                pack_group(
                    source + start, count, (int8_t *)target,
                    scales + (row / tile_outputs * lines + start / width) * tile_outputs + row % tile_outputs);
                break;
            }
        }
}

CK_CLONES void ck_quantize_rows(const float *restrict x, size_t stride, size_t count, size_t depth,
                                int16_t *restrict values, float *restrict scales) {
    for (size_t row = 0; row < count; row++, x += stride)
        for (size_t start = 0; start < depth; start += CK_GROUP, values += CK_GROUP, scales++) {
            float sizes[ck_lanes] = {0}, check[ck_lanes] = {0};
            for (size_t i = 0; i < CK_GROUP; i += ck_lanes)
                for (size_t k = 0; k < ck_lanes; k++) {
                    const float v = x[start + i + k], size = v < 0 ? -v : v;
                    sizes[k] = size > sizes[k] ? size : sizes[k];
                    check[k] += v * 0;
                }
            float top = 0;
            for (size_t k = 0; k < ck_lanes; k++) top = sizes[k] > top ? sizes[k] : top;
            const float bad = ck_fold(check), inverse = top > 1e-30f && bad == 0 ? 32767 / top : 0;
            *scales = bad == 0 ? (inverse > 0 ? top / 32767 : 0) : bad;
            for (size_t i = 0; i < CK_GROUP; i++) {
                const float scaled = (bad == 0 ? x[start + i] : 0) * inverse;
                values[i] = (int16_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
            }
        }
}

CK_CLONES int ck_all_finite(const float *x, size_t n) {
    float sum;
    CK_LANE_SUM(sum, n, x[i] * 0);
    return sum == 0;
}
