"""csrc/layers/recurrent.h, declared."""

cdef extern from "layers/recurrent.h" nogil:
    int FASTNN_GRU, FASTNN_LSTM

    ctypedef struct fastnn_recurrent_f32:
        void (**forward)(Py_ssize_t rows, Py_ssize_t n, float *z, Py_ssize_t ldz, const float *before, float *after,
                         Py_ssize_t lds, float *h, Py_ssize_t ldh) noexcept nogil
        void (**backward)(Py_ssize_t rows, Py_ssize_t n, float *z, Py_ssize_t ldz, const float *before,
                          const float *after, Py_ssize_t lds, const float *dh, float *carry,
                          Py_ssize_t ldh) noexcept nogil
        void copy(Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx, float *y, Py_ssize_t ldy) noexcept nogil
        void add(Py_ssize_t rows, Py_ssize_t n, float a, const float *x, Py_ssize_t ldx, float *y,
                 Py_ssize_t ldy) noexcept nogil

    ctypedef struct fastnn_recurrent_f64:
        void (**forward)(Py_ssize_t rows, Py_ssize_t n, double *z, Py_ssize_t ldz, const double *before, double *after,
                         Py_ssize_t lds, double *h, Py_ssize_t ldh) noexcept nogil
        void (**backward)(Py_ssize_t rows, Py_ssize_t n, double *z, Py_ssize_t ldz, const double *before,
                          const double *after, Py_ssize_t lds, const double *dh, double *carry,
                          Py_ssize_t ldh) noexcept nogil
        void copy(Py_ssize_t rows, Py_ssize_t n, const double *x, Py_ssize_t ldx, double *y, Py_ssize_t ldy) noexcept nogil
        void add(Py_ssize_t rows, Py_ssize_t n, double a, const double *x, Py_ssize_t ldx, double *y,
                 Py_ssize_t ldy) noexcept nogil
