#include "include/layer_norm.h"
#include "dispatch.h"
#include <math.h>
#include <string.h>

enum { LANES = 8 };

/// Sum in eight interleaved parts, so that the order of additions is the same for every vector width.
CK_INLINE float lane_sum(const float *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#define LANE_SUM(total, expression)                                                           \
    do {                                                                                      \
        float lanes[LANES] = {0};                                                             \
        size_t i = 0;                                                                         \
        for (; i + LANES <= size; i += LANES)                                                 \
            for (size_t lane = 0; lane < LANES; lane++) { const size_t j = i + lane; lanes[lane] += (expression); } \
        for (size_t lane = 0; i + lane < size; lane++) { const size_t j = i + lane; lanes[lane] += (expression); } \
        total = lane_sum(lanes);                                                              \
    } while (0)

CK_CLONES void ck_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, float *y, float *mean, float *scale,
    size_t rows, size_t size) {
    for (size_t row = 0; row < rows; row++) {
        const float *restrict v = x + row * size;
        float *restrict out = y + row * size;
        float sum, squares;
        LANE_SUM(sum, v[j]);
        const float m = sum / (float)size;
        LANE_SUM(squares, (v[j] - m) * (v[j] - m));
        const float s = 1.0f / sqrtf(squares / (float)size + epsilon);
        mean[row] = m;
        scale[row] = s;
        for (size_t j = 0; j < size; j++) out[j] = (v[j] - m) * s * weight[j] + bias[j];
    }
}

CK_CLONES void ck_layer_norm_gradient(
    const float *g, const float *x, const float *weight, const float *mean, const float *scale, float *dx,
    float *weight_gradient, float *bias_gradient, size_t rows, size_t size) {
    memset(weight_gradient, 0, size * sizeof(float));
    memset(bias_gradient, 0, size * sizeof(float));
    for (size_t row = 0; row < rows; row++) {
        const float *restrict v = x + row * size, *restrict u = g + row * size;
        float *restrict out = dx + row * size;
        const float m = mean[row], s = scale[row];
        float sum, dot;
        LANE_SUM(sum, u[j] * weight[j]);
        LANE_SUM(dot, u[j] * weight[j] * (v[j] - m) * s);
        const float a = sum / (float)size, b = dot / (float)size;
        for (size_t j = 0; j < size; j++) {
            const float normalized = (v[j] - m) * s;
            out[j] = s * (u[j] * weight[j] - a - normalized * b);
            weight_gradient[j] += u[j] * normalized;
            bias_gradient[j] += u[j];
        }
    }
}
