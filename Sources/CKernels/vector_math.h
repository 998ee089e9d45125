// Branch-free float functions that the compiler can vectorise; relative error about 1e-7.
#pragma once
#include "dispatch.h"
#include <stdint.h>
#include <string.h>

CK_INLINE float ck_float_from_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// (e^r - 1 - r) / r² for |r| up to ln 2 / 2.
CK_INLINE float ck_exp_series(float r) {
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    return p * r + 5.0000001201e-1f;
}

/// e^x: x = n ln 2 + r, a polynomial in r, and 2^n in two factors so that subnormals and infinity come out right.
CK_INLINE float ck_exp(float x) {
    const float bounded = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
    const float shifted = bounded * 1.44269504f + 12582912.0f;
    const float n = shifted - 12582912.0f;
    const float r = (bounded - n * 0.693359375f) - n * -2.12194440e-4f;
    const float p = ck_exp_series(r) * r * r + r + 1.0f;
    const int32_t exponent = (int32_t)n, half = exponent >> 1;
    return p * ck_float_from_bits((half + 127) << 23) * ck_float_from_bits((exponent - half + 127) << 23);
}

/// e^x for |x| up to 87, where one factor of two to a power is enough.
CK_INLINE float ck_exp_bounded(float x) {
    const float shifted = x * 1.44269504f + 12582912.0f;
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    const float p = ck_exp_series(r) * r * r + r + 1.0f;
    return p * ck_float_from_bits(((int32_t)n + 127) << 23);
}

/// e^x - 1 for x up to 87, without cancellation near zero.
CK_INLINE float ck_expm1(float x) {
    const float bounded = x < -87.0f ? -87.0f : x;
    const float shifted = bounded * 1.44269504f + 12582912.0f;
    const float n = shifted - 12582912.0f;
    const float r = (bounded - n * 0.693359375f) - n * -2.12194440e-4f;
    const float p = ck_exp_series(r);
    const float scale = ck_float_from_bits(((int32_t)n + 127) << 23);
    return scale * (p * r * r + r) + (scale - 1.0f);
}

CK_INLINE float ck_sigmoid(float x) { return 1.0f / (1.0f + ck_exp(-x)); }

/// The sigmoid with its smallest values cut off at e^-87.
CK_INLINE float ck_gate(float x) {
    const float bounded = x > 87.0f ? 87.0f : x < -87.0f ? -87.0f : x;
    return 1.0f / (1.0f + ck_exp_bounded(-bounded));
}

/// tanh by an odd polynomial near zero, where 1 - 2/(e^2x + 1) would cancel, and by that formula elsewhere.
CK_INLINE float ck_tanh(float x) {
    const float magnitude = x < 0 ? -x : x;
    const float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const float near = p * z * x + x;
    const float far = 1.0f - 2.0f / (ck_exp_bounded(magnitude > 20.0f ? 40.0f : 2.0f * magnitude) + 1.0f);
    return magnitude < 0.625f ? near : (x < 0 ? -far : far);
}

/// erf by x P(x²) / Q(x²), fitted for the least relative error up to where it rounds to 1, within 4e-7.
CK_INLINE float ck_erf(float x) {
    const float bounded = x > 3.9192059f ? 3.9192059f : x < -3.9192059f ? -3.9192059f : x;
    const float z = bounded * bounded;
    float p = 2.05105456e-6f;
    p = p * z + 2.84865972e-4f;
    p = p * z + 3.76319411e-3f;
    p = p * z + 5.27413653e-2f;
    p = p * z + 1.90344945e-1f;
    p = p * z + 1.12837915f;
    float q = 3.81008604e-5f;
    q = q * z + 1.16201852e-3f;
    q = q * z + 1.49643314e-2f;
    q = q * z + 1.14084389e-1f;
    q = q * z + 5.02021564e-1f;
    q = q * z + 1.0f;
    return bounded * p / q;
}
