/* clang-format off */
/* The seam between Cython and C: one table of micro-kernels per dtype and ISA, chosen once.
   Every kernel is sequential, allocates nothing and never fails. Matrices are row-major; ld* is a row stride in elements.
   "Padded" rows are readable and writable up to the next multiple of `lanes`. */
#ifndef FASTNN_H
#define FASTNN_H

#include <stddef.h>
#include <stdint.h>

#include "layers/columns.h"
#include "layers/recurrent.h"
#include "layers/places.h"

#define FASTNN_N_COEFFICIENTS 8   /* of one optimizer step */

typedef struct {        /* one optimizer step: gradient = scale * g + l2 * w, each element at most clip in magnitude */
    const double *c;    /* c[0]..c[5] the formula's, c[6] the decoupled decay w *= 1 - c[6], c[7] the L1 penalty */
    double scale, l2;
    double clip;        /* INFINITY: none */
    double l1_scale;    /* of c[7], as scale is of g: one over the weight of the batch */
    int penalised;      /* 0: neither l2 nor decay nor L1, as for biases and norms */
    /* Plasticity, vectors of the dtype. slack: of each weight 1 / (1 + strength * thickness), or NULL: none is thick. The
       step is multiplied by it, but by `least` if that is more; decay by it as it is. importance: NULL, or of each weight how
       hard, times pull, it is drawn to its anchor. */
    const void *slack, *importance, *anchor;
    double least, pull;
} fastnn_step;

/* The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result depends on every bit of x. */
static inline uint64_t fastnn_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/* The key of one step's random numbers in one stage of the network. */
static inline uint64_t fastnn_random_key(uint64_t seed, uint64_t step, uint64_t stage)
{
    return fastnn_mix(fastnn_mix(fastnn_mix(seed) ^ step) ^ stage);
}

typedef struct {             /* compressed sparse rows; pairs of a row in any order, repeated indices add up */
    const void *data;        /* values, of the kernel's dtype */
    const void *indices;     /* int32_t or, if wide, int64_t */
    int wide;
    const ptrdiff_t *indptr; /* row r is the pairs indptr[r]..indptr[r + 1] */
} fastnn_csr;

#define FASTNN_DECLARE(T, OTHER, S)                                                                             \
    typedef struct {               /* targets of a loss: labels for softmax, else rows of y */                  \
        const ptrdiff_t *labels;   /* (n_samples,) class numbers, or NULL */                                    \
        const T *y;                /* (n_samples, ldy), or NULL */                                              \
        ptrdiff_t ldy;                                                                                          \
        const T *weight;           /* (n_samples,) sample weights, or NULL for ones */                          \
        const T *parameter;        /* (n_out,) of the loss, one an output, or NULL */                           \
        T low, high;               /* what a reported log loss is kept between; its gradient is not */          \
    } fastnn_targets_##S;                                                                                       \
                                                                                                                \
    typedef struct {               /* a pair of a sparse row on its own */                                      \
        T value;                                                                                                \
        uint32_t row_lane;         /* row of the batch * lanes + feature % lanes */                             \
    } fastnn_entry_##S;                                                                                         \
                                                                                                                \
    typedef struct {                                                                                            \
        int lanes;       /* elements of a vector */                                                             \
        int tile_rows;   /* most rows of a register tile */                                                     \
        /* c (mr, nv vectors) = init + a (mr, k) . b (k, nv vectors); init has row stride ldi (0: one row for   \
           all) or is NULL for zero. 1 <= mr <= tile_rows, nv is 1 or 2. Then, if rectify, c = max(c, 0);       \
           and unless gate, which has c's stride and may be c, is NULL: c = 0 where gate is not positive */     \
        void (*gemm_tile)(int mr, int nv, ptrdiff_t k, const T *a, ptrdiff_t lda, const T *b, ptrdiff_t ldb,    \
                          const T *init, ptrdiff_t ldi, int rectify, const T *gate, T *c, ptrdiff_t ldc);       \
        /* the same with a transposed, a is (k, mr) with row stride lda, and without rectify and gate */        \
        void (*outer_tile)(int mr, int nv, ptrdiff_t k, const T *a, ptrdiff_t lda, const T *b, ptrdiff_t ldb,   \
                           const T *init, ptrdiff_t ldi, T *c, ptrdiff_t ldc);                                  \
        /* gemm_tile for a vector of columns of which n <= 4 are real, over any number of rows from lanes / 4 on, and\
           k >= 4; the padding of c is set to zero. NULL where vectors are of fewer than 8 */                   \
        void (*few_forward)(ptrdiff_t rows, int n, ptrdiff_t k, const T *a, ptrdiff_t lda, const T *b,          \
                            ptrdiff_t ldb, const T *init, int rectify, T *c, ptrdiff_t ldc);                    \
        /* gemm_tile over the k columns of a, rows of b, in the list `some` alone */                            \
        void (*gemm_tile_some)(int mr, int nv, ptrdiff_t k, const int32_t *some, const T *a, ptrdiff_t lda,     \
                               const T *b, ptrdiff_t ldb, const T *init, ptrdiff_t ldi, int rectify, T *c,      \
                               ptrdiff_t ldc);                                                                  \
        /* outer_tile, for 3 <= mr <= 6, over the rows of a where any of the mr columns has a bit              \
           in `some`: bit r of some[w * ldw + i] is that of column i, row first[w] + r. init is c or NULL; c is \
           packed */                                                                                            \
        void (*outer_some)(int mr, int nv, ptrdiff_t n_words, const ptrdiff_t *first, const void *some,         \
                           ptrdiff_t ldw, const T *a, ptrdiff_t lda, const T *b, ptrdiff_t ldb, const T *init,  \
                           T *c);                                                                               \
        /* and gemv */                                                                                          \
        void (*gemv_some)(int np, ptrdiff_t k, const int32_t *some, const T *x, const T *b, ptrdiff_t ldb,      \
                          ptrdiff_t panel_stride, const T *init, ptrdiff_t init_stride, T *y);                  \
        /* The columns where any row is not zero, in order: returns how many, or -1 if more than `most`; room   \
           for n + n / 4 + 8. And bit r of words[j]: whether row r is not zero in column j, for rows <= bits of T; here     \
           rows and words are padded */                                                                         \
        ptrdiff_t (*nonzero_columns)(int rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, ptrdiff_t most,          \
                                     int32_t *columns);                                                         \
        void (*nonzero_rows)(int rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, void *words);                    \
        /* y (np panels of two vectors) = init + x (k,) . b: one row through 1 <= np <= 4 full panels at once */ \
        void (*gemv)(int np, ptrdiff_t k, const T *x, const T *b, ptrdiff_t ldb, ptrdiff_t panel_stride,        \
                     const T *init, ptrdiff_t init_stride, T *y);                                               \
        /* y (rows, n) = bias + x . wt^T for n <= lanes / 2: wt is panels of [n][panel]; x rows are padded, and \
           so is y, whose padding is set to zero */                                                             \
        void (*narrow_forward)(ptrdiff_t rows, int n, ptrdiff_t k, const T *x, ptrdiff_t ldx, const T *wt,      \
                               const T *bias, T *y, ptrdiff_t ldy);                                             \
        /* and back, for n <= 4 and one panel (n, nv vectors) of wt, in one pass over the rows of x: dx = d . wt,\
           if gated with 0 where x is not positive; and unless g is NULL the gradient of the weights, g = d^T . x,\
           added to g if accumulate, in the order of outer_tile. dx may be x: each x is read before it is       \
           overwritten, and only if gated or g asks for it */                                                   \
        void (*narrow_backward)(ptrdiff_t rows, int n, int nv, const T *d, ptrdiff_t ldd, const T *wt,          \
                                const T *x, int gated, T *dx, ptrdiff_t ldx, T *g, int accumulate);             \
        /* y (np panels of nv vectors) = init + one row of x . b, as gemv; 1 <= np <= 4, and nv = 1 with np = 1 only */ \
        void (*sparse_gemv)(int np, int nv, const fastnn_csr *x, ptrdiff_t row, const T *b, ptrdiff_t ldb,      \
                            ptrdiff_t panel_stride, const T *init, ptrdiff_t init_stride, T *y);                \
        /* y (n,) = bias + one row of x (., k) . wt^T, as narrow_forward */                                     \
        void (*sparse_narrow)(int n, ptrdiff_t k, const fastnn_csr *x, ptrdiff_t row, const T *wt,              \
                              const T *bias, T *y);                                                             \
        /* The pairs of rows sample[r0]..sample[r1 - 1] as entries in the order of (feature / lanes, row,       \
           position): those of bucket b at begin[b]..begin[b + 1], begin[0] = base; n_buckets + 2 slots */      \
        void (*sparse_sort)(const fastnn_csr *x, const ptrdiff_t *sample, ptrdiff_t r0, ptrdiff_t r1,           \
                            ptrdiff_t n_buckets, ptrdiff_t base, ptrdiff_t *begin, void *entries);              \
        /* g (n_buckets * lanes, nv vectors) += x^T . d, from the entries of those buckets */                   \
        void (*sparse_outer)(int nv, ptrdiff_t n_buckets, const ptrdiff_t *begin, const void *entries,          \
                             const T *d, ptrdiff_t ldd, T *g);                                                  \
        /* the same into panels of [n][panel]; the first bucket begins a panel */                               \
        void (*sparse_outer_narrow)(int n, ptrdiff_t n_buckets, const ptrdiff_t *begin, const void *entries,    \
                                    const T *d, ptrdiff_t ldd, T *g);                                           \
        /* dst (n_cols, ldd), first `lanes` columns = transpose of src (n_rows, n_cols), zero-filled; both      \
           counts <= lanes */                                                                                   \
        void (*transpose)(int n_rows, int n_cols, const T *src, ptrdiff_t lds, T *dst, ptrdiff_t ldd);          \
        /* by number, see formulas.h: h = f(z), its padding set to zero, and d *= f'(z, h), over padded rows of \
           n elements with one stride; h may be z */                                                                                \
        void (*const *activation_forward)(ptrdiff_t rows, ptrdiff_t n, const T *z, T *h,         \
                                                         ptrdiff_t ld);                                         \
        void (*const *activation_backward)(ptrdiff_t rows, ptrdiff_t n, const T *z, const T *h,  \
                                                          T *d, ptrdiff_t ld);                                  \
        void (*softmax)(ptrdiff_t rows, ptrdiff_t n, T *z, ptrdiff_t ld);                                       \
        /* weighted row losses and d = their gradient by the raw outputs z; d may be z, its padding is zeroed.  \
           sample[r] is the row of the targets that belongs to row r */                                         \
        void (*const *loss)(ptrdiff_t rows, ptrdiff_t n, const T *z, T *d, ptrdiff_t ld,              \
                                      const fastnn_targets_##S *targets, const ptrdiff_t *sample,               \
                                      double *row_loss);                                                        \
        /* one optimizer step on n (a multiple of lanes) weights, moments as far as the rule has them. The L1 step\
           is proximal: what it sets to zero is zero. Returns the sum of squares of w before. */                \
        double (*const *update)(ptrdiff_t n, T *w, const T *g, T *m, T *v, T *u, const fastnn_step *step);\
        /* sums over n (a multiple of lanes) elements, of (scale * g + l2 * w)^2 and of |w| */                  \
        double (*squared_norm)(ptrdiff_t n, const T *g, const T *w, double scale, double l2);                   \
        double (*absolute_sum)(ptrdiff_t n, const T *w);                                                        \
        /* y = c * (y + a * x) over any number n of elements; returns the inner product of the new y and z */   \
        double (*axpy_dot)(ptrdiff_t n, double c, double a, const T *x, T *y, const T *z);                      \
        /* a = decay * a + (1 - decay) * w over n (a multiple of lanes) elements */                             \
        void (*average)(ptrdiff_t n, const T *w, T *a, double decay);                                           \
        /* rows of x picked by number (NULL: in order), copied or converted into padded rows; the padding is    \
           zeroed. next: the rows of the call to come, fetched ahead, or NULL */                                \
        void (*gather)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, const ptrdiff_t *sample,         \
                       const ptrdiff_t *next, T *dst, ptrdiff_t ldd);                                           \
        void (*gather_other)(ptrdiff_t rows, ptrdiff_t n, const OTHER *x, ptrdiff_t ldx,                        \
                             const ptrdiff_t *sample, const ptrdiff_t *next, T *dst, ptrdiff_t ldd);            \
        /* normalisation; formulas in norm.inc. All rows are padded, columns of a batch whole vectors */           \
        void (*add_rows)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, T *y, ptrdiff_t ldy);          \
        void (*layer_norm_forward)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, const T *gain,       \
                                   const T *shift, double epsilon, T *xhat, T *spread, T *y, ptrdiff_t ld);     \
        void (*layer_norm_backward)(ptrdiff_t rows, ptrdiff_t n, const T *d, const T *xhat, ptrdiff_t ld,       \
                                    const T *gain, const T *spread, T *dx, ptrdiff_t ldx, int accumulate);      \
        void (*batch_statistics)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ld, const T *weight,        \
                                 const ptrdiff_t *sample, double batch, T *mean, T *variance);                  \
        void (*spread_of)(ptrdiff_t n, const T *variance, double epsilon, T *spread);                           \
        void (*batch_norm_forward)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ldx, const T *mean,       \
                                   const T *spread, const T *gain, const T *shift, T *xhat, T *y, ptrdiff_t ld); \
        void (*norm_gradient)(ptrdiff_t rows, ptrdiff_t n, const T *d, const T *xhat, ptrdiff_t ld, T *sum_d,   \
                              T *sum_dx, int accumulate);                                                       \
        void (*batch_norm_backward)(ptrdiff_t rows, ptrdiff_t n, const T *d, const T *xhat, ptrdiff_t ld,       \
                                    const T *gain, const T *spread, const T *sum_d, const T *sum_dx,            \
                                    const T *weight, const ptrdiff_t *sample, double batch, T *dx,              \
                                    ptrdiff_t ldx, int accumulate);                                             \
        /* y = x with units dropped (rate in [0, 1)) and the others times 1 / (1 - rate); y = 1 with probability x, else\
           0; y = x + scale * a normal number. The random numbers are those of (key, first_row + r, unit). Rows are\
           padded, the padding of y is set to zero, y may be x. */                                              \
        void (*dropout)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ld, T *y, ptrdiff_t ldy,             \
                        uint64_t key, ptrdiff_t first_row, double rate);                                        \
        void (*bernoulli)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ld, T *y, ptrdiff_t ldy,           \
                          uint64_t key, ptrdiff_t first_row);                                                   \
        void (*gaussian_noise)(ptrdiff_t rows, ptrdiff_t n, const T *x, ptrdiff_t ld, T *y, ptrdiff_t ldy,      \
                               uint64_t key, ptrdiff_t first_row, double scale);                                \
        const fastnn_columns_##S *columns;                                                                      \
        const fastnn_recurrent_##S *recurrent;                                                                  \
        const fastnn_places_##S *places;                                                                        \
        int (*all_finite)(ptrdiff_t n, const T *x);                                                             \
        int (*all_finite_other)(ptrdiff_t n, const OTHER *x);   /* after conversion to T */                     \
        void (*log)(ptrdiff_t n, const T *x, T *y);   /* natural logarithm, any n */                            \
        double (*fma_burn)(ptrdiff_t n);   /* n rounds of independent FMAs; returns the flops done */           \
    } fastnn_kernels_##S;

FASTNN_DECLARE(float, double, f32)
FASTNN_DECLARE(double, float, f64)

typedef struct {
    const char *name;
    int (*supported)(void);
    const fastnn_kernels_f32 *f32;
    const fastnn_kernels_f64 *f64;
    const struct fastnn_families *families;   /* what belongs to no layer: families/families.h */
} fastnn_isa;

/* The ISAs compiled in, best first; name NULL ends the list. */
extern const fastnn_isa fastnn_isas[];

#endif
