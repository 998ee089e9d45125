// Sixteen floats that the compiler maps to whatever registers there are.
#pragma once
#include "dispatch.h"
#include "include/streaming.h"

typedef float ck_panel __attribute__((vector_size(4 * CK_PANEL), aligned(4), may_alias));

#define CK_PANEL_AT(pointer) (*(ck_panel *)(pointer))
#define CK_PANEL_OF(pointer) (*(const ck_panel *)(pointer))
