from fastnn._kernels.training.sweep cimport Sweep

cdef void exchange(Sweep *s, double weight, Py_ssize_t rows, double loss, unsigned long long float_state) noexcept nogil
