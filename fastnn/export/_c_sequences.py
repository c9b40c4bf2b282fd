"""Layers over sequences in C99; @ is the file's prefix.

A unit's outputs and, of an LSTM, its cell lie one after the other in ``state``; what a step works
with lies in ``z``. Weights are as the nodes have them: a row for each of the units' own outputs, of
a GRU one of biases, a row for each number of the step; a column for each gate of each unit.
"""

from fastnn.model.sequences import units_of

__all__ = ["APART", "SEQUENCE_FUNCTIONS", "WRITERS", "define_step", "state_numbers", "work_numbers"]

_ROWS = """/* z += x W over n of the ld columns of W */
static void @rows(const float *x, const float *weight, float *z, size_t n_in, size_t n, size_t ld)
{
    for (size_t i = 0; i < n_in; i++)
        for (size_t j = 0; j < n; j++)
            z[j] += x[i] * weight[i * ld + j];
}
"""

_LOGISTIC = """static float @logistic(float z)
{
    return 1.0f / (1.0f + expf(-z));
}
"""

_STEP = """static void @{kind}_step(const float *x, const float *weight, const float *bias,
                   float *state, float *z, size_t width, size_t n)
{{
    for (size_t j = 0; j < {gates}n; j++)
        z[j] = bias[j];
    @rows(state, weight, z, n, {gates}n, {gates}n);
    @rows(x, weight + n * {gates}n, z, width, {gates}n, {gates}n);
    for (size_t j = 0; j < n; j++) {{
        {unit}
    }}
}}
"""

_GRU_STEP = """static void @gru_step(const float *x, const float *weight, const float *bias,
                   float *h, float *z, size_t width, size_t n)
{
    const float *own_bias = weight + n * 3 * n;
    for (size_t j = 0; j < 3 * n; j++)
        z[j] = bias[j] + (j < 2 * n ? own_bias[j] : 0.0f);
    for (size_t j = 0; j < n; j++)
        z[3 * n + j] = own_bias[2 * n + j];
    @rows(h, weight, z, n, 2 * n, 3 * n);
    @rows(h, weight + 2 * n, z + 3 * n, n, n, 3 * n);
    @rows(x, own_bias + 3 * n, z, width, 3 * n, 3 * n);
    for (size_t j = 0; j < n; j++) {
        float m = tanhf(z[2 * n + j] + @logistic(z[j]) * z[3 * n + j]);
        h[j] = m + @logistic(z[n + j]) * (h[j] - m);
    }
}
"""

_LSTM_UNIT = """float i = @logistic(z[j]), f = @logistic(z[n + j]);
        float g = tanhf(z[2 * n + j]), o = @logistic(z[3 * n + j]);
        state[n + j] = f * state[n + j] + i * g;
        state[j] = o * tanhf(state[n + j]);"""

_SEQUENCE = """static void @{kind}(const float *x, const float *weight, const float *bias, float *y,
                   float *state, size_t steps, size_t places, size_t width, size_t n, int output,
                   int reverse)
{{
    for (size_t j = 0; j < {states}n; j++)
        state[j] = 0.0f;
    for (size_t j = 0; j < (output == 0 ? places * n : n); j++)
        y[j] = 0.0f;
    for (size_t i = 0; i < steps; i++) {{
        size_t t = reverse ? steps - 1 - i : i;
        @{kind}_step(x + t * width, weight, bias, state, state + {states}n, width, n);
        for (size_t j = 0; j < n; j++)
            y[output == 0 ? t * n + j : j] = (output == 2 ? y[j] : 0.0f) + state[j];
    }}
    for (size_t j = 0; j < n && output == 2 && steps > 0; j++)
        y[j] /= (float) steps;
}}
"""

_STEPS = """static void @steps(const float *x, const float *weight, const float *bias, float *y,
                   size_t steps, size_t places, size_t width, size_t n, size_t levels)
{
    const float one = 1.0f;
    for (size_t t = 0; t < places; t++)
        for (size_t j = 0; j < n; j++)
            y[t * n + j] = t < steps ? bias[j] : 0.0f;
    for (size_t t = 0; t < steps; t++)
        if (levels == 0)
            @rows(x + t * width, weight, y + t * n, width, n, n);
        else if (x[t] >= 0.0f && x[t] < (float) levels)
            @rows(&one, weight + (size_t) x[t] * n, y + t * n, 1, n, n);
}
"""

_CONCAT = """static void @concat(const float *a, const float *b, float *y, size_t places, size_t n)
{
    for (size_t t = 0; t < places; t++)
        for (size_t j = 0; j < n; j++) {
            y[2 * t * n + j] = a[t * n + j];
            y[(2 * t + 1) * n + j] = b[t * n + j];
        }
}
"""

_N_STEPS = """static size_t @n_steps(float length, size_t places)
{
    if (!(length > 0.0f))
        return 0;
    return length < (float) places ? (size_t) length : places;
}
"""

_MEAN_STEP = """/* The mean of all outputs so far; total holds their sum and their number */
static void @mean_step(const float *h, float *total, float *y, size_t n)
{
    total[n] += 1.0f;
    for (size_t j = 0; j < n; j++) {
        total[j] += h[j];
        y[j] = total[j] / total[n];
    }
}
"""

#: Gates of a unit, numbers that a unit carries, and numbers that a unit's step works with.
_SIZES = {"rnn_tanh": (1, 1, 1), "rnn_relu": (1, 1, 1), "gru": (3, 1, 4), "lstm": (4, 2, 4)}


def _times(number):
    return "" if number == 1 else f"{number} * "


def _step(kind, unit):
    return _STEP.format(kind=kind, gates=_times(_SIZES[kind][0]), unit=unit)


SEQUENCE_FUNCTIONS = {
    "rows": _ROWS,
    "logistic": _LOGISTIC,
    "rnn_tanh_step": _step("rnn_tanh", "state[j] = tanhf(z[j]);"),
    "rnn_relu_step": _step("rnn_relu", "state[j] = z[j] < 0.0f ? 0.0f : z[j];"),
    "gru_step": _GRU_STEP,
    "lstm_step": _step("lstm", _LSTM_UNIT),
    **{
        kind: _SEQUENCE.format(kind=kind, states=_times(states))
        for kind, (_, states, _) in _SIZES.items()
    },
    "steps": _STEPS,
    "concat": _CONCAT,
    "n_steps": _N_STEPS,
    "mean_step": _MEAN_STEP,
}


def cell_of(node):
    """The name of the cell of a recurrent node."""
    return f"rnn_{node.attributes['activation']}" if node.kind == "rnn" else node.kind


def state_numbers(node):
    """How many numbers the units carry from step to step."""
    return _SIZES[cell_of(node)][1] * units_of(node)


def work_numbers(node):
    """How many numbers a step works with."""
    return _SIZES[cell_of(node)][2] * units_of(node)


def define_step(body, node):
    """Define the function of a recurrent node's step."""
    cell = cell_of(node)
    body.define("rows", *(["logistic"] if cell in ("gru", "lstm") else []), f"{cell}_step")
    return cell


def _recurrent(body, node, number, sources, target, n):
    cell, attributes = define_step(body, node), node.attributes
    work = body.take_buffer(state_numbers(node) + work_numbers(node))
    arrays = [body.array(node, number, name) for name in ("weight", "bias")]
    sizes = (_steps(body, attributes), attributes["places"], attributes["width"], units_of(node))
    output = ("all", "last", "mean").index(attributes["output"])
    body.call(cell, *sources, *arrays, target, work, *sizes, output, int(attributes["reverse"]))
    body.give_back(work)


def _per_step(body, node, number, sources, target, n):
    body.define("rows")
    arrays, attributes = [body.array(node, number, a) for a in ("weight", "bias")], node.attributes
    sizes = (_steps(body, attributes), attributes["places"], attributes["width"], units_of(node))
    body.call("steps", *sources, *arrays, target, *sizes, attributes["levels"])


def _side_by_side(body, node, number, sources, target, n):
    places = node.attributes["places"]
    body.call("concat", *sources, target, places, n // places // 2)


def _steps(body, attributes):
    """How many steps a row has, as an expression: its last column says so, if it is ragged."""
    if not attributes["ragged"]:
        return attributes["places"]
    body.define("n_steps")
    return f"{body.prefix}n_steps(x[{body.n_in - 1}], {attributes['places']})"


#: What writes the nodes of each kind.
WRITERS = {
    **dict.fromkeys(("rnn", "gru", "lstm"), _recurrent),
    "steps": _per_step,
    "concat": _side_by_side,
}

#: Kinds whose outputs cannot lie where their input does.
APART = frozenset(WRITERS)
