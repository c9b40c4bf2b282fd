#define ISA baseline
#define VECTOR_BYTES 16
#define TILE_ROWS 6
#include "../kernels.h"
