/* Products by VNNI, AVX512-BF16 and AMX, whose instructions are emulated in plain C: codes, layout and sums on any machine.
   BYTES of a vector are 32, or 64 as those of AVX-512. */
#include <cpuid.h>
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "families/families.h"
#include "fastnn.h"

#define EMULATE_VNNI
#define ISA test
#define VECTOR_BYTES BYTES
#define TILE_ROWS 6
#define INLINE static inline __attribute__((always_inline))
#define PASTE3(a, b, c) a##b##_##c
#define TABLE_NAME(isa, suffix) PASTE3(fastnn_, isa, suffix)
#include "families/reduced.inc"

static const char *where = "";
static int n_checks, n_failures;

static void fail(const char *what, ptrdiff_t row, ptrdiff_t column, double got, double expected)
{
    n_failures++;
    printf("FAILED %s %s [%td, %td]: got %.9g, expected %.9g\n", where, what, row, column, got, expected);
}

static double uniform(void)
{
    static uint64_t state = 1;
    return (double)(fastnn_mix(state++) >> 11) * 0x1p-52 - 1;
}

#include "reduced_test.inc"

int main(void)
{
    test_reduced("emulated", &fastnn_test_reduced);
    printf("%d checks, %d failures\n", n_checks, n_failures);
    return n_failures > 0 || n_checks == 0 || fastnn_test_reduced.int8[1]->missing();
}
