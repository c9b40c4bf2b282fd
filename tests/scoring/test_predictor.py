"""Predictor gives what its source gives, from any input, and nothing can change it."""

import copy
import gc
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scoring_models import (
    ACTIVATIONS,
    BLOCKS,
    CLASSIFIERS,
    FABRICATED,
    HINGE,
    KINDS,
    LIBRARIES,
    REGRESSORS,
    data,
    fabricated,
    fit,
    fitted,
    labels_of,
    network,
    predictor_of,
    raw_of,
    values_of,
)

from fastnn import Predictor
from fastnn.scoring import scorer
from fastnn.scoring.scorer import make_scorer

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def methods_of(kind):
    return METHODS if kind in CLASSIFIERS else ("predict", "decision_function")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predicts_what_the_source_predicts(library, kind, dtype):
    source, X = fitted(library, kind), data()
    predictor = Predictor(source, dtype)
    expected, found = source.predict(X), predictor.predict(X)
    assert found.shape == expected.shape
    if kind in REGRESSORS:
        np.testing.assert_allclose(
            found, expected, rtol=0, atol=np.ptp(expected) * (1e-6 if dtype == "float32" else 1e-14)
        )
        assert found.dtype == dtype
        return
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(predictor.classes_, source.classes_)
    expected, found = source.predict_proba(X), predictor.predict_proba(X)
    assert found.shape == expected.shape
    assert found.dtype == dtype
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        np.exp(predictor.predict_log_proba(X)), expected, rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_every_activation(activation):
    source = fitted("sklearn", "multiclass", activation)
    found = Predictor(source, "float64").predict_proba(data())
    np.testing.assert_allclose(found, source.predict_proba(data()), rtol=0, atol=1e-14)


def test_labels_agree_with_probabilities():
    predictor = Predictor(fitted("sklearn", "binary"))
    p = predictor.predict_proba(data())
    np.testing.assert_array_equal(
        predictor.predict(data()), predictor.classes_[(p[:, 1] > 0.5).astype(int)]
    )


def test_decision_function_is_the_raw_output():
    z = Predictor(fitted("sklearn", "binary"), "float64").decision_function(data())
    p = fitted("sklearn", "binary").predict_proba(data())[:, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), p, atol=1e-14)
    poisson = fitted("sklearn", "poisson")
    z = Predictor(poisson, "float64").decision_function(data())
    np.testing.assert_allclose(np.exp(z), poisson.predict(data()), rtol=1e-12)


def test_log_probability_of_a_certain_row_is_finite():
    source = copy.deepcopy(fitted("sklearn", "binary"))
    source.intercepts_[-1] = source.intercepts_[-1] + 500.0
    log_p = Predictor(source).predict_log_proba(data())
    assert np.isfinite(log_p).all()
    np.testing.assert_allclose(log_p[:, 0], -Predictor(source).decision_function(data()), rtol=1e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_hidden_layer(library):
    source = fit(network(library, "regressor", hidden_layer_sizes=()), data(), data()[:, 0])
    np.testing.assert_allclose(
        Predictor(source, "float64").predict(data()), source.predict(data()), rtol=1e-12
    )


def big_endian(X):
    return X.astype(X.dtype.newbyteorder(">"))


@pytest.mark.parametrize(
    "convert",
    [
        np.ndarray.tolist,
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=0)[::2],
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1][::-1],
        big_endian,
        lambda X: X.astype(object),
        lambda X: X.astype(np.longdouble),
        lambda X: pytest.importorskip("pandas").DataFrame(X),
        lambda X: pytest.importorskip("polars").DataFrame(X),
        sparse.csr_array,
        sparse.csc_matrix,
        sparse.coo_array,
    ],
    ids=[
        *("list", "fortran", "rows_strided", "columns_strided", "negative", "big_endian"),
        *("object", "longdouble", "pandas", "polars", "csr", "csc", "coo"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_layout_gives_the_same_bits(kind, convert, dtype):
    predictor, X = Predictor(fitted("sklearn", kind), dtype), data()
    for method in methods_of(kind):
        expected = getattr(predictor, method)(X)
        np.testing.assert_array_equal(getattr(predictor, method)(convert(X)), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint16, np.int64, bool])
def test_other_numbers_are_taken_at_their_value(dtype):
    predictor = Predictor(fitted("sklearn", "binary"), "float64")
    X = np.abs(data()).round().astype(dtype)
    np.testing.assert_array_equal(
        predictor.predict_proba(X), predictor.predict_proba(X.astype(np.float64))
    )


def test_unaligned_and_read_only_rows():
    predictor, X = Predictor(fitted("sklearn", "multiclass")), data().astype(np.float32)
    raw = np.empty(X.nbytes + 1, dtype=np.uint8)[1:]
    unaligned = raw.view(np.float32).reshape(X.shape)
    unaligned[...] = X
    unaligned.setflags(write=False)
    np.testing.assert_array_equal(predictor.predict_proba(unaligned), predictor.predict_proba(X))


def test_memory_mapped_rows(tmp_path):
    path = tmp_path / "rows.dat"
    data().astype(np.float32).tofile(path)
    rows = np.memmap(path, dtype=np.float32, mode="r", shape=data().shape)
    predictor = Predictor(fitted("sklearn", "multiclass"))
    found = predictor.predict_proba(rows)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, predictor.predict_proba(np.array(rows)))


def test_a_row_alone_has_the_bits_it_has_in_a_batch(kind):
    X = np.tile(data(), (3, 1))
    for dtype in ("float32", "float64"):
        predictor = Predictor(fitted("sklearn", kind), dtype)
        for method in methods_of(kind):
            score = getattr(predictor, method)
            together = score(X)
            alone = np.concatenate([score(row) for row in X])
            pairs = np.concatenate([score(X[i : i + 2]) for i in range(0, len(X), 2)])
            np.testing.assert_array_equal(together, alone)
            np.testing.assert_array_equal(together, pairs)


def test_threads_change_no_bit(kind):
    predictor, X = Predictor(fitted("sklearn", kind)), np.tile(data(), (11, 1))
    for method in methods_of(kind):
        expected = getattr(predictor, method)(X, n_jobs=1)
        for n_jobs in (2, 3, 4, -1, None):
            np.testing.assert_array_equal(getattr(predictor, method)(X, n_jobs=n_jobs), expected)


def test_no_rows_give_no_results(kind):
    predictor = Predictor(fitted("sklearn", kind))
    for method in methods_of(kind):
        expected = getattr(predictor, method)(data())
        for empty in (data()[:0], sparse.csr_array(data()[:0])):
            found = getattr(predictor, method)(empty)
            assert found.shape == (0, *expected.shape[1:])
            assert found.dtype == expected.dtype


@pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray], ids=["direct", "converted"])
def test_out_receives_the_result(kind, convert):
    predictor, X = Predictor(fitted("sklearn", kind)), convert(data())
    for method in methods_of(kind):
        expected = getattr(predictor, method)(X)
        out = np.empty_like(expected)
        assert getattr(predictor, method)(X, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray], ids=["direct", "converted"])
def test_out_may_be_memory_mapped(kind, convert, tmp_path):
    predictor, X = Predictor(fitted("sklearn", kind)), convert(data())
    for method in methods_of(kind):
        expected = getattr(predictor, method)(X)
        out = np.memmap(tmp_path / method, expected.dtype, "w+", shape=expected.shape)
        assert getattr(predictor, method)(X, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray], ids=["direct", "converted"])
def test_an_out_that_does_not_fit_is_refused(kind, convert):
    predictor, X = Predictor(fitted("sklearn", kind)), convert(data())
    for method in methods_of(kind):
        result = getattr(predictor, method)(X)
        read_only = result.copy()
        read_only.setflags(write=False)
        longer = np.concatenate([result, result])
        odd = np.zeros(result.nbytes + 1, np.uint8)[1:].view(result.dtype).reshape(result.shape)
        for out in (longer, longer[::2], read_only, odd, result.astype("S5"), result.tolist()):
            with pytest.raises(ValueError, match="out must be"):
                getattr(predictor, method)(X, out=out)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 6)), "X has 6 features, but Predictor is expecting 7 features as input"),
        (np.zeros(8), "X has 8 features"),
        (sparse.csr_array((2, 6)), "X has 6 features"),
        (np.zeros((1, 1, 7)), "one row or a matrix"),
        (np.float64(3), "one row or a matrix"),
        (np.full((2, 7), 1j), "real numbers"),
        (np.full((2, 7), "1"), "real numbers"),
        (np.full((2, 7), np.nan), "NaN"),
        (np.full((2, 7), -np.inf, dtype=np.float32), "infinity"),
        ([[0.0] * 6 + [float("nan")]], "NaN"),
        (np.full((1, 7), 1e200), "too large"),
        (np.full((1, 7), "12", dtype=object).astype(object), None),
    ],
)
def test_unsound_input_is_refused(kind, X, message):
    predictor = Predictor(fitted("sklearn", kind))
    for method in methods_of(kind):
        if message is None:
            assert getattr(predictor, method)(X).shape[0] == 1
            continue
        with pytest.raises(ValueError, match=message):
            getattr(predictor, method)(X)


def test_a_single_bad_value_is_found_wherever_it_is():
    predictor = Predictor(fitted("sklearn", "binary"))
    for row, column in ((0, 0), (57, 3), (199, 6)):
        X = data().copy()
        X[row, column] = np.nan
        for rows in (X, X.astype(np.float32), np.asfortranarray(X)):
            with pytest.raises(ValueError, match="NaN"):
                predictor.predict_proba(rows)
        with pytest.raises(ValueError, match="NaN"):
            predictor.predict_proba(X[row])


def test_columns_must_be_those_of_the_fit():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data(), columns=list("abcdefg"))
    source = fit(network("sklearn", "regressor"), frame, data()[:, 0])
    predictor = Predictor(source)
    np.testing.assert_array_equal(predictor.feature_names_in_, source.feature_names_in_)
    expected = predictor.predict(data())
    np.testing.assert_array_equal(predictor.predict(frame), expected)
    with pytest.raises(ValueError, match="other order"):
        predictor.predict(frame[list("bacdefg")])
    with pytest.raises(ValueError, match=r"missing: \['g'\], unknown: \['z'\]"):
        predictor.predict(frame.rename(columns={"g": "z"}))


def test_input_is_not_changed(kind):
    predictor = Predictor(fitted("sklearn", kind))
    for X in (data().copy(), np.asfortranarray(data()), sparse.csr_array(data())):
        before = X.copy()
        predictor.predict(X)
        assert (before != X).sum() == 0


def test_n_jobs_is_checked():
    with pytest.raises(ValueError, match="n_jobs"):
        Predictor(fitted("sklearn", "binary")).predict(data(), n_jobs=0)


def test_batches_are_scored_one_by_one(kind):
    predictor = Predictor(fitted("sklearn", kind))
    asked = []

    def stream():
        for begin in range(0, 200, 64):
            asked.append(begin)
            yield data()[begin : begin + 64]

    results = predictor.predict_batches(stream(), method="decision_function")
    assert asked == []
    first = next(results)
    assert asked == [0]
    np.testing.assert_array_equal(
        np.concatenate([first, *results]), predictor.decision_function(data())
    )
    with pytest.raises(ValueError, match="method must be one of"):
        predictor.predict_batches([], method="fit")


@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_has_no_probabilities(kind):
    predictor = Predictor(fitted("sklearn", kind))
    assert not hasattr(predictor, "classes_")
    for method in ("predict_proba", "predict_log_proba"):
        with pytest.raises(AttributeError, match="no probabilities"):
            getattr(predictor, method)(data())


def test_immutable(kind):
    source = copy.deepcopy(fitted("sklearn", kind))
    predictor = Predictor(source)
    expected = predictor.decision_function(data())
    with pytest.raises(AttributeError, match="immutable"):
        predictor.n_features_in_ = 3
    with pytest.raises(AttributeError, match="immutable"):
        predictor.other = 3
    with pytest.raises(AttributeError, match="immutable"):
        del predictor._model
    for array in gc.get_referents(predictor):
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = array
    for array in (*source.coefs_, *source.intercepts_):
        array[...] = 0
    np.testing.assert_array_equal(predictor.decision_function(data()), expected)


def test_copies(kind):
    predictor = Predictor(fitted("sklearn", kind), "float64")
    assert copy.copy(predictor) is predictor
    assert copy.deepcopy(predictor) is predictor
    payload = pickle.dumps(predictor)
    assert b"sklearn" not in payload
    twin = pickle.loads(payload)
    np.testing.assert_array_equal(
        twin.decision_function(data()), predictor.decision_function(data())
    )
    np.testing.assert_array_equal(twin.predict(data()), predictor.predict(data()))
    assert Predictor(predictor, "float32").dtype == "float32"
    assert repr(twin) == repr(predictor)


def test_holds_no_object_of_scikit_learn():
    source = copy.deepcopy(fitted("sklearn", "binary"))
    source.feature_names_in_ = np.array(list("abcdefg"), dtype=object)
    predictor = Predictor(source)
    seen, pending = set(), [predictor]
    while pending:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, type) or callable(thing):
            continue
        seen.add(id(thing))
        assert not type(thing).__module__.startswith("sklearn")
        pending.extend(gc.get_referents(thing))
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (network("sklearn", "binary"), ValueError, "not fitted"),
        (network("fastnn", "binary"), ValueError, "not fitted"),
        (object(), TypeError, "cannot score a object"),
        ("nowhere.fnn", FileNotFoundError, "nowhere"),
    ],
    ids=["sklearn", "fastnn", "object", "path"],
)
def test_what_cannot_be_scored_is_refused(model, error, message):
    with pytest.raises(error, match=message):
        Predictor(model)


def test_dtype_is_checked():
    with pytest.raises(ValueError, match="dtype must be one of"):
        Predictor(fitted("sklearn", "binary"), "float16")
    huge = copy.deepcopy(fitted("sklearn", "binary"))
    huge.coefs_[0] = huge.coefs_[0] * 1e60
    with pytest.raises(ValueError, match="too large for float32"):
        Predictor(huge)
    Predictor(huge, "float64")
    huge.coefs_[0][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"the weight of node 0 .* is not finite"):
        Predictor(huge, "float64")


def test_threads_may_share_one():
    X = data().astype(np.float32)
    predictor = Predictor(fitted("sklearn", "multiclass"))
    expected = predictor.predict_proba(X)

    def work(seed):
        rows = np.random.default_rng(seed).integers(0, len(X), 50)
        return all(
            np.array_equal(predictor.predict_proba(X[row]), expected[row : row + 1]) for row in rows
        ) and np.array_equal(predictor.predict_proba(X[rows]), expected[rows])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_does_not_grow_with_the_rows(dtype):
    """Beyond its output a call takes the scratch of a block, whatever the dtype of the input."""
    predictor = Predictor(fitted("sklearn", "multiclass"))
    X = np.tile(data().astype(dtype), (500, 1))
    out = np.empty((len(X), 4), dtype=np.float32)
    tracemalloc.start()
    try:
        predictor.predict_proba(X, out=out, n_jobs=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000 < X.nbytes / 10


class TestBlocks:
    """Fabricated models with normalisations, skips and every activation, against NumPy."""

    def check(self, model, dtype, atol):
        predictor = predictor_of(model, dtype)
        z = predictor.decision_function(data())
        scale = np.abs(raw_of(model, data())).max()
        expected = raw_of(model, data()).reshape(z.shape)
        np.testing.assert_allclose(z, expected, rtol=0, atol=atol * scale)
        if model.kind == "regressor":
            expected = values_of(model, data())
            found = predictor.predict(data()).reshape(expected.shape)
            np.testing.assert_allclose(found, expected, rtol=10 * atol, atol=atol * scale)
        elif dtype == "float64":
            np.testing.assert_array_equal(predictor.predict(data()), labels_of(model, data()))
        if model.has_probabilities:
            found = predictor.predict_proba(data())
            np.testing.assert_allclose(found, values_of(model, data()), rtol=0, atol=5 * atol)
        return predictor

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("blocks", BLOCKS)
    @pytest.mark.parametrize("kind", FABRICATED)
    def test_every_kind(self, kind, blocks, dtype):
        model = fabricated(kind, blocks, "tanh", dtype)
        self.check(model, dtype, 1e-5 if dtype == "float32" else 1e-12)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_every_activation(self, activation, dtype):
        model = fabricated("multiclass", "plain", activation, dtype)
        self.check(model, dtype, 1e-5 if dtype == "float32" else 1e-12)

    def test_one_row_and_sparse_rows(self):
        predictor = predictor_of(fabricated(blocks="everything", activation="tanh"))
        expected = predictor.decision_function(data())
        for X in (sparse.csr_array(data()), np.asfortranarray(data())):
            np.testing.assert_array_equal(predictor.decision_function(X), expected)
        np.testing.assert_array_equal(predictor.decision_function(data()[3]), expected[3:4])
        np.testing.assert_array_equal(
            pickle.loads(pickle.dumps(predictor)).predict_proba(data()),
            predictor.predict_proba(data()),
        )

    def test_what_the_kernel_is_given(self, monkeypatch):
        """Plain models a chain of dense stages with their activations; of others, all they need."""
        calls = []
        monkeypatch.setattr(scorer, "Scorer", lambda *args: calls.append(args))
        plain, full = (fabricated(blocks=b, activation="relu") for b in ("plain", "everything"))
        make_scorer(plain)
        n_in, stages, arrays, *_ = calls[-1]
        assert n_in == 7
        assert [(s.kind, s.source, s.n, s.activation > 0) for s in stages] == [
            *(("dense", -1, 7, True), ("dense", 0, 5, True), ("dense", 1, 5, True)),
            ("dense", 2, 4, False),
        ]
        assert list(map(id, arrays)) == [
            id(n.arrays[k]) for k in ("weight", "bias") for n in plain.nodes if k in n.arrays
        ]
        make_scorer(full)
        kinds = [stage.kind for stage in calls[-1][1]]
        assert kinds[:4] == ["dense", "layer_norm", "activation", "add"]
        assert kinds.count("dense") == 6


class TestDecisionValues:
    """Classifiers whose outputs are no probabilities: hinge and perceptron losses."""

    @pytest.fixture(params=HINGE)
    def model(self, request):
        return fabricated(request.param, "plain", "relu")

    def test_there_are_no_probabilities(self, model):
        predictor = Predictor(model)
        for method in ("predict_proba", "predict_log_proba"):
            with pytest.raises(AttributeError, match="no probabilities; use decision_function"):
                getattr(predictor, method)(data())

    @pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray, sparse.csr_array])
    def test_labels_follow_the_values(self, model, convert):
        predictor = Predictor(model, "float64")
        expected = labels_of(model, data())
        X = convert(data())
        np.testing.assert_array_equal(predictor.predict(X), expected)
        np.testing.assert_array_equal(predictor.predict(X, n_jobs=2), expected)
        out = np.empty_like(expected)
        assert predictor.predict(X, out=out) is out
        np.testing.assert_array_equal(out, expected)
        assert predictor.predict(X[:0]).shape == expected[:0].shape
        for bad in (out[:5], np.empty(out.shape, complex), out.tolist()):
            with pytest.raises(ValueError, match="out must be"):
                predictor.predict(X, out=bad)

    def test_a_value_of_zero_is_the_first_class(self, model):
        last = {name: array * 0 for name, array in model.nodes[-1].arrays.items()}
        zero = replace(model, nodes=(*model.nodes[:-1], model.nodes[-1].having(**last)))
        found = Predictor(zero).predict(data())
        expected = np.zeros_like(found) if model.kind == "multilabel" else model.classes[[0] * 200]
        np.testing.assert_array_equal(found, expected)

    def test_copies(self, model):
        predictor = Predictor(model)
        twin = pickle.loads(pickle.dumps(predictor))
        np.testing.assert_array_equal(twin.predict(data()), predictor.predict(data()))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_labels_of_many_rows_come_in_blocks(kind):
    predictor = Predictor(fitted("sklearn", kind))
    X = np.tile(data().astype(np.float32), (3000, 1))[:140_001]
    assert len(X) > 2 << 16
    expected = np.tile(predictor.predict(data()), 3000)[: len(X)]
    np.testing.assert_array_equal(predictor.predict(X), expected)
    out = np.empty(len(X), predictor.classes_.dtype)
    tracemalloc.start()
    try:
        assert predictor.predict(X, out=out, n_jobs=1) is out
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(out, expected)
    assert peak < 700_000  # the numbers of a block; those of all rows would take 1.1 MB
    X[-1, 0] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        predictor.predict(X)
    with pytest.raises(ValueError, match="out must be"):
        predictor.predict(X, out=out[1:])
