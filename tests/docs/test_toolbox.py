"""Textbook facts of docs/toolbox.md that no other test holds, and its examples."""

import ast
import inspect
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, padded
from scipy.sparse import csr_matrix
from sklearn.linear_model import LinearRegression, Ridge

import fastnn
from fastnn import MLPClassifier, MLPRegressor, Network
from fastnn._kernels.native import table
from fastnn._kernels.testing import probe
from fastnn.initializers import INITIALIZERS
from fastnn.inspection import diagnose
from fastnn.layers import CustomActivation, Dense
from fastnn.layers.activations import NAMES
from fastnn.losses import LOSSES
from fastnn.optimizers import OPTIMIZERS, SGD
from fastnn.schedules import SCHEDULES

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "toolbox.md").read_text()


def make_data(rng):
    X = rng.normal(size=(60, 4)) @ np.diag([1.0, 2.0, 0.5, 1.0])
    return X, np.c_[X @ [1.0, -1.0, 2.0, 0.0] + rng.normal(size=60), np.tanh(X[:, 0])]


X, Y = make_data(np.random.RandomState(0))
LABELS = np.digitize(Y[:, 0], [-1.0, 1.0])

LBFGS = {"solver": "lbfgs", "tol": 1e-9, "max_iter": 2000}


# Neurons


def test_a_linear_neuron_is_least_squares_or_ridge_regression():
    for alpha, theirs in ((0.0, LinearRegression()), (3.0, Ridge(alpha=3.0))):
        ours = MLPRegressor(hidden_layer_sizes=(), alpha=alpha, **LBFGS).fit(X, Y)
        theirs.fit(X, Y)
        np.testing.assert_allclose(ours.coefs_[0].T, theirs.coef_, atol=1e-4)
        np.testing.assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=1e-4)


def test_the_delta_rule_and_how_fast_it_may_go():
    net = Network([Dense(2)], n_in=4, random_state=0)
    start, error = net.named_parameters["coef_0"].copy(), Y[:1] - net.predict(X[:1])
    net.fit(X[:1], Y[:1], epochs=1, optimizer=SGD(0.1, momentum=0.0))
    np.testing.assert_allclose(net.named_parameters["coef_0"] - start, 0.1 * X[:1].T @ error)

    inputs = np.c_[X, np.ones(60)]
    fastest = 2 / np.linalg.eigvalsh(inputs.T @ inputs / 60).max()
    for rate, converges in ((0.95 * fastest, True), (1.05 * fastest, False)):
        net = Network([Dense(2)], n_in=4, random_state=0)
        net.fit(X, Y, epochs=200, batch_size=60, optimizer=SGD(rate, momentum=0.0))
        assert (net.loss_curve_[-1] < net.loss_curve_[0]) == converges


PERCEPTRON = {
    "loss": "perceptron",
    "solver": "sgd",
    "momentum": 0.0,
    "alpha": 0.0,
    "init": "zeros",
    "learning_rate_init": 1.0,
    "batch_size": 1,
}


def mistakes(X, y, epochs):
    """In each epoch, row by row, after how many of them a perceptron has changed its weights."""
    model, found = MLPClassifier((), **PERCEPTRON), []
    before = None
    for _ in range(epochs):
        found.append(0)
        for row, label in zip(X, y, strict=True):
            model.partial_fit([row], [label], classes=[0, 1])
            now = np.r_[model.coefs_[0].ravel(), model.intercepts_[0]]
            found[-1] += before is None or (now != before).any()
            before = now
    return found


def test_a_perceptron_makes_few_mistakes_or_never_stops(rng):
    """Novikoff: at most (R / margin) ** 2, the bias being the weight of a one."""
    X = rng.uniform(-1, 1, (25, 2))
    side = X @ [0.8, -0.6] + 0.1
    X, side = X[abs(side) > 0.15], side[abs(side) > 0.15]
    known, ones = np.r_[0.8, -0.6, 0.1], np.c_[X, np.ones(len(X))]
    margin = abs(ones @ known).min() / np.linalg.norm(known)
    found = mistakes(X, (side > 0).astype(int), 6)
    assert found[-1] == 0
    assert 2 <= sum(found) <= (np.linalg.norm(ones, axis=1).max() / margin) ** 2
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    assert min(mistakes(corners, [0, 1, 1, 0], 8)) > 0


def test_no_threshold_unit_tells_patterns_that_are_shifted_around():
    """Minsky and Papert: two patterns of as many ones, in all their places, have the same mean."""
    patterns = [[1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0]]
    X = np.array([np.roll(p, k) for p in patterns for k in range(8)], float)
    y = np.repeat([0, 1], 8)
    line = MLPClassifier((), **LBFGS).fit(X, y)
    np.testing.assert_allclose(line.predict_proba(X), 0.5, atol=1e-4)
    hidden = MLPClassifier((16,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    assert hidden.score(X, y) == 1


def test_a_bias_moves_the_ridge():
    net = Network([Dense(1, "tanh"), Dense(1)], n_in=1)
    a = np.linspace(-3, 3, 13).reshape(-1, 1)
    net.parameters = [2.0, 1.0, 0.0, 0.0]
    unmoved = net.predict(a - 0.75)
    net.parameters = [2.0, 1.0, -1.5, 0.0]
    np.testing.assert_allclose(net.predict(a), unmoved, atol=1e-15)


@pytest.mark.parametrize(
    "name", [n for n, (_, needs_z) in table.activations().items() if not needs_z]
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_slopes_come_from_the_outputs_alone(isa, dtype, name, rng):
    z, d = rng.normal(size=(2, 3, 17)).astype(dtype)
    results = []
    for known in (z, np.full_like(z, np.nan)):
        H, D = padded(z, isa), padded(d, isa)
        probe.activation(name, H, 17, isa)
        probe.activation_gradient(name, padded(known, isa), H, D, 17, isa)
        results.append(D[:, :17])
    np.testing.assert_array_equal(*results)


def test_softmax_does_not_see_a_constant():
    net = Network([Dense(3)], "softmax_log_loss", n_in=4, random_state=0)
    p = net.predict(X)
    assert (p > 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    net.named_parameters["intercept_0"][...] += 1000.0
    np.testing.assert_allclose(net.predict(X), p, rtol=1e-10)


def test_a_unit_that_is_never_active_never_moves():
    net = Network([Dense(6, "relu"), Dense(2)], n_in=4, random_state=0)
    net.named_parameters["intercept_0"][2] = -100.0
    before = {name: values.copy() for name, values in net.named_parameters.items()}
    net.fit(X, Y, epochs=20)
    moved = net.named_parameters["coef_0"] != before["coef_0"]
    assert moved.any(axis=0).tolist() == [k != 2 for k in range(6)]
    np.testing.assert_array_equal(net.named_parameters["coef_1"][2], before["coef_1"][2])


# Inputs and outputs


def test_outputs_follow_from_the_targets():
    binary = MLPClassifier((3,), max_iter=2).fit(X, LABELS > 1)
    assert (binary.n_outputs_, binary.out_activation_) == (1, "logistic")
    p = binary.predict_proba(X)
    np.testing.assert_array_equal(p[:, 0], 1 - p[:, 1])
    several = MLPClassifier((3,), max_iter=2).fit(X, LABELS)
    assert (several.n_outputs_, several.out_activation_) == (3, "softmax")
    numbers = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2).fit(X, Y)
    assert (numbers.n_outputs_, numbers.out_activation_) == (2, "identity")
    assert [coef.shape for coef in numbers.coefs_] == [(4, 3), (3, 2)]


def test_a_one_hot_row_picks_a_row_of_weights(rng):
    onehot = csr_matrix(np.eye(9)[rng.randint(0, 9, 50)])
    model = MLPRegressor(hidden_layer_sizes=(5,), activation="identity", max_iter=3)
    codes = model.fit(onehot, Y[:50]).transform(onehot)
    np.testing.assert_array_equal(codes, (model.coefs_[0] + model.intercepts_[0])[onehot.indices])


# Losses and back-propagation


def test_the_loss_is_a_mean_over_rows():
    net = Network([Dense(5, "tanh"), Dense(2)], n_in=4, random_state=0)
    once, twice = (net.loss_and_grad(np.tile(X, (k, 1)), np.tile(Y, (k, 1))) for k in (1, 20))
    assert once[0] == pytest.approx(twice[0], rel=1e-12)
    np.testing.assert_allclose(once[1], twice[1], atol=1e-13)


@pytest.mark.parametrize(
    "loss", ["softmax_log_loss", "logistic_log_loss", "squared_error", "poisson"]
)
def test_matched_outputs_pass_back_the_error(loss):
    net = Network([Dense(5, "tanh"), Dense(3)], loss, n_in=4, random_state=0)
    net.named_parameters["coef_1"][...] *= 3
    onehot = np.eye(3)[LABELS]
    y = LABELS if loss == "softmax_log_loss" else onehot
    for i in range(5):
        gradient = net.loss_and_grad(X[i : i + 1], y[i : i + 1])[1]
        delta = net.compiled.views(gradient).intercepts[-1]
        np.testing.assert_allclose(delta, (net.predict(X[i : i + 1]) - onehot[i])[0], atol=1e-14)


def test_a_saturated_unit_learns_by_cross_entropy_and_not_by_squares():
    a = np.log(1e-6 / (1 - 1e-6))
    crossed = Network([Dense(1)], "logistic_log_loss", n_in=1)
    crossed.parameters = [0.0, a]
    squared = Network([Dense(1, "logistic"), Dense(1)], n_in=1)
    squared.parameters = [0.0, 1.0, a, 0.0]
    for net, slope in ((crossed, 1e-6 - 1), (squared, (1e-6 - 1) * 1e-6 * (1 - 1e-6))):
        gradient = net.loss_and_grad([[0.0]], [[1.0]])[1]
        by_first_bias = net.compiled.views(gradient).intercepts[0][0]
        assert by_first_bias == pytest.approx(slope, rel=1e-9)


REGRESSION = {
    "squared_error": lambda p, y: (p - y) ** 2 / 2,
    "absolute_error": lambda p, y: np.abs(p - y),
    "huber": lambda p, y: np.where(
        np.abs(p - y) <= 0.5, (p - y) ** 2 / 2, 0.5 * (np.abs(p - y) - 0.25)
    ),
    "log_cosh": lambda p, y: np.log(np.cosh(p - y)),
    "quantile": lambda p, y: np.maximum(0.8 * (y - p), -0.2 * (y - p)),
    "poisson": lambda p, y: y * np.log(y / p) - y + p,
    "gamma": lambda p, y: y / p + np.log(p / y) - 1,
    "tweedie": lambda p, y: y**0.7 / (-0.3 * 0.7) - y * p**-0.3 / -0.3 + p**0.7 / 0.7,
}


@pytest.mark.parametrize("loss", REGRESSION)
def test_losses_of_regressors(loss):
    y = np.exp(Y[:, 1])
    given = {"huber_delta": 0.5, "quantile": 0.8, "tweedie_power": 1.3, "solver": "lbfgs"}
    model = MLPRegressor(loss, (5,), alpha=0.0, max_iter=30, random_state=0, **given).fit(X, y)
    assert model.loss_ == pytest.approx(REGRESSION[loss](model.predict(X), y).mean(), rel=1e-9)


def margins(z, t, margin):
    return np.maximum(0, margin - t * z).sum(axis=1)


CLASSIFICATION = {
    "log_loss": lambda z, t, p: -np.log(p),
    "focal": lambda z, t, p: -((1 - p) ** 3) * np.log(p),
    "hinge": lambda z, t, p: margins(z, t, 1),
    "perceptron": lambda z, t, p: margins(z, t, 0),
}


@pytest.mark.parametrize("y", [LABELS > 1, LABELS], ids=["two", "three"])
@pytest.mark.parametrize("loss", CLASSIFICATION)
def test_losses_of_classifiers(loss, y):
    given = {"alpha": 0.0, "solver": "lbfgs", "max_iter": 4, "random_state": 0}
    model = MLPClassifier((5,), loss=loss, focal_gamma=3.0, **given).fit(X, y)
    z = p = t = None
    if loss in ("log_loss", "focal"):
        p = model.predict_proba(X)[np.arange(60), y.astype(int)]
    else:
        z = model.decision_function(X).reshape(60, -1)
        t = 2 * np.eye(3)[LABELS] - 1 if z.shape[1] == 3 else 2.0 * y.reshape(-1, 1) - 1
    assert model.loss_ == pytest.approx(CLASSIFICATION[loss](z, t, p).mean(), rel=1e-9)


@pytest.mark.parametrize("y", [LABELS > 1, LABELS], ids=["two", "three"])
def test_label_smoothing_of_classifiers(y):
    given = {"alpha": 0.0, "solver": "lbfgs", "max_iter": 20, "random_state": 0}
    model = MLPClassifier((5,), label_smoothing=0.1, **given).fit(X, y)
    log_p = model.predict_log_proba(X)
    n_classes = log_p.shape[1]
    target = 0.9 * np.eye(n_classes)[y.astype(int)] + 0.1 / n_classes
    assert model.loss_ == pytest.approx(-(target * log_p).sum(axis=1).mean(), rel=1e-9)


def test_every_value_is_computed_once():
    calls = []

    def counted(name, f):
        return lambda z: calls.append(name) or f(z)

    def layer(k):
        functions = counted(f"f{k}", np.sin), counted(f"df{k}", np.cos)
        return Dense(5, CustomActivation(*functions))

    net = Network([layer(0), layer(1), layer(2), Dense(2)], n_in=4, random_state=0)
    calls.clear()
    net.loss_and_grad(X, Y)
    assert calls == ["f0", "f1", "f2", "df2", "df1", "df0"]


def test_hidden_units_may_be_permuted_and_their_signs_flipped(rng):
    net = Network([Dense(6, "tanh"), Dense(2)], n_in=4, random_state=0)
    net.named_parameters["intercept_0"][...] = rng.normal(size=6)
    predictions, (loss, gradient) = net.predict(X), net.loss_and_grad(X, Y)
    order, signs = rng.permutation(6), np.array([1, -1, 1, -1, -1, 1])

    def rearranged(vector):
        into, out_of = net.compiled.views(vector).coefs
        bias, last = net.compiled.views(vector).intercepts
        parts = (into * signs)[:, order], (out_of.T * signs).T[order], (bias * signs)[order], last
        return np.concatenate([part.ravel() for part in parts])

    net.parameters = rearranged(net.parameters)
    np.testing.assert_allclose(net.predict(X), predictions, atol=1e-14)
    assert net.loss_and_grad(X, Y)[0] == pytest.approx(loss, rel=1e-13)
    np.testing.assert_allclose(net.loss_and_grad(X, Y)[1], rearranged(gradient), atol=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 5, 20])
def test_one_slope_and_one_weight_a_layer(depth, rng):
    """At the middle of a chain of logistic units each of them passes a quarter of the gradient."""
    net = Network([*(Dense(1, "logistic") for _ in range(depth)), Dense(1)], n_in=1)
    weights = rng.uniform(0.5, 2, depth + 1)
    biases = -0.5 * weights
    biases[0] = 0.0
    net.parameters = np.concatenate([weights, biases])
    expected = 0.25**depth * weights.prod()
    assert net.input_gradient([[0.0]])[0, 0] == pytest.approx(expected, rel=1e-12)


# Optimization and regularisation


def test_nesterovs_gradient_is_that_of_the_point_ahead():
    net = Network([Dense(3, "tanh"), Dense(2)], n_in=4, random_state=0)
    w, v = net.parameters.copy(), np.zeros(net.parameters.size)
    ahead = Network(net.layers, n_in=4)
    for _ in range(5):
        ahead.parameters = w + 0.9 * v
        v = 0.9 * v - 0.1 * ahead.loss_and_grad(X, Y)[1]
        w = w + v
    net.fit(X, Y, epochs=5, batch_size=60, optimizer=SGD(0.1, momentum=0.9), shuffle=False)
    # The weights that are kept are those ahead, where the next gradient will be taken.
    np.testing.assert_allclose(net.parameters, w + 0.9 * v, atol=1e-13)


def test_no_penalty_on_biases():
    model = MLPRegressor(hidden_layer_sizes=(), alpha=1e8, **LBFGS).fit(X, Y + 50)
    np.testing.assert_allclose(model.coefs_[0], 0, atol=1e-4)
    np.testing.assert_allclose(model.intercepts_[0], (Y + 50).mean(axis=0), rtol=1e-4)


def test_remedies_are_parameters():
    def sick(activation, scale, sizes=(20,) * 8, shift=0.0):
        given = {"init": "normal", "init_scale": scale, "learning_rate_init": 1e-300}
        model = MLPRegressor(hidden_layer_sizes=sizes, activation=activation, max_iter=1, **given)
        model.set_params(random_state=0).fit(X, Y)
        for intercept in model.intercepts_[:-1]:
            intercept[:15] += shift
        return diagnose(model, X, Y)

    reports = [sick("logistic", 0.1), sick("relu", 5.0), sick("tanh", 1e-4)]
    reports.append(sick("tanh", 0.3, (20, 20), shift=9.0))
    remedies = {verdict.name: verdict.remedy for r in reports for verdict in r.verdicts}
    assert {"vanishing gradients", "vanishing signals", "exploding", "saturated"} <= set(remedies)
    named = {name for remedy in remedies.values() for name in re.findall(r"(\w+)=", remedy)}
    assert {"init", "activation", "batch_norm", "clip_norm", "residual"} <= named
    assert named <= set(MLPRegressor().get_params())


# The document


@pytest.mark.parametrize(
    ("document", "least"),
    [
        *(
            ("toolbox.md", 10),
            ("ensembles.md", 5),
            ("maps.md", 1),
            ("hopfield.md", 2),
            ("plasticity.md", 3),
        ),
        *(
            ("autoencoder.md", 2),
            ("structure.md", 4),
            ("rbm.md", 1),
            ("out-of-core.md", 1),
            ("start.md", 2),
            ("deploy.md", 2),
            ("why.md", 2),
        ),
    ],
)
def test_the_examples_run_and_give_what_they_say(document, least):
    names, said = {}, 0
    for block in re.findall(r"```python\n(.*?)```", (DOCS / document).read_text(), re.DOTALL):
        for statement in ast.parse(block).body:
            lines = block.splitlines()[statement.lineno - 1 : statement.end_lineno]
            _, arrow, value = lines[-1].partition("  # -> ")
            if not arrow:
                exec("\n".join(lines), names)
                continue
            found = eval("\n".join(lines), names)
            assert value in (repr(found), str(found)), lines
            said += 1
    assert said >= least


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_every_parameter_is_described(estimator):
    missing = [name for name in estimator().get_params() if f"`{name}" not in TEXT]
    assert not missing


# The tables of where everything is


def where_everything_is():
    """(section, item, cell of fastnn's names) of each row."""
    section = TEXT[TEXT.index("## Where everything is") :]
    for part in re.split(r"^### ", section, flags=re.MULTILINE)[1:]:
        for line in part.splitlines():
            if line.startswith("| ") and not line.startswith(("| item", "| ---")):
                item, cell = re.split(r"(?<!\\)\|", line)[1:3]
                yield part.splitlines()[0], item.strip(), cell


ROWS = list(where_everything_is())


def public_names():
    """Names of what users call, of parameters and attributes, and strings that they may pass."""
    modules = [fastnn, *(getattr(fastnn, name) for name in MODULES)]
    found, strings = {name for module in modules for name in vars(module)}, set()
    found |= {*fastnn.__all__, *fastnn.inspection.__all__, *MODULES, "Verdict"}
    for module in modules:
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if not callable(thing):
                continue
            found |= {*dir(thing), *getattr(thing, "__annotations__", ())}
            for cls in getattr(thing, "__mro__", ()):
                found |= {*vars(cls), *getattr(cls, "__annotations__", ())}
            with suppress(ValueError, TypeError):
                found |= set(inspect.signature(thing).parameters)
            for method in ("fit", "predict", "partial_fit", "transform"):
                if callable(getattr(thing, method, None)):
                    found |= set(inspect.signature(getattr(thing, method)).parameters)
            strings |= set(re.findall(r"'([\w-]+)'", str(vars(thing).get("__doc__"))))
    strings |= {*NAMES, *LOSSES, *OPTIMIZERS, *SCHEDULES, *INITIALIZERS, "64-32"}
    return found, strings


MODULES = ("layers", "losses", "optimizers", "schedules", "inspection", "initializers", "data")
#: Fields of reports, and attributes that only a fit sets.
OF_RESULTS = {"dead", "zeros", "signal", "update_ratio", "saturated", "shape", "remedy"}


def test_every_name_is_there():
    """Of each row of the tables, what stands under "in fastnn" can be called so."""
    assert len(ROWS) > 150
    names, strings = public_names()
    names |= OF_RESULTS | {"fastnn", "k", "len", "reshape", "f", "df", "True", "None"}
    for section, item, cell in ROWS:
        for span in re.findall(r"`([^`]+)`", cell):
            if "/" in span and "(" not in span:
                if (DOCS.parent / span.split("/")[0]).exists():  # a wheel comes without csrc
                    assert (DOCS.parent / span).exists(), (section, item, span)
                continue
            unknown = {s for s in re.findall(r'"([\w-]+)"', span) if s not in strings}
            rest = re.sub(r'"[^"]*"', "", span)
            unknown |= {w for w in re.findall(r"[A-Za-z_]\w*", rest) if w not in names}
            assert not unknown, (section, item, span, unknown)
