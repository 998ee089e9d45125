// Sums by sixteen running sums whatever the vector width, so that every machine adds in the same order.
#pragma once
#include "dispatch.h"
#include <stddef.h>

enum { ck_lanes = 16 };

CK_INLINE float ck_fold(float *partial) {
    for (int width = ck_lanes / 2; width > 0; width /= 2)
        for (int k = 0; k < width; k++) partial[k] += partial[k + width];
    return partial[0];
}

/// The sum of `term`, an expression in the index i, over 0..<count.
#define CK_LANE_SUM(result, count, term)                                                             \
    do {                                                                                             \
        float partial_[ck_lanes] = {0};                                                              \
        size_t start_ = 0;                                                                           \
        for (; start_ + ck_lanes <= (count); start_ += ck_lanes)                                     \
            for (size_t k_ = 0; k_ < ck_lanes; k_++) { const size_t i = start_ + k_; partial_[k_] += (term); } \
        for (size_t k_ = 0; start_ + k_ < (count); k_++) { const size_t i = start_ + k_; partial_[k_] += (term); } \
        (result) = ck_fold(partial_);                                                                \
    } while (0)

CK_INLINE float ck_sum_row(const float *x, size_t n) {
    float sum;
    CK_LANE_SUM(sum, n, x[i]);
    return sum;
}
