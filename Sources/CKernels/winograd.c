#include "include/winograd.h"
#include "dispatch.h"
#include <string.h>

// Bᵀ d of six numbers.
#define SPREAD(d0, d1, d2, d3, d4, d5, r0, r1, r2, r3, r4, r5)                                                         \
    do {                                                                                                               \
        const float even_ = (d4) - 4.0f * (d2), odd_ = (d3) - 4.0f * (d1);                                             \
        const float half_ = (d4) - (d2), twice_ = 2.0f * ((d3) - (d1));                                                \
        r0 = 4.0f * (d0) - 5.0f * (d2) + (d4);                                                                         \
        r1 = even_ + odd_;                                                                                             \
        r2 = even_ - odd_;                                                                                             \
        r3 = half_ + twice_;                                                                                           \
        r4 = half_ - twice_;                                                                                           \
        r5 = 4.0f * (d1) - 5.0f * (d3) + (d5);                                                                         \
    } while (0)

// Aᵀ m of six numbers.
#define GATHER(m0, m1, m2, m3, m4, m5, r0, r1, r2, r3)                                                                 \
    do {                                                                                                               \
        const float sum_ = (m1) + (m2), difference_ = (m1) - (m2), far_ = (m3) + (m4), apart_ = (m3) - (m4);           \
        r0 = (m0) + sum_ + far_;                                                                                       \
        r1 = difference_ + 2.0f * apart_;                                                                              \
        r2 = sum_ + 4.0f * far_;                                                                                       \
        r3 = difference_ + 8.0f * apart_ + (m5);                                                                       \
    } while (0)

// G g of three numbers.
CK_INLINE void widen(float a, float b, float c, float *r) {
    const float sixth = 1.0f / 6.0f, outer = -(a + c) * sixth, middle = b * sixth, inner = a * (0.25f * sixth) + c * sixth;
    r[0] = a * 0.25f;
    r[1] = outer - middle;
    r[2] = outer + middle;
    r[3] = inner + 0.5f * middle;
    r[4] = inner - 0.5f * middle;
    r[5] = c;
}

CK_CLONES void ck_winograd_weights(
    const float *w, int64_t first, int64_t end, int64_t inputs, int64_t step, int64_t taps, int reversed, float *u, int64_t stride) {
    for (int64_t output = first; output < end; output++)
        for (int64_t input = 0; input < inputs; input++) {
            const float *g = w + output * step + input * taps;
            float columns[3][6], *target = u + output * inputs + input;
            for (int j = 0; j < 3; j++)
                if (reversed) widen(g[8 - j], g[5 - j], g[2 - j], columns[j]);
                else widen(g[j], g[3 + j], g[6 + j], columns[j]);
            for (int i = 0; i < 6; i++) {
                float row[6];
                widen(columns[0][i], columns[1][i], columns[2][i], row);
                for (int j = 0; j < 6; j++) target[(6 * i + j) * stride] = row[j];
            }
        }
}

int64_t ck_winograd_scratch(int64_t columns) { return 6 * 4 * (columns + 16) + 4 * 4 * (columns + 16); }

CK_CLONES void ck_winograd_input(
    const float *x, int64_t height, int64_t width, int64_t first, int64_t rows, int64_t columns, float *v, int64_t stride,
    float *scratch) {
    const int64_t length = 4 * (columns + 1);
    float *lines = scratch, *phases = scratch + 6 * length, *zeros = phases + length;
    memset(zeros, 0, (size_t)width * sizeof *zeros);
    for (int i = 0; i < 6; i++) {
        lines[i * length] = 0;
        for (int64_t n = width + 1; n < length; n++) lines[i * length + n] = 0;
    }
    for (int64_t row = 0; row < rows; row++) {
        const float *d[6];
        for (int j = 0; j < 6; j++) {
            const int64_t line = 4 * (first + row) - 1 + j;
            d[j] = line >= 0 && line < height ? x + line * width : zeros;
        }
        const float *restrict d0 = d[0], *restrict d1 = d[1], *restrict d2 = d[2], *restrict d3 = d[3];
        const float *restrict d4 = d[4], *restrict d5 = d[5];
        float *restrict l0 = lines + 1, *restrict l1 = l0 + length, *restrict l2 = l1 + length;
        float *restrict l3 = l2 + length, *restrict l4 = l3 + length, *restrict l5 = l4 + length;
        for (int64_t n = 0; n < width; n++)
            SPREAD(d0[n], d1[n], d2[n], d3[n], d4[n], d5[n], l0[n], l1[n], l2[n], l3[n], l4[n], l5[n]);
        for (int i = 0; i < 6; i++) {
            const float *restrict line = lines + i * length;
            const int64_t count = columns + 1;
            float *restrict p0 = phases, *restrict p1 = p0 + count, *restrict p2 = p1 + count, *restrict p3 = p2 + count;
            for (int64_t k = 0; k < count; k++) {
                p0[k] = line[4 * k];
                p1[k] = line[4 * k + 1];
                p2[k] = line[4 * k + 2];
                p3[k] = line[4 * k + 3];
            }
            float *restrict v0 = v + 6 * i * stride + row * columns, *restrict v1 = v0 + stride, *restrict v2 = v1 + stride;
            float *restrict v3 = v2 + stride, *restrict v4 = v3 + stride, *restrict v5 = v4 + stride;
            for (int64_t k = 0; k < columns; k++)
                SPREAD(p0[k], p1[k], p2[k], p3[k], p0[k + 1], p1[k + 1], v0[k], v1[k], v2[k], v3[k], v4[k], v5[k]);
        }
    }
}

CK_CLONES void ck_winograd_output(
    const float *m, int64_t stride, int64_t first, int64_t rows, int64_t columns, float bias, float *y, int64_t height,
    int64_t width, float *scratch) {
    float *half = scratch, *lines = scratch + 24 * columns;
    for (int64_t row = 0; row < rows; row++) {
        for (int i = 0; i < 6; i++) {
            const float *restrict m0 = m + 6 * i * stride + row * columns, *restrict m1 = m0 + stride, *restrict m2 = m1 + stride;
            const float *restrict m3 = m2 + stride, *restrict m4 = m3 + stride, *restrict m5 = m4 + stride;
            float *restrict q0 = half + 4 * i * columns, *restrict q1 = q0 + columns, *restrict q2 = q1 + columns;
            float *restrict q3 = q2 + columns;
            for (int64_t k = 0; k < columns; k++)
                GATHER(m0[k], m1[k], m2[k], m3[k], m4[k], m5[k], q0[k], q1[k], q2[k], q3[k]);
        }
        for (int j = 0; j < 4; j++) {
            const float *restrict q0 = half + j * columns, *restrict q1 = q0 + 4 * columns, *restrict q2 = q1 + 4 * columns;
            const float *restrict q3 = q2 + 4 * columns, *restrict q4 = q3 + 4 * columns, *restrict q5 = q4 + 4 * columns;
            float *restrict l0 = lines + j, *restrict l1 = l0 + 4 * columns, *restrict l2 = l1 + 4 * columns;
            float *restrict l3 = l2 + 4 * columns;
            for (int64_t k = 0; k < columns; k++) {
                float r0, r1, r2, r3;
                GATHER(q0[k], q1[k], q2[k], q3[k], q4[k], q5[k], r0, r1, r2, r3);
                l0[4 * k] = r0 + bias;
                l1[4 * k] = r1 + bias;
                l2[4 * k] = r2 + bias;
                l3[4 * k] = r3 + bias;
            }
        }
        for (int i = 0; i < 4; i++) {
            const int64_t line = 4 * (first + row) + i;
            if (line < height) memcpy(y + line * width, lines + 4 * i * columns, (size_t)width * sizeof *y);
        }
    }
}
