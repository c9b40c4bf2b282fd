/* Products of weights that are held in fewer bits than the rows that meet them: for scoring alone. */
#ifndef FASTNN_REDUCED_H
#define FASTNN_REDUCED_H

#include "amx/tiles.h"
#include "families.h"

/* A panel is two vectors of float32 wide, as in float32's own products; its columns are the layer's, `n` of them real, and what
   is behind those is set to zero up to whole vectors. A row's input is turned into words of four bytes, its codes, and a step takes
   one of them. `some`: NULL, or the steps to take of those there are. */

typedef struct
{ /* what sums of integers become: z = sum * (scale of its column) * (scale of its row) + bias, in this order, each of the
                    operations rounded by itself, so that every processor gives the same bits. Padded to whole panels */
    const float *scale, *bias;
    const int32_t *sums; /* of the column's codes; NULL where those of rows have a sign */
    int finest;          /* of slices: whether the fourth sum counts */
} fastnn_reduced_columns;

typedef struct {
    float scale;
    int32_t offset; /* what has been added to each of the row's codes */
    int32_t plain;  /* of slices: the row is for float32's own products */
} fastnn_reduced_row;

typedef struct { /* of slices: what each input is multiplied by first, and which rows are even enough, see slices.inc */
    const float *factor;
    float peak, count;
} fastnn_reduced_inputs;

typedef struct {
    const char *name;
    /* NULL, or why this machine has not got it */
    const char *(*missing)(void);
    /* Inputs of a word: 1 is a bfloat16 as a float32, 2 two of bfloat16 or codes of 16 bits, 4 codes of 8 bits. Panels of weights
       have the same words, see panels.py */
    int unit;
    int parts;                 /* of a row, which lie one behind the other: 3 of slices */
    const fastnn_tiles *tiles; /* of 16 words and up to 32 rows, which are to be laid out; or NULL: up to TILE_ROWS rows */
    /* n numbers of a row as whole steps of codes. Of int8: 127 levels to either side or, where no number is negative, 255; a row
       that is not finite has NaN as its scale */
    void (*codes)(ptrdiff_t n, const float *x, const fastnn_reduced_inputs *inputs, int32_t *codes, fastnn_reduced_row *row);
    /* mr rows through one panel, or one row through np <= 4 of them that lie `stride` bytes apart. n counts from the first panel's
       first column on. If rectify, negative z become zero */
    void (*tile)(int mr, ptrdiff_t steps, const int32_t *some, const int32_t *codes, ptrdiff_t ld,
                 const fastnn_reduced_row *rows, const void *w, const fastnn_reduced_columns *columns, ptrdiff_t n,
                 int rectify, float *z, ptrdiff_t ldz);
    void (*row)(int np, ptrdiff_t steps, const int32_t *some, const int32_t *codes, const fastnn_reduced_row *row,
                const void *w, ptrdiff_t stride, const fastnn_reduced_columns *columns, ptrdiff_t n, int rectify, float *z);
} fastnn_products;

struct fastnn_reduced {
    int lanes, tile_rows;
    /* The bfloat16 nearest to each number, to even of two, as a float32; what is finite stays so, and NaN stays NaN */
    void (*round_bf16)(ptrdiff_t n, const float *x, float *y);
    /* Best first, NULL ends. Of the first two one is never missing; what stands behind it is for those who ask for it by name */
    const fastnn_products *const *bf16, *const *int8;
    const fastnn_products *const *slices; /* float32 as integers of three bytes, see slices.inc */
};

static inline const fastnn_reduced *fastnn_reduced_of(const fastnn_isa *isa) { return isa->families->reduced; }

#endif
