#ifndef AUDIOTOOL_FRACTIONAL_DELAY_H
#define AUDIOTOOL_FRACTIONAL_DELAY_H

/// Taps of one fractional delay, and the index of its middle.
#define AUDIOTOOL_DELAY_TAPS 81
#define AUDIOTOOL_DELAY_CENTRE 40
/// Samples that must follow the first of a delay's taps in `output`: the taps rounded up to whole vectors.
#define AUDIOTOOL_DELAY_ROOM 96

/// Adds impulses to `output`, each delayed by a real number of samples.
///
/// The impulse of `delays[i] = n + f` is `gains[i] w[k] sinc(k - 40 - f)` at the samples `n + k`, `k = 0…80`, with
/// a symmetric Hann window `w`. Delays must not be negative, and `output` must have `AUDIOTOOL_DELAY_ROOM` samples
/// from each `n` on.
void audiotool_add_delayed_impulses(const double *delays, const float *gains, long count, float *output);

#endif
