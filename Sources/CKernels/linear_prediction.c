#include "linear_prediction.h"

#include "dispatch.h"

#include <string.h>

CK_CLONES
void ck_prediction_statistics(
    const double *real, const double *imaginary, const double *weights, long frames, int taps, int delay,
    double *restrict matrix_real, double *restrict matrix_imaginary, double *restrict vector_real,
    double *restrict vector_imaginary) {
    memset(matrix_real, 0, sizeof(double) * (size_t)(taps * taps));
    memset(matrix_imaginary, 0, sizeof(double) * (size_t)(taps * taps));
    memset(vector_real, 0, sizeof(double) * (size_t)taps);
    memset(vector_imaginary, 0, sizeof(double) * (size_t)taps);
    for (long t = 0; t < frames; t++) {
        const double *re = real + t - delay - taps + 1, *im = imaginary + t - delay - taps + 1;
        double w = weights[t], xr = w * real[t], xi = w * imaginary[t];
        for (int j = 0; j < taps; j++) {
            vector_real[j] += re[j] * xr + im[j] * xi;
            vector_imaginary[j] += im[j] * xr - re[j] * xi;
        }
        for (int i = 0; i < taps; i++) {
            double ar = w * re[i], ai = w * im[i];
            double *restrict rows_real = matrix_real + i * taps, *restrict rows_imaginary = matrix_imaginary + i * taps;
            for (int j = i; j < taps; j++) {
                rows_real[j] += ar * re[j] + ai * im[j];
                rows_imaginary[j] += ai * re[j] - ar * im[j];
            }
        }
    }
}

CK_CLONES
void ck_prediction_residual(
    const double *real, const double *imaginary, long frames, int taps, int delay,
    const double *filter_real, const double *filter_imaginary, double *restrict residual_real,
    double *restrict residual_imaginary) {
    memcpy(residual_real, real, sizeof(double) * (size_t)frames);
    memcpy(residual_imaginary, imaginary, sizeof(double) * (size_t)frames);
    for (int j = 0; j < taps; j++) {
        const double *re = real - delay - taps + 1 + j, *im = imaginary - delay - taps + 1 + j;
        double gr = filter_real[j], gi = filter_imaginary[j];
        for (long t = 0; t < frames; t++) {
            residual_real[t] -= gr * re[t] + gi * im[t];
            residual_imaginary[t] -= gr * im[t] - gi * re[t];
        }
    }
}
