"""The C side: csrc/fastnn.h, declared."""

from libc.stdint cimport int32_t

from fastnn._kernels.native.header_columns cimport fastnn_columns_f32, fastnn_columns_f64
from fastnn._kernels.native.header_recurrent cimport fastnn_recurrent_f32, fastnn_recurrent_f64
from fastnn._kernels.native.header_places cimport fastnn_places_f32, fastnn_places_f64

cdef extern from "fastnn.h" nogil:
    int FASTNN_N_COEFFICIENTS
    unsigned long long fastnn_random_key(unsigned long long seed, unsigned long long step,
                                         unsigned long long stage) noexcept nogil

    ctypedef struct fastnn_csr:
        const void *data
        const void *indices
        bint wide
        const Py_ssize_t *indptr

    ctypedef struct fastnn_step:
        const double *c
        double scale, l2, clip, l1_scale
        int penalised
        const void *slack
        const void *importance
        const void *anchor
        double least, pull

    ctypedef struct fastnn_entry_f32:
        pass
    ctypedef struct fastnn_entry_f64:
        pass

    ctypedef struct fastnn_targets_f32:
        const Py_ssize_t *labels
        const float *y
        Py_ssize_t ldy
        const float *weight
        const float *parameter
        float low, high
    ctypedef struct fastnn_targets_f64:
        const Py_ssize_t *labels
        const double *y
        Py_ssize_t ldy
        const double *weight
        const double *parameter
        double low, high

    ctypedef struct fastnn_kernels_f32:
        int lanes, tile_rows
        void gemm_tile(int mr, int nv, Py_ssize_t k, const float *a, Py_ssize_t lda, const float *b, Py_ssize_t ldb,
                       const float *init, Py_ssize_t ldi, bint rectify, const float *gate, float *c,
                       Py_ssize_t ldc) noexcept nogil
        void few_forward(Py_ssize_t rows, int n, Py_ssize_t k, const float *a, Py_ssize_t lda, const float *b,
                         Py_ssize_t ldb, const float *init, int rectify, float *c, Py_ssize_t ldc) noexcept nogil
        void outer_tile(int mr, int nv, Py_ssize_t k, const float *a, Py_ssize_t lda, const float *b, Py_ssize_t ldb,
                        const float *init, Py_ssize_t ldi, float *c, Py_ssize_t ldc) noexcept nogil
        void gemm_tile_some(int mr, int nv, Py_ssize_t k, const int32_t *some, const float *a, Py_ssize_t lda,
                            const float *b, Py_ssize_t ldb, const float *init, Py_ssize_t ldi, bint rectify, float *c,
                            Py_ssize_t ldc) noexcept nogil
        void outer_some(int mr, int nv, Py_ssize_t n_words, const Py_ssize_t *first, const void *some, Py_ssize_t ldw,
                        const float *a, Py_ssize_t lda, const float *b, Py_ssize_t ldb, const float *init,
                        float *c) noexcept nogil
        void gemv_some(int np, Py_ssize_t k, const int32_t *some, const float *x, const float *b, Py_ssize_t ldb,
                       Py_ssize_t panel_stride, const float *init, Py_ssize_t init_stride, float *y) noexcept nogil
        Py_ssize_t nonzero_columns(int rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, Py_ssize_t most,
                                   int32_t *columns) noexcept nogil
        void nonzero_rows(int rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, void *words) noexcept nogil
        void gemv(int np, Py_ssize_t k, const float *x, const float *b, Py_ssize_t ldb, Py_ssize_t panel_stride,
                  const float *init, Py_ssize_t init_stride, float *y) noexcept nogil
        void narrow_forward(Py_ssize_t rows, int n, Py_ssize_t k, const float *x, Py_ssize_t ldx, const float *wt,
                            const float *bias, float *y, Py_ssize_t ldy) noexcept nogil
        void narrow_backward(Py_ssize_t rows, int n, int nv, const float *d, Py_ssize_t ldd, const float *wt,
                             const float *x, int gated, float *dx, Py_ssize_t ldx, float *g,
                             int accumulate) noexcept nogil
        void sparse_gemv(int np, int nv, const fastnn_csr *x, Py_ssize_t row, const float *b, Py_ssize_t ldb,
                         Py_ssize_t panel_stride, const float *init, Py_ssize_t init_stride, float *y) noexcept nogil
        void sparse_narrow(int n, Py_ssize_t k, const fastnn_csr *x, Py_ssize_t row, const float *wt, const float *bias,
                           float *y) noexcept nogil
        void sparse_sort(const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1,
                         Py_ssize_t n_buckets, Py_ssize_t base, Py_ssize_t *begin, void *entries) noexcept nogil
        void sparse_outer(int nv, Py_ssize_t n_buckets, const Py_ssize_t *begin, const void *entries, const float *d,
                          Py_ssize_t ldd, float *g) noexcept nogil
        void sparse_outer_narrow(int n, Py_ssize_t n_buckets, const Py_ssize_t *begin, const void *entries,
                                 const float *d, Py_ssize_t ldd, float *g) noexcept nogil
        void transpose(int n_rows, int n_cols, const float *src, Py_ssize_t lds, float *dst,
                       Py_ssize_t ldd) noexcept nogil
        void (**activation_forward)(Py_ssize_t rows, Py_ssize_t n, const float *z, float *h,
                                    Py_ssize_t ld) noexcept nogil
        void (**activation_backward)(Py_ssize_t rows, Py_ssize_t n, const float *z, const float *h, float *d,
                                     Py_ssize_t ld) noexcept nogil
        void softmax(Py_ssize_t rows, Py_ssize_t n, float *z, Py_ssize_t ld) noexcept nogil
        void (**loss)(Py_ssize_t rows, Py_ssize_t n, const float *z, float *d, Py_ssize_t ld,
                      const fastnn_targets_f32 *targets, const Py_ssize_t *sample, double *row_loss) noexcept nogil
        double (**update)(Py_ssize_t n, float *w, const float *g, float *m, float *v, float *u,
                          const fastnn_step *step) noexcept nogil
        double squared_norm(Py_ssize_t n, const float *g, const float *w, double scale, double l2) noexcept nogil
        double absolute_sum(Py_ssize_t n, const float *w) noexcept nogil
        double axpy_dot(Py_ssize_t n, double c, double a, const float *x, float *y, const float *z) noexcept nogil
        void average(Py_ssize_t n, const float *w, float *a, double decay) noexcept nogil
        void gather(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, const Py_ssize_t *sample,
                    const Py_ssize_t *next, float *dst, Py_ssize_t ldd) noexcept nogil
        void gather_other(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, const Py_ssize_t *sample,
                          const Py_ssize_t *next, float *dst, Py_ssize_t ldd) noexcept nogil
        void add_rows(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, float *y,
                      Py_ssize_t ldy) noexcept nogil
        void layer_norm_forward(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, const float *gain,
                                const float *shift,
                                double epsilon, float *xhat, float *spread, float *y, Py_ssize_t ld) noexcept nogil
        void layer_norm_backward(Py_ssize_t rows, Py_ssize_t n, const float *d, const float *xhat, Py_ssize_t ld,
                                 const float *gain,
                                 const float *spread, float *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil
        void batch_statistics(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ld, const float *weight,
                              const Py_ssize_t *sample, double batch, float *mean, float *variance) noexcept nogil
        void spread_of(Py_ssize_t n, const float *variance, double epsilon, float *spread) noexcept nogil
        void batch_norm_forward(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, const float *mean,
                                const float *spread,
                                const float *gain, const float *shift, float *xhat, float *y,
                                Py_ssize_t ld) noexcept nogil
        void norm_gradient(Py_ssize_t rows, Py_ssize_t n, const float *d, const float *xhat, Py_ssize_t ld,
                           float *sum_d, float *sum_dx,
                           bint accumulate) noexcept nogil
        void batch_norm_backward(Py_ssize_t rows, Py_ssize_t n, const float *d, const float *xhat, Py_ssize_t ld,
                                 const float *gain,
                                 const float *spread, const float *sum_d, const float *sum_dx,
                                 const float *weight, const Py_ssize_t *sample, double batch, float *dx,
                                 Py_ssize_t ldx, bint accumulate) noexcept nogil
        void dropout(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ld, float *y, Py_ssize_t ldy,
                     unsigned long long key, Py_ssize_t first_row, double rate) noexcept nogil
        void bernoulli(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ld, float *y, Py_ssize_t ldy,
                       unsigned long long key, Py_ssize_t first_row) noexcept nogil
        void gaussian_noise(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ld, float *y, Py_ssize_t ldy,
                            unsigned long long key, Py_ssize_t first_row, double scale) noexcept nogil
        const fastnn_columns_f32 *columns
        const fastnn_recurrent_f32 *recurrent
        const fastnn_places_f32 *places
        int all_finite(Py_ssize_t n, const float *x) noexcept nogil
        int all_finite_other(Py_ssize_t n, const double *x) noexcept nogil
        void log(Py_ssize_t n, const float *x, float *y) noexcept nogil
        double fma_burn(Py_ssize_t n) noexcept nogil

    ctypedef struct fastnn_kernels_f64:
        int lanes, tile_rows
        void gemm_tile(int mr, int nv, Py_ssize_t k, const double *a, Py_ssize_t lda, const double *b, Py_ssize_t ldb,
                       const double *init, Py_ssize_t ldi, bint rectify, const double *gate, double *c,
                       Py_ssize_t ldc) noexcept nogil
        void few_forward(Py_ssize_t rows, int n, Py_ssize_t k, const double *a, Py_ssize_t lda, const double *b,
                         Py_ssize_t ldb, const double *init, int rectify, double *c, Py_ssize_t ldc) noexcept nogil
        void outer_tile(int mr, int nv, Py_ssize_t k, const double *a, Py_ssize_t lda, const double *b, Py_ssize_t ldb,
                        const double *init, Py_ssize_t ldi, double *c, Py_ssize_t ldc) noexcept nogil
        void gemm_tile_some(int mr, int nv, Py_ssize_t k, const int32_t *some, const double *a, Py_ssize_t lda,
                            const double *b, Py_ssize_t ldb, const double *init, Py_ssize_t ldi, bint rectify, double *c,
                            Py_ssize_t ldc) noexcept nogil
        void outer_some(int mr, int nv, Py_ssize_t n_words, const Py_ssize_t *first, const void *some, Py_ssize_t ldw,
                        const double *a, Py_ssize_t lda, const double *b, Py_ssize_t ldb, const double *init,
                        double *c) noexcept nogil
        void gemv_some(int np, Py_ssize_t k, const int32_t *some, const double *x, const double *b, Py_ssize_t ldb,
                       Py_ssize_t panel_stride, const double *init, Py_ssize_t init_stride, double *y) noexcept nogil
        Py_ssize_t nonzero_columns(int rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, Py_ssize_t most,
                                   int32_t *columns) noexcept nogil
        void nonzero_rows(int rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, void *words) noexcept nogil
        void gemv(int np, Py_ssize_t k, const double *x, const double *b, Py_ssize_t ldb, Py_ssize_t panel_stride,
                  const double *init, Py_ssize_t init_stride, double *y) noexcept nogil
        void narrow_forward(Py_ssize_t rows, int n, Py_ssize_t k, const double *x, Py_ssize_t ldx, const double *wt,
                            const double *bias, double *y, Py_ssize_t ldy) noexcept nogil
        void narrow_backward(Py_ssize_t rows, int n, int nv, const double *d, Py_ssize_t ldd, const double *wt,
                             const double *x, int gated, double *dx, Py_ssize_t ldx, double *g,
                             int accumulate) noexcept nogil
        void sparse_gemv(int np, int nv, const fastnn_csr *x, Py_ssize_t row, const double *b, Py_ssize_t ldb,
                         Py_ssize_t panel_stride, const double *init, Py_ssize_t init_stride, double *y) noexcept nogil
        void sparse_narrow(int n, Py_ssize_t k, const fastnn_csr *x, Py_ssize_t row, const double *wt,
                           const double *bias,
                           double *y) noexcept nogil
        void sparse_sort(const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1,
                         Py_ssize_t n_buckets, Py_ssize_t base, Py_ssize_t *begin, void *entries) noexcept nogil
        void sparse_outer(int nv, Py_ssize_t n_buckets, const Py_ssize_t *begin, const void *entries, const double *d,
                          Py_ssize_t ldd, double *g) noexcept nogil
        void sparse_outer_narrow(int n, Py_ssize_t n_buckets, const Py_ssize_t *begin, const void *entries,
                                 const double *d, Py_ssize_t ldd, double *g) noexcept nogil
        void transpose(int n_rows, int n_cols, const double *src, Py_ssize_t lds, double *dst,
                       Py_ssize_t ldd) noexcept nogil
        void (**activation_forward)(Py_ssize_t rows, Py_ssize_t n, const double *z, double *h,
                                    Py_ssize_t ld) noexcept nogil
        void (**activation_backward)(Py_ssize_t rows, Py_ssize_t n, const double *z, const double *h, double *d,
                                     Py_ssize_t ld) noexcept nogil
        void softmax(Py_ssize_t rows, Py_ssize_t n, double *z, Py_ssize_t ld) noexcept nogil
        void (**loss)(Py_ssize_t rows, Py_ssize_t n, const double *z, double *d, Py_ssize_t ld,
                      const fastnn_targets_f64 *targets, const Py_ssize_t *sample, double *row_loss) noexcept nogil
        double (**update)(Py_ssize_t n, double *w, const double *g, double *m, double *v, double *u,
                          const fastnn_step *step) noexcept nogil
        double squared_norm(Py_ssize_t n, const double *g, const double *w, double scale, double l2) noexcept nogil
        double absolute_sum(Py_ssize_t n, const double *w) noexcept nogil
        double axpy_dot(Py_ssize_t n, double c, double a, const double *x, double *y, const double *z) noexcept nogil
        void average(Py_ssize_t n, const double *w, double *a, double decay) noexcept nogil
        void gather(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, const Py_ssize_t *sample,
                    const Py_ssize_t *next, double *dst, Py_ssize_t ldd) noexcept nogil
        void gather_other(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, const Py_ssize_t *sample,
                          const Py_ssize_t *next, double *dst, Py_ssize_t ldd) noexcept nogil
        void add_rows(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, double *y,
                      Py_ssize_t ldy) noexcept nogil
        void layer_norm_forward(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, const double *gain,
                                const double *shift,
                                double epsilon, double *xhat, double *spread, double *y, Py_ssize_t ld) noexcept nogil
        void layer_norm_backward(Py_ssize_t rows, Py_ssize_t n, const double *d, const double *xhat, Py_ssize_t ld,
                                 const double *gain,
                                 const double *spread, double *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil
        void batch_statistics(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ld, const double *weight,
                              const Py_ssize_t *sample, double batch, double *mean, double *variance) noexcept nogil
        void spread_of(Py_ssize_t n, const double *variance, double epsilon, double *spread) noexcept nogil
        void batch_norm_forward(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, const double *mean,
                                const double *spread,
                                const double *gain, const double *shift, double *xhat, double *y,
                                Py_ssize_t ld) noexcept nogil
        void norm_gradient(Py_ssize_t rows, Py_ssize_t n, const double *d, const double *xhat, Py_ssize_t ld,
                           double *sum_d, double *sum_dx,
                           bint accumulate) noexcept nogil
        void batch_norm_backward(Py_ssize_t rows, Py_ssize_t n, const double *d, const double *xhat, Py_ssize_t ld,
                                 const double *gain,
                                 const double *spread, const double *sum_d, const double *sum_dx,
                                 const double *weight, const Py_ssize_t *sample, double batch, double *dx,
                                 Py_ssize_t ldx, bint accumulate) noexcept nogil
        void dropout(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ld, double *y, Py_ssize_t ldy,
                     unsigned long long key, Py_ssize_t first_row, double rate) noexcept nogil
        void bernoulli(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ld, double *y, Py_ssize_t ldy,
                       unsigned long long key, Py_ssize_t first_row) noexcept nogil
        void gaussian_noise(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ld, double *y, Py_ssize_t ldy,
                            unsigned long long key, Py_ssize_t first_row, double scale) noexcept nogil
        const fastnn_columns_f64 *columns
        const fastnn_recurrent_f64 *recurrent
        const fastnn_places_f64 *places
        int all_finite(Py_ssize_t n, const double *x) noexcept nogil
        int all_finite_other(Py_ssize_t n, const float *x) noexcept nogil
        void log(Py_ssize_t n, const double *x, double *y) noexcept nogil
        double fma_burn(Py_ssize_t n) noexcept nogil

    ctypedef struct fastnn_isa:
        const char *name
        int supported() noexcept nogil
        const fastnn_kernels_f32 *f32
        const fastnn_kernels_f64 *f64

    const fastnn_isa fastnn_isas[]
