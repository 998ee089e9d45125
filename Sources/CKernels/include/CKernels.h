int audiotool_kernels_placeholder(void);
