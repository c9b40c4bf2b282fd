from fastnn._kernels.scoring.model cimport Input, Model

cdef int threads_for(const Model *model, const Input *x, Py_ssize_t rows, double work, double weights,
                     int most) except -1
