// Sums by sixteen running sums whatever the vector width, so that every machine adds in the same order.
#pragma once
#include "dispatch.h"
#include <stddef.h>
#include <string.h>

enum { ck_lanes = 16 };

typedef float ck_lane_vector __attribute__((vector_size(4 * ck_lanes)));

CK_INLINE float ck_fold(const float *partial) {
    ck_lane_vector all;
    memcpy(&all, partial, sizeof all);
    const float __attribute__((vector_size(32))) half = __builtin_shufflevector(all, all, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15);
    const float __attribute__((vector_size(16))) quarter = __builtin_shufflevector(half, half, 0, 1, 2, 3)
        + __builtin_shufflevector(half, half, 4, 5, 6, 7);
    const float __attribute__((vector_size(8))) pair = __builtin_shufflevector(quarter, quarter, 0, 1)
        + __builtin_shufflevector(quarter, quarter, 2, 3);
    return pair[0] + pair[1];
}

/// The sum of `term`, an expression in the index i, over 0..<count.
#define CK_LANE_SUM(result, count, term)                                                             \
    do {                                                                                             \
        float partial_[ck_lanes] = {0};                                                              \
        size_t start_ = 0;                                                                           \
        for (; start_ + ck_lanes <= (count); start_ += ck_lanes)                                     \
            for (size_t k_ = 0; k_ < ck_lanes; k_++) { const size_t i = start_ + k_; partial_[k_] += (term); } \
        if (start_ < (count))                                                                        \
            for (size_t k_ = 0; k_ < ck_lanes; k_++) {                                               \
                const size_t i = start_ + k_;                                                        \
                if (i < (count)) partial_[k_] += (term);                                             \
            }                                                                                        \
        (result) = ck_fold(partial_);                                                                \
    } while (0)

CK_INLINE float ck_sum_row(const float *x, size_t n) {
    float sum;
    CK_LANE_SUM(sum, n, x[i]);
    return sum;
}
