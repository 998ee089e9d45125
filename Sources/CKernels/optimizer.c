#include "include/optimizer.h"
#include "dispatch.h"
#include <math.h>

CK_CLONES void ck_adam_step(
    float *restrict values, const float *restrict gradient, float *restrict first, float *restrict second, size_t n,
    ck_adam_settings s) {
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i];
        first[i] = s.beta1 * first[i] + (1 - s.beta1) * g;
        second[i] = s.beta2 * second[i] + (1 - s.beta2) * g * g;
        values[i] -= s.decay * values[i] + s.step_size * first[i] / (sqrtf(second[i] * s.second_scale) + s.epsilon);
    }
}
