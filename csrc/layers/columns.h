/* clang-format off */
/* The kernels of encoded columns, a table of their own; formulas in columns.inc. As in fastnn.h, T is the dtype. */
#ifndef FASTNN_COLUMNS_H
#define FASTNN_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#define FASTNN_MOST_EDGES 257   /* of a column */

#define FASTNN_DECLARE_COLUMNS(T, INT, S)                                                                       \
    typedef struct {               /* a raw column of the input */                                              \
        ptrdiff_t first, count;    /* its entries: rows of the weights */                                       \
        ptrdiff_t piece;           /* the number of its first piece, or -1: of a category, or a number alone */ \
        ptrdiff_t n_edges;                                                                                      \
        const T *edges;            /* (n_edges,), then infinity up to a whole vector */                         \
        const T *origin, *width, *inverse;   /* (n_edges + 1,) of the pieces; inverse of the width */           \
        const T *mean;             /* (n_edges - 1,) of the codes */                                            \
        T scale, shift;            /* of the entry that is the number itself */                                 \
        int has_value;             /* whether it has that one */                                                \
        int is_category;                                                                                        \
    } fastnn_column_##S;                                                                                        \
                                                                                                                \
    typedef struct {               /* a number of a raw column, found in it */                                  \
        T fraction;                /* how far it is in its piece, or the weight of its entry */                 \
        INT at;                    /* the piece, or the entry */                                                \
    } fastnn_code_##S;                                                                                          \
                                                                                                                \
    typedef struct {                                                                                            \
        /* codes (rows, ldc) of the n raw columns of x */                                                       \
        void (*encode)(ptrdiff_t n, const fastnn_column_##S *column, ptrdiff_t rows, const T *x, ptrdiff_t ldx, \
                       void *codes, ptrdiff_t ldc);                                                             \
        /* z (rows, nv vectors) = bias + entries . w for a panel w of the weights, whose table is               \
           (pieces, 2, nv vectors): base and slope of each. Then, if rectify, z = max(z, 0) */                  \
        void (*forward)(int nv, ptrdiff_t n, const fastnn_column_##S *column, ptrdiff_t rows,                   \
                        const void *codes, ptrdiff_t ldc, const T *w, const T *table, const T *bias,            \
                        int rectify, T *z, ptrdiff_t ldz);                                                      \
        /* the lines of one column, if it has pieces, in the table */                                           \
        void (*table)(int nv, const fastnn_column_##S *column, const T *w, T *table);                           \
        /* g (count, nv vectors) += entries first..first + count, transposed, . d: those of one column, from the \
           j-th on of each row's codes; if it has pieces, all its entries are among them */                     \
        void (*gradient)(int nv, const fastnn_column_##S *column, ptrdiff_t j, ptrdiff_t rows,                  \
                         const void *codes, ptrdiff_t ldc, const T *d, ptrdiff_t ldd, ptrdiff_t first,          \
                         ptrdiff_t count, T *g);                                                                \
        /* dx (rows, n) (+)= what a panel passes back to the raw columns; to categories nothing */              \
        void (*backward)(int nv, ptrdiff_t n, const fastnn_column_##S *column, ptrdiff_t rows,                  \
                         const void *codes, ptrdiff_t ldc, const T *w, const T *table, const T *d,              \
                         ptrdiff_t ldd, T *dx, ptrdiff_t ldx, int accumulate);                                  \
    } fastnn_columns_##S;

FASTNN_DECLARE_COLUMNS(float, int32_t, f32)
FASTNN_DECLARE_COLUMNS(double, int64_t, f64)

#endif
