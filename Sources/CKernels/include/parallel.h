// One pool of worker threads for the whole process.
#pragma once
#include <stddef.h>

typedef void (*ck_parallel_body)(void *context, size_t index);

/// Calls body(context, i) for every i below count, on at most `threads` threads including the caller.
/// Nested calls, and calls while another thread has the pool, run on the calling thread alone.
void ck_parallel_for(size_t count, size_t threads, ck_parallel_body body, void *context);
