#ifndef AUDIOTOOL_IMAGE_ARRIVALS_H
#define AUDIOTOOL_IMAGE_ARRIVALS_H

// Impulses with fractional delays, for many thousand image sources.
//
// An impulse of amplitude a and delay n + f stands for the samples a w[k] sinc(k - 40 - f) at n + k, k = 0…80, with
// a symmetric Hann window w. As a function of f each tap is a polynomial to within 1e-9, so impulses are first
// gathered as `AUDIOTOOL_ARRIVAL_MOMENTS` Chebyshev moments a T_p(2f - 1) per whole sample; one filter per moment
// then makes the samples of all of them at once.

#define AUDIOTOOL_ARRIVAL_TAPS 81
#define AUDIOTOOL_ARRIVAL_CENTRE 40
#define AUDIOTOOL_ARRIVAL_MOMENTS 12
/// Samples that `audiotool_render_arrivals` may touch from each whole delay on.
#define AUDIOTOOL_ARRIVAL_ROOM 96

/// Gathers one row of images. Image `i` is at the squared distance `base + squares[i]` in metres and has the
/// amplitude `gain * gains[i] / distance`; those beyond the squared distance `limit` are left out.
///
/// `moments` is `[samples, AUDIOTOOL_ARRIVAL_MOMENTS]`. Returns the largest squared distance that was gathered, or
/// `furthest` where that is larger.
double audiotool_gather_arrivals(
    const double *squares, const double *gains, long count, double base, double gain, double limit,
    double samples_per_metre, double furthest, float *moments);

/// Gathers one impulse of amplitude `gain` that arrives after `delay` samples (not negative) through a filter of
/// `count` taps. `moments` has `count` rows from the whole delay on.
void audiotool_gather_filtered_arrival(double delay, float gain, const float *taps, long count, float *moments);

/// Adds the impulses of `count` whole delays to `output`, which has `AUDIOTOOL_ARRIVAL_ROOM` samples more.
void audiotool_render_arrivals(const float *moments, long count, float *output);

#endif
