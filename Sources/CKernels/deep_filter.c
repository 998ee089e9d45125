#include "include/deep_filter.h"
#include "dispatch.h"
#include <stddef.h>

enum { TERMS = 5 };

CK_CLONES static void accumulate(const float *filters, int term, const float *source, float *output, long bins) {
    if (!source) return;
    for (long i = 0; i < bins; i++) {
        const float re = filters[i * 2 * TERMS + 2 * term], im = filters[i * 2 * TERMS + 2 * term + 1];
        output[2 * i] += re * source[2 * i] - im * source[2 * i + 1];
        output[2 * i + 1] += re * source[2 * i + 1] + im * source[2 * i];
    }
}

void ck_deep_filter(
    const float *filters, const float *past, const float *present, const float *future, const float *state,
    float *output, long bins) {
    for (long i = 0; i < bins; i++) {
        output[2 * i] = filters[i * 2 * TERMS + 8];
        output[2 * i + 1] = filters[i * 2 * TERMS + 9];
    }
    accumulate(filters, 0, past, output, bins);
    accumulate(filters, 1, present, output, bins);
    accumulate(filters, 2, future, output, bins);
    accumulate(filters, 3, state, output, bins);
}

CK_CLONES void ck_deep_filter_gradient(
    const float *gradient, const float *past, const float *present, const float *future, const float *state,
    float *filtersGradient, long bins) {
    const float *sources[] = {past, present, future, state};
    for (long i = 0; i < bins; i++) {
        const float re = gradient[2 * i], im = gradient[2 * i + 1];
        float *row = filtersGradient + i * 2 * TERMS;
        for (int term = 0; term < TERMS - 1; term++) {
            const float a = sources[term] ? sources[term][2 * i] : 0, b = sources[term] ? sources[term][2 * i + 1] : 0;
            row[2 * term] = re * a + im * b;
            row[2 * term + 1] = im * a - re * b;
        }
        row[8] = re;
        row[9] = im;
    }
}

CK_CLONES void ck_deep_filter_adjoint(const float *filters, int term, const float *gradient, float *target, long bins) {
    for (long i = 0; i < bins; i++) {
        const float re = filters[i * 2 * TERMS + 2 * term], im = filters[i * 2 * TERMS + 2 * term + 1];
        target[2 * i] += re * gradient[2 * i] + im * gradient[2 * i + 1];
        target[2 * i + 1] += re * gradient[2 * i + 1] - im * gradient[2 * i];
    }
}
