#if defined(__x86_64__)
#define TARGET "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,f16c"
#define ISA avx512
#define VECTOR_BYTES 64
#define TILE_ROWS 12
#include "../kernels.h"
#endif
