#include "include/normalization.h"
#include "lane_sum.h"
#include <math.h>

CK_CLONES void ck_layer_norm(const float *restrict x, const float *restrict weight, const float *restrict bias,
                             float *restrict y, float *restrict mean, float *restrict rstd, size_t rows, size_t width,
                             float epsilon) {
    const float scale = 1.0f / (float)width;
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        float sum, squares;
        CK_LANE_SUM(sum, width, x[i]);
        const float m = sum * scale;
        CK_LANE_SUM(squares, width, (x[i] - m) * (x[i] - m));
        const float d = 1.0f / sqrtf(squares * scale + epsilon);
        mean[r] = m;
        rstd[r] = d;
        if (weight) {
            for (size_t i = 0; i < width; i++) y[i] = (x[i] - m) * d * weight[i] + bias[i];
        } else {
            for (size_t i = 0; i < width; i++) y[i] = (x[i] - m) * d;
        }
    }
}

CK_CLONES void ck_layer_norm_gradient(const float *restrict g, const float *restrict x, const float *restrict weight,
                                      const float *restrict mean, const float *restrict rstd, float *restrict dx,
                                      float *restrict dweight, float *restrict dbias, size_t rows, size_t width) {
    const float scale = 1.0f / (float)width;
    if (weight) {
        for (size_t i = 0; i < width; i++) dweight[i] = dbias[i] = 0;
    }
    for (size_t r = 0; r < rows; r++, g += width, x += width, dx += width) {
        const float m = mean[r], d = rstd[r];
        float sum, dot;
        if (weight) {
            for (size_t i = 0; i < width; i++) {
                dweight[i] += g[i] * (x[i] - m) * d;
                dbias[i] += g[i];
                dx[i] = g[i] * weight[i];
            }
        } else {
            for (size_t i = 0; i < width; i++) dx[i] = g[i];
        }
        CK_LANE_SUM(sum, width, dx[i]);
        CK_LANE_SUM(dot, width, dx[i] * (x[i] - m) * d);
        const float a = sum * scale, b = dot * scale * d;
        for (size_t i = 0; i < width; i++) dx[i] = d * (dx[i] - a - (x[i] - m) * b);
    }
}

// Long rows are summed in blocks, whose sums are added in double precision: a float that has grown large loses what is
// added to it.
enum { block_length = 4096 };

CK_INLINE size_t block_size(size_t n, size_t start) { return n - start < block_length ? n - start : block_length; }

CK_CLONES void ck_moments(const float *x, size_t n, float *mean, float *squares) {
    double total = 0;
    float part;
    for (size_t start = 0; start < n; start += block_length) {
        const float *own = x + start;
        const size_t count = block_size(n, start);
        CK_LANE_SUM(part, count, own[i]);
        total += part;
    }
    const float m = (float)(total / (double)n);
    total = 0;
    for (size_t start = 0; start < n; start += block_length) {
        const float *own = x + start;
        const size_t count = block_size(n, start);
        CK_LANE_SUM(part, count, (own[i] - m) * (own[i] - m));
        total += part;
    }
    *mean = m;
    *squares = (float)total;
}

CK_CLONES void ck_normalized_sums(const float *g, const float *x, size_t n, float mean, float rstd, float *sum,
                                  float *dot) {
    double total = 0, product = 0;
    float part;
    for (size_t start = 0; start < n; start += block_length) {
        const float *above = g + start, *own = x + start;
        const size_t count = block_size(n, start);
        CK_LANE_SUM(part, count, above[i]);
        total += part;
        CK_LANE_SUM(part, count, above[i] * (own[i] - mean));
        product += part;
    }
    *sum = (float)total;
    *dot = (float)(product * rstd);
}

CK_CLONES void ck_combine(const float *restrict g, const float *restrict x, float *restrict dx, size_t n, float a,
                          float b, float c) {
    for (size_t i = 0; i < n; i++) dx[i] = a * g[i] + b * x[i] + c;
}
