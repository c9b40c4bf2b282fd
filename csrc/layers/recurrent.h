/* clang-format off */
/* The kernels of recurrent layers, a table of their own; formulas in recurrent.inc. As in fastnn.h, T is the dtype.
   Rows of gates hold n numbers a gate, n being the units rounded up to whole vectors; padding is zero and stays so. */
#ifndef FASTNN_RECURRENT_H
#define FASTNN_RECURRENT_H

#include <stddef.h>

enum fastnn_cell { FASTNN_RNN_TANH, FASTNN_RNN_RELU, FASTNN_GRU, FASTNN_LSTM, FASTNN_N_CELLS };   /* CELLS of specs.py */

#define FASTNN_DECLARE_RECURRENT(T, S)                                                                          \
    typedef struct {                                                                                            \
        /* One step of a cell, by its number: from the pre-activations z of its gates and the state \
           before it, the outputs h and the state after it, which may lie where the one before does. z becomes  \
           what the way back needs. n is a multiple of lanes */                                                 \
        void (*const *forward)(ptrdiff_t rows, ptrdiff_t n, T *z, ptrdiff_t ldz, const T *before, T *after,     \
                               ptrdiff_t lds, T *h, ptrdiff_t ldh);                                             \
        /* And back: z becomes the gradient by the pre-activations, from dh by the outputs and carry, what comes \
           back by way of the state alone; carry becomes the same for the step before */                        \
        void (*const *backward)(ptrdiff_t rows, ptrdiff_t n, T *z, ptrdiff_t ldz, const T *before,              \
                                const T *after, ptrdiff_t lds, const T *dh, T *carry, ptrdiff_t ldh);           \
        /* y = x and y += a x over n elements of each row; nothing beyond them is read or written */            \
        void (*copy)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, T *y, ptrdiff_t ldy);              \
        void (*add)(ptrdiff_t rows, ptrdiff_t n, T a, const T *x, ptrdiff_t ldx, T *y, ptrdiff_t ldy);          \
    } fastnn_recurrent_##S;

FASTNN_DECLARE_RECURRENT(float, f32)
FASTNN_DECLARE_RECURRENT(double, f64)

#endif
