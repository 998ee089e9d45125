#include "convolution_internal.h"
#include <string.h>

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        dnnl_status_t status_ = (call);                                                                                \
        if (status_ != dnnl_success) return status_;                                                                   \
    } while (0)

typedef struct {
    int argument;
    const dnnl_memory_desc_t *description;
    const float *data;
} binding;

static dnnl_status_t execute(
    const ck_convolution_plan *plan, const_dnnl_primitive_t primitive, const binding *bindings, int count) {
    dnnl_stream_t stream = ck_stream();
    if (!stream) return dnnl_runtime_error;
    dnnl_exec_arg_t arguments[6];
    int made = 0;
    dnnl_status_t status = dnnl_success;
    for (; made < count && !status; made++) {
        arguments[made].arg = bindings[made].argument;
        status = dnnl_memory_create(
            &arguments[made].memory, bindings[made].description, ck_engine(), (void *)bindings[made].data);
        if (status) break;
    }
    if (!status && plan->scratch) {
        dnnl_memory_desc_t bytes;
        dnnl_dims_t size = {(dnnl_dim_t)plan->scratch};
        void *scratch = ck_thread_buffer(CK_SLOT_SCRATCH, plan->scratch);
        status = scratch ? dnnl_memory_desc_init_by_tag(&bytes, 1, size, dnnl_u8, dnnl_a) : dnnl_out_of_memory;
        if (!status) status = dnnl_memory_create(&arguments[made].memory, &bytes, ck_engine(), scratch);
        if (!status) arguments[made++].arg = DNNL_ARG_SCRATCHPAD;
    }
    if (!status) status = dnnl_primitive_execute(primitive, stream, made, arguments);
    for (int i = 0; i < made; i++) dnnl_memory_destroy(arguments[i].memory);
    return status;
}

static dnnl_status_t copy(
    const ck_convolution_plan *plan, const ck_reorder *reorder, const dnnl_memory_desc_t *from, const float *source,
    const dnnl_memory_desc_t *to, float *target) {
    binding bindings[] = {{DNNL_ARG_FROM, from, source}, {DNNL_ARG_TO, to, target}};
    return execute(plan, reorder->primitive, bindings, 2);
}

// What the primitive reads: the caller's array, or a copy of it in the primitive's layout.
static dnnl_status_t bring_in(
    const ck_convolution_plan *plan, const ck_reorder *reorder, const dnnl_memory_desc_t *outer,
    const dnnl_memory_desc_t *inner, int slot, const float *data, const float **result) {
    *result = data;
    if (!reorder->primitive) return dnnl_success;
    float *buffer = ck_thread_buffer(slot, dnnl_memory_desc_get_size(inner));
    if (!buffer) return dnnl_out_of_memory;
    *result = buffer;
    return copy(plan, reorder, outer, data, inner, buffer);
}

int64_t ck_convolution_packed_count(const ck_convolution_plan *plan) {
    return (int64_t)(dnnl_memory_desc_get_size(&plan->inner_weights) + 3) / 4;
}

int ck_convolution_pack(const ck_convolution_plan *plan, const float *weights, float *packed) {
    if (!plan->weights_reorder.primitive) {
        memcpy(packed, weights, dnnl_memory_desc_get_size(&plan->weights));
        return 0;
    }
    return copy(plan, &plan->weights_reorder, &plan->weights, weights, &plan->inner_weights, packed);
}

int ck_convolution_forward(
    const ck_convolution_plan *plan, const float *input, const float *packed, const float *bias, float *output) {
    const float *inner_input;
    TRY(bring_in(
        plan, &plan->input_reorder, &plan->input, &plan->inner_input, CK_SLOT_INPUT, input, &inner_input));
    float *inner_output = output;
    if (plan->output_reorder.primitive)
        inner_output = ck_thread_buffer(CK_SLOT_OUTPUT, dnnl_memory_desc_get_size(&plan->inner_output));
    if (!inner_output) return dnnl_out_of_memory;
    binding bindings[] = {
        {DNNL_ARG_SRC, &plan->inner_input, inner_input},
        {DNNL_ARG_WEIGHTS, &plan->inner_weights, packed},
        {DNNL_ARG_DST, &plan->inner_output, inner_output},
        {DNNL_ARG_BIAS, &plan->bias, bias},
    };
    TRY(execute(plan, plan->primitive, bindings, plan->has_bias ? 4 : 3));
    if (!plan->output_reorder.primitive) return 0;
    return copy(plan, &plan->output_reorder, &plan->inner_output, inner_output, &plan->output, output);
}

int ck_convolution_backward_data(
    const ck_convolution_plan *plan, const float *output_gradient, const float *packed, float *input_gradient) {
    const float *inner_output;
    TRY(bring_in(
        plan, &plan->output_reorder, &plan->output, &plan->inner_output, CK_SLOT_OUTPUT, output_gradient,
        &inner_output));
    float *inner_input = input_gradient;
    if (plan->input_reorder.primitive)
        inner_input = ck_thread_buffer(CK_SLOT_INPUT, dnnl_memory_desc_get_size(&plan->inner_input));
    if (!inner_input) return dnnl_out_of_memory;
    binding bindings[] = {
        {DNNL_ARG_DIFF_DST, &plan->inner_output, inner_output},
        {DNNL_ARG_WEIGHTS, &plan->inner_weights, packed},
        {DNNL_ARG_DIFF_SRC, &plan->inner_input, inner_input},
    };
    TRY(execute(plan, plan->primitive, bindings, 3));
    if (!plan->input_reorder.primitive) return 0;
    return copy(plan, &plan->input_reorder, &plan->inner_input, inner_input, &plan->input, input_gradient);
}

int ck_convolution_backward_weights(
    const ck_convolution_plan *plan, const float *input, const float *output_gradient, float *weights_gradient,
    float *bias_gradient) {
    const float *inner_input, *inner_output;
    TRY(bring_in(
        plan, &plan->input_reorder, &plan->input, &plan->inner_input, CK_SLOT_INPUT, input, &inner_input));
    TRY(bring_in(
        plan, &plan->output_reorder, &plan->output, &plan->inner_output, CK_SLOT_OUTPUT, output_gradient,
        &inner_output));
    size_t weights_bytes = (dnnl_memory_desc_get_size(&plan->inner_weights) + 63) / 64 * 64;
    size_t bias_bytes = (size_t)plan->bias_count * sizeof(float);
    float *weights = ck_thread_buffer(CK_SLOT_WEIGHTS, weights_bytes + bias_bytes);
    if (!weights) return dnnl_out_of_memory;
    float *bias = weights + weights_bytes / sizeof(float);
    binding bindings[] = {
        {DNNL_ARG_SRC, &plan->inner_input, inner_input},
        {DNNL_ARG_DIFF_DST, &plan->inner_output, inner_output},
        {DNNL_ARG_DIFF_WEIGHTS, &plan->inner_weights, weights},
        {DNNL_ARG_DIFF_BIAS, &plan->bias, bias},
    };
    TRY(execute(plan, plan->primitive, bindings, plan->has_bias ? 4 : 3));
    if (plan->has_bias)
        for (int64_t i = 0; i < plan->bias_count; i++) bias_gradient[i] += bias[i];
    return copy(plan, &plan->weights_reorder, &plan->inner_weights, weights, &plan->weights, weights_gradient);
}
