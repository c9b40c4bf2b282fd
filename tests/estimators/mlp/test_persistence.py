"""Copies, pickles, processes and threads."""

import copy
import multiprocessing
import os
import pickle
import sys
import threading
from importlib.util import find_spec

import joblib
import numpy as np
import pytest
from estimator_options import CUSTOM, LAYERS, OPTIONS, SMALL, assert_same, learned
from estimator_options import X as FEW
from estimator_options import Y as FEW_Y
from joblib import Parallel, delayed
from sklearn.base import clone

import fastnn
from fastnn import MLPClassifier, MLPRegressor, Predictor
from fastnn.exceptions import VersionMismatchWarning
from fastnn.layers import CustomActivation

X = np.random.RandomState(0).normal(size=(400, 64)).astype(np.float32)
Y = np.random.RandomState(1).randint(0, 4, len(X))
KEEPS_ALL = [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), copy.copy]


@pytest.fixture(params=["classifier", "regressor", "early stopping", "lbfgs"])
def model(request):
    estimator = {
        "classifier": MLPClassifier((256, 256), max_iter=2),
        "regressor": MLPRegressor(hidden_layer_sizes=(256, 256), max_iter=2),
        "early stopping": MLPClassifier((256, 256), max_iter=2, early_stopping=True),
        "lbfgs": MLPClassifier((256, 256), max_iter=2, solver="lbfgs"),
    }[request.param]
    return estimator.set_params(random_state=0).fit(X, Y)


def parameter_bytes(model):
    return sum(array.nbytes for array in model.coefs_ + model.intercepts_)


def test_pickle_is_the_size_of_the_weights(model):
    assert len(pickle.dumps(model)) < 1.1 * parameter_bytes(model)


def test_pickle_after_partial_fit_resumes_exactly():
    model = MLPClassifier((32,), random_state=0).partial_fit(X, Y, classes=range(4))
    restored = pickle.loads(pickle.dumps(model))
    for each in (model, restored):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[0], restored.coefs_[0])
    assert model.loss_curve_ == restored.loss_curve_


def test_partial_fit_goes_on_after_fit_and_after_a_pickle_of_it():
    model = MLPClassifier((32,), random_state=0, max_iter=3, batch_size=400).fit(X, Y)
    restored = pickle.loads(pickle.dumps(model))
    losses = [each.partial_fit(X, Y).loss_ for each in (model, restored)]
    assert losses[0] == losses[1]
    assert not np.array_equal(model.coefs_[0], restored.coefs_[0])


@pytest.mark.parametrize("keep", KEEPS_ALL)
def test_copies_predict_alike(model, keep):
    np.testing.assert_array_equal(keep(model).predict(X), model.predict(X))
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "coefs_")


def test_pickle_of_another_version(model):
    state = model.__getstate__()
    assert "_fastnn_version" not in vars(model)
    other = clone(model)
    with pytest.warns(VersionMismatchWarning, match="was pickled by fastnn 0.0.1"):
        other.__setstate__({**state, "_fastnn_version": "0.0.1"})
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    other.__setstate__(state)


def test_memory_mapped_model(model, tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    mapped = joblib.load(path, mmap_mode="r")
    assert isinstance(mapped.coefs_[0], np.memmap)
    np.testing.assert_array_equal(mapped.predict(X), model.predict(X))
    if hasattr(model, "partial_fit"):
        mapped.partial_fit(X, Y)
        np.testing.assert_array_equal(joblib.load(path).predict(X), model.predict(X))


def test_memory_mapped_data(tmp_path):
    path = tmp_path / "X.npy"
    np.save(path, X)
    mapped = np.load(path, mmap_mode="r")
    model = MLPClassifier((16,), max_iter=2, random_state=0)
    expected = model.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(mapped, Y).predict_proba(mapped), expected)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib_backends_fit_alike(backend):
    model = MLPClassifier((32,), max_iter=3, random_state=0, n_jobs=2)
    expected = clone(model).fit(X, Y).coefs_
    fits = Parallel(n_jobs=2, backend=backend)(delayed(clone(model).fit)(X, Y) for _ in range(2))
    for fit in fits:
        for one, other in zip(fit.coefs_, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def _score_and_fit(model, queue):
    refit = clone(model).fit(X, Y)
    queue.put((model.predict_proba(X), refit.coefs_[0]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_after_a_threaded_fit():
    model = MLPClassifier((64,), max_iter=3, random_state=0, n_jobs=2).fit(X, Y)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_score_and_fit, args=(model, queue))
    child.start()
    probabilities, coef = queue.get(timeout=60)
    child.join(timeout=60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(probabilities, model.predict_proba(X))
    np.testing.assert_array_equal(coef, model.coefs_[0])


class Frozen(MLPClassifier):
    """A fitted classifier that cannot be written to."""

    def __setattr__(self, name, value):
        raise AssertionError(f"{name} is written to")

    __delattr__ = __setattr__


def test_predicting_writes_nothing():
    model = MLPClassifier((32,), max_iter=2).fit(X, Y)
    for array in (*model.coefs_, *model.intercepts_):
        array.flags.writeable = False
    model.__class__ = Frozen
    before = dict(vars(model))
    for rows in (X, X[:1], X.tolist(), np.asfortranarray(X)):
        for method in (model.predict, model.predict_proba, model.predict_log_proba):
            method(rows)
    model.score(X, Y)
    assert vars(model) == before


def test_many_threads_predict_with_one_model():
    model = MLPClassifier((64,), max_iter=2, n_jobs=2).fit(X, Y)
    expected = {size: model.predict_proba(X[:size]) for size in (1, 7, 400)}
    barrier, wrong = threading.Barrier(8), []

    def predict():
        barrier.wait()
        for _ in range(30):
            for size, values in expected.items():
                if not np.array_equal(model.predict_proba(X[:size]), values):
                    wrong.append(size)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=predict) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_one_row_is_bitwise_the_row_of_many():
    model = MLPClassifier((64,), max_iter=2, n_jobs=2).fit(X, Y)
    whole = model.predict_proba(X)
    rows = np.vstack([model.predict_proba(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_threads_change_no_bit(solver):
    fits = [
        MLPClassifier((64, 32), solver=solver, max_iter=3, random_state=0, n_jobs=n).fit(X, Y)
        for n in (1, 2, 4)
    ]
    for fit in fits[1:]:
        for one, other in zip(fit.coefs_, fits[0].coefs_, strict=True):
            np.testing.assert_array_equal(one, other)


# With each option


def saved(model, tmp_path):
    fastnn.save(model, tmp_path / "model.fnn")
    return fastnn.load(tmp_path / "model.fnn", activations={"bent": CUSTOM})


def trained(name, dtype=np.float64, cls=MLPClassifier, **more):
    model = cls(**{**SMALL, **OPTIONS[name], **more})
    return model.fit(FEW.astype(dtype), FEW_Y)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_survives(name, dtype, tmp_path):
    model, data = trained(name, dtype), FEW.astype(dtype)
    p, known = model.predict_proba(data), learned(model)
    for keep in (*KEEPS_ALL, lambda model: saved(model, tmp_path)):
        copied = keep(model)
        np.testing.assert_array_equal(copied.predict_proba(data), p)
        np.testing.assert_array_equal(copied.transform(data), model.transform(data))
        found = learned(copied)
        if found["_solver_state"] is None:  # a pickle after fit leaves it out
            found["_solver_state"] = known["_solver_state"]
        assert_same(found, known)
        assert copied.get_params() == model.get_params()
        assert not hasattr(clone(copied), "coefs_")
        assert_same(learned(clone(copied).fit(data, FEW_Y)), known)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - {"ema", "swa", "everything"}))
def test_every_option_resumes_exactly(name, dtype, tmp_path):
    data = FEW.astype(dtype)
    model = trained(name, dtype).partial_fit(data, FEW_Y)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model)), saved(model, tmp_path)]
    for each in (model, *copies):
        each.partial_fit(data[:100], FEW_Y[:100]).partial_fit(data[50:], FEW_Y[50:])
        assert_same(learned(each), learned(model))


def test_a_copy_of_arrays_is_its_own():
    model = trained("blocks")
    p = model.predict_proba(FEW)
    copied = copy.deepcopy(model)
    for norm in copied.norms_:
        norm["mean"] += 1
    copied.projections_[1] *= 2
    assert not np.array_equal(copied.predict_proba(FEW), p)
    np.testing.assert_array_equal(model.predict_proba(FEW), p)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [*LAYERS, "custom"])
def test_a_predictor_of_every_layer(name, dtype):
    """Batch normalisations are folded into the weights, which changes the last bits."""
    model, tolerance = trained(name), 1e-12 if dtype == "float64" else 1e-5
    predictor = Predictor(model, dtype)
    np.testing.assert_allclose(
        predictor.predict_proba(FEW), model.predict_proba(FEW), rtol=tolerance, atol=tolerance / 10
    )
    values = trained(name, cls=MLPRegressor)
    np.testing.assert_allclose(
        Predictor(values, dtype).predict(FEW),
        values.predict(FEW),
        rtol=tolerance,
        atol=tolerance * np.ptp(values.predict(FEW)),
    )


@pytest.mark.parametrize("name", [*LAYERS, "custom"])
def test_onnx_of_every_layer(name):
    pytest.importorskip("onnxruntime")
    from exported_onnx import assert_agrees, run

    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-11)):
        model, data = trained(name, dtype), FEW.astype(dtype)
        assert_agrees(run(fastnn.to_onnx(model, dtype=dtype), data), model, data, atol=tolerance)
        values = trained(name, dtype, cls=MLPRegressor)
        assert_agrees(run(fastnn.to_onnx(values, dtype=dtype), data), values, data, atol=tolerance)


@pytest.mark.parametrize("name", [*LAYERS, "custom"])
def test_c_of_every_layer(name, tmp_path):
    from exported_c import COMPILER, assert_agrees

    if COMPILER is None:
        pytest.skip("needs a C compiler")
    assert_agrees(trained(name), tmp_path, FEW)


def test_functions_that_do_not_say_how_they_are_written_are_named(tmp_path):
    """A file has their names alone, and an export what the user says."""
    silent = CustomActivation(CUSTOM.f, CUSTOM.df, "silent")
    model = trained("custom", activation=["relu", silent])
    with pytest.raises(TypeError, match=r"'silent' .* in C: .* c="):
        fastnn.to_c(model, "net")
    if find_spec("onnx"):
        with pytest.raises(TypeError, match=r"'silent' .* in ONNX: .* onnx="):
            fastnn.to_onnx(model)
    path = tmp_path / "model.fnn"
    fastnn.save(model, path)
    for given in (None, {}, {"bent": CUSTOM}):
        with pytest.raises(fastnn.ModelFormatError, match="needs the activation 'silent'"):
            fastnn.load(path, activations=given)
    with pytest.raises(fastnn.ModelFormatError, match="needs the activation 'silent'"):
        Predictor(path)
    again = fastnn.load(path, activations={"silent": silent, "bent": CUSTOM})
    np.testing.assert_array_equal(again.predict_proba(FEW), model.predict_proba(FEW))
    np.testing.assert_array_equal(
        Predictor(again, "float64").predict_proba(FEW), model.predict_proba(FEW)
    )


def test_two_functions_of_one_name_are_refused(tmp_path):
    twin = CustomActivation(np.sin, np.cos, "bent")
    model = trained("custom", activation=[CUSTOM, twin])
    with pytest.raises(ValueError, match="two custom activations are called 'bent'"):
        fastnn.save(model, tmp_path / "model.fnn")
    assert not any(tmp_path.iterdir())


def test_what_a_function_raises_is_raised():
    """By every way that calls it, and by the next call no more."""
    fails = []

    def f(z):
        if fails:
            raise ZeroDivisionError("of the user's own")
        return np.tanh(z)

    def df(z):
        return 1 - np.tanh(z) ** 2

    model = trained("custom", activation=CustomActivation(f, df))
    predictor = Predictor(model)
    expected = predictor.predict(FEW)
    fails.append(True)
    for call in (model.predict, model.transform, predictor.predict):
        with pytest.raises(ZeroDivisionError, match="of the user's own"):
            call(FEW)
    fails.clear()
    np.testing.assert_array_equal(predictor.predict(FEW), expected)
