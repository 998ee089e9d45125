#include "include/elementwise.h"
#include "vector_math.h"
#include <math.h>

#define MAP(name, expression)                                                                     \
    CK_CLONES static void name(const float *restrict x, float *restrict y, size_t n, float p, float q) { \
        (void)p; (void)q;                                                                         \
        for (size_t i = 0; i < n; i++) { const float v = x[i]; y[i] = expression; }               \
    }

CK_INLINE float gelu_cdf(float v) { return 0.5f * (1.0f + ck_erf(v * 0.70710678f)); }
CK_INLINE float softplus(float v) { return (v > 0 ? v : 0) + log1pf(expf(-fabsf(v))); }

MAP(map_affine, p * v + q)
MAP(map_reciprocal, p / v)
MAP(map_exp, ck_exp(v))
MAP(map_log, logf(v))
MAP(map_sin, sinf(v))
MAP(map_cos, cosf(v))
MAP(map_tanh, ck_tanh(v))
MAP(map_sigmoid, ck_sigmoid(v))
MAP(map_relu, v > 0 ? v : v <= 0 ? 0 : v)
MAP(map_leaky_relu, v > 0 ? v : p * v)
MAP(map_elu, v > 0 ? v : v <= 0 ? p * ck_expm1(v) : v)
MAP(map_silu, v * ck_sigmoid(v))
MAP(map_gelu, v * gelu_cdf(v))
MAP(map_softplus, softplus(v))
MAP(map_sqrt, sqrtf(v))
MAP(map_square, v * v)
MAP(map_abs, fabsf(v))
MAP(map_power, powf(v, p))
MAP(map_clamp, v < p ? p : v > q ? q : v)

typedef void (*unary_map)(const float *, float *, size_t, float, float);
static const unary_map maps[] = {
    map_affine, map_reciprocal, map_exp, map_log, map_sin, map_cos, map_tanh, map_sigmoid, map_relu, map_leaky_relu,
    map_elu, map_silu, map_gelu, map_softplus, map_sqrt, map_square, map_abs, map_power, map_clamp,
};

void ck_unary(ck_unary_op op, const float *x, float *y, size_t n, float p, float q) { maps[op](x, y, n, p, q); }

#define SLOPE(name, expression)                                                                          \
    CK_CLONES static void name(const float *restrict g, const float *restrict x, const float *restrict y, \
                               float *restrict dx, size_t n, float p, float q) {                         \
        (void)p; (void)q;                                                                                \
        for (size_t i = 0; i < n; i++) {                                                                 \
            const float v = x[i], w = y[i];                                                              \
            (void)v; (void)w;                                                                            \
            dx[i] = g[i] * (expression);                                                                 \
        }                                                                                                \
    }

CK_INLINE float silu_slope(float v) {
    const float s = ck_sigmoid(v);
    return s * (1.0f + v * (1.0f - s));
}
CK_INLINE float gelu_slope(float v) { return gelu_cdf(v) + v * 0.39894228f * ck_exp(-0.5f * v * v); }

SLOPE(slope_affine, p)
SLOPE(slope_reciprocal, -w / v)
SLOPE(slope_exp, w)
SLOPE(slope_log, 1.0f / v)
SLOPE(slope_sin, cosf(v))
SLOPE(slope_cos, -sinf(v))
SLOPE(slope_tanh, 1.0f - w * w)
SLOPE(slope_sigmoid, w * (1.0f - w))
SLOPE(slope_relu, v > 0 ? 1.0f : 0.0f)
SLOPE(slope_leaky_relu, v > 0 ? 1.0f : p)
SLOPE(slope_elu, v > 0 ? 1.0f : w + p)
SLOPE(slope_silu, silu_slope(v))
SLOPE(slope_gelu, gelu_slope(v))
SLOPE(slope_softplus, ck_sigmoid(v))
SLOPE(slope_sqrt, 0.5f / w)
SLOPE(slope_square, 2.0f * v)
SLOPE(slope_abs, v > 0 ? 1.0f : v < 0 ? -1.0f : 0.0f)
SLOPE(slope_power, p == 0.0f ? 0.0f : p * powf(v, p - 1.0f))
SLOPE(slope_clamp, v >= p && v <= q ? 1.0f : 0.0f)

typedef void (*unary_slope)(const float *, const float *, const float *, float *, size_t, float, float);
static const unary_slope slopes[] = {
    slope_affine, slope_reciprocal, slope_exp, slope_log, slope_sin, slope_cos, slope_tanh, slope_sigmoid, slope_relu,
    slope_leaky_relu, slope_elu, slope_silu, slope_gelu, slope_softplus, slope_sqrt, slope_square, slope_abs,
    slope_power, slope_clamp,
};

void ck_unary_gradient(ck_unary_op op, const float *g, const float *x, const float *y, float *dx, size_t n, float p,
                       float q) {
    slopes[op](g, x, y, dx, n, p, q);
}
