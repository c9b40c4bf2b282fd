"""Saving into a folder that does not exist names the folder."""

import numpy as np
import pytest

import fastnn
from fastnn.export import to_onnx


@pytest.mark.parametrize("write", [fastnn.save, to_onnx])
def test_a_missing_folder_is_named(tmp_path, write):
    model = fastnn.MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(np.eye(3), [1, 2, 3])
    with pytest.raises(FileNotFoundError, match="no such folder: make it") as caught:
        write(model, tmp_path / "missing" / "model.file")
    assert caught.value.filename == str(tmp_path / "missing")
    assert ".tmp" not in str(caught.value)
    assert not (tmp_path / "missing").exists()
