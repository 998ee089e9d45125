// Maxima by sixteen running maxima, which the compiler can vectorise.
#pragma once
#include "dispatch.h"
#include <stddef.h>

/// The largest of `n` values, NaN passed over; -∞ of none.
CK_INLINE float ck_max_row(const float *x, size_t n) {
    enum { lanes = 16 };
    float largest[lanes];
    size_t start = 0;
    for (int k = 0; k < lanes; k++) largest[k] = -__builtin_inff();
    for (; start + lanes <= n; start += lanes)
        for (int k = 0; k < lanes; k++) largest[k] = x[start + k] > largest[k] ? x[start + k] : largest[k];
    for (; start < n; start++) largest[0] = x[start] > largest[0] ? x[start] : largest[0];
    for (int width = lanes / 2; width > 0; width /= 2)
        for (int k = 0; k < width; k++)
            largest[k] = largest[k + width] > largest[k] ? largest[k + width] : largest[k];
    return largest[0];
}
