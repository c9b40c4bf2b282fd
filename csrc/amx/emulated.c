/* The products of AMX in plain C: the same bits, on any machine. What its instructions do is written down in Intel's manual (volume 2,
   TDPBF16PS, TDPBUSD and TDPBSSD). */
#include <math.h>
#include <string.h>

#include "tiles.h"

typedef struct {
    int rows;
    uint32_t words[16][16];
} tile;

static const char *nothing_missing(void) { return NULL; }
static void no_layout(int rows) { (void)rows; }
static void no_release(void) {}

static void load(tile *t, const char *from, ptrdiff_t ld)
{
    for (int i = 0; i < t->rows; i++) memcpy(t->words[i], from + i * ld, 64);
}

static void store(const tile *t, char *to, ptrdiff_t ld)
{
    for (int i = 0; i < t->rows; i++) memcpy(to + i * ld, t->words[i], 64);
}

/* A denormal number is zero, with its sign. */
static float flushed(uint32_t bits)
{
    float x;
    if (!(bits & 0x7f800000)) bits &= 0x80000000;
    memcpy(&x, &bits, 4);
    return x;
}

static float flush(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return flushed(bits);
}

/* sum + the product of the upper halves of two words, rounded once. */
static float multiply_add(float sum, uint32_t a, uint32_t b)
{
    return flush(fmaf(flushed(a & 0xffff0000), flushed(b & 0xffff0000), sum));
}

static void dot_bf16(tile *c, const tile *a, const tile *b)
{
    for (int m = 0; m < c->rows; m++)
        for (int n = 0; n < 16; n++) {
            float even = 0, odd = 0;
            for (int k = 0; k < 16; k++) {
                even = multiply_add(even, a->words[m][k] << 16, b->words[k][n] << 16);
                odd = multiply_add(odd, a->words[m][k], b->words[k][n]);
            }
            const float sum = flush(flushed(c->words[m][n]) + flush(even + odd));
            memcpy(&c->words[m][n], &sum, 4);
        }
}

static void dot_bytes(tile *c, const tile *a, const tile *b, int has_sign)
{
    for (int m = 0; m < c->rows; m++)
        for (int n = 0; n < 16; n++)
            for (int k = 0; k < 16; k++)
                for (int byte = 0; byte < 32; byte += 8) {
                    const int x = (int)(a->words[m][k] >> byte & 255), w = (int8_t)(b->words[k][n] >> byte);
                    c->words[m][n] += (uint32_t)((has_sign ? (int8_t)x : x) * w);
                }
}

#define TILES(n)   \
    tile tiles[8]; \
    for (int t = 0; t < 8; t++) tiles[t].rows = t > 5 ? 16 : t == 2 || t == 3 || t == 5 ? n - 16 : n < 16 ? n : 16;
#define LOAD(t, from, ld) load(&tiles[t], from, ld)
#define STORE(t, to, ld) store(&tiles[t], to, ld)
#define ZERO(t) memset(tiles[t].words, 0, sizeof tiles[t].words)
#define DOT_BF16(c, a, b) dot_bf16(&tiles[c], &tiles[a], &tiles[b])
#define DOT_BYTES(c, a, b) dot_bytes(&tiles[c], &tiles[a], &tiles[b], 0)
#define DOT_SIGNED_BYTES(c, a, b) dot_bytes(&tiles[c], &tiles[a], &tiles[b], 1)
#define OF(kind) emulated_##kind
#include "product.inc"

const fastnn_tiles fastnn_amx_emulated = {
    "AMX, emulated", nothing_missing, nothing_missing, no_layout,
    no_release,      emulated_bf16,   emulated_bytes,  emulated_signed_bytes,
};
