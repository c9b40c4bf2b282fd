"""Optimizer steps, norms and averages of weights, against NumPy in float64 and against PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest
import reference_optimizers
from kernel_cases import DTYPES, ISAS, OPTIMIZERS, tile

from fastnn import optimizers
from fastnn._kernels.native import table
from fastnn._kernels.testing import probe
from fastnn.optimizers._base import N_COEFFICIENTS

TOLERANCE = {np.float32: 1e-6, np.float64: 1e-14}
TORCH = json.loads(Path(__file__).with_name("torch_steps.json").read_text())
OPTIONS = {
    "plain": {},
    "decay": {"weight_decay": 0.7},
    "l1": {"l1": 0.4},
    "clip": {"clip": 0.3},
    "all": {"weight_decay": 0.7, "l1": 0.4, "clip": 0.3},
    "all on a bias": {"weight_decay": 0.7, "l1": 0.4, "clip": 0.3, "penalised": False},
}


def take_step(optimizer, state, w, g, lr, isa, *, scale=1.0, l2=0.0, **options):
    """One step of the kernel on w and the state, in place. Returns what the kernel returns."""
    for name in "mvu":
        state.setdefault(name, np.full_like(w, optimizer.initial_moments.get(name, 0)))
    c = optimizer.coefficients(state.setdefault("t", 0), 1, lr)[0]
    state["t"] += 1
    moments = (state[name] for name in "mvu")
    return probe.update(optimizer.rule, w, g, *moments, c, scale, l2, isa=isa, **options)


def test_every_rule_has_an_optimizer_and_every_optimizer_a_rule():
    rules = {make().rule for make in OPTIMIZERS.values()}
    assert rules == set(table.updates())
    assert {type(make()).__name__ for make in OPTIMIZERS.values()} == set(
        reference_optimizers.STEPS
    )
    for make in OPTIMIZERS.values():
        optimizer = make()
        moments = reference_optimizers.STEPS[type(optimizer).__name__][1]
        assert table.updates()[optimizer.rule][1] == len(moments)
    assert N_COEFFICIENTS == table.N_COEFFICIENTS


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_three_steps_are_those_of_the_twin(isa, dtype, name, options, rng):
    n = 5 * tile(dtype, isa)[0]
    optimizer, options = OPTIMIZERS[name](), dict(OPTIONS[options])
    optimizer.weight_decay = options.pop("weight_decay", 0.0)
    optimizer.l1 = options.pop("l1", 0.0)
    w = rng.normal(size=n).astype(dtype)
    w[3] = 0
    state, twin, expected = {}, {}, w.astype(np.float64)
    for lr in (0.05, 0.02, 0.04):
        g = rng.normal(size=n).astype(dtype)
        g[:2] = 0
        squares = take_step(
            optimizer, state, w, g, lr, isa, scale=0.25, l2=0.5, l1_scale=2.0, **options
        )
        np.testing.assert_allclose(squares, expected @ expected, rtol=20 * TOLERANCE[dtype])
        penalised = options.get("penalised", True)
        gradient = 0.25 * g.astype(np.float64) + (0.5 * expected if penalised else 0)
        clip = options.get("clip", np.inf)
        expected = reference_optimizers.step(
            optimizer,
            twin,
            expected,
            gradient.clip(-clip, clip),
            lr,
            l1_scale=2.0,
            penalised=penalised,
        )
        tolerance = {"rtol": 50 * TOLERANCE[dtype], "atol": 5 * TOLERANCE[dtype]}
        np.testing.assert_allclose(w, expected, **tolerance)
        for moment in set(twin) - {"t"}:
            np.testing.assert_allclose(state[moment], twin[moment], **tolerance)
    if optimizer.l1 and options.get("penalised", True):
        assert 0 < (w == 0).sum() == (expected == 0).sum()


@pytest.mark.parametrize("case", TORCH["cases"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_twenty_steps_are_those_of_pytorch(isa, dtype, case):
    case = TORCH["cases"][case]
    optimizer = getattr(optimizers, case["class"])(**case["options"])
    repeat = 4 * tile(dtype, isa)[0]
    w, state = np.tile(np.array(TORCH["start"], dtype), repeat), {}
    for gradient, expected in zip(TORCH["gradients"], case["weights"], strict=True):
        g = np.tile(np.array(gradient, dtype), repeat)
        take_step(optimizer, state, w, g, optimizer.learning_rate_init, isa)
        np.testing.assert_allclose(w, np.tile(expected, repeat), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_coefficients_of_a_range_are_those_of_its_steps(name):
    optimizer = OPTIMIZERS[name](weight_decay=0.1, l1=0.3)
    rates = np.linspace(0.1, 0.001, 7)
    together = optimizer.coefficients(5, 7, rates)
    assert together.shape == (7, N_COEFFICIENTS)
    for i, rate in enumerate(rates):
        alone = optimizer.coefficients(5 + i, 1, rate)
        np.testing.assert_array_equal(alone[0], together[i])
    np.testing.assert_allclose(together[:, 6], 0.1 * rates)
    with pytest.raises(ValueError, match="weight_decay"):
        optimizer.coefficients(0, 2, [0.1, 10.0])


def test_nadam_forgets_no_factor_that_counts():
    optimizer = optimizers.NAdam(beta_1=0.99, beta_2=0.9999)
    mu = 0.99 * (1 - 0.5 * 0.96 ** (np.arange(1, 50_002) * 0.004))
    for t in (1, 1000, 50_000):
        of_g = optimizer.coefficients(t - 1, 1, 1.0)[0, 0] / np.sqrt(1 - 0.9999**t)
        np.testing.assert_allclose(of_g, (1 - mu[t - 1]) / (1 - mu[:t].prod()), rtol=1e-13)
    assert optimizers.NAdam(beta_1=0.0).coefficients(10, 1, 1.0)[0, 1] == 0


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"adadelta"}))
def test_l1_rests_where_the_penalised_loss_is_stationary(name):
    """The minimum of (w - a)^2 / 2 + l1 |w| is a, shrunk by l1 and exactly 0 if smaller."""
    a = np.repeat([3.0, 0.2, -2.0, -0.4], 4 * tile(np.float64, None)[0])
    optimizer, state, w = OPTIMIZERS[name](l1=0.5, weight_decay=0.0), {}, np.ones_like(a)
    start = {"adagrad": 0.5, "rprop": 0.01}.get(name, 0.05)
    for i in range(4000):
        take_step(optimizer, state, w, w - a, start / (1 + i / 200), None, l1_scale=1.0)
    np.testing.assert_allclose(w, np.sign(a) * np.maximum(abs(a) - 0.5, 0), atol=5e-3)
    assert (w[abs(a) < 0.5] == 0).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_padding_stays_zero_and_a_nan_is_not_lost(isa, dtype, name):
    lanes = tile(dtype, isa)[0]
    for clip in (np.inf, 1.0):
        optimizer, state = OPTIMIZERS[name](l1=0.1, weight_decay=0.1), {}
        w, g = np.zeros((2, lanes), dtype)
        for _ in range(3):
            take_step(optimizer, state, w, g, 0.1, isa, l1_scale=1.0, l2=0.1, clip=clip)
            assert (w == 0).all()
        g[1] = np.nan
        take_step(optimizer, state, w, g, 0.1, isa, l1_scale=1.0, l2=0.1, clip=clip)
        assert np.isnan(w).tolist() == [i == 1 for i in range(lanes)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_norms_and_averages(isa, dtype, rng):
    lanes = tile(dtype, isa)[0]
    for n in (0, lanes, 7 * lanes):
        g, w, a = rng.normal(size=(3, max(n, 1))).astype(dtype)
        g, w, a = np.resize(g, n or 1)[:n], w[:n], a[:n]
        if n == 0:
            g, w, a = (np.zeros(lanes, dtype)[:0] for _ in range(3))
        rtol = 10 * TOLERANCE[dtype]
        expected = ((0.25 * g.astype(np.float64) + 0.5 * w) ** 2).sum()
        np.testing.assert_allclose(probe.squared_norm(g, w, 0.25, 0.5, isa), expected, rtol=rtol)
        expected = np.abs(w.astype(np.float64)).sum()
        np.testing.assert_allclose(probe.absolute_sum(w, isa), expected, rtol=rtol)
        for decay in (0.9, 0.0, 1.0):
            b = a.copy()
            probe.average(w, b, decay, isa)
            np.testing.assert_allclose(b, decay * a + (1 - decay) * w, rtol=rtol, atol=rtol)
    huge = np.full(lanes, np.finfo(np.float32).max / 2, dtype)
    assert np.isfinite(probe.squared_norm(huge, huge, 1.0, 0.0, isa))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_axpy_dot(isa, dtype, rng):
    lanes = tile(dtype, isa)[0]
    rtol = 10 * TOLERANCE[dtype]
    for n in {1, lanes - 1, lanes, lanes + 1, 2 * lanes, 3 * lanes - 1, 101}:
        x, y, z = rng.normal(size=(3, n + 1)).astype(dtype)[:, :n].copy()
        guarded = np.append(y, dtype(7))
        dot = probe.axpy_dot(0.5, -1.25, x, guarded[:n], z, isa)
        expected = 0.5 * (y.astype(np.float64) - 1.25 * x)
        np.testing.assert_allclose(guarded[:n], expected, rtol=rtol, atol=rtol)
        assert guarded[n] == 7
        np.testing.assert_allclose(dot, expected @ z, rtol=rtol, atol=rtol * n)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: optimizers.SGD(momentum=1.5), "momentum"),
        (lambda: optimizers.SGD(learning_rate_init=0), "learning_rate_init"),
        (lambda: optimizers.Adam(beta_1=1.0), "beta_1"),
        (lambda: optimizers.Adam(epsilon=float("nan")), "epsilon"),
        (lambda: optimizers.RMSProp(rho=-0.1), "rho"),
        (lambda: optimizers.AdamW(weight_decay=-1), "weight_decay"),
        (lambda: optimizers.SGD(l1="a lot"), "l1"),
        (lambda: optimizers.Rprop(eta_plus=1.0), "eta_plus"),
    ],
)
def test_hyper_parameters_out_of_range_are_named(make, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        make()


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "rprop"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_stiff_weights_take_a_share_of_the_step(isa, dtype, name, rng):
    """Of the step and of what L1 takes off it, but not less than the least; of the decay all that
    they are slack; and they are drawn to their anchors."""
    n = 3 * tile(dtype, isa)[0]
    optimizer = OPTIMIZERS[name]()
    optimizer.weight_decay, optimizer.l1 = 0.7, 0.4
    w, g, slack, importance, anchor = rng.random((5, n)).astype(dtype)
    w -= dtype(0.5)
    g -= dtype(0.5)
    before, state, twin = w.astype(np.float64), {}, {}
    given = {"slack": slack, "least": 0.3, "importance": importance, "anchor": anchor, "pull": 2.0}
    take_step(optimizer, state, w, g, 0.05, isa, l2=0.5, l1_scale=2.0, clip=0.8, **given)
    gradient = g + 0.5 * before + 2.0 * importance.astype(np.float64) * (before - anchor)
    function, moments = reference_optimizers.STEPS[type(optimizer).__name__]
    for moment in moments:
        twin[moment] = np.full(n, float(optimizer.initial_moments.get(moment, 0)))
    step, rate = function(optimizer, 1, gradient.clip(-0.8, 0.8), 0.05, *twin.values())
    share = np.maximum(slack, 0.3)
    moved = before * (1 - 0.05 * 0.7 * slack) + share * step
    expected = np.sign(moved) * np.maximum(np.abs(moved) - 0.4 * 2.0 * rate * share, 0)
    np.testing.assert_allclose(w, expected, atol=30 * TOLERANCE[dtype])
