#include "image_arrivals.h"

#include "dispatch.h"

#include <math.h>

enum { MOMENTS = AUDIOTOOL_ARRIVAL_MOMENTS, TAPS = AUDIOTOOL_ARRIVAL_TAPS, ROOM = AUDIOTOOL_ARRIVAL_ROOM };

/// The taps' Chebyshev coefficients, zero behind the last tap.
static float filters[MOMENTS][ROOM];

static double tap(int k, double fraction) {
    double window = 0.5 - 0.5 * cos(2 * M_PI * k / (TAPS - 1));
    double x = M_PI * (k - AUDIOTOOL_ARRIVAL_CENTRE - fraction);
    return window * (fabs(x) < 1e-12 ? 1 : sin(x) / x);
}

__attribute__((constructor)) static void fill_filters(void) {
    enum { NODES = 16 };
    for (int k = 0; k < TAPS; k++) {
        for (int p = 0; p < MOMENTS; p++) {
            double sum = 0;
            for (int j = 0; j < NODES; j++) {
                double angle = M_PI * (j + 0.5) / NODES;
                sum += tap(k, 0.5 + 0.5 * cos(angle)) * cos(p * angle);
            }
            filters[p][k] = (float)(sum * (p ? 2 : 1) / NODES);
        }
    }
}

CK_CLONES
double audiotool_gather_arrivals(
    const double *squares, const double *gains, long count, double base, double gain, double limit,
    double samples_per_metre, double furthest, float *moments) {
    for (long i = 0; i < count; i++) {
        double square = base + squares[i];
        if (square > limit) continue;
        if (square > furthest) furthest = square;
        double distance = sqrt(square);
        double delay = distance * samples_per_metre;
        long whole = (long)delay;
        float z = (float)(2 * (delay - (double)whole) - 1), twice = 2 * z;
        float amplitude = (float)(gain * gains[i] / distance);
        float values[MOMENTS];
        values[0] = amplitude;
        values[1] = amplitude * z;
        for (int p = 2; p < MOMENTS; p++) values[p] = twice * values[p - 1] - values[p - 2];
        float *target = moments + whole * MOMENTS;
        for (int p = 0; p < MOMENTS; p++) target[p] += values[p];
    }
    return furthest;
}

CK_CLONES
void audiotool_gather_filtered_arrival(double delay, float gain, const float *taps, long count, float *moments) {
    long whole = (long)delay;
    float z = (float)(2 * (delay - (double)whole) - 1), twice = 2 * z;
    float values[MOMENTS];
    values[0] = gain;
    values[1] = gain * z;
    for (int p = 2; p < MOMENTS; p++) values[p] = twice * values[p - 1] - values[p - 2];
    float *target = moments + whole * MOMENTS;
    for (long k = 0; k < count; k++, target += MOMENTS) {
        for (int p = 0; p < MOMENTS; p++) target[p] += taps[k] * values[p];
    }
}

CK_CLONES
void audiotool_render_arrivals(const float *moments, long count, float *restrict output) {
    for (long n = 0; n < count; n++) {
        const float *restrict moment = moments + n * MOMENTS;
        float *restrict target = output + n;
        for (int k = 0; k < ROOM; k++) {
            float sum = target[k];
            for (int p = 0; p < MOMENTS; p++) sum += moment[p] * filters[p][k];
            target[k] = sum;
        }
    }
}
