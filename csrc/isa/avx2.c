#if defined(__x86_64__)
#define TARGET "avx2,fma,f16c"
#define ISA avx2
#define VECTOR_BYTES 32
#define TILE_ROWS 6
#include "../kernels.h"
#endif
