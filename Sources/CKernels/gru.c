#include "include/gru.h"
#include "vector_math.h"

CK_CLONES static void step_row(
    float *restrict gates, const float *restrict recurrent, const float *restrict previous, float *restrict candidate,
    float *restrict output, size_t size) {
    float *restrict r = gates, *restrict z = gates + size, *restrict n = gates + 2 * size;
    for (size_t i = 0; i < size; i++) {
        r[i] = ck_sigmoid(r[i] + recurrent[i]);
        z[i] = ck_sigmoid(z[i] + recurrent[size + i]);
        candidate[i] = recurrent[2 * size + i];
        n[i] = ck_tanh(n[i] + r[i] * recurrent[2 * size + i]);
    }
    if (previous) {
        for (size_t i = 0; i < size; i++) output[i] = n[i] + z[i] * (previous[i] - n[i]);
    } else {
        for (size_t i = 0; i < size; i++) output[i] = n[i] - z[i] * n[i];
    }
}

void ck_gru_step(
    float *gates, size_t gate_stride, const float *recurrent, const float *previous, size_t previous_stride,
    float *candidate, size_t candidate_stride, float *output, size_t output_stride, size_t rows, size_t size) {
    for (size_t row = 0; row < rows; row++) {
        step_row(
            gates + row * gate_stride, recurrent + row * 3 * size, previous ? previous + row * previous_stride : NULL,
            candidate + row * candidate_stride, output + row * output_stride, size);
    }
}

CK_CLONES static void gradient_row(
    float *restrict state, float *restrict gates, const float *restrict previous, float *restrict candidate,
    float *restrict recurrent, size_t size) {
    float *restrict r = gates, *restrict z = gates + size, *restrict n = gates + 2 * size;
    for (size_t i = 0; i < size; i++) {
        const float h = previous ? previous[i] : 0;
        const float dn = state[i] * (1 - z[i]) * (1 - n[i] * n[i]);
        const float dz = state[i] * (h - n[i]) * z[i] * (1 - z[i]);
        const float dr = dn * candidate[i] * r[i] * (1 - r[i]);
        state[i] *= z[i];
        candidate[i] = dn * r[i];
        r[i] = dr;
        z[i] = dz;
        n[i] = dn;
        recurrent[i] = dr;
        recurrent[size + i] = dz;
        recurrent[2 * size + i] = candidate[i];
    }
}

void ck_gru_step_gradient(
    float *state_gradient, float *gates, size_t gate_stride, const float *previous, size_t previous_stride,
    float *candidate, size_t candidate_stride, float *recurrent, size_t rows, size_t size) {
    for (size_t row = 0; row < rows; row++) {
        gradient_row(
            state_gradient + row * size, gates + row * gate_stride,
            previous ? previous + row * previous_stride : NULL, candidate + row * candidate_stride,
            recurrent + row * 3 * size, size);
    }
}
