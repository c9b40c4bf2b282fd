"""L-BFGS against SciPy's L-BFGS-B: the same points, and the same end."""

import math

import numpy as np
import pytest
import scipy.optimize
from fastnn._kernels.training.recursion import descent
from sklearn.datasets import load_diabetes, load_digits
from threadpoolctl import threadpool_info

from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork as Network
from fastnn.training.lbfgs import _Minimizer, minimize_lbfgs
from fastnn.training.line_search import more_thuente
from fastnn.training.objective import loss_and_grad

DIGITS = tuple(map(np.ascontiguousarray, load_digits(return_X_y=True)))
DIABETES = load_diabetes(return_X_y=True)


def quadratic(x):
    scale = 10.0 ** np.linspace(-2, 2, len(x))
    return 0.5 * float(scale @ (x - 1) ** 2), scale * (x - 1)


def rosenbrock(x):
    return scipy.optimize.rosen(x), scipy.optimize.rosen_der(x)


def kinked(x):
    """Has corners, where no step is short enough."""
    curved = np.arange(len(x)) % 2 == 0
    return float(np.abs(x).sum() + (curved * x**2).sum()), np.sign(x) + 2 * curved * x


def unbounded(x):
    return float(-x.sum()), -np.ones_like(x)


def minimize(function, x, max_iter, max_fun=15000, tol=1e-5):
    """As fastnn does: the minimizer and all points at which it evaluated."""
    points = []

    def evaluate():
        points.append(x.copy())
        return function(x)

    minimizer = _Minimizer(x, evaluate, max_iter, max_fun, tol)
    while minimizer.outcome is None:
        if minimizer.iterate():
            minimizer.judge()
    return minimizer, np.array(points)


@pytest.mark.parametrize(("n", "max_iter"), [(2, 500), (3, 12), (9, 1), (9, 500)])
@pytest.mark.parametrize("function", [quadratic, rosenbrock, kinked, unbounded])
def test_steps_of_scipy(function, n, max_iter):
    start = np.linspace(-1.3, 0.9, n)
    points = []

    def recorded(x):
        points.append(x.copy())
        return function(x)

    theirs = scipy.optimize.minimize(
        recorded, start, jac=True, method="L-BFGS-B", options={"maxiter": max_iter, "gtol": 1e-5}
    )
    ours, own_points = minimize(function, start.copy(), max_iter)
    same = min(len(points), len(own_points), 20)  # rounding grows from step to step
    np.testing.assert_allclose(own_points[:same], points[:same], rtol=1e-6, atol=1e-8)
    if max_iter < 500 or function is quadratic:
        assert (ours.n_iterations, *ours.outcome) == (theirs.nit, theirs.status, theirs.message)
        if theirs.success:  # else SciPy does not count twice what it has kept
            assert ours.n_evaluations == theirs.nfev
    assert ours.loss == pytest.approx(theirs.fun, rel=1e-6, abs=1e-9)


def times_inverse_hessian(pairs, scale, vector):
    """By the definition of BFGS: H' = (I - s y^T / c) H (I - y s^T / c) + s s^T / c."""
    if not pairs:
        return scale * vector
    *older, (step, difference, curvature) = pairs
    along = step @ vector / curvature
    inner = times_inverse_hessian(older, scale, vector - along * difference)
    return inner - (difference @ inner / curvature) * step + along * step


@pytest.mark.parametrize("n_pairs", [0, 1, 2, 10, 32])
@pytest.mark.parametrize("n", [1, 7, 8, 1009])
def test_recursion(n, n_pairs):
    rng = np.random.default_rng(n_pairs)
    diagonal = rng.uniform(0.5, 2.0, n)  # of a Hessian
    pairs = [
        (step, diagonal * step, step @ (diagonal * step)) for step in rng.normal(size=(n_pairs, n))
    ]
    grad = rng.normal(size=n)
    kept = grad.copy()
    direction, slope = descent(grad, pairs, 0.3)
    expected = -times_inverse_hessian(pairs, 0.3, grad)
    np.testing.assert_allclose(direction, expected, rtol=1e-8, atol=1e-10)
    assert slope == pytest.approx(direction @ grad, rel=1e-10)
    assert (grad == kept).all()


def test_recursion_of_too_many_pairs():
    with pytest.raises(ValueError, match="33 pairs are more than 32"):
        descent(np.ones(2), [(np.ones(2), np.ones(2), 1.0)] * 33, 1.0)


def test_limits_and_their_messages():
    ours, _ = minimize(rosenbrock, np.full(5, -1.0), 3)
    assert (ours.n_iterations, ours.outcome[0]) == (3, 1)
    assert "ITERATIONS REACHED LIMIT" in ours.outcome[1]
    ours, _ = minimize(rosenbrock, np.full(5, -1.0), 1000, max_fun=10)
    assert 10 < ours.n_evaluations < 15
    assert ours.outcome[0] == 1
    assert "EVALUATIONS EXCEEDS LIMIT" in ours.outcome[1]
    ours, _ = minimize(quadratic, np.ones(5), 10)
    assert (ours.n_iterations, ours.n_evaluations, ours.outcome[0]) == (0, 1, 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_no_number_ends_the_search_where_it_began(bad):
    start = np.full(3, 0.5)

    def function(x):
        return quadratic(x) if (x == start).all() else (bad, np.full(3, bad))

    ours, _ = minimize(function, start.copy(), 10)
    assert (ours.outcome[0], ours.n_iterations) == (2, 0)
    np.testing.assert_array_equal(ours._x, start)
    assert ours.loss == quadratic(start)[0]


LINES = {
    "quadratic": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "flat beginning": (lambda t: -t / (t**2 + 2), lambda t: (t**2 - 2) / (t**2 + 2) ** 2),
    "waves": (lambda t: -t + 0.9 * math.sin(2 * t), lambda t: -1 + 1.8 * math.cos(2 * t) - 1e-9),
}  # fmt: skip


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("name", LINES)
def test_line_search_meets_its_conditions(name, first):
    f, df = LINES[name]
    if not df(0.0) < 0:
        f, df = (lambda t, f=f: -f(t)), (lambda t, df=df: -df(t))
    steps = []

    def evaluate(step):
        steps.append(step)
        return f(step), df(step)

    assert more_thuente(evaluate, f(0.0), df(0.0), first)
    step = steps[-1]
    assert f(step) <= f(0.0) + 1e-3 * step * df(0.0) + 1e-12
    assert abs(df(step)) <= -0.9 * df(0.0)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_course_of_a_network(kind, activation):
    if kind == "classifier":
        X, y = DIGITS[0] / 16, DIGITS[1]
        shape = 64, [Dense(20, activation), Dense(10)], "softmax_log_loss"
    else:
        X, y = DIABETES[0] * 10, DIABETES[1][:, None] / 50
        shape = 10, [Dense(20, activation), Dense(1)], "squared_error"
    ours, theirs = Network(*shape), Network(*shape)
    ours.params[:] = theirs.params[:] = np.random.RandomState(0).uniform(-0.3, 0.3, ours.n_params)

    def objective(x):
        theirs.params[:] = x
        return loss_and_grad(theirs, X, y, alpha=0.1)

    options = {"maxiter": 20, "gtol": 1e-4}
    expected = scipy.optimize.minimize(
        objective, theirs.params.copy(), jac=True, method="L-BFGS-B", options=options
    )
    result = minimize_lbfgs(ours, X, y, alpha=0.1, max_iter=20, tol=1e-4)
    assert (result.nit, result.nfev) == (expected.nit, expected.nfev)
    assert (result.status, result.message) == (expected.status, expected.message)
    assert result.fun == pytest.approx(expected.fun, rel=1e-9)
    np.testing.assert_allclose(result.x, expected.x, rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(ours.params, result.x)


def test_blas_has_its_threads_back():
    def blas():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before, during = blas(), []

    class Observer:
        def epoch_begin(self):
            during.append(blas())

        def epoch_end(self):
            return True

    network = Network(64, [Dense(10)], "softmax_log_loss")
    result = minimize_lbfgs(network, *DIGITS, observer=Observer())
    assert result.stopped_by_observer
    assert result.nit == 1
    assert during == [[1] * len(before)]
    assert blas() == before
