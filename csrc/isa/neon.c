#if defined(__aarch64__)
#define ISA neon
#define VECTOR_BYTES 16
#define TILE_ROWS 8
#include "../kernels.h"
#endif
