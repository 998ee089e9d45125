#include "include/recurrent.h"
#include "vector_math.h"

#define ROW(index) ((index) * s->gate_stride)

CK_CLONES void ck_gru_forward(const ck_recurrent_step *s) {
    const size_t hidden = s->hidden;
    for (size_t row = 0; row < s->rows; row++) {
        // Reset and update gates are neighbours: one long loop without dependences, then one for the candidate.
        float *restrict r = s->gates[0] + ROW(row);
        const float *z = r + hidden;
        float *restrict n = s->gates[2] + ROW(row);
        const float *restrict hn = s->gates[3] + ROW(row);
        const float *restrict previous = s->previous + row * s->previous_stride;
        float *restrict state = s->state + row * s->state_stride;
        for (size_t j = 0; j < 2 * hidden; j++) r[j] = ck_gate(r[j]);
        for (size_t j = 0; j < hidden; j++) {
            const float candidate = ck_tanh(n[j] + r[j] * hn[j]);
            n[j] = candidate;
            state[j] = candidate + z[j] * (previous[j] - candidate);
        }
    }
}

CK_CLONES void ck_gru_backward(const ck_recurrent_step *s, const float *g, size_t g_stride, float *carry) {
    const size_t hidden = s->hidden;
    for (size_t row = 0; row < s->rows; row++) {
        float *restrict r = s->gates[0] + ROW(row), *restrict z = s->gates[1] + ROW(row);
        float *restrict n = s->gates[2] + ROW(row), *restrict hn = s->gates[3] + ROW(row);
        const float *restrict previous = s->previous + row * s->previous_stride;
        const float *restrict above = g + row * g_stride;
        float *restrict after = carry + row * hidden;
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
}

CK_CLONES void ck_lstm_forward(const ck_recurrent_step *s) {
    const size_t hidden = s->hidden;
    for (size_t row = 0; row < s->rows; row++) {
        float *restrict i = s->gates[0] + ROW(row), *restrict c = s->gates[2] + ROW(row);
        float *restrict o = s->gates[3] + ROW(row);
        const float *f = i + hidden;
        const float *restrict previous = s->previous_cell + row * s->previous_cell_stride;
        float *restrict state = s->state + row * s->state_stride, *restrict cell = s->cell + row * s->state_stride;
        for (size_t j = 0; j < 2 * hidden; j++) i[j] = ck_gate(i[j]);
        for (size_t j = 0; j < hidden; j++) o[j] = ck_gate(o[j]);
        for (size_t j = 0; j < hidden; j++) {
            const float candidate = ck_tanh(c[j]);
            c[j] = candidate;
            cell[j] = f[j] * previous[j] + i[j] * candidate;
        }
        for (size_t j = 0; j < hidden; j++) state[j] = o[j] * ck_tanh(cell[j]);
    }
}

CK_CLONES void ck_lstm_backward(const ck_recurrent_step *s, const float *g, size_t g_stride, float *carry,
                                float *cell_carry) {
    const size_t hidden = s->hidden;
    for (size_t row = 0; row < s->rows; row++) {
        float *restrict i = s->gates[0] + ROW(row), *restrict f = s->gates[1] + ROW(row);
        float *restrict c = s->gates[2] + ROW(row), *restrict o = s->gates[3] + ROW(row);
        const float *restrict previous = s->previous_cell + row * s->previous_cell_stride;
        const float *restrict cell = s->cell + row * s->state_stride;
        const float *restrict above = g + row * g_stride;
        float *restrict after = carry + row * hidden, *restrict cell_after = cell_carry + row * hidden;
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
}
