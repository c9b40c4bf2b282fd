"""What a Predictor is given: sparse matrices at the cost of their values, tables of any library."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scoring_models import data, fabricated, fit, fitted, target

import fastnn
from fastnn import Predictor

WIDTH = 100_000


@pytest.fixture(scope="module")
def counts():
    """Word counts: few words of many in each row, and rows without any."""
    X = sparse.random(90, WIDTH, density=2e-4, format="csr", random_state=0, dtype=np.float64)
    X.data[:] = np.ceil(9 * X.data)
    X.data[X.indptr[3] : X.indptr[4]] = 0
    X.eliminate_zeros()
    return X


@pytest.fixture(scope="module")
def wide(counts):
    model = fastnn.MLPClassifier((8,), random_state=0)
    return model.partial_fit(counts, np.arange(90) % 3, classes=[0, 1, 2])


def of_values(X, dtype):
    """Values of a dtype that scipy takes but does not convert to."""
    return sparse.csr_array((X.data.astype(dtype), X.indices, X.indptr), X.shape)


def int64_indices(X):
    X = sparse.csr_array(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def unsorted(X):
    """Every row's pairs in the other order."""
    order = np.concatenate(
        [np.arange(e - 1, b - 1, -1) for b, e in zip(X.indptr, X.indptr[1:], strict=False)]
    ).astype(int)
    return sparse.csr_array((X.data[order], X.indices[order], X.indptr), shape=X.shape)


def repeated(X):
    """Every pair twice, with two parts of its value."""
    data = np.repeat(X.data, 2)
    data[::2], data[1::2] = 1, X.data - 1
    return sparse.csr_array((data, np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape)


FORMATS = {
    **{dtype: lambda X, dtype=dtype: X.astype(dtype) for dtype in ("f4", "i8", "i4", "u1", "g")},
    **{dtype: lambda X, dtype=dtype: of_values(X, dtype) for dtype in (">f8", ">f4", "O")},
    **{f: lambda X, f=f: X.astype(int).asformat(f) for f in ("csc", "coo", "lil", "dok")},
    "bsr": lambda X: X.tobsr((1, 1)),
    "csr_array": sparse.csr_array,
    "int64 indices": int64_indices,
    "int64 indices of ints": lambda X: int64_indices(X.astype(np.int32)),
    "unsorted": unsorted,
    "unsorted ints": lambda X: unsorted(X.astype(np.int16)),
    "repeated": repeated,
    "repeated coo": lambda X: repeated(X).tocoo(),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sparse_rows_of_any_kind_are_scored_alike_and_never_made_dense(name, dtype, counts, wide):
    X, predictor = FORMATS[name](counts), Predictor(wide, dtype)
    expected = predictor.predict_proba(counts)
    before = [np.copy(getattr(X, name, 0)) for name in ("data", "indices", "indptr")]
    tracemalloc.start()
    found = predictor.predict_proba(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found == expected).all()
    assert peak < WIDTH * 8 * 4  # a block of dense rows, or the weights, would take more
    for name, array in zip(("data", "indices", "indptr"), before, strict=True):
        assert np.array_equal(getattr(X, name, 0), array)


def test_boolean_counts_are_scored_alike(counts, wide):
    X, predictor = counts.astype(bool), Predictor(wide)
    assert (predictor.predict_proba(X) == predictor.predict_proba(X.astype(float))).all()
    assert (predictor.predict(X) == predictor.predict(X.toarray())).all()


def test_repeated_pairs_add_up_as_in_the_estimator(counts):
    """200 + 100 is 300, also where the values are bytes."""
    X = sparse.csr_array((np.array([200, 100], np.uint8), [1, 1], [0, 2]), shape=(1, 7))
    model = fitted("fastnn", "regressor")
    found = Predictor(model, "float64").predict(X)
    assert found == Predictor(model, "float64").predict([0, 300, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-12)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.coo_array])
@pytest.mark.parametrize("dtype", [float, int, bool])
def test_a_sparse_row_of_one_dimension_is_one_row(make, dtype, counts, wide):
    predictor = Predictor(wide)
    for row in (0, 3):
        X = counts[row].astype(dtype)
        one = make(sparse.csr_array(X)[0])
        assert one.ndim == 1
        assert (predictor.predict_proba(one) == predictor.predict_proba(X)).all()


def test_rows_without_values_and_no_rows():
    predictor = Predictor(fitted("fastnn", "multiclass"))
    for dtype in (float, int):
        empty = sparse.csr_array((4, 7), dtype=dtype)
        assert (predictor.predict_proba(empty) == predictor.predict_proba(np.zeros((4, 7)))).all()
        assert predictor.predict_proba(empty[:0]).shape == (0, 4)


@pytest.mark.parametrize("dtype", [float, int])
def test_a_csr_matrix_that_is_none_is_refused(dtype):
    predictor = Predictor(fitted("fastnn", "multiclass"))
    for change in ({"indices": [0, 99]}, {"indices": [0, -1]}, {"indptr": [0, 5, 2]}):
        X = sparse.csr_array(np.eye(2, 7, dtype=dtype))
        for name, values in change.items():
            setattr(X, name, np.array(values, np.int32))
        with pytest.raises(ValueError, match="not a valid CSR"):
            predictor.predict(X)


def test_other_sparse_input_is_refused():
    predictor = Predictor(fitted("fastnn", "multiclass"))
    eye = sparse.csr_array(np.eye(2, 7))
    bad = {
        "complex": (eye.astype(complex), "real numbers"),
        "width": (eye[:, :5].astype(int), "5 features"),
        "three dimensions": (sparse.coo_array(np.ones((2, 2, 7))), "shape"),
        "NaN": (sparse.csr_array(np.full((2, 7), np.nan)), "NaN"),
        "too large": (sparse.csr_array(np.full((2, 7), 1e300)), "too large"),
    }
    for X, message in bad.values():
        with pytest.raises(ValueError, match=message):
            predictor.predict(X)


def test_a_sparse_frame_is_not_made_dense(counts):
    some = counts[:20, :3000]
    frame = pd.DataFrame.sparse.from_spmatrix(some.astype(np.int64))
    model = fastnn.MLPRegressor(hidden_layer_sizes=(4,)).partial_fit(some, np.arange(20.0))
    predictor = Predictor(model)
    assert (predictor.predict(frame) == predictor.predict(some)).all()
    dense = pd.DataFrame(some.toarray())
    dense[0] = pd.arrays.SparseArray(dense[0])  # one column alone
    assert (predictor.predict(dense) == predictor.predict(some.toarray())).all()


class TestTables:
    NAMES = tuple("abcdefg")

    @pytest.fixture(params=["named", "unnamed"])
    def model(self, request):
        X = pd.DataFrame(data(), columns=self.NAMES) if request.param == "named" else data()
        return fit(fastnn.MLPClassifier((4,), max_iter=3, random_state=0), X, target("binary"))

    def tables(self, names=NAMES):
        yield pd.DataFrame(data(), columns=names)
        yield pd.DataFrame(data(), columns=names).astype("Float64")
        yield pd.DataFrame(data(), columns=names).convert_dtypes(dtype_backend="pyarrow")
        yield pl.DataFrame(data(), schema=list(names))
        arrow = pytest.importorskip("pyarrow")
        columns = dict(zip(names, data().T, strict=True))
        yield arrow.table(columns)
        yield arrow.RecordBatch.from_pydict(columns)

    def test_of_every_library(self, model):
        predictor = Predictor(model)
        expected = predictor.predict_proba(data())
        for table in self.tables():
            np.testing.assert_array_equal(predictor.predict_proba(table), expected)

    def test_columns_of_other_names_or_in_another_order(self):
        X = pd.DataFrame(data(), columns=self.NAMES)
        model = fit(fastnn.MLPClassifier((4,), max_iter=3, random_state=0), X, target("binary"))
        predictor = Predictor(model)
        for names, message in (
            (self.NAMES[::-1], "other order"),
            (tuple("xbcdefg"), r"missing: \['a'\]"),
        ):
            for table in self.tables(names):
                with pytest.raises(ValueError, match=message):
                    predictor.predict(table)

    def test_numbered_columns_are_no_names(self, model):
        predictor = Predictor(model)
        expected = predictor.predict(data())
        assert (predictor.predict(pd.DataFrame(data())) == expected).all()

    def test_some_names_alone_are_refused(self):
        X = pd.DataFrame(data(), columns=self.NAMES)
        model = fit(fastnn.MLPClassifier((4,), max_iter=3, random_state=0), X, target("binary"))
        with pytest.raises(ValueError, match="some names"):
            Predictor(model).predict(pd.DataFrame(data(), columns=["a", 1, 2, 3, 4, 5, 6]))

    def test_a_table_of_the_interchange_protocol(self):
        class Interchange:
            """A table of a library that nobody knows."""

            def __init__(self, names):
                self.names = names

            def __array__(self, dtype=None, copy=None):
                return data()

            def __dataframe__(self):
                return self

            def column_names(self):
                return self.names

        X = pd.DataFrame(data(), columns=self.NAMES)
        model = fit(fastnn.MLPClassifier((4,), max_iter=3, random_state=0), X, target("binary"))
        predictor = Predictor(model)
        found = predictor.predict(Interchange(list(self.NAMES)))
        assert (found == predictor.predict(data())).all()
        with pytest.raises(ValueError, match="other order"):
            predictor.predict(Interchange(list(self.NAMES)[::-1]))


HOLE = np.eye(4, 7) > 0
OBJECTS = data()[:4].astype(object)
DAYS = pd.to_datetime(["2026-01-01"] * 4)


@pytest.mark.parametrize(
    "X",
    [
        np.where(HOLE, np.nan, data()[:4]),
        pd.DataFrame(data()[:4]).astype("Float64").mask(HOLE),
        pd.DataFrame(np.round(data()[:4])).astype("Int64").mask(HOLE),
        pd.DataFrame(data()[:4] > 0).astype("boolean").mask(HOLE),
        np.where(HOLE, None, OBJECTS),
        np.where(HOLE, pd.NA, OBJECTS),
        np.where(HOLE, pd.NaT, OBJECTS),
        pl.DataFrame(np.where(HOLE, None, OBJECTS).tolist(), orient="row"),
        pd.DataFrame(data()[:4]).assign(day=DAYS).drop(columns=6),
        pd.DataFrame(data()[:4]).assign(span=DAYS - DAYS[0]).drop(columns=6),
        np.where(HOLE, np.timedelta64(5, "D"), OBJECTS),
        np.where(HOLE, np.datetime64("2026-01-01"), OBJECTS),
        np.where(HOLE, "five", OBJECTS),
        data()[:4].astype("datetime64[s]"),
        data()[:4].astype("timedelta64[s]"),
        np.where(HOLE, 1j, data()[:4]),
    ],
)
def test_missing_values_and_what_is_no_number_are_value_errors(X):
    """Services answer a ValueError as bad input, and everything else as a fault of their own."""
    predictor = Predictor(fabricated("regressor", "plain", "relu"))
    with pytest.raises(ValueError, match=r"missing|NaN|must hold real numbers"):
        predictor.predict(X)
