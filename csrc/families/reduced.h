/* Products of weights that are held in fewer bits than the rows that meet them: for scoring alone. */
#ifndef FASTNN_REDUCED_H
#define FASTNN_REDUCED_H

#include "families.h"

/* A panel is two vectors of float32 wide, as in float32's own products; its columns are the layer's, `n` of them real, and what
   is behind those is set to zero up to whole vectors. `some`: NULL, or the steps to take of those there are. */

typedef struct
{ /* what int8 sums become: z = sum * (scale of its column) * (scale of its row) + bias, in this order, each of the
                    operations rounded by itself, so that every processor gives the same bits. Padded to whole panels */
    const float *scale, *bias;
    const int32_t *sums; /* of the column's codes; NULL where `unit` is 2 */
} fastnn_int8_columns;

typedef struct {
    float scale;
    int32_t offset; /* what has been added to each of the row's codes */
} fastnn_int8_row;

typedef struct {
    const char *name;
    int (*supported)(void);
    /* Inputs of a step, four bytes of codes in all: 2 of 16 bits, or 4 of 8 bits without a sign. A panel is
       [steps][columns][unit], of int8 */
    int unit;
    /* n numbers of a row as whole steps of codes, padded with the code of zero: of 127 levels to either side or, where no number is
       negative, of 255. A row that is not finite has NaN as its scale */
    void (*codes)(ptrdiff_t n, const float *x, int32_t *codes, fastnn_int8_row *row);
    /* mr <= tile_rows rows through one panel, or one row through np <= 4 of them that lie `stride` bytes apart. n counts from the
       first panel's first column on. If rectify, negative z become zero */
    void (*tile)(int mr, ptrdiff_t steps, const int32_t *some, const int32_t *codes, ptrdiff_t ld,
                 const fastnn_int8_row *rows, const int8_t *w, const fastnn_int8_columns *columns, ptrdiff_t n, int rectify,
                 float *z, ptrdiff_t ldz);
    void (*row)(int np, ptrdiff_t steps, const int32_t *some, const int32_t *codes, const fastnn_int8_row *row,
                const int8_t *w, ptrdiff_t stride, const fastnn_int8_columns *columns, ptrdiff_t n, int rectify, float *z);
} fastnn_int8;

struct fastnn_reduced {
    int lanes, tile_rows;
    /* The bfloat16 nearest to each number, to even of two, as a float32; what is finite stays so, and NaN stays NaN */
    void (*round_bf16)(ptrdiff_t n, const float *x, float *y);
    /* The same shapes. A panel is [k][lanes] words, whose low half is a weight of the first vector of columns and whose high half
       one of the second. Sums begin at the bias, padded to whole panels, and run in the order of k, each in float32 */
    void (*bf16_tile)(int mr, ptrdiff_t k, const int32_t *some, const float *x, ptrdiff_t ldx, const uint32_t *w,
                      const float *bias, ptrdiff_t n, int rectify, float *z, ptrdiff_t ldz);
    void (*bf16_row)(int np, ptrdiff_t k, const int32_t *some, const float *x, const uint32_t *w, ptrdiff_t stride,
                     const float *bias, ptrdiff_t n, int rectify, float *z);
    const fastnn_int8 *const *int8; /* best first, NULL ends; the last one is always supported */
};

static inline const fastnn_reduced *fastnn_reduced_of(const fastnn_isa *isa) { return isa->families->reduced; }

#endif
