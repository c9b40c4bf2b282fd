"""The frame of a C file: how it is used, and the function that predicts."""

# fmt: off
C_KEYWORDS = frozenset({
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
})
# fmt: on

_HEAD = """/* {name}: a {kind} network {sizes}, written by fastnn {version}.
{told} *
 * To use it, compile this file into your program, as C or as C++, link with -lm, and declare
 *
{declaration} *
"""

#: What a program declares, and the file itself, so that C and C++ agree about the names.
DECLARATION = """#ifdef __cplusplus
extern "C" {{
#endif
{function};{classes}
#ifdef __cplusplus
}}
#endif
"""

FUNCTION = {
    "classifier": "int {name}_predict(const float *x, float *{values})",
    "multilabel": "void {name}_predict(const float *x, float *{values}, int *labels)",
    "regressor": "void {name}_predict(const float *x, float *y)",
}

USAGE = {
    "classifier": _HEAD
    + """ * x points to {n_features} features, {values} to room for {n_values} values. The result is
 * the number of the {best} class; {name}_classes[] holds the labels.{note}
 */
""",
    "multilabel": _HEAD
    + """ * x points to {n_features} features, {values} and labels to room for {n_values} values
 * each. A label is 1 where {rule}, else 0.
 */
""",
    "regressor": _HEAD
    + """ * x points to {n_features} features, y to room for {n_values} predicted values.
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

PREDICT = {
    "binary": """{function}
{{
    {buffers}
    {steps}
    probabilities[0] = 1.0f - {last}[0];
    probabilities[1] = {last}[0];
    return {decision};
}}
""",
    "binary_scores": """{function}
{{
    {buffers}
    {steps}
    scores[0] = -{last}[0];
    scores[1] = {last}[0];
    return {decision};
}}
""",
    "classifier": """{function}
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
    "multilabel": """{function}
{{
    {buffers}
    {steps}
    for (int i = 0; i < {n_values}; i++) {{
        {values}[i] = {last}[i];
        labels[i] = {last}[i] > {threshold};
    }}
}}
""",
    "regressor": """{function}
{{
    {buffers}
    {steps}
    for (int i = 0; i < {n_values}; i++)
        y[i] = {last}[i];
}}
""",
}
