#include "convolution_internal.h"
#include <stdlib.h>

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        dnnl_status_t status_ = (call);                                                                                \
        if (status_ != dnnl_success) return status_;                                                                   \
    } while (0)

typedef struct {
    dnnl_memory_desc_t input, output, weights, bias;
    dnnl_dims_t strides, dilations, before, after;
} descriptors;

// `any` lets the library choose its own layout; otherwise the caller's.
static dnnl_status_t describe(const ck_convolution_geometry *g, int any, descriptors *d) {
    dnnl_dims_t input = {g->batch, g->input_channels, g->input[0], g->input[1]};
    dnnl_dims_t output = {g->batch, g->output_channels, g->output[0], g->output[1]};
    dnnl_dims_t bias = {g->output_channels};
    int64_t out = g->output_channels / g->groups, in = g->input_channels / g->groups;
    int grouped = g->groups > 1;
    dnnl_dims_t grouped_weights = {g->groups, out, in, g->kernel[0], g->kernel[1]};
    dnnl_dims_t plain_weights = {out, in, g->kernel[0], g->kernel[1]};
    dnnl_dim_t *weights = grouped ? grouped_weights : plain_weights;
    if (any) {
        TRY(dnnl_memory_desc_init_by_tag(&d->input, 4, input, dnnl_f32, dnnl_format_tag_any));
        TRY(dnnl_memory_desc_init_by_tag(&d->output, 4, output, dnnl_f32, dnnl_format_tag_any));
        TRY(dnnl_memory_desc_init_by_tag(&d->weights, 4 + grouped, weights, dnnl_f32, dnnl_format_tag_any));
    } else {
        dnnl_dims_t is = {g->input_strides[0], g->input_strides[1], g->input_strides[2], 1};
        dnnl_dims_t os = {g->output_strides[0], g->output_strides[1], g->output_strides[2], 1};
        TRY(dnnl_memory_desc_init_by_strides(&d->input, 4, input, dnnl_f32, is));
        TRY(dnnl_memory_desc_init_by_strides(&d->output, 4, output, dnnl_f32, os));
        int64_t area = g->kernel[0] * g->kernel[1];
        dnnl_dims_t ws = {g->weights_stride, area, g->kernel[1], 1};
        if (grouped) TRY(dnnl_memory_desc_init_by_tag(&d->weights, 5, weights, dnnl_f32, dnnl_abcde));
        else TRY(dnnl_memory_desc_init_by_strides(&d->weights, 4, weights, dnnl_f32, ws));
    }
    TRY(dnnl_memory_desc_init_by_tag(&d->bias, 1, bias, dnnl_f32, dnnl_a));
    for (int axis = 0; axis < 2; axis++) {
        d->strides[axis] = g->stride[axis];
        d->dilations[axis] = g->dilation[axis] - 1;
        d->before[axis] = g->pad_before[axis];
        d->after[axis] = g->pad_after[axis];
    }
    return dnnl_success;
}

static dnnl_status_t user_scratchpad(dnnl_primitive_attr_t *attributes) {
    TRY(dnnl_primitive_attr_create(attributes));
    return dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
}

static void note_scratch(ck_convolution_plan *plan, const_dnnl_primitive_desc_t description, size_t *own) {
    const dnnl_memory_desc_t *scratch = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    *own = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
    if (*own > plan->scratch) plan->scratch = *own;
}

static dnnl_status_t make_reorder(
    ck_convolution_plan *plan, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, int adding,
    ck_reorder *result) {
    if (!adding && dnnl_memory_desc_equal(from, to)) return dnnl_success;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t operations = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = user_scratchpad(&attributes);
    if (!status && adding) status = dnnl_post_ops_create(&operations);
    if (!status && adding) status = dnnl_post_ops_append_sum(operations, 1.0f);
    if (!status && adding) status = dnnl_primitive_attr_set_post_ops(attributes, operations);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&description, from, ck_engine(), to, ck_engine(), attributes);
    if (!status) note_scratch(plan, description, &result->scratch);
    if (!status) status = dnnl_primitive_create(&result->primitive, description);
    if (description) dnnl_primitive_desc_destroy(description);
    if (operations) dnnl_post_ops_destroy(operations);
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t forward_description(
    const ck_convolution_geometry *g, const descriptors *d, dnnl_primitive_attr_t attributes,
    dnnl_primitive_desc_t *result) {
    dnnl_convolution_desc_t operation;
    TRY(dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_training, dnnl_convolution_auto, &d->input, &d->weights,
        g->has_bias ? &d->bias : NULL, &d->output, d->strides, d->dilations, d->before, d->after));
    return dnnl_primitive_desc_create(result, &operation, attributes, ck_engine(), NULL);
}

static dnnl_status_t backward_description(
    int kind, const ck_convolution_geometry *g, const descriptors *d, dnnl_primitive_attr_t attributes,
    dnnl_primitive_desc_t *result) {
    dnnl_convolution_desc_t operation;
    if (kind == CK_CONVOLUTION_BACKWARD_DATA)
        TRY(dnnl_dilated_convolution_backward_data_desc_init(
            &operation, dnnl_convolution_auto, &d->input, &d->weights, &d->output, d->strides, d->dilations,
            d->before, d->after));
    else
        TRY(dnnl_dilated_convolution_backward_weights_desc_init(
            &operation, dnnl_convolution_auto, &d->input, &d->weights, g->has_bias ? &d->bias : NULL, &d->output,
            d->strides, d->dilations, d->before, d->after));
    dnnl_primitive_desc_t hint = NULL;
    TRY(forward_description(g, d, NULL, &hint));
    dnnl_status_t status = dnnl_primitive_desc_create(result, &operation, attributes, ck_engine(), hint);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static dnnl_status_t make_primitive(ck_convolution_plan *plan, const ck_convolution_geometry *g) {
    descriptors wanted;
    TRY(describe(g, 1, &wanted));
    dnnl_primitive_attr_t attributes = NULL;
    TRY(user_scratchpad(&attributes));
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = plan->kind == CK_CONVOLUTION_FORWARD
        ? forward_description(g, &wanted, attributes, &description)
        : backward_description(plan->kind, g, &wanted, attributes, &description);
    dnnl_primitive_attr_destroy(attributes);
    if (status) return status;
    static const dnnl_query_t queries[3][3] = {
        {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
        {dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md},
        {dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md},
    };
    const dnnl_query_t *query = queries[plan->kind];
    plan->inner_input = *dnnl_primitive_desc_query_md(description, query[0], 0);
    plan->inner_weights = *dnnl_primitive_desc_query_md(description, query[1], 0);
    plan->inner_output = *dnnl_primitive_desc_query_md(description, query[2], 0);
    size_t scratch;
    note_scratch(plan, description, &scratch);
    status = dnnl_primitive_create(&plan->primitive, description);
    dnnl_primitive_desc_destroy(description);
    return status;
}

static dnnl_status_t build(ck_convolution_plan *plan, const ck_convolution_geometry *g) {
    descriptors plain;
    TRY(describe(g, 0, &plain));
    plan->input = plain.input;
    plan->output = plain.output;
    plan->weights = plain.weights;
    plan->bias = plain.bias;
    TRY(make_primitive(plan, g));
    switch (plan->kind) {
    case CK_CONVOLUTION_FORWARD:
        TRY(make_reorder(plan, &plan->input, &plan->inner_input, 0, &plan->input_reorder));
        TRY(make_reorder(plan, &plan->inner_output, &plan->output, 0, &plan->output_reorder));
        return make_reorder(plan, &plan->weights, &plan->inner_weights, 0, &plan->weights_reorder);
    case CK_CONVOLUTION_BACKWARD_DATA:
        TRY(make_reorder(plan, &plan->output, &plan->inner_output, 0, &plan->output_reorder));
        TRY(make_reorder(plan, &plan->inner_input, &plan->input, 0, &plan->input_reorder));
        return make_reorder(plan, &plan->weights, &plan->inner_weights, 0, &plan->weights_reorder);
    default:
        TRY(make_reorder(plan, &plan->input, &plan->inner_input, 0, &plan->input_reorder));
        TRY(make_reorder(plan, &plan->output, &plan->inner_output, 0, &plan->output_reorder));
        return make_reorder(plan, &plan->inner_weights, &plan->weights, 1, &plan->weights_reorder);
    }
}

int ck_convolution_plan_create(int kind, const ck_convolution_geometry *geometry, ck_convolution_plan **result) {
    *result = NULL;
    if (!ck_engine()) return dnnl_runtime_error;
    ck_convolution_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return dnnl_out_of_memory;
    plan->kind = kind;
    plan->has_bias = geometry->has_bias != 0;
    plan->bias_count = geometry->output_channels;
    dnnl_status_t status = build(plan, geometry);
    if (status) {
        ck_convolution_plan_destroy(plan);
        return status;
    }
    *result = plan;
    return 0;
}

void ck_convolution_plan_destroy(ck_convolution_plan *plan) {
    if (!plan) return;
    dnnl_primitive_t owned[] = {
        plan->primitive, plan->input_reorder.primitive, plan->output_reorder.primitive,
        plan->weights_reorder.primitive};
    for (int i = 0; i < 4; i++)
        if (owned[i]) dnnl_primitive_destroy(owned[i]);
    free(plan);
}
