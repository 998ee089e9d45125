#pragma once
#include "deep_filter.h"
#include "elementwise.h"
#include "gru.h"
#include "layer_norm.h"
#include "optimizer.h"
#include "parallel.h"
#include "reduction.h"
