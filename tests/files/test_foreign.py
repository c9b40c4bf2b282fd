"""Files of others that users pass to `load`: the message says what they are."""

import io
import pickle

import joblib
import numpy as np
import pytest

import fastnn


@pytest.fixture(scope="module")
def model():
    return fastnn.MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(np.eye(3), [1, 2, 3])


@pytest.mark.parametrize("read", [fastnn.load, fastnn.Predictor])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(tmp_path, model, protocol, read):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model, protocol=protocol))
    with pytest.raises(fastnn.ModelFormatError, match=r"a pickle.*fastnn\.save"):
        read(path)


@pytest.mark.parametrize("compress", [0, ("zlib", 1), ("zlib", 9), "gzip", "bz2", "xz", "lzma"])
def test_joblib(tmp_path, model, compress):
    joblib.dump(model, tmp_path / "model.joblib", compress=compress)
    with pytest.raises(fastnn.ModelFormatError, match=r"not a fastnn file but .*joblib"):
        fastnn.load(tmp_path / "model.joblib")


def test_archives(tmp_path):
    file = io.BytesIO()
    np.savez(file, a=np.eye(2))
    (tmp_path / "model.npz").write_bytes(file.getvalue())
    with pytest.raises(fastnn.ModelFormatError, match="a zip file"):
        fastnn.load(tmp_path / "model.npz")
