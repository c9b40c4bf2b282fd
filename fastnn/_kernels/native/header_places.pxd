"""csrc/layers/places.h, declared."""

from libc.stdint cimport int32_t

cdef extern from "layers/places.h" nogil:
    ctypedef struct fastnn_cells:
        Py_ssize_t height, width, down, right, number, line
    ctypedef struct fastnn_reach:
        Py_ssize_t n, taps
        const int32_t *to
        const int32_t *start
        const int32_t *at
        const int32_t *row
    enum:
        FASTNN_STORE, FASTNN_RECTIFY, FASTNN_ADD

    ctypedef struct fastnn_places_f32:
        void product(int mr, int nv, Py_ssize_t first, Py_ssize_t end, const float *const *window, const int32_t *at,
                     const float *b, const float *bias, bint rectify, float *c, Py_ssize_t ldc) noexcept nogil
        void mix(int m, int t, const float *f, Py_ssize_t n, const float *x, Py_ssize_t ldx, const float *bias,
                 bint rectify, float *y, Py_ssize_t ldy) noexcept nogil
        void scatter(int mr, int nv, Py_ssize_t k, const float *d, Py_ssize_t ldd, const float *b,
                     float *const *to) noexcept nogil
        void gradient(int mr, int nv, Py_ssize_t n, const int32_t *start, const float *x, const int32_t *at,
                      const float *d, Py_ssize_t ldd, float *g) noexcept nogil
        void largest(Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells, const float *x, float *h,
                     float *which) noexcept nogil
        void to_largest(Py_ssize_t n, const fastnn_cells *cells, const float *d, const float *which,
                        float *dx) noexcept nogil
        void sum(Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells, float factor, const float *x,
                 float *h) noexcept nogil
        void to_all(Py_ssize_t n, const fastnn_cells *cells, float factor, const float *d, float *dx) noexcept nogil
        void reach(const fastnn_reach *r, Py_ssize_t n, const float *x, const float *end, const float *b, Py_ssize_t ldb,
                   const float *bias, int how, float *y) noexcept nogil
        void taps(Py_ssize_t n, Py_ssize_t taps, Py_ssize_t places, const int32_t *start, const float *x, const float *end,
                  const int32_t *at, const float *d, Py_ssize_t ldd, float *g, Py_ssize_t ldg) noexcept nogil

    ctypedef struct fastnn_places_f64:
        void product(int mr, int nv, Py_ssize_t first, Py_ssize_t end, const double *const *window, const int32_t *at,
                     const double *b, const double *bias, bint rectify, double *c, Py_ssize_t ldc) noexcept nogil
        void mix(int m, int t, const double *f, Py_ssize_t n, const double *x, Py_ssize_t ldx, const double *bias,
                 bint rectify, double *y, Py_ssize_t ldy) noexcept nogil
        void scatter(int mr, int nv, Py_ssize_t k, const double *d, Py_ssize_t ldd, const double *b,
                     double *const *to) noexcept nogil
        void gradient(int mr, int nv, Py_ssize_t n, const int32_t *start, const double *x, const int32_t *at,
                      const double *d, Py_ssize_t ldd, double *g) noexcept nogil
        void largest(Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells, const double *x, double *h,
                     double *which) noexcept nogil
        void to_largest(Py_ssize_t n, const fastnn_cells *cells, const double *d, const double *which,
                        double *dx) noexcept nogil
        void sum(Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells, double factor, const double *x,
                 double *h) noexcept nogil
        void to_all(Py_ssize_t n, const fastnn_cells *cells, double factor, const double *d, double *dx) noexcept nogil
        void reach(const fastnn_reach *r, Py_ssize_t n, const double *x, const double *end, const double *b, Py_ssize_t ldb,
                   const double *bias, int how, double *y) noexcept nogil
        void taps(Py_ssize_t n, Py_ssize_t taps, Py_ssize_t places, const int32_t *start, const double *x, const double *end,
                  const int32_t *at, const double *d, Py_ssize_t ldd, double *g, Py_ssize_t ldg) noexcept nogil
