#ifndef AUDIOTOOL_CONVOLUTION_H
#define AUDIOTOOL_CONVOLUTION_H

#include <stdint.h>

// Convolutions through oneDNN, on parts of plain row-major [batch, channels, height, width] arrays.
//
// A plan is one primitive with the reorders around it, for one geometry. It may run on many threads at once;
// each call works on the calling thread alone and keeps its buffers for that thread's next call.
// Functions return 0, or the library's status (1 out of memory, 2 invalid, 3 not supported).

enum { CK_CONVOLUTION_FORWARD = 0, CK_CONVOLUTION_BACKWARD_DATA = 1, CK_CONVOLUTION_BACKWARD_WEIGHTS = 2 };

typedef struct {
    int64_t batch, groups;
    int64_t input_channels, output_channels; // of all groups together
    int64_t input[2], output[2];             // height, width of the part
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pad_before[2], pad_after[2];
    int64_t input_strides[3], output_strides[3]; // elements from one item, channel, row to the next
    int64_t weights_stride;              // elements from one output channel to the next, for one group
    int64_t has_bias;
} ck_convolution_geometry;

typedef struct ck_convolution_plan ck_convolution_plan;

int ck_convolution_plan_create(int kind, const ck_convolution_geometry *geometry, ck_convolution_plan **plan);
void ck_convolution_plan_destroy(ck_convolution_plan *plan);

// Floats that the packed weights take (forward and backward data).
int64_t ck_convolution_packed_count(const ck_convolution_plan *plan);
// Brings [output, input / groups, height, width] weights into the order that the plan wants.
int ck_convolution_pack(const ck_convolution_plan *plan, const float *weights, float *packed);

int ck_convolution_forward(
    const ck_convolution_plan *plan, const float *input, const float *packed, const float *bias, float *output);
int ck_convolution_backward_data(
    const ck_convolution_plan *plan, const float *output_gradient, const float *packed, float *input_gradient);
// Adds to `weights_gradient` and `bias_gradient` (may be null when the geometry has no bias).
int ck_convolution_backward_weights(
    const ck_convolution_plan *plan, const float *input, const float *output_gradient, float *weights_gradient,
    float *bias_gradient);

#endif
