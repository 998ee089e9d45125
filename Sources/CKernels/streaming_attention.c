#include "lane_sum.h"
#include "panel.h"
#include "vector_math.h"
#include <math.h>

CK_CLONES void ck_norm_rows(const float *restrict x, size_t x_stride, size_t rows, size_t width,
                            const float *restrict weight, const float *restrict bias, float epsilon, float *restrict y,
                            size_t y_stride) {
    const float scale = 1.0f / (float)width;
    for (size_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        float sum, squares;
        CK_LANE_SUM(sum, width, x[i]);
        const float mean = sum * scale;
        CK_LANE_SUM(squares, width, (x[i] - mean) * (x[i] - mean));
        const float inverse = 1.0f / sqrtf(squares * scale + epsilon);
        for (size_t i = 0; i < width; i++) y[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
    }
}

CK_INLINE float fold(const ck_panel *sums) {
    float lanes[CK_PANEL];
    memcpy(lanes, sums, sizeof lanes);
    return ck_fold(lanes);
}

typedef uint16_t ck_half_panel __attribute__((vector_size(2 * CK_PANEL), aligned(2), may_alias));
typedef uint32_t ck_word_panel __attribute__((vector_size(4 * CK_PANEL)));

/// Elements of an array of float32, or of bfloat16 where `half` is set.
CK_INLINE void load(int half, const void *array, size_t index, ck_panel *out) {
    if (half) {
        const ck_half_panel stored = *(const ck_half_panel *)((const uint16_t *)array + index);
        *out = (ck_panel)(__builtin_convertvector(stored, ck_word_panel) << 16);
    } else {
        *out = CK_PANEL_OF((const float *)array + index);
    }
}

/// Products of the query with `count` (a constant) neighbouring keys, the first of them at `start`.
CK_INLINE void scores(int half, size_t count, const float *query, const void *keys, size_t start, size_t width,
                      float scale, float *out) {
    ck_panel sums[4] = {{0}, {0}, {0}, {0}};
    for (size_t i = 0; i < width; i += CK_PANEL) {
        const ck_panel q = CK_PANEL_OF(query + i);
#pragma clang loop unroll(full)
        for (size_t f = 0; f < count; f++) {
            ck_panel key;
            load(half, keys, start + f * width + i, &key);
            sums[f] += q * key;
        }
    }
#pragma clang loop unroll(full)
    for (size_t f = 0; f < count; f++) out[f] = scale * fold(&sums[f]);
}

/// Adds `count` (a constant) weighted rows to the output.
CK_INLINE void mix(int half, size_t count, const float *weights, const void *values, size_t start, size_t width,
                   float *output) {
    for (size_t i = 0; i < width; i += CK_PANEL) {
        ck_panel sum = CK_PANEL_OF(output + i);
#pragma clang loop unroll(full)
        for (size_t f = 0; f < count; f++) {
            ck_panel value;
            load(half, values, start + f * width + i, &value);
            sum += weights[f] * value;
        }
        CK_PANEL_AT(output + i) = sum;
    }
}

CK_INLINE void attend(int half, const float *query, const void *keys, size_t key_width, const void *values,
                      size_t value_width, size_t frames, float scale, float *restrict weights, float *output) {
    size_t f = 0;
    for (; f + 4 <= frames; f += 4) scores(half, 4, query, keys, f * key_width, key_width, scale, weights + f);
    for (; f < frames; f++) scores(half, 1, query, keys, f * key_width, key_width, scale, weights + f);

    float largest = weights[0];
    for (f = 1; f < frames; f++) largest = weights[f] > largest ? weights[f] : largest;
    float sum;
    for (f = 0; f < frames; f++) weights[f] = ck_exp(weights[f] - largest);
    CK_LANE_SUM(sum, frames, weights[i]);
    const float inverse = 1.0f / sum;
    for (f = 0; f < frames; f++) weights[f] *= inverse;

    memset(output, 0, value_width * sizeof(float));
    for (f = 0; f + 4 <= frames; f += 4) mix(half, 4, weights + f, values, f * value_width, value_width, output);
    for (; f < frames; f++) mix(half, 1, weights + f, values, f * value_width, value_width, output);
}

CK_CLONES void ck_attend(const float *query, const float *keys, size_t key_width, const float *values,
                         size_t value_width, size_t frames, float scale, float *restrict weights, float *output) {
    attend(0, query, keys, key_width, values, value_width, frames, scale, weights, output);
}

CK_CLONES void ck_attend_bfloat16(const float *query, const uint16_t *keys, size_t key_width, const uint16_t *values,
                                  size_t value_width, size_t frames, float scale, float *restrict weights,
                                  float *output) {
    attend(1, query, keys, key_width, values, value_width, frames, scale, weights, output);
}
