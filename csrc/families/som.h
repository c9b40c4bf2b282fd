/* Self-organizing maps: distances of rows to the units of a map, and units on their way to a row. */
#ifndef FASTNN_SOM_H
#define FASTNN_SOM_H

#include "families.h"

#define FASTNN_DECLARE_SOM(T, S)                                                                                            \
    struct fastnn_som_##S {                                                                                                 \
        /* out[r * ldo + u] = sum of (x_r - c_u)^2 over d elements; if missing, without those where x_r is NaN.           \
           Each sum has one order, whatever the number of rows and units */ \
        void (*squared_distances)(ptrdiff_t rows, ptrdiff_t units, ptrdiff_t d, const T *x, ptrdiff_t ldx, const T *c,      \
                                  ptrdiff_t ldc, int missing, T *out, ptrdiff_t ldo);                                       \
        /* c += rate * (x - c) over d elements; if missing, only where x is no NaN. Returns the sum of the new c^2 */       \
        T (*move)(ptrdiff_t d, const T *x, int missing, T rate, T *c);                                                      \
    };

FASTNN_DECLARE_SOM(float, f32)
FASTNN_DECLARE_SOM(double, f64)

static inline const fastnn_som_f32 *fastnn_som_f32_of(const fastnn_isa *isa) { return isa->families->som_f32; }
static inline const fastnn_som_f64 *fastnn_som_f64_of(const fastnn_isa *isa) { return isa->families->som_f64; }

#endif
