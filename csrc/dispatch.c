/* The ordered list of ISAs and the names that Python's tables are built from. An ISA is one line here and one file in isa/. */
#include "families/families.h"
#include "fastnn.h"
#include "formulas.h"

#define KERNELS(isa)                                    \
    extern const fastnn_kernels_f32 fastnn_##isa##_f32; \
    extern const fastnn_kernels_f64 fastnn_##isa##_f64; \
    extern const struct fastnn_families fastnn_##isa##_families;
#define ROW(isa) {#isa, supports_##isa, &fastnn_##isa##_f32, &fastnn_##isa##_f64, &fastnn_##isa##_families},

static int supports_baseline(void) { return 1; }
KERNELS(baseline)

#if defined(__x86_64__)
static int supports_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int supports_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && supports_avx2();
}
KERNELS(avx2)
KERNELS(avx512)
#elif defined(__aarch64__)
static int supports_neon(void) { return 1; }
KERNELS(neon)
#endif

const fastnn_isa fastnn_isas[] = {
#if defined(__x86_64__)
    ROW(avx512) ROW(avx2)
#elif defined(__aarch64__)
    ROW(neon)
#endif
        ROW(baseline){NULL, NULL, NULL, NULL, NULL},
};

const char *const fastnn_activation_names[] = {
#define ACTIVATION(name, needs_z, f, df) #name,
#include "formulas/activations.def"
#undef ACTIVATION
    NULL,
};

const char fastnn_activation_needs_z[] = {
#define ACTIVATION(name, needs_z, f, df) needs_z,
#include "formulas/activations.def"
#undef ACTIVATION
};

const char *const fastnn_loss_names[] = {
#define LOSS(name, has_p, f, df) #name,
#include "formulas/losses.def"
#undef LOSS
    "softmax_log_loss", "softmax_focal_loss", "softmax_smoothed_log_loss", "gaussian_nll", NULL,
};

const char *const fastnn_update_names[] = {
#define UPDATE(name, n_moments, formula) #name,
#include "formulas/updates.def"
#undef UPDATE
    NULL,
};

const char fastnn_update_moments[] = {
#define UPDATE(name, n_moments, formula) n_moments,
#include "formulas/updates.def"
#undef UPDATE
};
