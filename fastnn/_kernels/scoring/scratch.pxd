"""The memory that scoring works in, and how it is laid out: how many numbers a thread needs for a block of rows."""

from fastnn._kernels.layers.shapes cimport shared_numbers
from fastnn._kernels.layers.reduced cimport prepared_size
from fastnn._kernels.layers.stage cimport Buffers, Stage
from fastnn._kernels.layers.tiles cimport row_stride
from fastnn._kernels.layers.zeros cimport ENOUGH, tile_size
from fastnn._kernels.native.table cimport FLOAT64, floating, lanes, tile_rows
from fastnn._kernels.scoring.model cimport BLOCK, Model

cdef enum:
    CACHE = 1 << 18     # bytes of a block's outputs, where stages see images,
    FEWEST = 6          # and rows of a block there


cdef inline Py_ssize_t input_stride(const Model *model, floating tag) noexcept nogil:
    return row_stride(model.n_in, lanes(model.k, tag), sizeof(floating))


cdef inline Py_ssize_t block_rows(const Model *model, Py_ssize_t rows, floating tag) noexcept nogil:
    """Rows of a block of so many that are scored; of images so few that these stay in the cache."""
    cdef Py_ssize_t row = 0
    cdef bint images = False
    cdef int t
    for t in range(model.n_stages):
        images |= model.stages[t].window != NULL
    if not images:
        return min(rows, <Py_ssize_t> BLOCK)
    for t in range(model.n_places):
        row += model.places[t].ld * sizeof(floating)
    return min(rows, max(min(CACHE // row, <Py_ssize_t> BLOCK), <Py_ssize_t> FEWEST))


cdef inline Py_ssize_t widest_layer(const Model *model) noexcept nogil:
    cdef Py_ssize_t widest = 0
    cdef int l
    for l in range(model.n_layers):
        widest = max(widest, model.dense[l].ld)
    return widest


cdef inline bint looks_for_zeros(const Model *model) noexcept nogil:
    """Whether the input's zeros may be left out: not where looking for them takes a good part of the time."""
    return (not model.n_stages and not model.dense[0].narrow and model.n_in * model.dense[0].n_out >= ENOUGH
            and (model.dense[0].reduced == NULL or model.dense[0].reduced.by.tiles == NULL))


cdef inline Py_ssize_t tiles_size(const Model *model, Py_ssize_t rows, floating tag) noexcept nogil:
    """Elements for what is not zero in a block's tiles, which are numbers of 32 bits."""
    cdef Py_ssize_t most = tile_rows(model.k, tag)
    return (rows + most - 1) // most * tile_size(model.n_in) if looks_for_zeros(model) else 0


cdef inline Py_ssize_t more_size(const Stage *stage) noexcept nogil:
    """Elements for what the stage keeps for each of a block's rows or columns."""
    cdef Py_ssize_t size = max(stage.traits.column_values * stage.ld,
                               <Py_ssize_t> BLOCK * (stage.traits.row_values + shared_numbers(stage, 1)))
    if stage.window != NULL and stage.window.winograd != NULL:
        size = stage.window.winograd.size
    return size


cdef inline Py_ssize_t rows_size(const Model *model, Py_ssize_t rows) noexcept nogil:
    """Elements for a block's rows as reduced weights take them, which are of float32."""
    cdef Py_ssize_t most = 0
    cdef int l
    for l in range(model.n_layers):
        most = max(most, prepared_size(&model.dense[l], rows))
    return most


cdef inline Py_ssize_t scratch_size(const Model *model, bint sparse, Py_ssize_t rows, floating tag) noexcept nogil:
    """Elements that a thread needs to score so many rows: two layers' outputs and, unless sparse, a block's input.

    In a net that is not a chain an output may be read later: it needs as many places as are read at a time.
    """
    cdef Py_ssize_t block = block_rows(model, rows, tag), size = rows_size(model, block), line = 16
    cdef int t
    if not sparse or model.wants_rows:
        size += block * input_stride(model, tag) + tiles_size(model, block, tag)
    if not model.n_stages:
        return size + 2 * block * widest_layer(model)
    for t in range(model.n_places):
        size += block * model.places[t].ld + model.places[t].more
    return size + (model.n_stages * sizeof(Buffers) // sizeof(floating) + line) // line * line


cdef inline Py_ssize_t scratch_size_as(const Model *model, bint sparse, Py_ssize_t rows, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        return scratch_size(model, sparse, rows, <double> 0)
    return scratch_size(model, sparse, rows, <float> 0)
