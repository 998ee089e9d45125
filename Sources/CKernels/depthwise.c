#include "convolution_internal.h"
#include "dispatch.h"
#include "planes.h"
#include <string.h>

enum { lanes = 32 };

static int64_t spread(int64_t count, int64_t step) { return (count - 1) * step; }

// `count` output values of one row from rows of the padded plane `row_step` floats apart.
CK_CLONES static void filter_row(
    const float *restrict padded, int64_t row_step, const float *restrict kernel, const int64_t *taps,
    const int64_t *dilation, int64_t stride, float bias, float *restrict output, int64_t count) {
    int64_t start = 0;
    for (; start + lanes <= count; start += lanes) {
        float sums[lanes];
        for (int lane = 0; lane < lanes; lane++) sums[lane] = bias;
        for (int64_t y = 0; y < taps[0]; y++)
            for (int64_t x = 0; x < taps[1]; x++) {
                const float weight = kernel[y * taps[1] + x];
                const float *source = padded + y * row_step + start * stride + x * dilation[1];
                if (stride == 1)
                    for (int lane = 0; lane < lanes; lane++) sums[lane] += weight * source[lane];
                else if (stride == 2)
                    for (int lane = 0; lane < lanes; lane++) sums[lane] += weight * source[2 * lane];
                else
                    for (int lane = 0; lane < lanes; lane++) sums[lane] += weight * source[stride * lane];
            }
        for (int lane = 0; lane < lanes; lane++) output[start + lane] = sums[lane];
    }
    for (; start < count; start++) {
        float sum = bias;
        for (int64_t y = 0; y < taps[0]; y++)
            for (int64_t x = 0; x < taps[1]; x++)
                sum += kernel[y * taps[1] + x] * padded[y * row_step + start * stride + x * dilation[1]];
        output[start] = sum;
    }
}

// Sum of products of one row of output gradients with a row of the padded plane.
CK_CLONES static float dot_row(
    const float *restrict gradient, const float *restrict source, int64_t stride, int64_t count) {
    float sums[lanes] = {0};
    int64_t start = 0;
    for (; start + lanes <= count; start += lanes) {
        if (stride == 1)
            for (int lane = 0; lane < lanes; lane++) sums[lane] += gradient[start + lane] * source[start + lane];
        else
            for (int lane = 0; lane < lanes; lane++)
                sums[lane] += gradient[start + lane] * source[stride * (start + lane)];
    }
    float tail = 0;
    for (; start < count; start++) tail += gradient[start] * source[stride * start];
    for (int width = lanes / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    return sums[0] + tail;
}

CK_CLONES float ck_plane_sum(const float *values, int64_t count) {
    float sums[lanes] = {0};
    double total = 0;
    int64_t start = 0;
    while (start + lanes <= count) {
        // Long planes in stretches, so that a float never collects too many.
        int64_t end = start + 64 * lanes < count ? start + 64 * lanes : count;
        for (; start + lanes <= end; start += lanes)
            for (int lane = 0; lane < lanes; lane++) sums[lane] += values[start + lane];
        for (int lane = 0; lane < lanes; lane++) {
            total += sums[lane];
            sums[lane] = 0;
        }
    }
    for (; start < count; start++) total += values[start];
    return (float)total;
}

// The plane with its borders of zeros; as many rows and columns as the kernel reaches.
static float *padded_plane(const ck_depthwise_geometry *g, const float *input, int64_t *width) {
    int64_t height = spread(g->output[0], g->stride[0]) + spread(g->kernel[0], g->dilation[0]) + 1;
    *width = spread(g->output[1], g->stride[1]) + spread(g->kernel[1], g->dilation[1]) + 1;
    // A strided row of `lanes` values may read up to one stride further.
    size_t count = (size_t)(height * *width + g->stride[1]);
    float *padded = ck_thread_buffer(CK_SLOT_INPUT, count * sizeof(float));
    if (!padded) return NULL;
    memset(padded, 0, count * sizeof(float));
    int64_t copied = *width - g->pad_before[1] < g->input[1] ? *width - g->pad_before[1] : g->input[1];
    for (int64_t row = 0; row < g->input[0] && row + g->pad_before[0] < height; row++)
        if (copied > 0)
            memcpy(
                padded + (row + g->pad_before[0]) * *width + g->pad_before[1], input + row * g->input[1],
                (size_t)copied * sizeof(float));
    return padded;
}

int ck_depthwise_forward(
    const ck_depthwise_geometry *g, const float *input, const float *kernel, float bias, float *output) {
    int64_t width;
    const float *padded = padded_plane(g, input, &width);
    if (!padded) return 1;
    for (int64_t row = 0; row < g->output[0]; row++)
        filter_row(
            padded + row * g->stride[0] * width, width * g->dilation[0], kernel, g->kernel, g->dilation, g->stride[1],
            bias, output + row * g->output[1], g->output[1]);
    return 0;
}

// The gradients, spread by the stride, are correlated with the reversed kernel.
int ck_depthwise_backward_data(
    const ck_depthwise_geometry *g, const float *gradient, const float *kernel, float *input_gradient) {
    int64_t height = g->input[0] + spread(g->kernel[0], g->dilation[0]);
    int64_t width = g->input[1] + spread(g->kernel[1], g->dilation[1]);
    size_t area = (size_t)(height * width), taps = (size_t)(g->kernel[0] * g->kernel[1]);
    float *spaced = ck_thread_buffer(CK_SLOT_INPUT, (area + taps) * sizeof(float));
    float *sums = ck_thread_buffer(CK_SLOT_OUTPUT, (size_t)g->input[1] * sizeof(float));
    if (!spaced || !sums) return 1;
    float *reversed = spaced + area;
    for (size_t tap = 0; tap < taps; tap++) reversed[tap] = kernel[taps - 1 - tap];
    memset(spaced, 0, area * sizeof(float));
    int64_t top = spread(g->kernel[0], g->dilation[0]) - g->pad_before[0];
    int64_t left = spread(g->kernel[1], g->dilation[1]) - g->pad_before[1];
    for (int64_t row = 0; row < g->output[0]; row++) {
        int64_t y = row * g->stride[0] + top;
        if (y < 0 || y >= height) continue;
        for (int64_t column = 0; column < g->output[1]; column++) {
            int64_t x = column * g->stride[1] + left;
            if (x >= 0 && x < width) spaced[y * width + x] = gradient[row * g->output[1] + column];
        }
    }
    for (int64_t row = 0; row < g->input[0]; row++) {
        float *target = input_gradient + row * g->input[1];
        filter_row(
            spaced + row * width, width * g->dilation[0], reversed, g->kernel, g->dilation, 1, 0, sums, g->input[1]);
        for (int64_t column = 0; column < g->input[1]; column++) target[column] += sums[column];
    }
    return 0;
}

int ck_depthwise_backward_weights(
    const ck_depthwise_geometry *g, const float *input, const float *gradient, float *kernel_gradient,
    float *bias_gradient) {
    int64_t width;
    const float *padded = padded_plane(g, input, &width);
    if (!padded) return 1;
    for (int64_t y = 0; y < g->kernel[0]; y++)
        for (int64_t x = 0; x < g->kernel[1]; x++) {
            float sum = 0;
            for (int64_t row = 0; row < g->output[0]; row++)
                sum += dot_row(
                    gradient + row * g->output[1],
                    padded + (row * g->stride[0] + y * g->dilation[0]) * width + x * g->dilation[1], g->stride[1],
                    g->output[1]);
            kernel_gradient[y * g->kernel[1] + x] += sum;
        }
    if (bias_gradient) {
        *bias_gradient += ck_plane_sum(gradient, g->output[0] * g->output[1]);
    }
    return 0;
}
