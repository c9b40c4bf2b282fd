"""Single micro-kernels from Python, for tests: nothing in the library imports this module.

Rows are padded: an array (rows, ld) whose first n columns count and whose ld is a multiple of the
vector's length. Kernels write in place. isa names the table to use, None the one chosen at import.
"""

from libc.math cimport INFINITY

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.header cimport fastnn_step
from fastnn._kernels.native.header_tiles cimport fastnn_block, fastnn_tiles
from fastnn._kernels.native.platform cimport fastnn_flush_denormals, fastnn_restore_denormals
from fastnn._kernels.native.random cimport (bernoulli as sample_bits, dropout as drop, gaussian_noise as add_noise,
                                            random_key as key_of)
from fastnn._kernels.native.table cimport (Kernels, absolute_sum as magnitude_of, activation_backward,
                                           activation_forward, average as average_of, axpy_dot as axpy_dot_of, finite,
                                           floating, gather as gather_rows, kernels_of, lanes, logarithm, loss_rows,
                                           softmax as softmax_rows, squared_norm as norm_of, tile_rows, tiles_called,
                                           transpose as transpose_block, update as update_weights)

import numpy as np

from fastnn._kernels.native import table


def tile(bint f64, isa=None):
    """(lanes of a vector, most rows of a tile)."""
    cdef Kernels k = kernels_of(isa)
    if f64:
        return lanes(k, <double> 0), tile_rows(k, <double> 0)
    return lanes(k, <float> 0), tile_rows(k, <float> 0)


def float_control():
    """Rounding, traps and denormal handling of the calling thread, as the CPU encodes them."""
    cdef unsigned long long found = fastnn_flush_denormals()
    fastnn_restore_denormals(found)
    return found & ~0x3fULL     # without the sticky flags of past exceptions


def activation(str name, floating[:, ::1] Z, Py_ssize_t n, isa=None, bint flush=False):
    """Z = f(Z), its padding zeroed; `flush` denormals as the library does around its kernels."""
    cdef Kernels k = kernels_of(isa)
    cdef int number = table.activations()[name][0]
    cdef unsigned long long found = fastnn_flush_denormals()
    if not flush:
        fastnn_restore_denormals(found)
    activation_forward(k, number, Z.shape[0], n, <const floating *> &Z[0, 0], &Z[0, 0], Z.shape[1])
    fastnn_restore_denormals(found)


def activation_gradient(str name, floating[:, ::1] Z, floating[:, ::1] H, floating[:, ::1] D,
                        Py_ssize_t n, isa=None):
    """D *= f'(Z, H)."""
    activation_backward(kernels_of(isa), <int> table.activations()[name][0], Z.shape[0], n,
                        <const floating *> &Z[0, 0], <const floating *> &H[0, 0], &D[0, 0],
                        Z.shape[1])


def softmax(floating[:, ::1] Z, Py_ssize_t n, isa=None):
    """Z = softmax Z, row by row."""
    softmax_rows(kernels_of(isa), Z.shape[0], n, &Z[0, 0], Z.shape[1])


def log(const floating[::1] x, floating[::1] y, isa=None, bint flush=False):
    """y = log x."""
    cdef Kernels k = kernels_of(isa)
    cdef unsigned long long found = fastnn_flush_denormals()
    if not flush:
        fastnn_restore_denormals(found)
    logarithm(k, x.shape[0], &x[0], &y[0])
    fastnn_restore_denormals(found)


def loss(str name, floating[:, ::1] Z, Py_ssize_t n, floating[:, ::1] D, labels, y, weight,
         const Py_ssize_t[::1] sample, double[::1] row_loss, isa=None, parameter=None, double low=0,
         double high=INFINITY):
    """row_loss and D from raw outputs Z; row r belongs to row sample[r] of the targets."""
    cdef str code = "f" if sizeof(floating) == 4 else "d"
    cdef const Py_ssize_t *c = <const Py_ssize_t *> address(labels, "n", False)
    cdef const floating *targets = <const floating *> address(y, code, False)
    cdef const floating *w = <const floating *> address(weight, code, False)
    cdef const floating *p = <const floating *> address(parameter, code, False)
    cdef Py_ssize_t ldy = 0 if y is None else y.shape[1]
    cdef int number = table.losses()[name]
    loss_rows(kernels_of(isa), number, Z.shape[0], n, <const floating *> &Z[0, 0], &D[0, 0],
              Z.shape[1], c, targets, ldy, w, p, low, high, &sample[0], &row_loss[0])


def update(str rule, floating[::1] w, const floating[::1] g, floating[::1] m, floating[::1] v, floating[::1] u,
           const double[::1] c, double scale, double l2, double clip=INFINITY, double l1_scale=0, bint penalised=True,
           isa=None, slack=None, double least=0, importance=None, anchor=None, double pull=0):
    """One step of an optimizer on w, m, v and u. Returns the sum of squares of w before it."""
    cdef fastnn_step step
    cdef str code = "f" if sizeof(floating) == 4 else "d"
    step.slack, step.importance = address(slack, code, False), address(importance, code, False)
    step.anchor, step.least, step.pull = address(anchor, code, False), least, pull
    step.c, step.scale, step.l2, step.clip = &c[0], scale, l2, clip
    step.l1_scale, step.penalised = l1_scale, penalised
    return update_weights(kernels_of(isa), <int> table.updates()[rule][0], w.shape[0], &w[0],
                          <const floating *> &g[0], &m[0], &v[0], &u[0], &step)


def squared_norm(const floating[::1] g, const floating[::1] w, double scale, double l2, isa=None):
    """Sum of (scale * g + l2 * w)^2."""
    return norm_of(kernels_of(isa), g.shape[0], &g[0], &w[0], scale, l2)


def absolute_sum(const floating[::1] w, isa=None):
    """Sum of |w|."""
    return magnitude_of(kernels_of(isa), w.shape[0], &w[0])


def axpy_dot(double c, double a, const floating[::1] x, floating[::1] y, const floating[::1] z, isa=None):
    """y = c * (y + a * x); returns y . z."""
    return axpy_dot_of(kernels_of(isa), x.shape[0], c, a, &x[0], &y[0], &z[0])


def average(const floating[::1] w, floating[::1] a, double decay, isa=None):
    """a = decay * a + (1 - decay) * w."""
    average_of(kernels_of(isa), w.shape[0], &w[0], &a[0], decay)


def random_key(seed, step, stage):
    """Key of the random numbers of one step in one stage."""
    return key_of(seed, step, stage)


def dropout(floating[:, ::1] X, Py_ssize_t n, floating[:, ::1] Y, unsigned long long key, Py_ssize_t first_row,
            double rate, isa=None):
    """Y = X with units dropped."""
    drop(kernels_of(isa), X.shape[0], n, <const floating *> &X[0, 0], X.shape[1], &Y[0, 0], Y.shape[1], key,
         first_row, rate)


def bernoulli(floating[:, ::1] X, Py_ssize_t n, floating[:, ::1] Y, unsigned long long key, Py_ssize_t first_row,
              isa=None):
    """Y = 1 with probability X, else 0."""
    sample_bits(kernels_of(isa), X.shape[0], n, <const floating *> &X[0, 0], X.shape[1], &Y[0, 0], Y.shape[1], key,
                first_row)


def gaussian_noise(floating[:, ::1] X, Py_ssize_t n, floating[:, ::1] Y, unsigned long long key,
                   Py_ssize_t first_row, double scale, isa=None):
    """Y = X + scale * normal numbers."""
    add_noise(kernels_of(isa), X.shape[0], n, <const floating *> &X[0, 0], X.shape[1], &Y[0, 0], Y.shape[1], key,
              first_row, scale)


def gather(X, const Py_ssize_t[::1] sample, floating[:, ::1] to, isa=None):
    """Rows `sample` of X, of either dtype, into padded rows."""
    cdef const void *x = address(X, X.dtype.char, False)
    cdef bint other = X.dtype.itemsize != sizeof(floating)
    cdef Py_ssize_t n = X.shape[1]
    gather_rows(kernels_of(isa), sample.shape[0], n, x, other, n, &sample[0],
                <const Py_ssize_t *> NULL, &to[0, 0], to.shape[1])


def transpose(const floating[:, ::1] A, Py_ssize_t n_cols, floating[:, ::1] to, isa=None):
    """The first columns of `to` become the transpose of A[:, :n_cols], zero-filled to a vector."""
    transpose_block(kernels_of(isa), <int> A.shape[0], <int> n_cols, &A[0, 0], A.shape[1],
                    &to[0, 0], to.shape[1])


def all_finite(const floating[::1] x, isa=None):
    """Whether x holds neither NaN nor infinity."""
    return finite(kernels_of(isa), <const void *> &x[0], False, x.shape[0], <floating> 0)


def block(str kernel, str kind, A, B, init=None):
    """init + A . B by products of tiles: of one block of up to 32 rows.

    A (rows, 64 bytes a step), B (steps, 16, panels, 16) words of uint32, init (rows, panels * 16) or one row of it.
    """
    cdef const fastnn_tiles *tiles = tiles_called(kernel)
    cdef fastnn_block block
    C = np.zeros((len(A), B.shape[2] * 16), np.float32 if kind == "bf16" else np.int32)
    A, B = np.ascontiguousarray(A).view(np.uint8).reshape(-1), np.ascontiguousarray(B).reshape(-1)
    block.rows, block.panels, block.steps = C.shape[0], C.shape[1] // 16, len(A) // 64 // C.shape[0]
    block.a, block.lda = address(A, "B", False), len(A) // C.shape[0]
    block.b, block.ldb, block.apart = address(B, "I", False), 64 * block.panels, 64
    block.c, block.ldc = address(C, C.dtype.char, True), C.strides[0]
    block.init, block.ld_init = NULL, 0
    if init is not None:
        block.init = address(init, C.dtype.char, False)
        block.ld_init = C.strides[0] if len(init) == len(C) else 0
    tiles.begin(block.rows)
    if kind == "bf16":
        tiles.bf16(&block)
    elif kind == "bytes":
        tiles.bytes(&block)
    else:
        tiles.signed_bytes(&block)
    tiles.end()
    return C
