"""Rows in partitions and files get the bits that they get at home."""

import numpy as np
import pytest

from fastnn import MLPClassifier, MLPRegressor, Predictor
from fastnn.data import score, stream

da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

X = np.random.RandomState(0).normal(size=(700, 4)).astype(np.float32)
FRAME = pd.DataFrame(X, columns=list("abcd"), index=np.arange(700)[::-1])
LABELS = np.where(X[:, 0] > X[:, 1], "up", "down")
MODEL = MLPClassifier((8,), solver="lbfgs", max_iter=50, random_state=0).fit(FRAME, LABELS)
PREDICTOR = Predictor(MODEL)
METHODS = ("predict", "predict_proba", "decision_function")
NAMELESS = Predictor(MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, LABELS))


@pytest.mark.parametrize("method", METHODS)
def test_arrays_of_dask(method):
    rows = da.from_array(X, chunks=(130, 3))
    found, expected = score(NAMELESS, rows, method=method), getattr(NAMELESS, method)(X)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    computed = found.compute(scheduler="synchronous")
    assert computed.dtype == expected.dtype
    assert (computed == expected).all()


@pytest.mark.parametrize("method", METHODS)
def test_frames_of_dask(method):
    rows = dd.from_pandas(FRAME, npartitions=3, sort=False)
    found = score(MODEL, rows, method=method).compute(scheduler="synchronous")
    expected = getattr(PREDICTOR, method)(FRAME)
    assert (found.to_numpy() == expected).all()
    assert (found.index == FRAME.index).all()
    if method == "predict_proba":
        assert list(found.columns) == ["down", "up"]


def test_files_and_batches(tmp_path):
    table = pa.Table.from_pandas(FRAME.assign(more="text"), preserve_index=False)
    for number in range(2):
        part = table.slice(400 * number, 400)
        parquet.write_table(part, tmp_path / f"{number}.parquet", row_group_size=150)
    found = list(score(PREDICTOR, tmp_path, method="predict_proba"))
    assert [len(part) for part in found] == [150, 150, 100, 150, 150]
    assert (np.concatenate(found) == PREDICTOR.predict_proba(FRAME)).all()
    batches = (FRAME[i : i + 64] for i in range(0, 700, 64))
    assert (np.concatenate(list(score(MODEL, batches))) == PREDICTOR.predict(FRAME)).all()
    blocks = (block for block, _ in stream(X, LABELS, block_rows=200).blocks())
    assert sum(len(part) for part in score(NAMELESS, blocks)) == 700


def test_bad_input():
    with pytest.raises(ValueError, match=r"method must be one of predict, .* got 'predict_prob'"):
        score(MODEL, [X], method="predict_prob")
    with pytest.raises(
        TypeError, match=r"rows must be a collection of Dask, Ray.*Predictor\(model\)"
    ):
        score(MODEL, X)
    with pytest.raises(TypeError, match="rows must be a collection of Dask"):
        score(MODEL, 3)
    with pytest.raises(ValueError, match="needs a classifier"):
        score(MLPRegressor(max_iter=2).fit(X, X[:, 0]), [X], method="predict_proba")
    with pytest.raises(ValueError, match="rows must be of shape"):
        score(NAMELESS, da.zeros(4))
