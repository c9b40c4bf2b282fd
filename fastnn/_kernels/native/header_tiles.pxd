"""csrc/amx/tiles.h, declared."""

cdef extern from "amx/tiles.h" nogil:
    enum:
        FASTNN_TILE_ROWS
        FASTNN_TILE_COLUMNS
        FASTNN_TILE_BYTES
        FASTNN_TILE_LINES

    ctypedef struct fastnn_block:
        int rows, panels
        Py_ssize_t steps
        const void *a
        Py_ssize_t lda
        const void *b
        Py_ssize_t ldb, apart
        const void *init
        Py_ssize_t ld_init
        void *c
        Py_ssize_t ldc

    ctypedef struct fastnn_tiles:
        const char *name
        const char *no_bf16() noexcept nogil
        const char *no_bytes() noexcept nogil
        void begin(int rows) noexcept nogil
        void end() noexcept nogil
        void bf16(const fastnn_block *block) noexcept nogil
        void bytes(const fastnn_block *block) noexcept nogil
        void signed_bytes(const fastnn_block *block) noexcept nogil

    const fastnn_tiles fastnn_amx
    const fastnn_tiles fastnn_amx_emulated
