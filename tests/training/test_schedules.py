"""Learning-rate schedules: formulas, PyTorch's values, and joints."""

import numpy as np
import pytest

from fastnn import schedules
from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam, NAdam
from fastnn.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseScaling,
    Multiplier,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    StepDecay,
    Warmup,
)
from fastnn.training.trainer import make_trainer


def rates(schedule, n, *, steps_per_epoch=1, n_steps=None, learning_rate=1.0):
    schedule.begin(learning_rate, steps_per_epoch, n if n_steps is None else n_steps)
    return schedule.rates(0, n)


# torch.optim.lr_scheduler of PyTorch 2, SGD with lr=1: CosineAnnealingLR(8, eta_min=0.1),
# CosineAnnealingWarmRestarts(2, 2, eta_min=0.1), OneCycleLR(1.0, total_steps=10),
# PolynomialLR(8, 2.0), ExponentialLR(0.9), StepLR(3, 0.1).
TORCH = [
    (
        Cosine(final=0.1),
        8,
        [1.0, 0.96574579, 0.86819805, 0.72220754, 0.55, 0.37779246, 0.23180195, 0.13425421, 0.1],
    ),
    (
        CosineRestarts(final=0.1, first=2, growth=2.0),
        14,
        [
            1.0,
            0.55,
            1.0,
            0.86819805,
            0.55,
            0.23180195,
            1.0,
            0.96574579,
            0.86819805,
            0.72220754,
            0.55,
        ],
    ),
    (
        OneCycle(),
        10,
        [
            0.04,
            0.52,
            1.0,
            0.95048463,
            0.811745654,
            0.61126202,
            0.38874198,
            0.18825835,
            0.04951937,
            4e-6,
        ],
    ),
    (
        Polynomial(power=2.0),
        8,
        [1.0, 0.765625, 0.5625, 0.390625, 0.25, 0.140625, 0.0625, 0.015625, 0.0, 0.0],
    ),
    (Exponential(decay=0.9), 8, [1.0, 0.9, 0.81, 0.729]),
    (StepDecay(every=3, factor=0.1), 8, [1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.01, 0.01]),
]


@pytest.mark.parametrize(("schedule", "n_steps", "expected"), TORCH, ids=lambda v: type(v).__name__)
def test_rates_are_those_of_pytorch(schedule, n_steps, expected):
    found = rates(schedule, len(expected), n_steps=n_steps, learning_rate=0.5)
    np.testing.assert_allclose(found, 0.5 * np.array(expected), rtol=1e-7, atol=1e-9)


EVERY = [
    *(cls() for cls in schedules.SCHEDULES.values()),
    Multiplier(lambda step, n_steps: 1 / (1 + step)),
    Warmup(Cosine(), 13),
    Warmup(OneCycle(), 0.3),
    Warmup(Constant(), 0),
]


@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("n_steps", [1, 2, 101])
def test_rates_do_not_depend_on_how_they_are_asked_for(schedule, n_steps):
    whole = rates(schedule, 120, steps_per_epoch=7, n_steps=n_steps)
    assert whole.shape == (120,)
    assert whole.dtype == np.float64
    assert ((whole >= 0) & (whole <= 1)).all()
    for size in (1, 7, 50):
        parts = [schedule.rates(step, min(size, 120 - step)) for step in range(0, 120, size)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12)
    assert schedule.rates(3, 0).shape == (0,)


@pytest.mark.parametrize("schedule", [Cosine(0.2), Polynomial(final=0.2)])
def test_the_end_lasts(schedule):
    np.testing.assert_allclose(rates(schedule, 50, n_steps=10)[10:], 0.2)


def test_numbers_of_epochs_and_shares_of_the_training():
    half = rates(StepDecay(every=0.5, factor=0.1), 12, steps_per_epoch=3)
    np.testing.assert_allclose(half, [1.0] * 6 + [0.1] * 6)
    two_epochs = rates(StepDecay(every=2, factor=0.1), 12, steps_per_epoch=3)
    np.testing.assert_array_equal(two_epochs, half)
    smooth = rates(Exponential(0.5), 7, steps_per_epoch=3)
    np.testing.assert_allclose(smooth[[0, 3, 6]], [1, 0.5, 0.25])
    restarts = rates(CosineRestarts(first=1, growth=1.0), 9, steps_per_epoch=3)
    np.testing.assert_allclose(restarts, [1, 0.75, 0.25] * 3)
    np.testing.assert_allclose(
        rates(CosineRestarts(first=0.25, growth=3.0), 8)[[0, 2, 5]], [1, 1, 0.5]
    )


def test_warmup_rises_and_then_the_other_schedule_begins():
    steps = rates(Warmup(Polynomial(), 4), 10, learning_rate=2.0)
    np.testing.assert_allclose(steps[:4], [0.5, 1.0, 1.5, 2.0])
    np.testing.assert_allclose(steps[4:], rates(Polynomial(), 6, learning_rate=2.0))
    share = rates(Warmup(Polynomial(), 0.4), 10, learning_rate=2.0)
    np.testing.assert_array_equal(share, steps)


def test_warmup_passes_events_on():
    warm = Warmup(ReduceOnPlateau(0.1, patience=3), 2)
    warm.begin(1.0, 1, 10)
    assert warm.patience == 3
    assert warm.plateau() == (False, "Setting learning rate to 0.100000")
    assert warm.learning_rate == warm.schedule.learning_rate == pytest.approx(0.1)
    np.testing.assert_allclose(warm.rates(0, 3), [0.05, 0.1, 0.1])
    warm.learning_rate = 0.5
    assert warm.schedule.learning_rate == 0.5
    falling = Warmup(InverseScaling(1.0), 1)
    falling.begin(1.0, 1, 10)
    falling.epoch_ended(3)
    assert falling.learning_rate == 0.25


def test_events_of_scikit_learn():
    constant = Constant()
    constant.begin(0.5, 1, 1)
    constant.epoch_ended(10)
    assert (constant.learning_rate, constant.plateau()) == (0.5, (True, "Stopping."))
    falling = InverseScaling(0.25)
    falling.begin(0.5, 1, 1)
    falling.epoch_ended(15)
    assert falling.learning_rate == 0.25
    adaptive = ReduceOnPlateau(factor=0.2)
    adaptive.begin(2e-6, 1, 1)
    assert adaptive.plateau() == (False, "Setting learning rate to 0.000000")
    assert adaptive.learning_rate == 2e-6 / 5
    assert adaptive.plateau() == (True, "Learning rate too small. Stopping.")
    adaptive.begin(1.0, 1, 1)
    assert adaptive.learning_rate == 1.0


@pytest.mark.parametrize("value", [-0.1, np.inf, np.nan, None, "one", [0.5]])
def test_a_function_must_return_a_factor(value):
    with pytest.raises(
        ValueError, match=r"schedule\(step, n_steps\) must return a number .* step 0 of 5"
    ):
        rates(Multiplier(lambda step, n_steps: value), 5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReduceOnPlateau(factor=1.0), "factor must be between 0 and 1, got 1.0"),
        (lambda: ReduceOnPlateau(min_rate=-1), "min_rate must be at least 0"),
        (lambda: StepDecay(every=0), "every must be positive"),
        (lambda: StepDecay(factor=0), "factor must be positive"),
        (lambda: Exponential(0), "decay must be positive"),
        (lambda: Polynomial(power=0), "power must be positive"),
        (lambda: Polynomial(final=-0.1), "final must be at least 0"),
        (lambda: Cosine(-1), "final must be at least 0"),
        (lambda: CosineRestarts(first=0), "first must be positive"),
        (lambda: CosineRestarts(growth=0.5), "growth must be at least 1"),
        (lambda: OneCycle(rise=1.1), "rise must be from 0 to 1"),
        (lambda: OneCycle(start=2), "start must be from 0 to 1"),
        (lambda: OneCycle(final=-1), "final must be at least 0"),
        (lambda: Warmup(steps=-1), "steps must be at least 0"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_every_step_of_a_trainer_takes_its_own_rate(optimizer):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 5)), rng.normal(size=(60, 1))
    first, order, results = rng.normal(size=36), np.arange(60), []
    falling = np.linspace(0.1, 0.01, 12)
    for calls in ([(0, 12)], [(b, b + 1) for b in range(12)]):
        network = CompiledNetwork(5, [Dense(5, "tanh"), Dense(1)], "squared_error")
        network.params[...] = first
        trainer = make_trainer(network, optimizer(), batch_size=5)
        for begin, end in calls:
            # One rate is passed as a number: both forms are the same.
            rate = falling[begin:end] if end - begin > 1 else float(falling[begin])
            trainer.run(X, y, order, begin, end, learning_rate=rate)
        trainer.pull()
        results.append(network.params.copy())
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != first).all()


@pytest.mark.parametrize("optimizer", [Adam, NAdam, SGD])
def test_coefficients_computed_ahead_are_those_of_their_steps(optimizer):
    """Calls at one rate, more of them than are computed at a time, and a change of it."""
    rng = np.random.default_rng(5)
    X, y, order = rng.normal(size=(20, 3)), rng.normal(size=(20, 1)), np.arange(20, dtype=np.intp)
    found = []
    for as_rates in (float, lambda rate: np.full(4, rate)):
        network = CompiledNetwork(3, [Dense(4, "tanh"), Dense(1)], "squared_error")
        network.params[...] = np.linspace(-1, 1, 21)
        trainer = make_trainer(network, optimizer(), batch_size=5)
        data = trainer.data(X, y)
        for call in range(400):
            rate = 1e-3 if call < 300 else 1e-4
            trainer.train(data, order, 0, 4, learning_rate=as_rates(rate))
        trainer.pull()
        found.append((network.params.copy(), trainer.loss_sum))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


def test_what_is_steady():
    class Own(InverseScaling):
        def factors(self, steps):
            return 0.5 + 0.0 * steps

    assert all(schedule.steady for schedule in (Constant(), InverseScaling(), ReduceOnPlateau()))
    changing = Cosine(), Warmup(), Multiplier(lambda t, n: 1.0), Own()
    assert not any(schedule.steady for schedule in changing)
