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
    + """ *     int {name}_predict(const float *x, float *probabilities);
 *
 * x points to {n_features} features, probabilities to room for {n_values} values. The result is
 * the number of the most probable class; {name}_classes[] holds the labels.
 */
""",
    "multilabel": _HEAD
    + """ *     void {name}_predict(const float *x, float *probabilities, int *labels);
 *
 * x points to {n_features} features, probabilities and labels to room for {n_values} values each.
 * A label is 1 where its probability is above one half, else 0.
 */
""",
    "regressor": _HEAD
    + """ *     void {name}_predict(const float *x, float *y);
 *
 * x points to {n_features} features, y to room for {n_values} predicted values.
 */
""",
}

ACTIVATIONS = {
    "identity": "",
    "relu": """static void relu_layer(float *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = z[i] < 0.0f ? 0.0f : z[i];
}
""",
    "tanh": """static void tanh_layer(float *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = tanhf(z[i]);
}
""",
    "exp": """static void exp_layer(float *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = expf(z[i]);
}
""",
    "logistic": """static void logistic_layer(float *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = 1.0f / (1.0f + expf(-z[i]));
}
""",
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
    "classifier": """int {name}_predict(const float *x, float *probabilities)
{{
    {buffers}
    int best = 0;
    {steps}
    for (int i = 0; i < {n_values}; i++) {{
        probabilities[i] = {last}[i];
        if ({last}[i] > {last}[best])
            best = i;
    }}
    return best;
}}
""",
    "multilabel": """void {name}_predict(const float *x, float *probabilities, int *labels)
{{
    {buffers}
    {steps}
    for (int i = 0; i < {n_values}; i++) {{
        probabilities[i] = {last}[i];
        labels[i] = {last}[i] > 0.5f;
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
