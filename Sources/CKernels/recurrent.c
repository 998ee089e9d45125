#include "include/recurrent.h"
#include "vector_math.h"

// One row of each: as parameters of a function the pointers are known not to overlap, without a test at run time.
#define ROW(pointer) ((pointer) + row * s->gate_stride)

CK_INLINE void gru_row(size_t hidden, float *restrict r, float *restrict n, const float *restrict hn,
                       const float *restrict previous, float *restrict state) {
    // Reset and update gates are neighbours: one long loop without dependences, then one for the candidate.
    const float *z = r + hidden;
    for (size_t j = 0; j < 2 * hidden; j++) r[j] = ck_gate(r[j]);
    for (size_t j = 0; j < hidden; j++) {
        const float candidate = ck_tanh(n[j] + r[j] * hn[j]);
        n[j] = candidate;
        state[j] = candidate + z[j] * (previous[j] - candidate);
    }
}

CK_CLONES void ck_gru_forward(const ck_recurrent_step *s) {
    for (size_t row = 0; row < s->rows; row++)
        gru_row(s->hidden, ROW(s->gates[0]), ROW(s->gates[2]), ROW(s->gates[3]), s->previous + row * s->previous_stride,
                s->state + row * s->state_stride);
}

CK_INLINE void gru_row_backward(size_t hidden, float *restrict r, float *restrict z, float *restrict n,
                                float *restrict hn, const float *restrict previous, const float *restrict above,
                                float *restrict after) {
    for (size_t j = 0; j < hidden; j++) {
        const float reset = r[j], update = z[j], candidate = n[j];
        const float dh = above[j] + after[j];
        const float dn = dh * (1.0f - update) * (1.0f - candidate * candidate);
        after[j] = dh * update;
        z[j] = dh * (previous[j] - candidate) * update * (1.0f - update);
        r[j] = dn * hn[j] * reset * (1.0f - reset);
        n[j] = dn;
        hn[j] = dn * reset;
    }
}

CK_CLONES void ck_gru_backward(const ck_recurrent_step *s, const float *g, size_t g_stride, float *carry) {
    for (size_t row = 0; row < s->rows; row++)
        gru_row_backward(s->hidden, ROW(s->gates[0]), ROW(s->gates[1]), ROW(s->gates[2]), ROW(s->gates[3]),
                         s->previous + row * s->previous_stride, g + row * g_stride, carry + row * s->hidden);
}

CK_INLINE void lstm_row(size_t hidden, float *restrict i, float *restrict c, float *restrict o,
                        const float *restrict previous, float *restrict state, float *restrict cell) {
    const float *f = i + hidden;
    for (size_t j = 0; j < 2 * hidden; j++) i[j] = ck_gate(i[j]);
    for (size_t j = 0; j < hidden; j++) o[j] = ck_gate(o[j]);
    for (size_t j = 0; j < hidden; j++) {
        const float candidate = ck_tanh(c[j]);
        c[j] = candidate;
        cell[j] = f[j] * previous[j] + i[j] * candidate;
    }
    for (size_t j = 0; j < hidden; j++) state[j] = o[j] * ck_tanh(cell[j]);
}

CK_CLONES void ck_lstm_forward(const ck_recurrent_step *s) {
    for (size_t row = 0; row < s->rows; row++)
        lstm_row(s->hidden, ROW(s->gates[0]), ROW(s->gates[2]), ROW(s->gates[3]),
                 s->previous_cell + row * s->previous_cell_stride, s->state + row * s->state_stride,
                 s->cell + row * s->state_stride);
}

CK_INLINE void lstm_row_backward(size_t hidden, float *restrict i, float *restrict f, float *restrict c,
                                 float *restrict o, const float *restrict previous, const float *restrict cell,
                                 const float *restrict above, float *restrict after, float *restrict cell_after) {
    for (size_t j = 0; j < hidden; j++) {
        const float input = i[j], forget = f[j], candidate = c[j], output = o[j];
        const float squashed = ck_tanh(cell[j]), dh = above[j] + after[j];
        const float dc = cell_after[j] + dh * output * (1.0f - squashed * squashed);
        after[j] = 0;
        cell_after[j] = dc * forget;
        i[j] = dc * candidate * input * (1.0f - input);
        f[j] = dc * previous[j] * forget * (1.0f - forget);
        c[j] = dc * input * (1.0f - candidate * candidate);
        o[j] = dh * squashed * output * (1.0f - output);
    }
}

CK_CLONES void ck_lstm_backward(const ck_recurrent_step *s, const float *g, size_t g_stride, float *carry,
                                float *cell_carry) {
    for (size_t row = 0; row < s->rows; row++)
        lstm_row_backward(s->hidden, ROW(s->gates[0]), ROW(s->gates[1]), ROW(s->gates[2]), ROW(s->gates[3]),
                          s->previous_cell + row * s->previous_cell_stride, s->cell + row * s->state_stride,
                          g + row * g_stride, carry + row * s->hidden, cell_carry + row * s->hidden);
}
