#include "convolution_internal.h"
#include "dispatch.h"
#include "planes.h"
#include <string.h>

enum { lanes = 32 };

static int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// Output columns [0, count): output[j] (+)= sum of taps[t] inserted[j down + t - pad]. `row` may be read `before`
// floats below its start and as far above its end as the geometry reaches; those floats are zero.
CK_CLONES static void decimate_row(
    const float *restrict row, const float *restrict taps, int64_t length, int64_t down, int64_t pad,
    float *restrict output, int64_t count, int adding) {
    int64_t start = 0;
    for (; start + lanes <= count; start += lanes) {
        float sums[lanes];
        for (int lane = 0; lane < lanes; lane++) sums[lane] = adding ? output[start + lane] : 0;
        for (int64_t t = 0; t < length; t++) {
            const float *source = row + start * down + t - pad;
            if (down == 2)
                for (int lane = 0; lane < lanes; lane++) sums[lane] += taps[t] * source[2 * lane];
            else
                for (int lane = 0; lane < lanes; lane++) sums[lane] += taps[t] * source[down * lane];
        }
        for (int lane = 0; lane < lanes; lane++) output[start + lane] = sums[lane];
    }
    for (; start < count; start++) {
        float sum = adding ? output[start] : 0;
        for (int64_t t = 0; t < length; t++) sum += taps[t] * row[start * down + t - pad];
        output[start] = sum;
    }
}

// As above for up = 2, down = 1: even and odd columns see every other tap.
CK_CLONES static void double_row(
    const float *restrict row, const float *restrict taps, int64_t length, int64_t pad, float *restrict output,
    int64_t count, int adding) {
    int64_t start = 0;
    for (; 2 * (start + lanes) <= count; start += lanes) {
        float sums[2][lanes] = {{0}};
        for (int phase = 0; phase < 2; phase++)
            for (int64_t t = (pad + phase) & 1; t < length; t += 2) {
                const float *source = row + start + floor_divide(phase + t - pad, 2);
                for (int lane = 0; lane < lanes; lane++) sums[phase][lane] += taps[t] * source[lane];
            }
        float *target = output + 2 * start;
        if (adding)
            for (int lane = 0; lane < lanes; lane++) {
                target[2 * lane] += sums[0][lane];
                target[2 * lane + 1] += sums[1][lane];
            }
        else
            for (int lane = 0; lane < lanes; lane++) {
                target[2 * lane] = sums[0][lane];
                target[2 * lane + 1] = sums[1][lane];
            }
    }
    for (int64_t j = 2 * start; j < count; j++) {
        float sum = adding ? output[j] : 0;
        for (int64_t t = (pad + j) & 1; t < length; t += 2) sum += taps[t] * row[floor_divide(j + t - pad, 2)];
        output[j] = sum;
    }
}

static void any_row(
    const float *row, const float *taps, int64_t length, int64_t up, int64_t down, int64_t pad, float *output,
    int64_t count, int adding) {
    for (int64_t j = 0; j < count; j++) {
        float sum = adding ? output[j] : 0;
        int64_t first = (pad - j * down) % up;
        for (int64_t t = first < 0 ? first + up : first; t < length; t += up)
            sum += taps[t] * row[floor_divide(j * down + t - pad, up)];
        output[j] = sum;
    }
}

static void filter_row(
    const ck_fir_geometry *g, const float *row, const float *taps, float *output, int adding) {
    if (g->up[1] == 1)
        decimate_row(row, taps, g->taps[1], g->down[1], g->pad[1], output, g->output[1], adding);
    else if (g->up[1] == 2 && g->down[1] == 1)
        double_row(row, taps, g->taps[1], g->pad[1], output, g->output[1], adding);
    else
        any_row(row, taps, g->taps[1], g->up[1], g->down[1], g->pad[1], output, g->output[1], adding);
}

CK_CLONES static void add_scaled(float *restrict sum, const float *restrict row, float weight, int64_t count) {
    for (int64_t i = 0; i < count; i++) sum[i] += weight * row[i];
}

// The input row under tap `t` of output row `row`, or -1 when that is an inserted or a padding zero.
static int64_t source_row(const ck_fir_geometry *g, int64_t row, int64_t t) {
    int64_t position = row * g->down[0] + t - g->pad[0];
    if (position < 0 || position % g->up[0]) return -1;
    position /= g->up[0];
    return position < g->input[0] ? position : -1;
}

int ck_fir_planes(const ck_fir_geometry *g, const float *input, float *output, int64_t planes) {
    int64_t before = g->pad[1] > 0 ? g->pad[1] : 0;
    int64_t reach = (g->output[1] * g->down[1] + g->taps[1] - g->pad[1]) / g->up[1] + g->down[1] + lanes;
    int64_t width = g->input[1], after = reach > width ? reach - width : 0;
    size_t total = (size_t)(before + width + after);
    float *padded = ck_thread_buffer(CK_SLOT_INPUT, total * sizeof(float));
    if (!padded) return 1;
    memset(padded, 0, total * sizeof(float));
    float *line = padded + before;
    for (int64_t plane = 0; plane < planes; plane++, input += g->input[0] * width)
        for (int64_t row = 0; row < g->output[0]; row++, output += g->output[1]) {
            if (g->kernel) memset(output, 0, (size_t)g->output[1] * sizeof(float));
            else memset(line, 0, (size_t)width * sizeof(float));
            for (int64_t t = 0; t < g->taps[0]; t++) {
                int64_t source = source_row(g, row, t);
                if (source < 0) continue;
                if (g->kernel) {
                    memcpy(line, input + source * width, (size_t)width * sizeof(float));
                    filter_row(g, line, g->kernel + t * g->taps[1], output, 1);
                } else {
                    add_scaled(line, input + source * width, g->vertical[t], width);
                }
            }
            if (!g->kernel) filter_row(g, line, g->horizontal, output, 0);
        }
    return 0;
}
