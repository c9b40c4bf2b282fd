/* Products of tiles of bfloat16 and of bytes: by the instructions of AMX, or by plain C that gives the same bits, so that whatever
   uses them is tested on any machine. */
#ifndef FASTNN_TILES_H
#define FASTNN_TILES_H

#include <stddef.h>
#include <stdint.h>

enum {
    FASTNN_TILE_ROWS = 32,    /* of a block at most */
    FASTNN_TILE_COLUMNS = 16, /* of a panel; a block has one or two of these */
    FASTNN_TILE_BYTES = 64,   /* of a row of `a` that a step takes: 32 numbers of bfloat16, or 64 bytes */
    FASTNN_TILE_LINES = 16    /* of a panel of `b` that it meets: a line is a word of four bytes for each column */
};

/* c (rows, 16 panels) = init + a (rows, steps) . b (steps, 16 panels), init NULL being zero. Distances are in bytes, from a row or a
   line to the next, and `apart` from a panel to the other; ld_init 0 gives each row the same. A word of `b` holds what lies below
   each other in its column: two numbers of bfloat16, or four bytes. c may be init. */
typedef struct {
    int rows, panels;
    ptrdiff_t steps;
    const void *a;
    ptrdiff_t lda;
    const void *b;
    ptrdiff_t ldb, apart;
    const void *init;
    ptrdiff_t ld_init;
    void *c;
    ptrdiff_t ldc;
} fastnn_block;

typedef struct {
    const char *name;
    /* NULL, or why this machine or process has no such products: of bfloat16, of bytes. Asks the system at its first call */
    const char *(*no_bf16)(void);
    const char *(*no_bytes)(void);
    /* A thread lays its tiles out for blocks of at most `rows` rows, a, init and c being accessible up to there, and gives them back on
       every way out: in between it calls nothing but products. It may lay them out anew */
    void (*begin)(int rows);
    void (*end)(void);
    /* c of float32: of a step the products of even and those of odd numbers are summed apart, each by FMA, and their sum is added to
       c. Denormal numbers count as zero, also as results */
    void (*bf16)(const fastnn_block *block);
    /* c of int32, exact, modulo 2^32: a without a sign and b with one, or both with one */
    void (*bytes)(const fastnn_block *block);
    void (*signed_bytes)(const fastnn_block *block);
} fastnn_tiles;

/* The instructions, then plain C, which no machine lacks. */
extern const fastnn_tiles fastnn_amx, fastnn_amx_emulated;

#endif
