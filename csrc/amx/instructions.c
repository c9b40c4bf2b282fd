/* The products of AMX by its instructions, which Linux lends a process that asks: Intel's processors since Sapphire Rapids. They are
   written in assembler, whose every line says that it reads or writes memory: the headers of GCC leave that out, and ask for a
   target. Compilers never touch tiles by themselves. */
#include <stdlib.h>
#include <string.h>

#include "tiles.h"

#if defined(__x86_64__) && defined(__linux__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ASK_FOR_PERMISSION = 0x1023, TILE_DATA = 18 }; /* of arch_prctl; the state that it is about */

static void begin(int rows)
{
    struct {
        uint8_t palette, start, unused[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } layout = {.palette = 1};
    for (int t = 0; t < 8; t++) {
        const int low = t == 2 || t == 3 || t == 5, n = t > 5 ? 16 : low ? rows - 16 : rows < 16 ? rows : 16;
        if (n > 0) layout.rows[t] = (uint8_t)n, layout.bytes[t] = 64;
    }
    __asm__ volatile("ldtilecfg %0" ::"m"(layout) : "memory");
}

static void end(void) { __asm__ volatile("tilerelease" ::: "memory"); }

#define TILES(n)
#define LOAD(t, from, ld) __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t ::"r"(from), "r"((ptrdiff_t)(ld)) : "memory")
#define STORE(t, to, ld) __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"(to), "r"((ptrdiff_t)(ld)) : "memory")
#define ZERO(t) __asm__ volatile("tilezero %%tmm" #t ::: "memory")
#define DOT(name, c, a, b) __asm__ volatile(name " %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::: "memory")
#define DOT_BF16(c, a, b) DOT("tdpbf16ps", c, a, b)
#define DOT_BYTES(c, a, b) DOT("tdpbusd", c, a, b)
#define DOT_SIGNED_BYTES(c, a, b) DOT("tdpbssd", c, a, b)
#define OF(kind) by_instruction_##kind
#include "product.inc"

/* Whether the two ways give the same bits, of random numbers and every shape of a block. */
static int agree(void (*by_instruction)(const fastnn_block *), void (*emulated)(const fastnn_block *), int is_bf16)
{
    static const int all_rows[] = {1, 16, 17, 32};
    enum { STEPS = 2, WORDS = 16 * STEPS };
    uint32_t a[32][WORDS], b[2][WORDS][16], init[32][32], c[2][32][32], state = 1;
    for (size_t i = 0; i < sizeof a / 4 + sizeof b / 4 + sizeof init / 4; i++) {
        state = state * 1664525 + 1013904223;
        uint32_t word = state ^ state >> 15;
        if (is_bf16) word = (word & 0x87ff87ff) | 0x38003800; /* from 2^-15 to 2 */
        *(i < sizeof a / 4                ? &a[0][0] + i
          : i < (sizeof a + sizeof b) / 4 ? &b[0][0][0] + (i - sizeof a / 4)
                                          : &init[0][0] + (i - (sizeof a + sizeof b) / 4)) = word;
    }
    for (size_t i = 0; i < 8; i++) {
        const int rows = all_rows[i / 2], panels = 1 + (int)i % 2;
        fastnn_block block = {rows,        panels, STEPS,          a,    sizeof a[0],   b, 64,
                              sizeof b[0], init,   sizeof init[0], NULL, sizeof c[0][0]};
        memset(c, 0, sizeof c);
        block.c = c[1];
        emulated(&block);
        block.c = c[0];
        begin(rows);
        by_instruction(&block);
        end();
        if (memcmp(c[0], c[1], sizeof c[0])) return 0;
    }
    return 1;
}

static const char *ask(int is_bf16)
{
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1)) return "this processor has no AMX";
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1) || !(d >> (is_bf16 ? 22 : 25) & 1))
        return "this processor has no AMX";
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low >> 17 & 3) != 3) return "the system has AMX switched off";
    if (syscall(SYS_arch_prctl, ASK_FOR_PERMISSION, TILE_DATA)) return "the system does not lend AMX to this process";
    if (is_bf16 ? !agree(by_instruction_bf16, fastnn_amx_emulated.bf16, 1)
                : !agree(by_instruction_bytes, fastnn_amx_emulated.bytes, 0) ||
                      !agree(by_instruction_signed_bytes, fastnn_amx_emulated.signed_bytes, 0))
        return "AMX does not compute here what Intel's manual says";
    return NULL;
}

/* Asked once a process; a fork keeps answer and permission. Threads that ask at the same time get the same answer. */
static const char *answer(int is_bf16)
{
    static const char *answers[2];
    static int known[2];
    if (!__atomic_load_n(&known[is_bf16], __ATOMIC_ACQUIRE)) {
        const char *found = ask(is_bf16);
        __atomic_store_n(&answers[is_bf16], found, __ATOMIC_RELAXED);
        __atomic_store_n(&known[is_bf16], 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&answers[is_bf16], __ATOMIC_RELAXED);
}

static const char *no_bf16(void) { return answer(1); }
static const char *no_bytes(void) { return answer(0); }

const fastnn_tiles fastnn_amx = {
    "AMX", no_bf16, no_bytes, begin, end, by_instruction_bf16, by_instruction_bytes, by_instruction_signed_bytes,
};
#else
static const char *not_built(void)
{
    return "fastnn was built without AMX, which takes Linux on x86-64 and GCC 11 or clang 12";
}
static void no_layout(int rows) { (void)rows; }
static void no_release(void) {}
static void no_product(const fastnn_block *block) { (void)block; }

const fastnn_tiles fastnn_amx = {"AMX", not_built, not_built, no_layout, no_release, no_product, no_product, no_product};
#endif
