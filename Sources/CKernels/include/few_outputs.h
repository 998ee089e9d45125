#ifndef AUDIOTOOL_FEW_OUTPUTS_H
#define AUDIOTOOL_FEW_OUTPUTS_H

#include <stdint.h>

// Convolutions with few output channels, of stride 1: the sums of up to four outputs over neighbouring points stay in
// registers while all taps of all inputs are added.

typedef struct {
    int64_t inputs, outputs;
    int64_t input[2], output[2]; // height and width
    int64_t kernel[2], dilation[2], pad_before[2];
} ck_few_outputs_geometry;

// A rectangle of the result, all outputs.
typedef struct {
    int64_t row, rows, column, columns;
} ck_few_outputs_tile;

// Weights in the order of the sums. `output_step` and `input_step` numbers lie between those of two outputs and of two
// inputs; `reversed` turns the taps round, as the gradient of the input wants them.
void ck_few_outputs_pack(
    const ck_few_outputs_geometry *geometry, const float *weights, int64_t output_step, int64_t input_step, int reversed,
    float *packed);

// Floats of scratch memory for a tile.
int64_t ck_few_outputs_scratch(const ck_few_outputs_geometry *geometry, const ck_few_outputs_tile *tile);

// `bias` may be null.
void ck_few_outputs_run(
    const ck_few_outputs_geometry *geometry, const ck_few_outputs_tile *tile, const float *input, const float *packed,
    const float *bias, float *output, float *scratch);

#endif
