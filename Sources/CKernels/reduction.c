#include "include/reduction.h"
#include "lane_max.h"
#include "lane_sum.h"
#include "vector_math.h"
#include <math.h>
#include <string.h>

CK_INLINE float max_row(const float *x, size_t n) {
    float best = x[0];
    for (size_t i = 1; i < n; i++) best = x[i] > best || x[i] != x[i] ? x[i] : best;
    return best;
}

CK_CLONES void ck_sum(const float *restrict x, float *restrict out, size_t reduced, size_t inner) {
    if (inner == 1) {
        out[0] = ck_sum_row(x, reduced);
        return;
    }
    memset(out, 0, inner * sizeof(float));
    for (size_t r = 0; r < reduced; r++, x += inner)
        for (size_t j = 0; j < inner; j++) out[j] += x[j];
}

CK_CLONES void ck_max(const float *restrict x, float *restrict out, size_t reduced, size_t inner) {
    if (inner == 1) {
        out[0] = max_row(x, reduced);
        return;
    }
    memcpy(out, x, inner * sizeof(float));
    x += inner;
    for (size_t r = 1; r < reduced; r++, x += inner)
        for (size_t j = 0; j < inner; j++) out[j] = x[j] > out[j] || x[j] != x[j] ? x[j] : out[j];
}

CK_CLONES double ck_sum_of_squares(const float *x, size_t n) {
    double partial[ck_lanes] = {0};
    size_t i = 0;
    for (; i + ck_lanes <= n; i += ck_lanes)
        for (int k = 0; k < ck_lanes; k++) partial[k] += (double)x[i + k] * x[i + k];
    for (int k = 0; i < n; i++, k++) partial[k] += (double)x[i] * x[i];
    double sum = 0;
    for (int k = 0; k < ck_lanes; k++) sum += partial[k];
    return sum;
}

CK_CLONES void ck_softmax(const float *restrict x, float *restrict y, size_t rows, size_t cols, int logarithm) {
    for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
        const float top = ck_max_row(x, cols);
        for (size_t c = 0; c < cols; c++) y[c] = ck_exp(x[c] - top);
        const float sum = ck_sum_row(y, cols);
        if (logarithm) {
            const float offset = top + logf(sum);
            for (size_t c = 0; c < cols; c++) y[c] = x[c] - offset;
        } else {
            const float scale = 1.0f / sum;
            for (size_t c = 0; c < cols; c++) y[c] *= scale;
        }
    }
}

CK_CLONES void ck_softmax_gradient(const float *restrict g, const float *restrict y, float *restrict dx, size_t rows,
                                   size_t cols, int logarithm) {
    for (size_t r = 0; r < rows; r++, g += cols, y += cols, dx += cols) {
        if (logarithm) {
            const float sum = ck_sum_row(g, cols);
            for (size_t c = 0; c < cols; c++) dx[c] = g[c] - ck_exp(y[c]) * sum;
        } else {
            for (size_t c = 0; c < cols; c++) dx[c] = g[c] * y[c];
            const float sum = ck_sum_row(dx, cols);
            for (size_t c = 0; c < cols; c++) dx[c] -= y[c] * sum;
        }
    }
}
