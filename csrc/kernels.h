/* What an ISA file includes: the standard headers, the target, then the families without a dtype, then the template once per dtype.
   Expects ISA, VECTOR_BYTES, TILE_ROWS and, where the compiler must be told, TARGET. Everything but the tables is
   static: an inline function compiled for one ISA and shared by the linker would crash the others. */
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

#include "families/families.h"
#include "fastnn.h"
#include "formulas.h"

#define INLINE static inline __attribute__((always_inline))
#define PASTE3(a, b, c) a##b##_##c
#define TABLE_NAME(isa, suffix) PASTE3(fastnn_, isa, suffix)
#define PRAGMA(text) _Pragma(#text)
#ifdef TARGET
#ifdef __clang__
#define APPLY_TARGET(t) PRAGMA(clang attribute push(__attribute__((target(t))), apply_to = function))
APPLY_TARGET(TARGET)
#else
#define APPLY_TARGET(t) PRAGMA(GCC target(t))
APPLY_TARGET(TARGET)
#endif
#endif

#include "families/reduced.inc"
#include "families/shuffle.inc"

#define T float
#define OTHER double
#define INT int32_t
#define UINT uint32_t
#define S f32
#include "kernels.inc"
#undef T
#undef OTHER
#undef INT
#undef UINT
#undef S

#define T double
#define OTHER float
#define INT int64_t
#define UINT uint64_t
#define S f64
#define DOUBLE
#include "kernels.inc"

const struct fastnn_families TABLE_NAME(ISA, families) = {
#define FAMILY(name) .name = &TABLE_NAME(ISA, name),
#define TYPED_FAMILY(name) FAMILY(name##_f32) FAMILY(name##_f64)
#include "families/families.def"
#undef FAMILY
#undef TYPED_FAMILY
};

#if defined(TARGET) && defined(__clang__)
#pragma clang attribute pop
#endif
