#pragma once
#include <stddef.h>

typedef struct {
    float beta1, beta2, epsilon;
    float step_size;     // learning rate / (1 - beta1^t)
    float second_scale;  // 1 / (1 - beta2^t)
    float decay;         // learning rate * weight decay
} ck_adam_settings;

/// One step of Adam with decoupled decay on `n` values; the moments are updated in place.
void ck_adam_step(
    float *values, const float *gradient, float *first, float *second, size_t n, ck_adam_settings settings);
