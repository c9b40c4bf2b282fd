"""The epoch loop: its result does not depend on how it divides an epoch into calls."""

import numpy as np
import pytest
from kernel_cases import ISAS
from sklearn.metrics import accuracy_score, r2_score

from fastnn import schedules
from fastnn._kernels.families import shuffle, twister
from fastnn.training import epochs as training
from fastnn.training import stretches
from fastnn.training.shuffling import shuffle_rows
from fastnn.training.validation import accuracy, mean_loss, r2


class Trainer:
    """Counts batches in place of training on them."""

    def __init__(self, seconds_per_batch=0.0):
        self.batch_size = 2
        self.loss_sum = 0.0
        self.calls, self.rows, self.rates = [], [], []
        self._seconds = seconds_per_batch

    def data(self, X, y, sample_weight=None, rows=None):
        return None

    def train(self, data, order, begin, end, learning_rate, rows_before):
        self.calls.append((begin, end))
        self.rates.extend(np.broadcast_to(learning_rate, end - begin))
        for b in range(begin, end):
            rows = order[b * 2 : b * 2 + 2]
            self.rows.extend(rows)
            self.loss_sum += len(rows) / len(self.calls)
            Clock.now += self._seconds

    def all_finite(self):
        return True


class Clock:
    now = 0.0

    @classmethod
    def perf_counter(cls):
        return cls.now


def loop(trainer, n_rows, **parameters):
    parameters = {"max_iter": 1, "tol": 0.0, "n_iter_no_change": 10, "shuffle": False} | parameters
    schedule = parameters.pop("schedule", schedules.Constant())
    n_batches = -(-n_rows // 2)
    schedule.begin(0.1, n_batches, n_batches * parameters["max_iter"])
    return training.EpochLoop(
        trainer,
        None,
        None,
        np.arange(n_rows),
        schedule,
        training.History(),
        np.random.RandomState(0),
        batch_size=2,
        **parameters,
    )


@pytest.mark.parametrize("n_rows", [1, 2, 7, 101])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 1.0])
def test_every_row_once_and_no_long_stretch(n_rows, seconds, monkeypatch):
    monkeypatch.setattr(stretches, "time", Clock)
    trainer = Trainer(seconds)
    loop(trainer, n_rows).run()
    assert trainer.rows == list(range(n_rows))
    assert [end for _, end in trainer.calls[:-1]] == [begin for begin, _ in trainer.calls[1:]]
    longest = max(end - begin for begin, end in trainer.calls)
    assert longest == 1 or longest * seconds <= 0.05


def test_shuffles_accumulate_as_in_scikit_learn():
    from sklearn.utils import shuffle

    trainer = Trainer()
    loop(trainer, 9, shuffle=True, max_iter=3, n_iter_no_change=99).run()
    rng, order, expected = np.random.RandomState(0), np.arange(9), []
    for _ in range(3):
        order = shuffle(order, random_state=rng)
        expected.extend(order)
    assert trainer.rows == expected


@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_every_step_has_the_rate_of_its_number(seconds, monkeypatch):
    monkeypatch.setattr(stretches, "time", Clock)
    trainer = Trainer(seconds)
    epochs = loop(trainer, 21, max_iter=3, n_iter_no_change=99, schedule=schedules.Cosine())
    epochs.run()
    t = np.arange(33)
    np.testing.assert_allclose(trainer.rates, 0.05 * (1 + np.cos(np.pi * t / 33)), rtol=1e-12)
    assert epochs.history.learning_rates == [trainer.rates[i] for i in (10, 21, 32)]


def test_a_continued_training_goes_on_with_its_steps():
    trainer = Trainer()
    loop(trainer, 6, first_step=2, max_iter=2, schedule=schedules.Polynomial()).run()
    np.testing.assert_allclose(trainer.rates, 0.1 * np.array([4, 3, 2, 1, 0, 0]) / 6, atol=1e-15)


def test_inverse_scaling_reaches_the_trainer():
    trainer = Trainer()
    loop(trainer, 4, max_iter=2, schedule=schedules.InverseScaling(0.5)).run()
    assert trainer.rates[0] == 0.1
    assert trainer.rates[-1] == pytest.approx(0.1 * 5**-0.5)


def test_a_schedule_has_a_patience_of_its_own(capsys):
    class Worse(Trainer):
        def train(self, *args, **kwargs):
            super().train(*args, **kwargs)
            self.loss_sum = 1.0

    schedule = schedules.ReduceOnPlateau(factor=0.1, patience=1, min_rate=0.002)
    trainer = Worse()
    loop(trainer, 2, max_iter=99, tol=1e-4, schedule=schedule, verbose=True).run()
    # An epoch sets the standard, and two more in a row that do not better it are a plateau.
    np.testing.assert_allclose(trainer.rates, [0.1] * 3 + [0.01] * 2 + [0.001] * 2)
    assert "for 1 consecutive epochs. Setting learning rate to 0.010000" in capsys.readouterr().out


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_scikit_learn(weighted, rng):
    w = rng.uniform(size=50) if weighted else None
    y, p = rng.randint(0, 3, 50), rng.dirichlet(np.ones(3), 50)
    expected = accuracy_score(y, p.argmax(axis=1), sample_weight=w)
    assert accuracy("softmax_log_loss", p, y, w) == pytest.approx(expected)
    Y, P = rng.randint(0, 2, (50, 2)), rng.uniform(size=(50, 2))
    expected = accuracy_score(Y, P > 0.5, sample_weight=w)
    assert accuracy("logistic_log_loss", P, Y, w) == pytest.approx(expected)
    T = rng.normal(size=(50, 3))
    T[:, 2] = 1
    Q = T + rng.normal(size=T.shape)
    for columns in ([0], [0, 1], [0, 1, 2]):
        expected = r2_score(T[:, columns], Q[:, columns], sample_weight=w)
        assert r2("squared_error", Q[:, columns], T[:, columns], w) == pytest.approx(expected)
    assert r2("squared_error", T[:, 2:], T[:, 2:], w) == 1
    assert np.isnan(r2("squared_error", Q * np.nan, T, w))


def test_unknown_loss():
    with pytest.raises(ValueError, match="loss must be one of"):
        mean_loss("hinges", np.ones((1, 1)), np.ones((1, 1)), None)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 64, 65, 623, 624, 625, 1000, 4097])
@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64])
def test_shuffle_draws_as_numpy(n, bits):
    theirs, ours = (np.random.RandomState(bits(7)) for _ in range(2))
    order, rows = np.arange(n)[::-1].copy(), np.arange(n)[::-1].copy()
    for _ in range(3):
        theirs.shuffle(order)
        shuffle_rows(ours, rows)
        np.testing.assert_array_equal(rows, order)
        assert ours.randint(1 << 30) == theirs.randint(1 << 30)
    np.testing.assert_equal(ours.get_state(legacy=False), theirs.get_state(legacy=False))


@pytest.mark.parametrize("isa", ISAS)
def test_every_isa_shuffles_the_same(isa):
    theirs, bits = np.random.RandomState(3), np.random.MT19937()
    bits.state = theirs.get_state(legacy=False)
    for n in (7, 100, 4096, 20000):
        order, rows = np.arange(n), np.arange(n)
        theirs.shuffle(order)
        shuffle.shuffle(bits, rows, isa)
        np.testing.assert_array_equal(rows, order)
    assert bits.random_raw() == theirs.randint(1 << 32, dtype=np.uint32)


def test_shuffle_advances_the_state_of_this_numpy_itself():
    assert twister.knows_twister(), "NumPy keeps the Mersenne Twister otherwise now"


def test_shuffled_rows_are_not_the_callers():
    trainer = Trainer()
    epochs = loop(trainer, 50, shuffle=True, max_iter=3)
    epochs.run()
    np.testing.assert_array_equal(epochs.rows, np.arange(50))
    order, rng = np.arange(50), np.random.RandomState(0)
    for epoch in range(3):
        order = order[rng.permutation(50)]
        assert trainer.rows[50 * epoch :][:50] == list(order)
