#include "CKernels.h"
int audiotool_kernels_placeholder(void) { return 0; }
