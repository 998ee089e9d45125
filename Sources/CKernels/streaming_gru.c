#include "panel.h"
#include "vector_math.h"
#include <string.h>

/// n = tanh(x + r s), h = (1 - z) n + z h for one panel of units; `previous` may be the state itself.
CK_INLINE void update(const ck_panel *gates, const float *previous, float *state) {
    float values[4][CK_PANEL], old[CK_PANEL];
    memcpy(values, gates, sizeof values);
    memcpy(old, previous, sizeof old);
    for (size_t j = 0; j < CK_PANEL; j++) {
        const float z = ck_gate(values[1][j]);
        const float n = ck_tanh(values[2][j] + ck_gate(values[0][j]) * values[3][j]);
        state[j] = n + z * (old[j] - n);
    }
}

CK_INLINE void step(const float *gates, const float *recurrent, size_t hidden, const float *previous, float *states) {
    static const float zero[CK_PANEL];
    for (size_t unit = 0; unit < hidden; unit += CK_PANEL) {
        const float *own = gates + 4 * unit, *weights = recurrent + 3 * unit * hidden;
        ck_panel sums[4] = {CK_PANEL_OF(own), CK_PANEL_OF(own + CK_PANEL), CK_PANEL_OF(own + 2 * CK_PANEL),
                            CK_PANEL_OF(own + 3 * CK_PANEL)};
        if (previous) {
            for (size_t k = 0; k < hidden; k++, weights += 3 * CK_PANEL) {
                const float h = previous[k];
                sums[0] += h * CK_PANEL_OF(weights);
                sums[1] += h * CK_PANEL_OF(weights + CK_PANEL);
                sums[3] += h * CK_PANEL_OF(weights + 2 * CK_PANEL);
            }
        }
        update(sums, previous ? previous + unit : zero, states + unit);
    }
}

CK_CLONES void ck_gru_both_ways(const float *gates, const float *recurrent, size_t steps, size_t hidden,
                                float *states) {
    const size_t row = 2 * hidden;
    const float *backward = recurrent + 3 * hidden * hidden;
    // The directions take turns, so that one's product hides the other's activations.
    for (size_t s = 0; s < steps; s++) {
        const size_t t = steps - 1 - s;
        step(gates + s * 4 * row, recurrent, hidden, s > 0 ? states + (s - 1) * row : NULL, states + s * row);
        step(gates + t * 4 * row + 4 * hidden, backward, hidden, s > 0 ? states + (t + 1) * row + hidden : NULL,
             states + t * row + hidden);
    }
}

CK_CLONES void ck_gru_rows(const float *gates, size_t rows, size_t hidden, float *states, size_t state_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t unit = 0; unit < hidden; unit += CK_PANEL) {
            float *state = states + r * state_stride + unit;
            update((const ck_panel *)(gates + 4 * (r * hidden + unit)), state, state);
        }
}
