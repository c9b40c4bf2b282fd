"""csrc/layers/columns.h, declared."""

cdef extern from "layers/columns.h" nogil:
    int FASTNN_MOST_EDGES

    ctypedef struct fastnn_column_f32:
        Py_ssize_t first, count, piece, n_edges
        const float *edges
        const float *origin
        const float *width
        const float *inverse
        const float *mean
        float scale, shift
        bint has_value, is_category

    ctypedef struct fastnn_columns_f32:
        void encode(Py_ssize_t n, const fastnn_column_f32 *columns, Py_ssize_t rows, const float *x, Py_ssize_t ldx,
                    void *codes, Py_ssize_t ldc) noexcept nogil
        void forward(int nv, Py_ssize_t n, const fastnn_column_f32 *columns, Py_ssize_t rows, const void *codes,
                     Py_ssize_t ldc, const float *w, const float *table, const float *bias, bint rectify, float *z,
                     Py_ssize_t ldz) noexcept nogil
        void table(int nv, const fastnn_column_f32 *column, const float *w, float *table) noexcept nogil
        void gradient(int nv, const fastnn_column_f32 *column, Py_ssize_t j, Py_ssize_t rows, const void *codes,
                      Py_ssize_t ldc, const float *d, Py_ssize_t ldd, Py_ssize_t first, Py_ssize_t count,
                      float *g) noexcept nogil
        void backward(int nv, Py_ssize_t n, const fastnn_column_f32 *columns, Py_ssize_t rows, const void *codes,
                      Py_ssize_t ldc, const float *w, const float *table, const float *d, Py_ssize_t ldd, float *dx,
                      Py_ssize_t ldx, bint accumulate) noexcept nogil

    ctypedef struct fastnn_column_f64:
        Py_ssize_t first, count, piece, n_edges
        const double *edges
        const double *origin
        const double *width
        const double *inverse
        const double *mean
        double scale, shift
        bint has_value, is_category

    ctypedef struct fastnn_columns_f64:
        void encode(Py_ssize_t n, const fastnn_column_f64 *columns, Py_ssize_t rows, const double *x, Py_ssize_t ldx,
                    void *codes, Py_ssize_t ldc) noexcept nogil
        void forward(int nv, Py_ssize_t n, const fastnn_column_f64 *columns, Py_ssize_t rows, const void *codes,
                     Py_ssize_t ldc, const double *w, const double *table, const double *bias, bint rectify, double *z,
                     Py_ssize_t ldz) noexcept nogil
        void table(int nv, const fastnn_column_f64 *column, const double *w, double *table) noexcept nogil
        void gradient(int nv, const fastnn_column_f64 *column, Py_ssize_t j, Py_ssize_t rows, const void *codes,
                      Py_ssize_t ldc, const double *d, Py_ssize_t ldd, Py_ssize_t first, Py_ssize_t count,
                      double *g) noexcept nogil
        void backward(int nv, Py_ssize_t n, const fastnn_column_f64 *columns, Py_ssize_t rows, const void *codes,
                      Py_ssize_t ldc, const double *w, const double *table, const double *d, Py_ssize_t ldd, double *dx,
                      Py_ssize_t ldx, bint accumulate) noexcept nogil
