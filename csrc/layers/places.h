/* clang-format off */
/* The kernels of layers that look at an image through a window, place by place; a table of their own, formulas in
   places.inc. As in fastnn.h, T is the dtype. An image is (height, width, channels), channels next to each other. */
#ifndef FASTNN_PLACES_H
#define FASTNN_PLACES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {             /* what of a window lies within the image */
    ptrdiff_t height, width; /* cells */
    ptrdiff_t down, right;   /* from a cell to the next one, in elements */
    ptrdiff_t number, line;  /* of its first cell among those of the whole window, and cells in a line of that */
} fastnn_cells;

typedef struct {             /* places of a depthwise convolution, or cells, that look at others alike; see depthwise.inc */
    ptrdiff_t n, taps;
    const int32_t *to, *start; /* (n,) where each lies, and what it looks from, in elements */
    const int32_t *at, *row;   /* (taps,) how far from there, and by which line of the weights */
} fastnn_reach;

enum { FASTNN_STORE, FASTNN_RECTIFY, FASTNN_ADD }; /* what becomes of a sum */

#define FASTNN_DECLARE_PLACES(T, S)                                                                             \
    typedef struct {                                                                                            \
        /* c (mr, nv vectors) = bias + windows . b: element t of window i is window[i][at[t]], b is (k, nv      \
           vectors), and t goes from `first` to `end`. Then, if rectify, c = max(c, 0) */                       \
        void (*product)(int mr, int nv, ptrdiff_t first, ptrdiff_t end, const T *const *window,                 \
                        const int32_t *at, const T *b, const T *bias, int rectify, T *c, ptrdiff_t ldc);        \
        /* y_i (n,) = bias (n,), or 0 if that is NULL, + the sum over j of f[j * m + i] x_j (n,), for m vectors  \
           y_i that lie ldy apart and t vectors x_j, ldx apart; m is 2 to 8. Then, if rectify, y = max(y, 0) */  \
        void (*mix)(int m, int t, const T *f, ptrdiff_t n, const T *x, ptrdiff_t ldx, const T *bias,            \
                    int rectify, T *y, ptrdiff_t ldy);                                                          \
        /* to[i] (nv vectors) += row i of d (mr, k) . b (k, nv vectors), one row after the other: they may overlap */ \
        void (*scatter)(int mr, int nv, ptrdiff_t k, const T *d, ptrdiff_t ldd, const T *b, T *const *to);      \
        /* g (mr, nv vectors) += the sum over n places of x[start[q] + at[i]] times row q of d */               \
        void (*gradient)(int mr, int nv, ptrdiff_t n, const int32_t *start, const T *x, const int32_t *at,      \
                         const T *d, ptrdiff_t ldd, T *g);                                                      \
        /* h (places, n) = the largest of the cells of n channels, a NaN if there is one, and unless NULL which   \
           (places, n) = the number of the first such cell; cells of a place lie `step` behind the last one's */ \
        void (*largest)(ptrdiff_t n, ptrdiff_t places, ptrdiff_t step, const fastnn_cells *cells, const T *x,   \
                        T *h, T *which);                                                                        \
        /* the cell of that number in dx += d */                                                                \
        void (*to_largest)(ptrdiff_t n, const fastnn_cells *cells, const T *d, const T *which, T *dx);      \
        /* h (places, n) = factor times the sum of the cells, places as above */                                \
        void (*sum)(ptrdiff_t n, ptrdiff_t places, ptrdiff_t step, const fastnn_cells *cells, T factor,         \
                    const T *x, T *h);                                                                          \
        /* all cells of dx += factor * d */                                                                     \
        void (*to_all)(ptrdiff_t n, const fastnn_cells *cells, T factor, const T *d, T *dx);                \
        /* of n channels, two vectors at most: y[to[q]] = bias, or 0 if that is NULL, + the sum over t of       \
           x[start[q] + at[t]] times line row[t] of b; then as `how` says. No x is read from `end` on */        \
        void (*reach)(const fastnn_reach *r, ptrdiff_t n, const T *x, const T *end, const T *b, ptrdiff_t ldb,  \
                      const T *bias, int how, T *y);                                                            \
        /* of n channels: line t of g += the sum over the places of x[start[q] + at[t]] times row q of d */     \
        void (*taps)(ptrdiff_t n, ptrdiff_t taps, ptrdiff_t places, const int32_t *start, const T *x,           \
                     const T *end, const int32_t *at, const T *d, ptrdiff_t ldd, T *g, ptrdiff_t ldg);          \
    } fastnn_places_##S;

FASTNN_DECLARE_PLACES(float, f32)
FASTNN_DECLARE_PLACES(double, f64)

#endif
