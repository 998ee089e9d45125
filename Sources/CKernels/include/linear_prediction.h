#pragma once

/// Adds up, over `frames` frames, weighted products of one bin's past: with u[t] the vector of the `taps` values
/// x[t - delay - taps + 1] … x[t - delay], `matrix` = Σ w[t] u[t] u[t]ᴴ (rows of complex values, upper triangle only)
/// and `vector` = Σ w[t] u[t] conj(x[t]). `real` and `imaginary` point at frame 0 and hold `delay + taps - 1` zeros
/// before it.
void ck_prediction_statistics(
    const double *real, const double *imaginary, const double *weights, long frames, int taps, int delay,
    double *matrix_real, double *matrix_imaginary, double *vector_real, double *vector_imaginary);

/// y[t] = x[t] - gᴴ u[t], with u as above.
void ck_prediction_residual(
    const double *real, const double *imaginary, long frames, int taps, int delay,
    const double *filter_real, const double *filter_imaginary, double *residual_real, double *residual_imaginary);
