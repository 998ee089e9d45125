#include "fractional_delay.h"

#include <math.h>

/// The window with alternating sign, by which sin(pi (k - 40 - f)) becomes sin(pi f), and zeros behind it.
static float signed_window[AUDIOTOOL_DELAY_ROOM];

__attribute__((constructor)) static void fill_window(void) {
    for (int k = 0; k < AUDIOTOOL_DELAY_TAPS; k++) {
        double w = 0.5 - 0.5 * cos(2 * M_PI * k / (AUDIOTOOL_DELAY_TAPS - 1));
        signed_window[k] = (float)(k % 2 ? -w : w);
    }
}

/// sin(pi f) / pi for 0 <= f <= 1, with a small relative error at both ends.
static inline float sine_over_pi(float f) {
    double g = f < 0.5f ? f : 1.0 - f;
    double x = g * g * (M_PI * M_PI);
    // Taylor series to x^7; the next term is 3e-11 of the first at g = 1/2.
    double s = 1 + x * (-1.0 / 6 + x * (1.0 / 120 + x * (-1.0 / 5040 + x * (1.0 / 362880
               + x * (-1.0 / 39916800 + x * (1.0 / 6227020800.0))))));
    return (float)(g * s);
}

__attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
void audiotool_add_delayed_impulses(const double *delays, const float *gains, long count, float *restrict output) {
    for (long i = 0; i < count; i++) {
        long start = (long)delays[i];
        float fraction = (float)(delays[i] - (double)start);
        if (fraction >= 1) {
            start += 1;
            fraction = 0;
        }
        float *restrict taps = output + start;
        if (fraction < 1e-9f) {
            taps[AUDIOTOOL_DELAY_CENTRE] += gains[i];
            continue;
        }
        float scale = gains[i] * sine_over_pi(fraction);
        for (int k = 0; k < AUDIOTOOL_DELAY_ROOM; k++) {
            // Whole numbers first, so that the distance to the two taps around the middle is exact.
            taps[k] += scale * signed_window[k] / ((float)(AUDIOTOOL_DELAY_CENTRE - k) + fraction);
        }
    }
}
