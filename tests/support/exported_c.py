"""Compile exported C and compare what it gives with the model."""

import ctypes
import shutil
import subprocess

import numpy as np

from fastnn import Predictor, to_c

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion"]
FLAGS = ["-std=c99", "-O1", *WARNINGS, "-fPIC", "-shared"]
FLOATS = ctypes.POINTER(ctypes.c_float)


def build(source, folder):
    """Compile a source to a loaded library."""
    path = folder / "model.c"
    path.write_text(source)
    library = folder / "model.so"
    command = [COMPILER, *FLAGS, str(path), "-o", str(library), "-lm"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return ctypes.CDLL(str(library))


def score(library, name, model, X, n_values):
    """(what is returned or written as label, values) of each row."""
    function = getattr(library, f"{name}_predict")
    X = np.ascontiguousarray(X, dtype=np.float32)
    values = np.empty((len(X), n_values), dtype=np.float32)
    labels = np.empty((len(X), n_values), dtype=np.intc)
    codes = []
    for row, value, label in zip(X, values, labels, strict=True):
        arguments = [array.ctypes.data_as(FLOATS) for array in (row, value)]
        if model.kind == "multilabel":
            arguments.append(label.ctypes.data_as(ctypes.POINTER(ctypes.c_int)))
        codes.append(function(*arguments))
    return labels if model.kind == "multilabel" else np.array(codes), values


def assert_agrees(model, folder, X):
    predictor = Predictor(model)
    library = build(to_c(model, "net"), folder)
    if not hasattr(predictor, "classes_"):
        expected = predictor.predict(X).reshape(len(X), -1)
        _, values = score(library, "net", predictor._model, X, expected.shape[1])
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)
        return
    expected = predictor.predict_proba(X)
    codes, values = score(library, "net", predictor._model, X, expected.shape[1])
    np.testing.assert_allclose(values, expected, rtol=0, atol=2e-6)
    if codes.ndim == 1:
        codes = np.resize(predictor.classes_, max(2, len(predictor.classes_)))[codes]
    np.testing.assert_array_equal(codes, predictor.predict(X))
