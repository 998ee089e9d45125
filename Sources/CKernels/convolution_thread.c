#define _GNU_SOURCE
#include "convolution_internal.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct {
    dnnl_stream_t stream;
    void *buffers[CK_SLOT_COUNT];
    size_t sizes[CK_SLOT_COUNT];
} thread_state;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static dnnl_engine_t engine;
static void (*set_openmp_threads)(int);

static void release(void *pointer) {
    thread_state *state = pointer;
    for (int slot = 0; slot < CK_SLOT_COUNT; slot++) free(state->buffers[slot]);
    if (state->stream) dnnl_stream_destroy(state->stream);
    free(state);
}

static void start(void) {
    pthread_key_create(&key, release);
    // The library's OpenMP runtime, whichever it was built with.
    *(void **)&set_openmp_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
}

// The thread count of OpenMP is a setting of each calling thread: one for every thread that comes here.
static thread_state *current(void) {
    pthread_once(&once, start);
    thread_state *state = pthread_getspecific(key);
    if (state) return state;
    state = calloc(1, sizeof *state);
    if (!state) return NULL;
    if (set_openmp_threads) set_openmp_threads(1);
    pthread_setspecific(key, state);
    return state;
}

dnnl_engine_t ck_engine(void) {
    return current() ? engine : NULL;
}

dnnl_stream_t ck_stream(void) {
    thread_state *state = current();
    if (!state || !engine) return NULL;
    if (!state->stream && dnnl_stream_create(&state->stream, engine, dnnl_stream_in_order) != dnnl_success)
        state->stream = NULL;
    return state->stream;
}

void *ck_thread_buffer(int slot, size_t bytes) {
    thread_state *state = current();
    if (!state) return NULL;
    if (state->sizes[slot] < bytes || !state->buffers[slot]) {
        free(state->buffers[slot]);
        size_t rounded = (bytes + 4095) / 4096 * 4096 + 4096;
        state->buffers[slot] = aligned_alloc(4096, rounded);
        state->sizes[slot] = state->buffers[slot] ? rounded : 0;
    }
    return state->buffers[slot];
}
