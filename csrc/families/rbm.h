/* What a restricted Boltzmann machine needs beside the products of layers. */
#ifndef FASTNN_RBM_H
#define FASTNN_RBM_H

#include "families.h"

#define FASTNN_RBM_DECLARE(T, S)                                                                                         \
    struct fastnn_rbm_##S {                                                                                              \
        /* z (rows, n) = bias + h . w^T, where h (rows, n_panels panels) is padded with zeros and the weights of unit \
           v are row v of every panel, `stride` apart: inner products along the hidden units */  \
        void (*visible)(ptrdiff_t rows, ptrdiff_t n, ptrdiff_t n_panels, const T *h, ptrdiff_t ldh, const T *w,          \
                        ptrdiff_t stride, const T *bias, T *z, ptrdiff_t ldz);                                           \
        /* y (rows, n) = 1 where u < p, else 0; y may be p */                                                            \
        void (*below)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, const double *u, ptrdiff_t ldu, T *y,      \
                      ptrdiff_t ldy);                                                                                    \
        /* the same with 24 bits hashed from (key, row, unit) as u, and y = p plus a normal number of those; y may    \
           be p */  \
        void (*hashed)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, uint64_t key, ptrdiff_t first_unit, T *y, \
                       ptrdiff_t ldy);                                                                                   \
        void (*normal)(ptrdiff_t rows, ptrdiff_t n, const T *p, ptrdiff_t ldp, uint64_t key, ptrdiff_t first_unit, T *y, \
                       ptrdiff_t ldy);                                                                                   \
        /* v = momentum * v + g - decay * w, w += v */                                                                   \
        void (*step)(ptrdiff_t n, const T *g, T *v, T *w, double momentum, double decay);                                \
    };

FASTNN_RBM_DECLARE(float, f32)
FASTNN_RBM_DECLARE(double, f64)

static inline const fastnn_rbm_f32 *fastnn_rbm_f32_of(const fastnn_isa *isa) { return isa->families->rbm_f32; }
static inline const fastnn_rbm_f64 *fastnn_rbm_f64_of(const fastnn_isa *isa) { return isa->families->rbm_f64; }

#endif
