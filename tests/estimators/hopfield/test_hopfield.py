"""HopfieldNetwork beside the formulas, theory and scikit-learn's contract."""

import io
import pickle
import warnings

import numpy as np
import pytest
from same_fits import assert_same
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import HopfieldNetwork, load, save
from fastnn.exceptions import ModelFormatError
from fastnn.files import model_file

RULES = ("hebb", "storkey", "pseudoinverse")
MANY = "ignore:rule=:UserWarning"  # more patterns than the rule keeps


def patterns_and_probes(rng, n_patterns, n, noise, dtype=np.float64):
    patterns = rng.choice([-1, 1], (n_patterns, n)).astype(dtype)
    return patterns, np.where(rng.uniform(size=patterns.shape) < noise, -patterns, patterns)


@pytest.mark.filterwarnings(MANY)
@parametrize_with_checks(
    [
        *(HopfieldNetwork(rule) for rule in RULES),
        HopfieldNetwork("dense", threshold=0.0),
        HopfieldNetwork(update="synchronous", threshold=0.0),
        HopfieldNetwork("dense"),
    ]
)
def test_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings(MANY)
def test_weights_are_those_of_the_rules(rng):
    patterns, _ = patterns_and_probes(rng, 4, 12, 0)
    hebb = sum(np.outer(x, x) for x in patterns) / 12
    storkey = np.zeros((12, 12))
    for x in patterns:
        field = np.array(
            [
                [sum(storkey[i, k] * x[k] for k in range(12) if k not in (i, j)) for j in range(12)]
                for i in range(12)
            ]
        )
        storkey = storkey + (np.outer(x, x) - x[:, None] * field.T - field * x) / 12
        np.fill_diagonal(storkey, 0)
    projection = np.linalg.pinv(patterns) @ patterns
    for rule, expected in zip(RULES, (hebb, storkey, projection), strict=True):
        found = HopfieldNetwork(rule).fit(patterns).weights_
        np.fill_diagonal(expected, 0)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert (found == found.T).all()


@pytest.mark.filterwarnings(MANY)
@pytest.mark.parametrize("rule", [*RULES, "dense"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_energy_never_rises(rng, rule, dtype):
    """Sweep by sweep, on the way of many states, where there are more patterns than are kept."""
    patterns, _ = patterns_and_probes(rng, 30, 60, 0, dtype)
    net = HopfieldNetwork(rule, random_state=0).fit(patterns)
    states = rng.choice([-1, 1], (50, 60)).astype(dtype)
    energy = net.energy(states)
    if rule != "dense":
        expected = -0.5 * np.einsum("ij,jk,ik->i", states, net.weights_, states)
        np.testing.assert_allclose(energy, expected, rtol=1e-5, atol=1e-5)
    for n_sweeps in range(1, 30):
        net.max_steps = n_sweeps
        if rule == "dense":
            net.tol = 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # some still move
            last = net.predict(states)
        then = net.energy(last)
        assert (then <= energy + 1e-5 * np.abs(energy)).all()
        assert n_sweeps > 1 or (then < energy).all()
        energy = then
    if rule != "dense":  # at rest: every unit has the sign of its field
        fields = last @ net.weights_
        assert (fields * last > -1e-5).all()


def test_asynchronous_recall_is_unit_by_unit(rng):
    """The orders of the sweeps are those of a generator with the fitted seed."""
    patterns, probes = patterns_and_probes(rng, 12, 60, 0.3)
    net = HopfieldNetwork("storkey", random_state=3).fit(patterns)
    expected, orders = probes.copy(), np.random.RandomState(net._seed)
    orders = [orders.permutation(60) for _ in range(16)]
    for state in expected:
        for order in orders:
            for unit in order:
                field = net.weights_[unit] @ state
                state[unit] = state[unit] if field == 0 else np.sign(field)
    assert (net.predict(probes) == expected).all()
    assert (net.predict(probes[3:4]) == expected[3:4]).all()


@pytest.mark.filterwarnings(MANY)
def test_synchronous_recall_and_its_cycles(rng):
    patterns, probes = patterns_and_probes(rng, 5, 80, 0.2)
    net = HopfieldNetwork(update="synchronous").fit(patterns)
    state = probes.copy()
    for _ in range(20):
        state = np.sign(state @ net.weights_)
    assert (net.predict(probes) == state).all()
    # Two units that want to be as the other is, and are not, change for ever.
    pair = HopfieldNetwork(update="synchronous").fit(np.ones((1, 2)))
    assert (np.abs(pair.predict([[1.0, -1.0]]).sum()) == 0).all()
    assert np.abs(pair.set_params(update="asynchronous").predict([[1.0, -1.0]]).sum()) == 2


def test_dense_recall_is_attention(rng):
    stored, state = rng.normal(size=(40, 7)), rng.normal(size=(9, 7))
    default = HopfieldNetwork("dense").fit(stored).beta_
    assert default == pytest.approx(32 / np.square(stored).sum(axis=1).mean())
    net = HopfieldNetwork("dense", beta=0.3, max_steps=3, tol=0.0).fit(stored)
    with pytest.warns(ConvergenceWarning, match="max_steps=3"):
        found = net.predict(state)
    for _ in range(3):
        state = softmax(net.beta_ * state @ stored.T, axis=1) @ stored
    np.testing.assert_allclose(found, state, rtol=1e-10)


@pytest.mark.filterwarnings(MANY)
def test_capacities(rng):
    """n = 500: Hebb's rule breaks down between 0.10 n and 0.20 n (theory: 0.138 n), the
    pseudo-inverse holds near n, 'dense' far above it."""
    n = 500

    def overlap(rule, share, noise=0.0):
        patterns, probes = patterns_and_probes(rng, int(share * n), n, noise)
        net = HopfieldNetwork(rule, random_state=0).fit(patterns)
        return net.score(probes[:80], X_true=patterns[:80])

    assert overlap("hebb", 0.10) > 0.95
    assert overlap("hebb", 0.13) > 0.95
    assert overlap("hebb", 0.20) < 0.8
    assert overlap("storkey", 0.20) > 0.99
    assert overlap("pseudoinverse", 0.95) > 0.999
    assert overlap("pseudoinverse", 0.50, noise=0.05) > 0.99
    assert overlap("dense", 4.0, noise=0.2) > 0.999


@pytest.mark.parametrize("parameters", [{}, {"update": "synchronous"}, {"rule": "dense"}], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads(rng, parameters, dtype):
    patterns, probes = patterns_and_probes(rng, 20, 203, 0.3, dtype)
    net = HopfieldNetwork(random_state=0, n_jobs=1, **parameters).fit(patterns)
    found, energy = net.predict(probes), net.energy(probes)
    assert found.dtype == net.patterns_.dtype == dtype
    for n_jobs in (2, 4):
        net.n_jobs = n_jobs
        assert (net.predict(probes) == found).all()
        assert (net.energy(probes) == energy).all()
    assert (net.predict(probes[7:8]) == found[7:8]).all()


@pytest.mark.filterwarnings(MANY)
def test_codings_of_patterns(rng):
    signs, damaged = patterns_and_probes(rng, 3, 64, 0.1)
    net = HopfieldNetwork(random_state=0).fit(signs)
    bits = HopfieldNetwork(random_state=0).fit((signs > 0).astype(int))
    assert (bits.weights_ == net.weights_).all()
    assert (bits.predict(damaged > 0) == (net.predict(damaged) > 0)).all()
    assert bits.score(damaged > 0, None, signs > 0) == net.score(damaged, None, signs) > 0.9
    with pytest.raises(ValueError, match=r"must hold 0 and 1, the values .* has -1 in row 0"):
        bits.predict(-np.ones((1, 64)))
    pictures = load_digits().data[:3]
    some = HopfieldNetwork("pseudoinverse", threshold=8.0).fit(pictures)
    assert (some.predict(pictures) == np.where(pictures > 8, 1, -1)).all()
    real = HopfieldNetwork("dense").fit(pictures)
    assert real.score(pictures + rng.normal(size=pictures.shape), X_true=pictures) > 0.99


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({"threshold": None}, [[1.0, 0.5, -1.0]], "0.5 in row 0, column 1 .* set threshold"),
        ({"threshold": None}, [[1.0, 0.0, -1.0]], "0 in row 0, column 1 .* set threshold"),
        ({"rule": "hebbian"}, [[1.0, -1.0]], "'rule' parameter"),
        ({"update": "async"}, [[1.0, -1.0]], "'update' parameter"),
        ({"beta": 0.0}, [[1.0, -1.0]], "'beta' parameter"),
        ({"max_steps": 0}, [[1.0, -1.0]], "'max_steps' parameter"),
        ({}, [[1.0, np.nan]], "row 0, column 1"),
        ({}, np.ones((0, 3)), "0 sample"),
        ({"n_jobs": 0}, [[1.0, -1.0]], "n_jobs == 0"),
    ],
)
def test_bad_input(parameters, data, message):
    net = HopfieldNetwork(**parameters)
    before = dict(vars(net))
    with pytest.raises(ValueError, match=message):
        net.fit(data)
    assert vars(net) == before


def test_too_many_patterns_warn(rng):
    patterns, _ = patterns_and_probes(rng, 20, 50, 0)
    with pytest.warns(UserWarning, match=r"0.138 patterns for each feature, and X has 20 for 50"):
        HopfieldNetwork().fit(patterns)
    with pytest.raises(NotFittedError):
        HopfieldNetwork().predict(patterns)
    with pytest.raises(ValueError, match="has 20 rows, and X_true has 3"):
        HopfieldNetwork("dense").fit(patterns).score(patterns, X_true=patterns[:3])


def test_copies_and_frames(rng):
    pd = pytest.importorskip("pandas")
    patterns, _ = patterns_and_probes(rng, 2, 20, 0)
    frame = pd.DataFrame(patterns, columns=[f"unit {i}" for i in range(20)])
    net = HopfieldNetwork(random_state=0).set_output(transform="pandas").fit(frame)
    assert list(net.transform(frame).columns) == list(frame.columns)
    assert_same(net, pickle.loads(pickle.dumps(net)))
    assert_same(net, clone(net).fit(frame))
    dense = clone(net).set_params(rule="dense").fit(frame)
    assert not hasattr(dense.set_params(rule="hebb").fit(frame), "beta_")
    assert not hasattr(net.set_params(rule="dense").fit(frame), "weights_")


def test_ctrl_c_is_heard_between_short_stretches(rng, monkeypatch):
    from fastnn.estimators.hopfield import recall

    for n in (10, 1000, 20_000):
        chunks = recall.chunks(10**5, n * n)
        assert chunks[-1].stop == 10**5
        assert (chunks[0].stop - 1) * n * n <= 3e8
    calls, sweep = [], recall.kernels.sweep

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        sweep(*arguments)

    monkeypatch.setattr(recall.kernels, "sweep", interrupted)
    patterns, probes = patterns_and_probes(rng, 5, 60, 0.3)
    net = HopfieldNetwork().fit(patterns)
    with pytest.raises(KeyboardInterrupt):
        net.predict(probes)


@pytest.mark.filterwarnings(MANY)
def test_other_numbers_are_cut_at_the_means_of_features():
    pictures = load_digits().data[:40]
    with pytest.warns(UserWarning, match="other than -1 and 1.* mean of their feature"):
        net = HopfieldNetwork(random_state=0).fit(pictures)
    assert (net.threshold_ == pictures.mean(axis=0)).all()
    signs = np.where(pictures > pictures.mean(axis=0), 1, -1)
    assert (net.patterns_ == signs).all()
    same = HopfieldNetwork(random_state=0).fit(signs)
    assert same.threshold_ is None
    assert (net.predict(pictures) == same.predict(signs)).all()


@pytest.mark.filterwarnings(MANY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "parameters",
    [
        *({"rule": rule} for rule in RULES),
        {"update": "synchronous"},
        {"rule": "dense"},
        {"rule": "dense", "threshold": 0.5},
        {"threshold": "means"},
    ],
    ids=str,
)
def test_it_is_saved_to_the_bit(parameters, dtype, rng):
    patterns, damaged = patterns_and_probes(rng, 6, 40, 0.1, dtype)
    if parameters.get("threshold") == "means":
        patterns, damaged, parameters = patterns + 0.1, damaged + 0.1, {}
        patterns[0, 0] = 3
    net = HopfieldNetwork(**parameters, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X has values other")
        net.fit(patterns)
    file = io.BytesIO()
    save(net, file)
    again = load(file.getvalue())
    assert_same(net, again)
    assert again.get_params() == net.get_params()
    assert (again.predict(damaged) == net.predict(damaged)).all()
    assert (again.energy(damaged) == net.energy(damaged)).all()
    assert again.patterns_.flags.writeable


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights_", np.zeros((3, 3))),
        ("_low", 5),
        ("_seed", 1.5),
        ("threshold_", np.array([np.nan] * 4)),
        ("extra_", 1),
    ],
)
def test_unsound_files_are_refused(name, value, rng, monkeypatch):
    net = HopfieldNetwork().fit(patterns_and_probes(rng, 2, 20, 0)[0])
    encode = model_file.encode_section

    def tampered(values, section, tensors):
        return encode(values | ({name: value} if section == "fitted" else {}), section, tensors)

    monkeypatch.setattr(model_file, "encode_section", tampered)
    file = io.BytesIO()
    save(net, file)
    with pytest.raises(ModelFormatError, match=r"not sound|unknown"):
        load(file.getvalue())
