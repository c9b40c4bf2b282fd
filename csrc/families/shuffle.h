/* NumPy's legacy shuffle and the generator behind it. */
#ifndef FASTNN_SHUFFLE_H
#define FASTNN_SHUFFLE_H

#include "families.h"

#define FASTNN_TWISTER_WORDS 624 /* of the state of a Mersenne Twister */

struct fastnn_shuffle {
    /* the twister's next state, and the random words that n words of a state stand for */
    void (*twist)(uint32_t *key);
    void (*temper)(int n, const uint32_t *key, uint32_t *words);
    /* n numbers in [0, 1) of 53 bits, each from two words */
    void (*uniforms)(ptrdiff_t n, const uint32_t *words, double *u);
    /* the swaps of the elements *last, *last - 1, ... 1 of order that n <= FASTNN_TWISTER_WORDS words decide; leaves in
       *last what comes next and returns how many words were used: all, unless *last is 0 */
    ptrdiff_t (*swap_rows)(ptrdiff_t *order, ptrdiff_t *last, const uint32_t *words, ptrdiff_t n);
};

static inline const fastnn_shuffle *fastnn_shuffle_of(const fastnn_isa *isa) { return isa->families->shuffle; }

#endif
