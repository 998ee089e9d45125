#ifndef AUDIOTOOL_WINOGRAD_H
#define AUDIOTOOL_WINOGRAD_H

#include <stdint.h>

// Convolutions of 3 x 3 taps by Winograd's minimal filtering F(4 x 4, 3 x 3): 36 multiplications instead of 144 for a tile
// of 4 x 4 outputs (A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016). Planes are padded
// with a zero on every side. The transforms of one point of the 6 x 6 lie `stride` numbers behind those of the one before.

// Weights of outputs `first` to `end`: u[point][output][input]. `taps` numbers lie between the weights of two inputs, `step`
// between those of two outputs. `reversed` turns the taps round, as the gradient of the input wants them.
void ck_winograd_weights(
    const float *w, int64_t first, int64_t end, int64_t inputs, int64_t step, int64_t taps, int reversed, float *u, int64_t stride);

// Floats of scratch memory for rows of `columns` tiles.
int64_t ck_winograd_scratch(int64_t columns);

// One plane: `rows` rows of tiles from row `first` on, v[point][row][column].
void ck_winograd_input(
    const float *x, int64_t height, int64_t width, int64_t first, int64_t rows, int64_t columns, float *v, int64_t stride,
    float *scratch);

// The same way back, `bias` added.
void ck_winograd_output(
    const float *m, int64_t stride, int64_t first, int64_t rows, int64_t columns, float bias, float *y, int64_t height,
    int64_t width, float *scratch);

#endif
