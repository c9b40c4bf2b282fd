"""What goes in: bad input, labels of every kind, weights, layouts, frames, sparse matrices."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network
from peer import as_in_1_9
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import DataConversionWarning
from sklearn.preprocessing import LabelEncoder

import fastnn
from fastnn import MLPClassifier, MLPRegressor

X = np.random.RandomState(0).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)
Y3 = np.digitize(X[:, 0], [-0.5, 0.5])
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0}


def with_value(array, value):
    array = np.array(array, dtype=float)
    array.reshape(-1)[3] = value
    return array


BAD = {
    "NaN in X": (with_value(X, np.nan), Y),
    "infinity in X": (with_value(X, np.inf), Y),
    "too large for float64": (with_value(X, -np.inf), Y),
    "NaN in y": (X, with_value(Y, np.nan)),
    "infinity in y": (X, with_value(Y, np.inf)),
    "1-D X": (X[:, 0], Y),
    "3-D X": (X.reshape(60, 2, 2), Y),
    "no rows": (X[:0], Y[:0]),
    "no columns": (X[:, :0], Y),
    "lengths differ": (X, Y[:-1]),
    "3-D y": (X, np.zeros((60, 2, 2))),
    "no y": (X, None),
    "text in X": (np.full((60, 4), "a"), Y),
    "complex X": (X + 1j, Y),
    "scalar X": (3.0, Y),
}


def without_place(module, info):
    """The message of an error but for the line that says where, which is ours alone."""
    text = str(info.value)
    if module is fastnn and re.search("contains (NaN|infinity)", text):
        text, place = text.rsplit("\n", 1)
        assert re.fullmatch(r"\w+: the first is in row \d+.*; 1 of 60 rows have one\.", place)
    return text


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_training_data_raises_their_errors(case, name, method):
    found = []
    for module in (fastnn, sklearn.neural_network):
        estimator = getattr(module, name)(**SMALL)
        more = {"classes": [0, 1]} if (method, name) == ("partial_fit", "MLPClassifier") else {}
        with pytest.raises((ValueError, TypeError)) as info:
            getattr(estimator, method)(*BAD[case], **more)
        found.append((type(info.value), without_place(module, info)))
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_nothing_is_left_after_a_failure(name):
    estimator = getattr(fastnn, name)(**SMALL)
    before = dict(vars(estimator))
    for X_bad, y_bad in BAD.values():
        with pytest.raises((ValueError, TypeError)):
            estimator.fit(X_bad, y_bad)
        assert vars(estimator) == before


@pytest.mark.parametrize(
    "rows",
    [
        with_value(X, np.nan),
        with_value(X, np.inf),
        with_value(X, -np.inf).astype(np.float32),
        X[:, :3],
        X[0],
        X[:0],
        np.full((3, 4), "a"),
        X.reshape(60, 2, 2),
    ],
    ids=["NaN", "inf", "float32 -inf", "width", "1-D", "no rows", "text", "3-D"],
)
def test_bad_rows_to_predict_raise_their_errors(rows):
    found = []
    for module in (fastnn, sklearn.neural_network):
        estimator = module.MLPClassifier(**SMALL).fit(X, Y)
        with pytest.raises((ValueError, TypeError)) as info:
            estimator.predict(rows)
        found.append((type(info.value), without_place(module, info)))
    assert found[0] == found[1]


def test_finite_values_whose_square_overflows_are_fine():
    model = MLPClassifier(**SMALL).fit(X, Y)
    rows = with_value(X, 1e200)
    assert np.isfinite(model.predict_proba(rows)).all()


@as_in_1_9
@pytest.mark.parametrize(
    "weight",
    [np.ones(59), np.ones((60, 2)), with_value(np.ones(60), np.nan), np.zeros(60), ["a"] * 60],
    ids=["length", "2-D", "NaN", "zeros", "text"],
)
def test_bad_weights_raise_their_errors(weight):
    found = []
    for module in (fastnn, sklearn.neural_network):
        with pytest.raises(ValueError) as info:  # noqa: PT011 (the texts are compared below)
            module.MLPClassifier(**SMALL).fit(X, Y, sample_weight=weight)
        found.append(without_place(module, info))
    assert found[0] == found[1]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_an_integer_weight_is_a_repeated_row(solver, estimator, rng):
    weight = rng.randint(0, 4, len(X))
    model = estimator(solver=solver, **SMALL)
    weighted = model.fit(X, Y3, weight).predict(X)
    repeated = model.fit(X.repeat(weight, axis=0), Y3.repeat(weight)).predict(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-7)


LABELS = {
    "strings": np.array(["no", "yes"])[Y],
    "objects": np.array(["no", "yes"], dtype=object)[Y],
    "bools": Y.astype(bool),
    "negative": np.array([5, -3])[Y],
    "floats": Y.astype(float),
    "uint8": Y.astype(np.uint8),
    "list": Y.tolist(),
    "three strings": np.array(["c", "a", "b"])[Y3],
    "three objects": np.array(["c", "a", "b"], dtype=object)[Y3],
    "three unsorted": np.array([7, -1, 3])[Y3],
    "three floats": Y3 * 1.0,
    "one": np.zeros(60, dtype=int),
    "one string": np.full(60, "x"),
}


@as_in_1_9
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_labels(kind, parameters):
    y = LABELS[kind]
    ours, theirs = (
        module.MLPClassifier(**SMALL, **parameters).fit(X, y)
        for module in (fastnn, sklearn.neural_network)
    )
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    predicted = ours.predict(X)
    assert predicted.dtype == theirs.predict(X).dtype
    assert predicted.shape == (60,)
    assert set(predicted) <= set(ours.classes_)
    p = ours.predict_proba(X)
    assert p.shape == (60, len(ours.classes_))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(ours.classes_[p.argmax(axis=1)], predicted)
    np.testing.assert_array_equal(ours.predict_log_proba(X), np.log(p))
    stratified_alike = len(ours.classes_) < 3 or "early_stopping" not in parameters
    if stratified_alike:
        np.testing.assert_array_equal(predicted, theirs.predict(X))


def test_one_label_in_partial_fit_of_several():
    model = MLPClassifier(**SMALL)
    model.partial_fit(X[:10], np.full(10, "b"), classes=["a", "b", "c"])
    model.partial_fit(X[:10], np.full(10, "a"))
    assert list(model.classes_) == ["a", "b", "c"]
    assert model.predict_proba(X).shape == (60, 3)


def test_rules_of_partial_fit():
    for module in (fastnn, sklearn.neural_network):
        model = module.MLPClassifier(**SMALL)
        with pytest.raises(ValueError, match="classes must be passed on the first call"):
            model.partial_fit(X, Y)
        model.partial_fit(X, Y, classes=[0, 1])
        with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
            model.partial_fit(X, Y, classes=[0, 2])
        with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`. `self.cla"):
            model.partial_fit(X, Y + 1)
        with pytest.raises(ValueError, match="X has 3 features"):
            model.partial_fit(X[:, :3], Y)


def test_warm_start_needs_the_same_classes():
    found = []
    for module in (fastnn, sklearn.neural_network):
        model = module.MLPClassifier(warm_start=True, **SMALL).fit(X, Y)
        with pytest.raises(ValueError, match="warm_start can only be used where `y`") as info:
            model.fit(X, Y3)
        found.append(without_place(module, info))
    assert found[0] == found[1]


@as_in_1_9
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_multilabel(sparse, parameters):
    Xm, Ym = make_multilabel_classification(120, 4, n_classes=3, random_state=0)
    Ym = sp.csr_matrix(Ym) if sparse else Ym
    ours, theirs = (
        module.MLPClassifier(**SMALL, **parameters).fit(Xm / 20, Ym)
        for module in (fastnn, sklearn.neural_network)
    )
    mine, other = ours.predict(Xm / 20), theirs.predict(Xm / 20)
    assert sp.issparse(mine) == sp.issparse(other) == sparse
    assert mine.dtype == other.dtype
    dense = [y.toarray() if sparse else y for y in (mine, other)]
    np.testing.assert_array_equal(*dense)
    assert ours.predict_proba(Xm).shape == (120, 3)


def test_multilabel_partial_fit():
    Xm, Ym = make_multilabel_classification(120, 4, n_classes=3, random_state=0)
    ours, theirs = (m.MLPClassifier(**SMALL) for m in (fastnn, sklearn.neural_network))
    for model in (ours, theirs):
        model.partial_fit(Xm, Ym, classes=np.arange(3)).partial_fit(Xm, Ym)
    np.testing.assert_allclose(ours.predict_proba(Xm), theirs.predict_proba(Xm), rtol=1e-6)
    for wrong in (Ym[:, :2], Ym[:, 0]):
        with pytest.raises(ValueError, match="label"):
            ours.partial_fit(Xm, wrong)


def test_a_column_of_targets_is_a_vector():
    for estimator in (MLPClassifier, MLPRegressor):
        with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
            model = estimator(**SMALL).fit(X, Y[:, None])
        assert model.predict(X).shape == (60,)


def test_several_targets():
    model = MLPRegressor(**SMALL).fit(X, X[:, :3])
    assert model.predict(X).shape == (60, 3)
    assert model.n_outputs_ == 3
    with pytest.raises(ValueError, match="n_features, hidden_layer_sizes and the"):
        model.partial_fit(X, X[:, :2])


LAYOUTS = {
    "F order": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "reversed": lambda a: a[::-1].copy()[::-1],
    "read-only": lambda a: _read_only(a.copy()),
    "unaligned": lambda a: _unaligned(a),
    "list": lambda a: a.tolist(),
    "big-endian": lambda a: a.astype(">f8"),
    "subclass": lambda a: a.view(np.recarray).view(type("Mine", (np.ndarray,), {})),
}


def _read_only(array):
    array.flags.writeable = False
    return array


def _unaligned(array):
    buffer = np.empty(array.nbytes + 1, dtype=np.uint8)
    shifted = buffer[1:].view(array.dtype).reshape(array.shape)
    shifted[...] = array
    return shifted


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    rows = LAYOUTS[layout](X)
    expected = MLPRegressor(**SMALL).fit(X, Y).predict(X)
    model = MLPRegressor(**SMALL).fit(rows, Y)
    np.testing.assert_array_equal(model.predict(X), expected)
    np.testing.assert_array_equal(model.predict(rows), expected)


def test_input_is_never_changed():
    rows, target, weight = X.copy(), Y.copy(), np.linspace(0, 1, 60)
    MLPClassifier(**SMALL).fit(rows, target, weight).predict_proba(rows)
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_array_equal(target, Y)
    np.testing.assert_array_equal(weight, np.linspace(0, 1, 60))
    unsorted = sp.csr_matrix((np.ones(3), np.array([2, 0, 1]), np.array([0, 2, 3])), shape=(2, 4))
    MLPRegressor(**SMALL).fit(unsorted, [0, 1]).predict(unsorted)
    np.testing.assert_array_equal(unsorted.indices, [2, 0, 1])


@pytest.mark.parametrize(
    "kind", ["csr_matrix", "csr_array", "csc_matrix", "csc_array", "coo_array"]
)
@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_sparse(kind, parameters):
    dense = np.where(np.abs(X) > 0.7, X, 0)
    rows = getattr(sp, kind)(dense)
    expected = MLPClassifier(**SMALL, **parameters).fit(dense, Y3)
    model = MLPClassifier(**SMALL, **parameters).fit(rows, Y3)
    np.testing.assert_allclose(model.loss_, expected.loss_, rtol=1e-9)
    for each in (rows, dense):
        np.testing.assert_allclose(
            model.predict_proba(each), expected.predict_proba(dense), rtol=1e-7
        )


def test_sparse_partial_fit_in_float32():
    rows = sp.csr_matrix(np.where(np.abs(X) > 0.7, X, 0), dtype=np.float32)
    model = MLPRegressor(**SMALL).partial_fit(rows, Y).partial_fit(rows, Y)
    assert model.coefs_[0].dtype == model.predict(rows).dtype == np.float32


def test_pandas_names():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = MLPClassifier(**SMALL).fit(frame, pd.Series(Y3, dtype="category"))
    assert list(model.feature_names_in_) == list("abcd")
    expected = MLPClassifier(**SMALL).fit(X, Y3).predict(X)
    np.testing.assert_array_equal(model.predict(frame), expected)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("bacd")])


def test_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(X, schema=list("abcd"))
    model = MLPRegressor(**SMALL).fit(frame, pl.Series(Y))
    assert list(model.feature_names_in_) == list("abcd")
    expected = MLPRegressor(**SMALL).fit(X, Y).predict(X)
    np.testing.assert_array_equal(model.predict(frame), expected)


def test_object_labels_are_those_of_the_encoder():
    y = np.array(["b", "a"], dtype=object)[Y]
    model = MLPClassifier(**SMALL).fit(X, y)
    np.testing.assert_array_equal(model.classes_, LabelEncoder().fit(y).classes_)
