/* Every micro-kernel of every ISA this machine has, both dtypes, against plain C in double precision. It needs nothing
   but csrc and libc, so that it can be cross-compiled and run under an emulator: see aarch64.sh. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "families/rbm.h"
#include "families/reduced.h"
#include "families/shuffle.h"
#include "families/som.h"
#include "fastnn.h"
#include "formulas.h"

#define MOST_ROWS 40
#define MOST_COLUMNS 160

/* Of columns_test.inc: a column with a code, a number and a category. */
enum { N_EDGES = 11, LEVELS = 5, ENTRIES = N_EDGES + 1 + LEVELS, PIECES = N_EDGES + 1, RAW_ROWS = 33, CODES = 5 };
/* Of recurrent_test.inc: rows, and what lies behind each. */
enum { CELL_ROWS = 3, CELL_GAP = 3 };

static const char *where = "";   /* what is being tested, for messages */
static int n_checks, n_failures;

static void fail(const char *what, ptrdiff_t row, ptrdiff_t column, double got, double expected)
{
    if (++n_failures <= 20)
        printf("FAILED %s %s [%td, %td]: got %.17g, expected %.17g\n", where, what, row, column, got, expected);
}

static uint64_t random_state = 1;

/* A uniform number in [-1, 1) (Steele, Lea and Flood's SplitMix64). */
static double uniform(void)
{
    uint64_t x = random_state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-52 - 1;
}

static double plain_identity(double z) { return z; }
static double plain_relu(double z) { return z < 0 ? 0 : z; }
static double plain_logistic(double z) { return 1 / (1 + exp(-z)); }
static double slope_identity(double z) { return (void)z, 1; }
static double slope_relu(double z) { return z > 0; }
static double slope_tanh(double z) { return 1 / (cosh(z) * cosh(z)); }
static double slope_logistic(double z) { return plain_logistic(z) * plain_logistic(-z); }
static double plain_leaky_relu(double z) { return z < 0 ? 0.01 * z : z; }
static double slope_leaky_relu(double z) { return z > 0 ? 1 : 0.01; }
static double plain_elu(double z) { return z > 0 ? z : expm1(z); }
static double slope_elu(double z) { return z > 0 ? 1 : exp(z); }
static double plain_selu(double z) { return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * expm1(z)); }
static double slope_selu(double z) { return 1.0507009873554805 * (z > 0 ? 1 : 1.6732632423543772 * exp(z)); }
static double plain_gelu(double z) { return (double)(0.5L * z * erfcl(-z / sqrtl(2))); }
static double slope_gelu(double z) { return 0.5 * erfc(-z / sqrt(2)) + z * exp(-z * z / 2) * 0.3989422804014327; }
static double plain_silu(double z) { return z / (1 + exp(-z)); }
static double slope_silu(double z) { return plain_logistic(z) * (1 + z * plain_logistic(-z)); }
static double plain_softplus(double z) { return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z)); }
static double plain_mish(double z) { return z * tanh(plain_softplus(z)); }
static double slope_mish(double z)
{
    return tanh(plain_softplus(z)) + z * plain_logistic(z) / pow(cosh(plain_softplus(z)), 2);
}
static double plain_softsign(double z) { return z / (1 + fabs(z)); }
static double slope_softsign(double z) { return 1 / pow(1 + fabs(z), 2); }
static double plain_step(double z) { return z > 0 ? 1 : z == z ? 0 : z; }
static double slope_step(double z) { return fabs(z) <= 1; }

static const struct {
    const char *name;
    double (*f)(double z), (*df)(double z);
} plain_activations[] = {
    {"identity", plain_identity, slope_identity},
    {"relu", plain_relu, slope_relu},
    {"tanh", tanh, slope_tanh},
    {"logistic", plain_logistic, slope_logistic},
    {"exp", exp, exp},
    {"leaky_relu", plain_leaky_relu, slope_leaky_relu},
    {"elu", plain_elu, slope_elu},
    {"selu", plain_selu, slope_selu},
    {"gelu", plain_gelu, slope_gelu},
    {"silu", plain_silu, slope_silu},
    {"mish", plain_mish, slope_mish},
    {"softplus", plain_softplus, plain_logistic},
    {"softsign", plain_softsign, slope_softsign},
    {"step", plain_step, slope_step},
};

/* Losses of one output, with the parameter q that some have; targets y lie in (0, 1). */
static double plain_log_cosh(double r) { return fabs(r) < 0.1 ? log1p(2 * pow(sinh(r / 2), 2)) : log(cosh(r)); }
static double softplus(double z) { return plain_softplus(z); }

static double loss_logistic(double z, double y, double q) { return (void)q, softplus(z) - z * y; }
static double loss_squared(double z, double y, double q) { return (void)q, 0.5 * (z - y) * (z - y); }
static double loss_poisson(double z, double y, double q) { return (void)q, y * log(y) - y * z - y + exp(z); }
static double loss_absolute(double z, double y, double q) { return (void)q, fabs(z - y); }
static double loss_huber(double z, double y, double q)
{
    double r = fabs(z - y);
    return r > q ? q * (r - q / 2) : r * r / 2;
}
static double loss_log_cosh(double z, double y, double q) { return (void)q, plain_log_cosh(z - y); }
static double loss_quantile(double z, double y, double q) { return y > z ? q * (y - z) : (q - 1) * (y - z); }
static double loss_gamma(double z, double y, double q) { return (void)q, y * exp(-z) + z - log(y) - 1; }
static double loss_tweedie(double z, double y, double q)
{
    q += 1;
    return pow(y, 2 - q) / (1 - q) / (2 - q) - y * exp((1 - q) * z) / (1 - q) + exp((2 - q) * z) / (2 - q);
}
static double loss_hinge(double z, double y, double q) { return (void)q, fmax(0, 1 - (2 * y - 1) * z); }
static double loss_perceptron(double z, double y, double q) { return (void)q, fmax(0, (1 - 2 * y) * z); }
static double loss_focal(double z, double y, double q)
{
    double margin = (2 * y - 1) * z;
    return exp(-q * softplus(margin)) * softplus(-margin);
}
static double loss_smoothed(double z, double y, double q) { return softplus(z) - z * (y + q * (0.5 - y)); }
static double gradient_logistic(double z, double y, double q) { return (void)q, plain_logistic(z) - y; }
static double gradient_squared(double z, double y, double q) { return (void)q, z - y; }
static double gradient_poisson(double z, double y, double q) { return (void)q, exp(z) - y; }
static double gradient_absolute(double z, double y, double q) { return (void)q, (z > y) - (z < y); }
static double gradient_huber(double z, double y, double q) { return fmax(-q, fmin(q, z - y)); }
static double gradient_log_cosh(double z, double y, double q) { return (void)q, tanh(z - y); }
static double gradient_quantile(double z, double y, double q) { return y > z ? -q : 1 - q; }
static double gradient_gamma(double z, double y, double q) { return (void)q, 1 - y * exp(-z); }
static double gradient_tweedie(double z, double y, double q) { return exp((1 - q) * z) - y * exp(-q * z); }
static double gradient_hinge(double z, double y, double q) { return (void)q, (2 * y - 1) * z > 1 ? 0 : 1 - 2 * y; }
static double gradient_perceptron(double z, double y, double q) { return (void)q, (2 * y - 1) * z > 0 ? 0 : 1 - 2 * y; }
static double gradient_focal(double z, double y, double q)
{
    double t = 2 * y - 1, margin = t * z, wrong = plain_logistic(-margin);
    return -t * pow(wrong, q) * (q * plain_logistic(margin) * softplus(-margin) + wrong);
}
static double gradient_smoothed(double z, double y, double q) { return plain_logistic(z) - (y + q * (0.5 - y)); }

static const struct {
    const char *name;
    double (*f)(double z, double y, double q), (*df)(double z, double y, double q);
} plain_losses[] = {
    {"logistic_log_loss", loss_logistic, gradient_logistic},
    {"squared_error", loss_squared, gradient_squared},
    {"poisson", loss_poisson, gradient_poisson},
    {"absolute_error", loss_absolute, gradient_absolute},
    {"huber", loss_huber, gradient_huber},
    {"log_cosh", loss_log_cosh, gradient_log_cosh},
    {"quantile", loss_quantile, gradient_quantile},
    {"gamma", loss_gamma, gradient_gamma},
    {"tweedie", loss_tweedie, gradient_tweedie},   /* of power 1 + q */
    {"hinge", loss_hinge, gradient_hinge},
    {"perceptron", loss_perceptron, gradient_perceptron},
    {"logistic_focal_loss", loss_focal, gradient_focal},
    {"logistic_smoothed_log_loss", loss_smoothed, gradient_smoothed},
};

typedef struct { double w, m, v, u; } weight;   /* one weight and its moments */

static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

static void update_sgd(weight *x, double g, const double *c)
{
    x->m = c[0] * x->m - c[1] * g;
    x->w += x->m;
}
static void update_nesterov(weight *x, double g, const double *c)
{
    x->m = c[0] * x->m - c[1] * g;
    x->w += c[0] * x->m - c[1] * g;
}
static void update_adagrad(weight *x, double g, const double *c)
{
    x->m += g * g;
    x->w -= c[0] * g / (sqrt(x->m) + c[1]);
}
static void update_rmsprop(weight *x, double g, const double *c)
{
    x->m = c[1] * x->m + c[2] * g * g;
    x->w -= c[0] * g / (sqrt(x->m) + c[3]);
}
static void update_adadelta(weight *x, double g, const double *c)
{
    x->m = c[1] * x->m + c[2] * g * g;
    double step = sqrt(x->v + c[3]) / sqrt(x->m + c[3]) * g;
    x->v = c[1] * x->v + c[2] * step * step;
    x->w -= c[0] * step;
}
static void update_adam(weight *x, double g, const double *c)
{
    x->m = c[1] * x->m + c[2] * g;
    x->v = c[3] * x->v + c[4] * g * g;
    x->w -= c[0] * x->m / (sqrt(x->v) + c[5]);
}
static void update_nadam(weight *x, double g, const double *c)
{
    x->m += c[2] * (g - x->m);
    x->v += c[3] * (g * g - x->v);
    x->w -= (c[0] * g + c[1] * x->m) / (sqrt(x->v) + c[4]);
}
static void update_amsgrad(weight *x, double g, const double *c)
{
    x->m = c[1] * x->m + c[2] * g;
    x->v = c[3] * x->v + c[4] * g * g;
    x->u = fmax(x->u, x->v);
    x->w -= c[0] * x->m / (sqrt(x->u) + c[5]);
}
static void update_rprop(weight *x, double g, const double *c)
{
    double turn = sign(g) * sign(x->m);
    x->v = fmax(c[2], fmin(c[3], x->v * (turn > 0 ? c[0] : turn < 0 ? c[1] : 1)));
    x->m = turn < 0 ? 0 : g;
    x->w -= c[4] * sign(x->m) * x->v;
}

static const struct {
    const char *name;
    void (*step)(weight *x, double g, const double *c);
} plain_updates[] = {{"sgd", update_sgd},           {"nesterov", update_nesterov}, {"adagrad", update_adagrad},
                     {"rmsprop", update_rmsprop},   {"adadelta", update_adadelta}, {"adam", update_adam},
                     {"nadam", update_nadam},       {"amsgrad", update_amsgrad},   {"rprop", update_rprop}};

/* The 32 random bits of a unit. */
static uint32_t plain_bits(uint64_t row_key, ptrdiff_t unit)
{
    uint32_t x = (uint32_t)unit + (uint32_t)row_key;
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15) ^ (uint32_t)(row_key >> 32)) * 0x846ca68bU;
    return x ^ (x >> 16);
}

/* The row of a table of references that belongs to a name; a kernel without one cannot pass. */
#define FIND(index, table, wanted)                                                          \
    size_t index = 0;                                                                       \
    while (index < sizeof table / sizeof *table && strcmp(table[index].name, wanted)) index++; \
    if (index == sizeof table / sizeof *table) {                                            \
        printf("FAILED %s: no reference for %s in " #table "\n", where, wanted);            \
        n_failures++;                                                                       \
        continue;                                                                           \
    }

#define PASTE(a, b) a##_##b
#define NAMED(a, b) PASTE(a, b)
#define NAME(a) NAMED(a, S)

#define T float
#define UINT uint32_t
#define OTHER double
#define EPSILON ((double)FLT_EPSILON)
#define S f32
#include "kernels_test.inc"
#include "rbm_test.inc"
#include "som_test.inc"
#undef T
#undef UINT
#undef OTHER
#undef EPSILON
#undef S

#define T double
#define UINT uint64_t
#define OTHER float
#define EPSILON DBL_EPSILON
#define S f64
#include "kernels_test.inc"
#include "rbm_test.inc"
#include "som_test.inc"

#include "reduced_test.inc"
#include "shuffle_test.inc"

int main(int argc, char **argv)
{
    int n_tested = 0, n_wanted = 0;
    for (const fastnn_isa *isa = fastnn_isas; isa->name; isa++) {
        if (argc > 1 && strcmp(isa->name, argv[1])) continue;
        n_wanted++;
        if (!isa->supported()) {
            printf("%s: compiled, but this machine does not have it\n", isa->name);
            continue;
        }
        int before = n_checks;
        test_f32(isa->name, isa->f32);
        test_f64(isa->name, isa->f64);
        test_reduced(isa->name, fastnn_reduced_of(isa));
        test_shuffle(isa->name, fastnn_shuffle_of(isa));
        test_rbm_f32(isa->name, fastnn_rbm_f32_of(isa), isa->f32->lanes);
        test_rbm_f64(isa->name, fastnn_rbm_f64_of(isa), isa->f64->lanes);
        test_som_f32(isa->name, fastnn_som_f32_of(isa));
        test_som_f64(isa->name, fastnn_som_f64_of(isa));
        printf("%s: %d checks\n", isa->name, n_checks - before);
        n_tested++;
    }
    if (!n_wanted) printf("FAILED: there is no ISA called %s\n", argv[1]);
    printf("%d ISAs, %d checks, %d failures\n", n_tested, n_checks, n_failures);
    return n_failures > 0 || n_tested == 0;
}
