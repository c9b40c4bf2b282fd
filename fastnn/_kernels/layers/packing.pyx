"""From the parameter vector to the packed one and back."""

from libc.string cimport memcpy, memset

from fastnn._kernels.layers.plan cimport Layer, Plan
from fastnn._kernels.layers.renewed cimport renew
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.table cimport floating


cdef void pack(Plan plan, const floating *params, floating *packed) noexcept nogil:
    """Packed weights, with all that products read beside them, from the parameter vector."""
    pack_master(plan, params, packed)
    renew(plan, packed)


cdef struct Matrix:                 # where the elements of a layer's matrix lie in the parameter vector
    Py_ssize_t at, row, column      # of the first one; how far rows and columns lie apart


cdef inline Matrix matrix_of(const Layer *layer) noexcept nogil:
    cdef Matrix w
    w.at = layer.coef
    w.row, w.column = layer.columns, 1
    if layer.tied >= 0:
        w.row, w.column = 1, layer.dense.n_in
    return w


cdef void pack_master(Plan plan, const floating *params, floating *packed) noexcept nogil:
    """The first n_master elements alone: what moments have too."""
    cdef Layer *layer
    cdef Py_ssize_t i, j, column, width, n_in, n_out
    cdef const floating *b
    cdef floating *to
    cdef Matrix w
    cdef Stage *stage
    cdef int l, t
    memset(packed, 0, plan.n_master * sizeof(floating))
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        n_in, n_out = layer.dense.n_in, layer.dense.n_out
        w, b, to = matrix_of(layer), params + layer.intercept, packed + layer.w
        column = 0
        while column < (n_in if layer.dense.narrow else n_out):    # columns of the panels, whichever way they lie
            if layer.dense.narrow:
                width = panel_width(n_in - column, plan.lanes)
                for i in range(min(width, n_in - column)):
                    for j in range(n_out):
                        to[j * width + i] = params[w.at + (column + i) * w.row + j * w.column]
                to += n_out * width
            else:
                width = panel_width(n_out - column, plan.lanes)
                for i in range(n_in):
                    pack_columns(layer, column, width, plan.lanes, params + w.at + i * w.row, w.column, to + i * width)
                if layer.bias:
                    pack_columns(layer, column, width, plan.lanes, b, 1, to + n_in * width)
                to += (n_in + 1) * width
            column += width
        if layer.dense.narrow and layer.bias:
            memcpy(to, b, n_out * sizeof(floating))
    for t in range(plan.n_stages):
        stage = &plan.stages[t]
        if stage.traits.scales:
            memcpy(packed + stage.gain, params + stage.scale, stage.units * sizeof(floating))
            if not stage.traits.unshifted:
                memcpy(packed + stage.shift, params + stage.scale + stage.units, stage.units * sizeof(floating))


cdef inline Py_ssize_t held(const Layer *layer, Py_ssize_t column, Py_ssize_t lanes, Py_ssize_t *at) noexcept nogil:
    """How many real columns the vector at a packed column has, and where in a row of parameters they are."""
    cdef Py_ssize_t unit = column % layer.padded
    at[0] = column // layer.padded * layer.block + unit
    return max(0, min(lanes, layer.block - unit)) if at[0] < layer.columns else 0


cdef inline void pack_columns(const Layer *layer, Py_ssize_t column, Py_ssize_t width, Py_ssize_t lanes,
                              const floating *row, Py_ssize_t apart, floating *to) noexcept nogil:
    """Of a row of parameters whose columns lie so far apart."""
    cdef Py_ssize_t j = 0, n, at, i
    if apart == 1 and layer.block == layer.columns:     # no gates with room between them: neighbours stay neighbours
        memcpy(to, row + column, min(width, layer.columns - column) * sizeof(floating))
        return
    while j < width:
        n = held(layer, column + j, lanes, &at)
        for i in range(n):
            to[j + i] = row[(at + i) * apart]
        j += lanes


cdef inline void unpack_columns(const Layer *layer, Py_ssize_t column, Py_ssize_t width, Py_ssize_t lanes,
                                const floating *packed, floating *row) noexcept nogil:
    cdef Py_ssize_t j = 0, n, at
    if layer.block == layer.columns:
        memcpy(row + column, packed, min(width, layer.columns - column) * sizeof(floating))
        return
    while j < width:
        n = held(layer, column + j, lanes, &at)
        if n:
            memcpy(row + at, packed + j, n * sizeof(floating))
        j += lanes


cdef void unpack(Plan plan, const floating *packed, floating *params) noexcept nogil:
    """The inverse of pack_master; of a tied matrix it takes the first copy."""
    cdef Layer *layer
    cdef Py_ssize_t i, j, column, width, n_in, n_out
    cdef floating *w
    cdef floating *b
    cdef const floating *at
    cdef Stage *stage
    cdef int l, t
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        n_in, n_out = layer.dense.n_in, layer.dense.n_out
        w, b, at = params + layer.coef, params + layer.intercept, packed + layer.w
        column = 0
        while column < (n_in if layer.dense.narrow else n_out):
            if layer.dense.narrow:
                width = panel_width(n_in - column, plan.lanes)
                if layer.tied < 0:
                    for i in range(min(width, n_in - column)):
                        for j in range(n_out):
                            w[(column + i) * n_out + j] = at[j * width + i]
                at += n_out * width
            else:
                width = panel_width(n_out - column, plan.lanes)
                for i in range(n_in if layer.tied < 0 else 0):
                    unpack_columns(layer, column, width, plan.lanes, at + i * width, w + i * layer.columns)
                if layer.bias:
                    unpack_columns(layer, column, width, plan.lanes, at + n_in * width, b)
                at += (n_in + 1) * width
            column += width
        if layer.dense.narrow and layer.bias:
            memcpy(b, at, n_out * sizeof(floating))
    for t in range(plan.n_stages):
        stage = &plan.stages[t]
        if stage.traits.scales:
            memcpy(params + stage.scale, packed + stage.gain, stage.units * sizeof(floating))
            if not stage.traits.unshifted:
                memcpy(params + stage.scale + stage.units, packed + stage.shift, stage.units * sizeof(floating))


cdef void pack_as(Plan plan, const void *params, void *packed) noexcept nogil:
    if plan.dtype.number == FLOAT64:
        pack(plan, <const double *> params, <double *> packed)
    else:
        pack(plan, <const float *> params, <float *> packed)


cdef void pack_master_as(Plan plan, const void *params, void *packed) noexcept nogil:
    if plan.dtype.number == FLOAT64:
        pack_master(plan, <const double *> params, <double *> packed)
    else:
        pack_master(plan, <const float *> params, <float *> packed)


cdef void unpack_as(Plan plan, const void *packed, void *params) noexcept nogil:
    if plan.dtype.number == FLOAT64:
        unpack(plan, <const double *> packed, <double *> params)
    else:
        unpack(plan, <const float *> packed, <float *> params)
