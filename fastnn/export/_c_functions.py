"""The functions in C99 of which a file has those that its model needs; @ is the file's prefix."""

from fastnn.export._c_images import IMAGE_FUNCTIONS
from fastnn.export._c_sequences import SEQUENCE_FUNCTIONS

ELEMENTWISE = """static void @{name}_layer(float *z, size_t n)
{{
    for (size_t i = 0; i < n; i++)
        z[i] = {expression};
}}
"""
_SOFTPLUS = "(z[i] > 0.0f ? z[i] : 0.0f) + log1pf(expf(-fabsf(z[i])))"
_EXPRESSIONS = {
    "relu": "z[i] < 0.0f ? 0.0f : z[i]",
    "tanh": "tanhf(z[i])",
    "exp": "expf(z[i])",
    "logistic": "1.0f / (1.0f + expf(-z[i]))",
    "leaky_relu": "z[i] < 0.0f ? 0.01f * z[i] : z[i]",
    "elu": "z[i] < 0.0f ? expm1f(z[i]) : z[i]",
    "selu": "z[i] < 0.0f ? 1.75809934f * expm1f(z[i]) : 1.05070099f * z[i]",
    "gelu": "0.5f * z[i] * erfcf(-0.707106781f * z[i])",
    "silu": "z[i] / (1.0f + expf(-z[i]))",
    "mish": f"z[i] * tanhf({_SOFTPLUS})",
    "softplus": _SOFTPLUS,
    "softsign": "z[i] / (1.0f + fabsf(z[i]))",
    "step": "z[i] > 0.0f ? 1.0f : 0.0f",
}
_ACTIVATIONS = {
    name: ELEMENTWISE.format(name=name, expression=expression)
    for name, expression in _EXPRESSIONS.items()
}

_SOFTMAX = """static void @softmax(float *z, size_t n)
{
    float largest = z[0], sum = 0.0f;
    for (size_t i = 1; i < n; i++)
        largest = z[i] > largest ? z[i] : largest;
    for (size_t i = 0; i < n; i++) {
        z[i] = expf(z[i] - largest);
        sum += z[i];
    }
    for (size_t i = 0; i < n; i++)
        z[i] /= sum;
}
"""

_SCALE = """static void @scale(float *z, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] *= factor;
}
"""

_GAIN = """static void @gain(float *z, const float *gain, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] *= gain[i];
}
"""

_DENSE = """static void @dense(const float *x, const float *weight, const float *bias, float *y,
                   size_t n_in, size_t n_out)
{
    for (size_t j = 0; j < n_out; j++)
        y[j] = bias ? bias[j] : 0.0f;
    for (size_t i = 0; i < n_in; i++)
        for (size_t j = 0; j < n_out; j++)
            y[j] += x[i] * weight[i * n_out + j];
}
"""

_LAYER_NORM = """static void @layer_norm(float *z, const float *gain, const float *shift,
                        float epsilon, size_t n)
{
    float mean = 0.0f, variance = 0.0f, scale;
    for (size_t i = 0; i < n; i++)
        mean += z[i];
    mean /= (float) n;
    for (size_t i = 0; i < n; i++) {
        z[i] -= mean;
        variance += z[i] * z[i];
    }
    scale = 1.0f / sqrtf(variance / (float) n + epsilon);
    for (size_t i = 0; i < n; i++)
        z[i] = z[i] * scale * gain[i] + shift[i];
}
"""

_BATCH_NORM = """static void @batch_norm(float *z, const float *gain, const float *shift,
                        const float *mean, const float *variance, float epsilon, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = (z[i] - mean[i]) / sqrtf(variance[i] + epsilon) * gain[i] + shift[i];
}
"""

_ADD = """static void @add(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}
"""

# Of each column of a table: numbers of edges and levels, whether the number itself is an entry, its
# scale and shift; then edges, and means of the codes.
_COLUMNS = """static void @columns(const float *x, const float *c, float *y, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const size_t n_edges = (size_t) c[0], n_levels = (size_t) c[1];
        const float *edge = c + 5, *mean = edge + n_edges;
        if (c[2] != 0.0f)
            *y++ = c[3] * x[j] + c[4];
        for (size_t i = 0; i < n_levels; i++)
            *y++ = x[j] == (float) i ? 1.0f : 0.0f;
        for (size_t i = 0; i + 1 < n_edges; i++) {
            const float f = (x[j] - edge[i]) / (edge[i + 1] - edge[i]);
            *y++ = (f < 0.0f ? 0.0f : f > 1.0f ? 1.0f : f) - mean[i];
        }
        c = mean + (n_edges ? n_edges - 1 : 0);
    }
}
"""

_MULTIPLY = """static void @multiply(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= x[i];
}
"""

# NaN wins.
_LWTA = """static void @lwta(float *z, size_t size, size_t n)
{
    for (size_t first = 0; first < n; first += size) {
        size_t end = first + size < n ? first + size : n, best = first;
        float won;
        for (size_t i = first + 1; i < end; i++)
            if (z[best] == z[best] && !(z[i] <= z[best]))
                best = i;
        won = z[best];
        for (size_t i = first; i < end; i++)
            z[i] = 0.0f;
        z[best] = won;
    }
}
"""

_COPY = """static void @copy(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}
"""

# Every operation behind the sums is rounded by itself: results have a Predictor's bits.
_DENSE_INT8 = """/* y = x . W + b by integers: x becomes codes, 127 to either side or 255 of
   what is positive. W is [n_out][n_in], codes whose scale is that of the output. */
static void @dense_int8(const float *x, const signed char *weight, const float *scale,
                        const float *bias, float *y, short *codes, int n_in, int n_out)
{
    float most = 0.0f, levels = 255.0f, units, of_row;
    int finite = 1;
    for (int i = 0; i < n_in; i++) {
        if (x[i] < 0.0f) levels = 127.0f;
        if (fabsf(x[i]) > most) most = fabsf(x[i]);
        finite = finite && x[i] - x[i] == 0.0f;
    }
    units = finite && most > 3.0092656e-36f ? levels / most : 0.0f;
    of_row = finite ? most / levels : NAN;
    for (int i = 0; i < n_in; i++)
        codes[i] = (short) (units > 0.0f ? lrintf(x[i] * units) : 0);
    for (int j = 0; j < n_out; j++, weight += n_in) {
        int_least32_t sum = 0;
        volatile float product; /* rounded: no fused multiply-add */
        for (int i = 0; i < n_in; i++)
            sum += (int_least32_t) codes[i] * weight[i];
        product = (float) sum * scale[j];
        product = product * of_row;
        y[j] = bias ? product + bias[j] : product;
    }
}
"""

#: By name, all that a model may call.
FUNCTIONS = {
    **{f"{name}_layer": text for name, text in _ACTIVATIONS.items()},
    "dense": _DENSE,
    "dense_int8": _DENSE_INT8,
    "layer_norm": _LAYER_NORM,
    "batch_norm": _BATCH_NORM,
    "add": _ADD,
    "multiply": _MULTIPLY,
    "lwta": _LWTA,
    "softmax": _SOFTMAX,
    "scale": _SCALE,
    "gain": _GAIN,
    "columns": _COLUMNS,
    "copy": _COPY,
    **IMAGE_FUNCTIONS,
    **SEQUENCE_FUNCTIONS,
}
