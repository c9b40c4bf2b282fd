/* What a restricted Boltzmann machine needs beside the products of layers. */
#ifndef FASTNN_RBM_H
#define FASTNN_RBM_H

#include "families.h"

#define FASTNN_RBM_DECLARE(T, S)                                                                                           \
    struct fastnn_rbm_##S {                                                                                                \
        /* z (rows, n) = bias + h . w^T, where h (rows, n_panels panels) is padded with zeros and the weights of unit \
           v are row v of every panel, `stride` apart: inner products along the hidden units */    \
        void (*visible)(ptrdiff_t rows, ptrdiff_t n, ptrdiff_t n_panels, const T *h, ptrdiff_t ldh, const T *w,            \
                        ptrdiff_t stride, const T *bias, T *z, ptrdiff_t ldz);                                             \
        /* which of n <= 64 units are not zero: bit j of of_rows[r * ldr] is set, and bit first + r < 64 of of_units[j], \
           whose others stay; unless that is NULL */ \
        void (*marks)(ptrdiff_t rows, ptrdiff_t n, const T *v, ptrdiff_t ldv, uint64_t *of_rows, ptrdiff_t ldr,            \
                      uint64_t *of_units, ptrdiff_t first);                                                                \
        /* z (rows, 1 to 4 panels) = init + v . w of the units that are marked in each row; panels of w lie `stride` \
           apart */     \
        void (*hidden)(ptrdiff_t rows, ptrdiff_t n_panels, const uint64_t *of_rows, ptrdiff_t ldr, const T *v,             \
                       ptrdiff_t ldv, const T *w, ptrdiff_t stride, const T *init, ptrdiff_t ldi, T *z, ptrdiff_t ldz);    \
        /* w (1 to 4 panels, n units) = v^T . d of the rows that are marked for each unit, at most 64, in their order;  \
           added to what w was, if add */  \
        void (*learn)(ptrdiff_t n, ptrdiff_t n_panels, const uint64_t *of_units, const T *v, ptrdiff_t ldv, const T *d,    \
                      ptrdiff_t ldd, int add, T *w, ptrdiff_t stride);                                                     \
        /* y (rows, n) = 1 where u < p, else 0; y may be p */                                                              \
        void (*below)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, const double *u, ptrdiff_t ldu, T *y,        \
                      ptrdiff_t ldy);                                                                                      \
        /* the same with 24 bits hashed from (key, row, unit) as u, and y = p plus a normal number of those; y may    \
           be p */    \
        void (*hashed)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, uint64_t key, ptrdiff_t first_unit, T *y,   \
                       ptrdiff_t ldy);                                                                                     \
        void (*normal)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, uint64_t key, ptrdiff_t first_unit, T *y,   \
                       ptrdiff_t ldy);                                                                                     \
        /* v = momentum * v + g - decay * w, w += v */                                                                     \
        void (*step)(ptrdiff_t n, const T *g, T *v, T *w, double momentum, double decay);                                  \
    };

FASTNN_RBM_DECLARE(float, f32)
FASTNN_RBM_DECLARE(double, f64)

static inline const fastnn_rbm_f32 *fastnn_rbm_f32_of(const fastnn_isa *isa) { return isa->families->rbm_f32; }
static inline const fastnn_rbm_f64 *fastnn_rbm_f64_of(const fastnn_isa *isa) { return isa->families->rbm_f64; }

#endif
