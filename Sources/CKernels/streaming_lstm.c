#include "panel.h"
#include "vector_math.h"
#include <string.h>

/// c = f c + i g, h = o tanh(c) for one panel of units.
CK_INLINE void update(const ck_panel *gates, float *restrict cell, float *restrict state) {
    float values[4][CK_PANEL];
    memcpy(values, gates, sizeof values);
    for (size_t j = 0; j < CK_PANEL; j++) {
        const float c = ck_gate(values[1][j]) * cell[j] + ck_gate(values[0][j]) * ck_tanh(values[2][j]);
        cell[j] = c;
        state[j] = ck_gate(values[3][j]) * ck_tanh(c);
    }
}

/// One step of one direction for the units from `first` to before `end`; `previous` may be null for the first step.
CK_INLINE void step(const float *gates, const float *recurrent, size_t hidden, size_t first, size_t end,
                    const float *previous, float *cells, float *states) {
    for (size_t unit = first; unit < end; unit += CK_PANEL) {
        const float *own = gates + 4 * unit, *weights = recurrent + 4 * unit * hidden;
        ck_panel sums[4] = {CK_PANEL_OF(own), CK_PANEL_OF(own + CK_PANEL), CK_PANEL_OF(own + 2 * CK_PANEL),
                            CK_PANEL_OF(own + 3 * CK_PANEL)};
        if (previous) {
            for (size_t k = 0; k < hidden; k++, weights += 4 * CK_PANEL) {
                const float h = previous[k];
                sums[0] += h * CK_PANEL_OF(weights);
                sums[1] += h * CK_PANEL_OF(weights + CK_PANEL);
                sums[2] += h * CK_PANEL_OF(weights + 2 * CK_PANEL);
                sums[3] += h * CK_PANEL_OF(weights + 3 * CK_PANEL);
            }
        }
        update(sums, cells + unit, states + unit);
    }
}

CK_CLONES void ck_lstm_both_ways(const float *gates, const float *recurrent, size_t steps, size_t hidden, float *cells,
                                 float *states) {
    memset(cells, 0, 2 * hidden * sizeof(float));
    const size_t row = 2 * hidden;
    const float *backward = recurrent + 4 * hidden * hidden;
    // The directions take turns, so that one's product hides the other's activations.
    for (size_t s = 0; s < steps; s++) {
        const size_t t = steps - 1 - s;
        step(gates + s * 4 * row, recurrent, hidden, 0, hidden, s > 0 ? states + (s - 1) * row : NULL, cells, states + s * row);
        step(gates + t * 4 * row + 4 * hidden, backward, hidden, 0, hidden,
             s > 0 ? states + (t + 1) * row + hidden : NULL, cells + hidden, states + t * row + hidden);
    }
}

CK_CLONES void ck_lstm_units(const float *gates, const float *recurrent, size_t hidden, size_t first, size_t end,
                             const float *previous, float *cells, float *states) {
    step(gates, recurrent, hidden, first, end, previous, cells, states);
}

CK_CLONES void ck_lstm_rows(const float *gates, size_t rows, size_t hidden, float *cells, float *states,
                            size_t state_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t unit = 0; unit < hidden; unit += CK_PANEL)
            update((const ck_panel *)(gates + 4 * (r * hidden + unit)), cells + r * hidden + unit,
                   states + r * state_stride + unit);
}
