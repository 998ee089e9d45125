// Products of a few rows with matrices that are read once each step of an autoregressive decoder, so that the time is
// that of reading them: as float32, bfloat16, or 8-bit integers with a scale for each group. Sums are float32. Every
// result is computed in the same order whatever rows are computed beside it.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Weights that share a scale; depths are whole groups, filled up with zeros.
enum { CK_GROUP = 64 };

typedef enum { CK_WEIGHTS_FLOAT32, CK_WEIGHTS_BFLOAT16, CK_WEIGHTS_INT8 } ck_weight_type;

/// `rows` outputs of `depth` inputs. Values and scales of two neighbouring outputs lie in turns, 64 bytes (a group of
/// 8-bit weights) and one scale each; an odd last output has an unused neighbour. bfloat16: each word holds elements i
/// (low half) and i + 16 of 32 neighbours.
typedef struct {
    ck_weight_type type;
    const void *values;
    const float *scales; // one for each group of 8-bit weights
    size_t rows, depth;
} ck_weights;

/// Stores `rows` outputs of `columns` floats from `first` on; what is behind them must be zero. A group with a number
/// that is not finite makes all its products NaN.
void ck_pack_weights(const ck_weights *weights, const float *source, size_t first, size_t rows, size_t columns);

/// `count` input rows, `stride` apart, as 16-bit integers with a scale for each group, for 8-bit weights.
void ck_quantize_rows(const float *x, size_t stride, size_t count, size_t depth, int16_t *values, float *scales);

typedef struct {
    const float *x; // [count][stride]; zero behind the inputs as far as `depth` goes
    size_t stride, count;
    const int16_t *quantized; // [count][depth], for 8-bit weights only
    const float *scales;      // [count][depth / CK_GROUP]
} ck_rows;

/// y[r][o] = (or += with `adds`) the product of input row r with output row o, for `outputs` outputs from `first` on.
void ck_weighted_rows(const ck_weights *weights, const ck_rows *rows, size_t first, size_t outputs, float *y,
                      size_t y_stride, int adds);

/// Rounds to bfloat16, to even.
void ck_round_bfloat16(const float *x, uint16_t *y, size_t n);
/// Whether every number is finite.
int ck_all_finite(const float *x, size_t n);
