#include "include/attention.h"
#include "lane_max.h"
#include "lane_sum.h"
#include "vector_math.h"

/// e^x for x up to 0; exactly 0 where it is below the smallest normal number.
CK_INLINE float weight(float x) {
    const float value = ck_exp_bounded(x < -87.0f ? -87.0f : x);
    return x < -87.0f ? 0.0f : value;
}

CK_CLONES void ck_attention_weights(float *restrict scores, size_t rows, size_t columns, const float *restrict mask,
                                    size_t mask_stride, float *restrict scales) {
    for (size_t r = 0; r < rows; r++, scores += columns) {
        if (mask) {
            for (size_t i = 0; i < columns; i++) scores[i] += mask[i];
            mask += mask_stride;
        }
        const float largest = ck_max_row(scores, columns);
        float sum;
        CK_LANE_SUM(sum, columns, scores[i] = weight(scores[i] - largest));
        scales[r] = sum == 0 ? 0 : 1.0f / sum;
    }
}

CK_CLONES void ck_scale_rows(const float *x, const float *scales, float *y, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c] * scales[r];
}

CK_CLONES void ck_attention_gradient(const float *restrict weights, const float *restrict scales,
                                     const float *restrict result, const float *restrict above,
                                     float *restrict gradient, size_t rows, size_t columns, size_t outputs) {
    for (size_t r = 0; r < rows; r++, weights += columns, gradient += columns, result += outputs, above += outputs) {
        float mean;
        CK_LANE_SUM(mean, outputs, result[i] * above[i]);
        const float scale = scales[r];
        for (size_t c = 0; c < columns; c++) gradient[c] = weights[c] * scale * (gradient[c] - mean);
    }
}
