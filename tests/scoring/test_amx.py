"""Predictors on AMX's tiles: by plain C on any machine, by the instructions where they are."""

import os
import pickle

import numpy as np
import pytest
from fastnn._kernels.layers.reduced_weights import ReducedWeights, best_products, products
from kernel_cases import assert_same_bits, needs_amx
from reference_precision import network, rows_of
from scipy import sparse
from scoring_models import chain

from fastnn import Predictor
from fastnn._config import config
from fastnn._kernels.native import table
from fastnn.model.head import Head
from fastnn.scoring import fewer_bits

pytestmark = pytest.mark.skipif(
    "avx2" not in table.isas_available(), reason="tiles have the layout of AVX2's and AVX-512's"
)
EMULATED = "AMX, emulated"
BATCHES = ((1, 1), (1, 2), (2, 1), (16, 1), (17, 4), (33, 2), (48, 1), (61, 4), (100, 2))


@pytest.fixture
def emulated(monkeypatch):
    for kind in fewer_bits.KERNELS:
        monkeypatch.setitem(fewer_bits.KERNELS, kind, EMULATED)


def assert_rows_stand_alone(predictor, X):
    expected = predictor.decision_function(X, n_jobs=1)
    for n, n_jobs in BATCHES:
        assert_same_bits(predictor.decision_function(X[-n:].copy(), n_jobs=n_jobs), expected[-n:])
    assert_same_bits(predictor.decision_function(sparse.csr_matrix(X), n_jobs=2), expected)
    return expected


@pytest.mark.parametrize("sizes", [(7, 17, 40), (65, 33, 16, 3), (300, 130, 10)], ids=str)
def test_int8_has_the_bits_of_other_products(rng, emulated, sizes):
    X, model = rows_of(rng, 100, sizes[0], 0.3), network(rng, *sizes, activation="tanh")
    found = assert_rows_stand_alone(Predictor(model, "int8"), X)
    fewer_bits.KERNELS["int8"] = None
    assert_same_bits(found, Predictor(model, "int8").decision_function(X))


def test_bfloat16_is_float32_sums_of_rounded_numbers(rng, emulated):
    X, model = rows_of(rng, 100, 65, 0.3), network(rng, 65, 33, 20)
    found = assert_rows_stand_alone(Predictor(model, "bfloat16"), X)
    fewer_bits.KERNELS["bfloat16"] = "FMA"
    difference = np.abs(found - Predictor(model, "bfloat16").decision_function(X))
    assert difference.max() < 0.02  # a hidden unit in the middle of two may go the other way
    assert np.mean(difference > 1e-5) < 0.05


def errors(model, X):
    """Of slices and of plain float32, against float64: root mean square, largest."""
    exact = Predictor(model.astype("float64"), "float64").decision_function(X.astype(np.float64))
    for precision in ("auto", "plain"):
        predictor = Predictor(model, precision=precision)
        assert ("slices" in repr(predictor)) == (precision == "auto")
        error = np.abs(predictor.decision_function(X) - exact)
        yield np.sqrt(np.mean(error**2)), error.max()


@pytest.mark.parametrize("kind", ["normal", "positive", "pixels", "scales", "long tails"])
@pytest.mark.parametrize("n_in", [256, 1024])
def test_slices_are_as_exact_as_float32(rng, emulated, kind, n_in):
    model = network(rng, n_in, 128, activation="identity")
    X = rng.normal(size=(100, n_in)).astype(np.float32)
    if kind == "positive":
        X = np.maximum(X, 0)
    elif kind == "pixels":
        X = (rng.randint(0, 256, X.shape) * (rng.random_sample(X.shape) < 0.2) / 255).astype("f4")
    elif kind == "scales":  # as of a scaler that was folded into the weights
        unit = (10.0 ** rng.uniform(-4, 4, n_in)).astype(np.float32)
        weight = (model.nodes[0].arrays["weight"] / unit[:, None]).astype(np.float32)
        X, model = X * unit, network_of(weight)
    elif kind == "long tails":
        X = rng.standard_t(2, size=X.shape).astype(np.float32)
    (rms, largest), (plain_rms, plain_largest) = errors(model, X)
    assert rms <= plain_rms
    assert largest <= 1.1 * plain_largest
    assert rms < plain_rms or kind == "long tails"


def network_of(weight):
    head = Head("regressor", "identity", "float32")
    return chain([], weight, np.zeros(weight.shape[1], np.float32), head)


def test_slices_of_a_row_depend_on_no_other(rng, emulated):
    model = network(rng, 256, 300, 130, 70, 10)
    predictor = Predictor(model)
    X = rows_of(rng, 100, 256, 0.2)
    X[::7, 3] = 1e6  # rows that go the other way among those that do not
    X[40:90] *= 10
    X[95] = 0
    X[96] = np.float32(1e-30)
    assert_rows_stand_alone(predictor, X)
    facts = predictor.config()
    assert facts["products"] == "float32 by int8 slices"
    held = [node["weights"] for node in facts["nodes"]]
    assert held == ["float32 and int8 slices"] * 2 + ["float32"] * 2
    plain = Predictor(model, precision="plain")
    assert plain.config()["products"] == "float32"
    for one in (plain, predictor):
        again = pickle.loads(pickle.dumps(one))
        assert_same_bits(again.predict_proba(X), one.predict_proba(X))


def test_rows_that_slices_cannot_hold_are_those_of_float32(rng, emulated):
    """One number far above the others, infinite hidden units, NaN, and next to nothing."""
    model = network(rng, 256, 256, 256, 4)
    X = rows_of(rng, 12, 256)
    X[:, 5] *= 2e4
    X[6:9] = np.sign(X[6:9]) * np.float32(3e38)
    X[9:] *= np.float32(1e-30)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = Predictor(model, precision="plain").decision_function(X)
        found = Predictor(model).decision_function(X)
    assert not np.isfinite(expected[6:9]).all()
    assert_same_bits(found[6:9], expected[6:9])
    first = network_of(model.nodes[0].arrays["weight"])
    assert_same_bits(Predictor(first).predict(X), Predictor(first, precision="plain").predict(X))


def test_what_is_narrow_uneven_or_asked_to_be_plain_is_not_cut(rng, emulated):
    even = rng.normal(size=(300, 300)).astype(np.float32)
    for weight in (even[:200], even[:, :60], rng.standard_t(1, size=(300, 300)).astype("f4")):
        assert "slices" not in repr(Predictor(network_of(np.ascontiguousarray(weight))))
    assert "slices" in repr(Predictor(network_of(even)))
    assert "slices" not in repr(Predictor(network_of(even), "float64"))
    with pytest.raises(ValueError, match="precision must be 'auto' or 'plain', got 'exact'"):
        Predictor(network_of(even), precision="exact")
    with pytest.raises(ValueError, match="no products of int8 called 'magic'"):
        ReducedWeights(np.ones((3, 4), np.int8), None, np.ones(4, np.float32), None, "magic")


def test_it_is_told_what_is_used(monkeypatch):
    assert config()["int8"] == best_products("int8")
    assert list(products("int8"))[-1] == EMULATED
    monkeypatch.setenv("FASTNN_AMX", "0")
    assert config()["amx"] == "switched off by FASTNN_AMX=0"
    assert "AMX" not in (config()["int8"], config()["bfloat16"])
    assert best_products("slices") is None


def test_the_instructions_score_as_the_emulation(rng, monkeypatch):
    needs_amx("int8")
    model, X = network(rng, 256, 300, 130, 10), rows_of(rng, 100, 256, 0.2)
    for dtype in ("int8", "float32", *(["bfloat16"] if table.no_amx("bfloat16") is None else [])):
        found = assert_rows_stand_alone(Predictor(model, dtype), X)
        for kind in fewer_bits.KERNELS:
            monkeypatch.setitem(fewer_bits.KERNELS, kind, EMULATED)
        assert_same_bits(Predictor(model, dtype).decision_function(X), found)
        monkeypatch.undo()
    monkeypatch.setenv("FASTNN_AMX", "0")
    assert "slices" not in repr(Predictor(model))


def test_another_library_may_use_tiles_as_well(rng):
    needs_amx("bfloat16")
    torch = pytest.importorskip("torch")
    predictor, X = Predictor(network(rng, 256, 300, 10), "bfloat16"), rows_of(rng, 64, 256)
    expected = predictor.predict_proba(X)
    a = torch.ones(256, 256, dtype=torch.bfloat16)
    for _ in range(20):
        assert (a @ a == 256).all()
        assert_same_bits(predictor.predict_proba(X), expected)


def test_a_fork_scores_by_tiles_too(rng):
    needs_amx("int8")
    predictor, X = Predictor(network(rng, 256, 300, 10), "int8"), rows_of(rng, 64, 256)
    expected = predictor.predict_proba(X)
    child = os.fork()
    if child == 0:
        os._exit(0 if (predictor.predict_proba(X, n_jobs=1) == expected).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
