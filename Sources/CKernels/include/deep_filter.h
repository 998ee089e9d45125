#pragma once

/// One frame of a complex five-term filter: `filters` is [bins, 5, 2], every other array [bins, 2];
/// a null neighbour counts as silence. output = f0*past + f1*present + f2*future + f3*state + f4.
void ck_deep_filter(
    const float *filters, const float *past, const float *present, const float *future, const float *state,
    float *output, long bins);

/// The derivative with respect to the filters of one frame; `gradient` is that of its output.
void ck_deep_filter_gradient(
    const float *gradient, const float *past, const float *present, const float *future, const float *state,
    float *filtersGradient, long bins);

/// Adds conj(filters[:, term]) * gradient to `target` [bins, 2].
void ck_deep_filter_adjoint(const float *filters, int term, const float *gradient, float *target, long bins);
