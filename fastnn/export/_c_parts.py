"""The pieces of C99 of which `fastnn.export.c` puts a file together."""

# fmt: off
C_KEYWORDS = frozenset({
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
})
# fmt: on

_HEAD = """/* {name}: a {kind} network {sizes}, written by fastnn {version}.
 *
 * To use it, compile this file into your program (link with -lm) and declare
 *
"""

USAGE = {
    "classifier": _HEAD
    + """ *     int {name}_predict(const float *x, float *{values});
 *
 * x points to {n_features} features, {values} to room for {n_values} values. The result is
 * the number of the {best} class; {name}_classes[] holds the labels.{note}
 */
""",
    "multilabel": _HEAD
    + """ *     void {name}_predict(const float *x, float *{values}, int *labels);
 *
 * x points to {n_features} features, {values} and labels to room for {n_values} values each.
 * A label is 1 where {rule}, else 0.
 */
""",
    "regressor": _HEAD
    + """ *     void {name}_predict(const float *x, float *y);
 *
 * x points to {n_features} features, y to room for {n_values} predicted values.
 */
""",
}
# What a classifier's outputs are, to fill in above and below.
PROBABILITIES = {
    "values": "probabilities",
    "best": "most probable",
    "note": "",
    "rule": "its probability is above one half",
    "threshold": "0.5f",
}
SCORES = {
    "values": "scores",
    "best": "highest scoring",
    "note": """
 * Scores are decision values; of two classes minus the value and the value.""",
    "rule": "its score, a decision value, is positive",
    "threshold": "0.0f",
}

_ELEMENTWISE = """static void {name}_layer(float *z, size_t n)
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
ACTIVATIONS = {
    "identity": "",
    **{
        name: _ELEMENTWISE.format(name=name, expression=expression)
        for name, expression in _EXPRESSIONS.items()
    },
    "softmax": """static void softmax_layer(float *z, size_t n)
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
""",
}

DENSE = """static void dense(const float *x, const float *weight, const float *bias, float *y,
                  size_t n_in, size_t n_out)
{
    for (size_t j = 0; j < n_out; j++)
        y[j] = bias[j];
    for (size_t i = 0; i < n_in; i++)
        for (size_t j = 0; j < n_out; j++)
            y[j] += x[i] * weight[i * n_out + j];
}
"""

LAYER_NORM = """static void layer_norm(float *z, const float *gain, const float *shift,
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

ADD = """static void add(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}
"""

ADD_PRODUCT = """static void add_product(const float *x, const float *matrix, float *y,
                        size_t n_in, size_t n_out)
{
    for (size_t i = 0; i < n_in; i++)
        for (size_t j = 0; j < n_out; j++)
            y[j] += x[i] * matrix[i * n_out + j];
}
"""

PREDICT = {
    "binary": """int {name}_predict(const float *x, float *probabilities)
{{
    {buffers}
    {steps}
    probabilities[0] = 1.0f - {last}[0];
    probabilities[1] = {last}[0];
    return {last}[0] > 0.5f;
}}
""",
    "binary_scores": """int {name}_predict(const float *x, float *scores)
{{
    {buffers}
    {steps}
    scores[0] = -{last}[0];
    scores[1] = {last}[0];
    return {last}[0] > 0.0f;
}}
""",
    "classifier": """int {name}_predict(const float *x, float *{values})
{{
    {buffers}
    int best = 0;
    {steps}
    for (int i = 0; i < {n_values}; i++) {{
        {values}[i] = {last}[i];
        if ({last}[i] > {last}[best])
            best = i;
    }}
    return best;
}}
""",
    "multilabel": """void {name}_predict(const float *x, float *{values}, int *labels)
{{
    {buffers}
    {steps}
    for (int i = 0; i < {n_values}; i++) {{
        {values}[i] = {last}[i];
        labels[i] = {last}[i] > {threshold};
    }}
}}
""",
    "regressor": """void {name}_predict(const float *x, float *y)
{{
    {buffers}
    {steps}
    for (int i = 0; i < {n_values}; i++)
        y[i] = {last}[i];
}}
""",
}
