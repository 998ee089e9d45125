#ifndef AUDIOTOOL_PLANES_H
#define AUDIOTOOL_PLANES_H

#include <stdint.h>

// Filters on single planes of row-major [height, width] floats. Each call works on the calling thread alone and
// returns 0, or 1 when memory is out.

// A plane of a depthwise convolution.
typedef struct {
    int64_t input[2], output[2];
    int64_t kernel[2], stride[2], dilation[2], pad_before[2];
} ck_depthwise_geometry;

int ck_depthwise_forward(
    const ck_depthwise_geometry *geometry, const float *input, const float *kernel, float bias, float *output);
// Adds to `input_gradient`.
int ck_depthwise_backward_data(
    const ck_depthwise_geometry *geometry, const float *output_gradient, const float *kernel, float *input_gradient);
// Adds to `kernel_gradient` and to `bias_gradient` (may be null).
int ck_depthwise_backward_weights(
    const ck_depthwise_geometry *geometry, const float *input, const float *output_gradient, float *kernel_gradient,
    float *bias_gradient);

// Zero insertion by `up`, correlation with the taps, every `down`-th point, each along height and width:
// output[j] = sum over t of taps[t] inserted[j down + t - pad].
typedef struct {
    int64_t input[2], output[2];
    int64_t up[2], down[2], pad[2], taps[2];
    const float *vertical, *horizontal; // the factors of a separable kernel, or
    const float *kernel;                // all of its taps, [taps[0], taps[1]]; null when separable
} ck_fir_geometry;

int ck_fir_planes(const ck_fir_geometry *geometry, const float *input, float *output, int64_t planes);

// Sum of `count` floats; the order of additions depends on `count` only.
float ck_plane_sum(const float *values, int64_t count);

#endif
