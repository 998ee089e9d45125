#ifndef AUDIOTOOL_CONVOLUTION_INTERNAL_H
#define AUDIOTOOL_CONVOLUTION_INTERNAL_H

#include "convolution.h"
#include <dnnl.h>
#include <stddef.h>

// A primitive that copies between two layouts; `primitive` is null when the layouts are equal.
typedef struct {
    dnnl_primitive_t primitive;
    size_t scratch;
} ck_reorder;

struct ck_convolution_plan {
    int kind, has_bias;
    int64_t bias_count;
    dnnl_primitive_t primitive;
    size_t scratch; // bytes, the largest of all primitives here
    // Layouts in the caller's arrays and those that the primitive wants.
    dnnl_memory_desc_t input, output, weights, bias;
    dnnl_memory_desc_t inner_input, inner_output, inner_weights;
    ck_reorder input_reorder, output_reorder, weights_reorder;
};

// One engine for the process; null when the library cannot start.
dnnl_engine_t ck_engine(void);
// The calling thread's stream; every primitive that it runs stays on that thread.
dnnl_stream_t ck_stream(void);

enum { CK_SLOT_INPUT, CK_SLOT_OUTPUT, CK_SLOT_WEIGHTS, CK_SLOT_SCRATCH, CK_SLOT_COUNT };
// The calling thread's buffer number `slot`, at least `bytes` long; null when memory is out.
void *ck_thread_buffer(int slot, size_t bytes);

#endif
