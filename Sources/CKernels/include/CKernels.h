#pragma once
#include "elementwise.h"
#include "parallel.h"
#include "reduction.h"
