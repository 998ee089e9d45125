#include "include/few_outputs.h"
#include "dispatch.h"
#include <string.h>

enum { lanes = 8, most_together = 4, most_vectors = 8, most_inputs = 8 };

typedef float vector __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

// Outputs of the next sums: all are made in groups of nearly equal sizes.
static int64_t group_size(int64_t left) {
    const int64_t groups = (left + most_together - 1) / most_together;
    return (left + groups - 1) / groups;
}

void ck_few_outputs_pack(
    const ck_few_outputs_geometry *g, const float *weights, int64_t output_step, int64_t input_step, int reversed,
    float *packed) {
    const int64_t taps = g->kernel[0] * g->kernel[1];
    for (int64_t first = 0, size; first < g->outputs; first += size) {
        size = group_size(g->outputs - first);
        for (int64_t c = 0; c < g->inputs; c++)
            for (int64_t tap = 0; tap < taps; tap++)
                for (int64_t o = first; o < first + size; o++)
                    *packed++ = weights[o * output_step + c * input_step + (reversed ? taps - 1 - tap : tap)];
    }
}

static int64_t reach(const ck_few_outputs_geometry *g, int axis) { return (g->kernel[axis] - 1) * g->dilation[axis]; }

static int64_t whole_vectors(int64_t count) { return (count + lanes - 1) / lanes * lanes; }

// Some inputs of a tile with zeros where the planes end, then the sums of the tile, in lines of whole vectors.
typedef struct {
    float *points, *sums;
    int64_t inputs, rows, columns, line, plane, sum_line, sum_plane;
} workspace;

static workspace layout(const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile, float *scratch) {
    workspace w = {.inputs = g->inputs < most_inputs ? g->inputs : most_inputs};
    w.rows = tile->rows + reach(g, 0);
    w.columns = tile->columns + reach(g, 1);
    w.sum_line = whole_vectors(tile->columns);
    w.sum_plane = tile->rows * w.sum_line;
    w.line = w.sum_line + whole_vectors(reach(g, 1));
    w.plane = w.rows * w.line;
    w.points = scratch;
    w.sums = scratch + w.inputs * w.plane;
    return w;
}

int64_t ck_few_outputs_scratch(const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile) {
    const workspace w = layout(g, tile, 0);
    return w.inputs * w.plane + g->outputs * w.sum_plane;
}

static void copy_points(
    const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile, const float *input, int64_t count, const workspace *w) {
    const int64_t top = tile->row - g->pad_before[0], left = tile->column - g->pad_before[1];
    const int64_t first = left < 0 ? -left : 0;
    int64_t end = g->input[1] - left < w->columns ? g->input[1] - left : w->columns;
    if (end < first) end = first;
    for (int64_t c = 0; c < count; c++)
        for (int64_t r = 0; r < w->rows; r++) {
            float *line = w->points + c * w->plane + r * w->line;
            const int64_t row = top + r;
            if (row < 0 || row >= g->input[0]) {
                memset(line, 0, (size_t)w->line * sizeof *line);
                continue;
            }
            memset(line, 0, (size_t)first * sizeof *line);
            memcpy(line + first, input + (c * g->input[0] + row) * g->input[1] + left + first, (size_t)(end - first) * sizeof *line);
            memset(line + end, 0, (size_t)(w->line - end) * sizeof *line);
        }
}

/// Adds all taps of `inputs` inputs to the sums of `outputs` outputs at `vectors` vectors of points; `outputs` and
/// `vectors` are constants at every call, and their product is at most twelve, so that the sums live in registers.
CK_INLINE void add_taps(
    int outputs, int vectors, const ck_few_outputs_geometry *g, const workspace *w, int64_t inputs, const float *points,
    const float *packed, float *target) {
    vector sums[most_together][most_vectors];
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[o][v] = *(const vector *)(target + o * w->sum_plane + v * lanes);
    for (int64_t c = 0; c < inputs; c++)
        for (int64_t i = 0; i < g->kernel[0]; i++) {
            const float *line = points + c * w->plane + i * g->dilation[0] * w->line;
            for (int64_t j = 0; j < g->kernel[1]; j++, line += g->dilation[1], packed += outputs) {
#pragma clang loop unroll(full)
                for (int o = 0; o < outputs; o++)
#pragma clang loop unroll(full)
                    for (int v = 0; v < vectors; v++) sums[o][v] += packed[o] * *(const vector *)(line + v * lanes);
            }
        }
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) *(vector *)(target + o * w->sum_plane + v * lanes) = sums[o][v];
}

CK_INLINE void add_group(
    int outputs, int vectors, const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile, const workspace *w,
    int64_t inputs, const float *packed, float *sums) {
    for (int64_t r = 0; r < tile->rows; r++) {
        const float *points = w->points + r * w->line;
        float *target = sums + r * w->sum_line;
        int64_t column = 0;
        for (; column + vectors * lanes <= w->sum_line; column += vectors * lanes)
            add_taps(outputs, vectors, g, w, inputs, points + column, packed, target + column);
        for (; column < w->sum_line; column += lanes)
            add_taps(outputs, 1, g, w, inputs, points + column, packed, target + column);
    }
}

CK_CLONES static void add_inputs(
    const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile, const workspace *w, int64_t first, int64_t count,
    const float *packed) {
    const int64_t taps = g->kernel[0] * g->kernel[1];
    float *sums = w->sums;
    for (int64_t output = 0, size; output < g->outputs; output += size) {
        size = group_size(g->outputs - output);
        const float *own = packed + first * taps * size;
        switch (size) {
        case 4: add_group(4, 3, g, tile, w, count, own, sums); break;
        case 3: add_group(3, 4, g, tile, w, count, own, sums); break;
        case 2: add_group(2, 6, g, tile, w, count, own, sums); break;
        default: add_group(1, 8, g, tile, w, count, own, sums); break;
        }
        packed += g->inputs * taps * size;
        sums += size * w->sum_plane;
    }
}

void ck_few_outputs_run(
    const ck_few_outputs_geometry *g, const ck_few_outputs_tile *tile, const float *input, const float *packed,
    const float *bias, float *output, float *scratch) {
    const workspace w = layout(g, tile, scratch);
    for (int64_t o = 0; o < g->outputs; o++)
        for (int64_t n = 0; n < w.sum_plane; n++) w.sums[o * w.sum_plane + n] = bias ? bias[o] : 0;
    for (int64_t first = 0; first < g->inputs; first += w.inputs) {
        const int64_t count = g->inputs - first < w.inputs ? g->inputs - first : w.inputs;
        copy_points(g, tile, input + first * g->input[0] * g->input[1], count, &w);
        add_inputs(g, tile, &w, first, count, packed);
    }
    for (int64_t o = 0; o < g->outputs; o++)
        for (int64_t r = 0; r < tile->rows; r++)
            memcpy(
                output + (o * g->output[0] + tile->row + r) * g->output[1] + tile->column,
                w.sums + o * w.sum_plane + r * w.sum_line, (size_t)tile->columns * sizeof *output);
}
