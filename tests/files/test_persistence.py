"""save and load: the same model, to the bit, in a file that is never half of one."""

import copy
import errno
import inspect
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from bad_files import split
from scoring_models import (
    ACTIVATIONS,
    BLOCKS,
    CLASSIFIERS,
    FABRICATED,
    HINGE,
    KINDS,
    data,
    fabricated,
    fit,
    fitted,
    network,
    predictor_of,
    raw_of,
    target,
    with_blocks,
)

import fastnn
from fastnn import Predictor, schedules
from fastnn.files import atomic
from fastnn.files.model_file import read_model_file, write_model_file
from fastnn.files.sources import describe
from fastnn.files.values import decode, encode
from fastnn.model.folding import as_model
from fastnn.model.melting import fold_batch_norms


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.fnn"


def assert_same_value(a, b):
    """Equal in type and to the bit, arrays and nested values included."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same_value(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same_value(x, y)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, np.random.RandomState):
        assert_same_value(a.get_state(legacy=False), b.get_state(legacy=False))
    elif hasattr(a, "__dict__") and not callable(a):
        assert_same_value(vars(a), vars(b))
    else:
        assert a == b or (a != a and b != b)


def plain(estimator):
    """Its attributes, with scalars of NumPy as Python's."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in vars(estimator).items()
    }


@pytest.mark.parametrize("library", ["fastnn", "sklearn"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_predictor_comes_back(library, kind, dtype, path):
    predictor = Predictor(fitted(library, kind), dtype)
    fastnn.save(predictor, path)
    for again in (fastnn.load(path), Predictor(path, dtype), Predictor(str(path), dtype)):
        assert type(again) is Predictor
        assert repr(again) == repr(predictor)
        assert_same_value(again.predict(data()), predictor.predict(data()))
        assert_same_value(again.decision_function(data()), predictor.decision_function(data()))
        if kind in CLASSIFIERS:
            assert_same_value(again.classes_, predictor.classes_)


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "adam"},
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 1},
        {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.0},
        {"solver": "lbfgs", "activation": "tanh", "hidden_layer_sizes": [5, 4]},
        {"early_stopping": True, "n_iter_no_change": np.inf, "validation_fraction": 0.2},
        {"hidden_layer_sizes": np.array([4]), "alpha": np.float32(0.1), "batch_size": np.int64(50)},
        {"hidden_layer_sizes": (), "random_state": np.random.RandomState(3)},
    ],
    ids=["adam", "adaptive", "invscaling", "lbfgs", "early_stopping", "numpy", "random_state"],
)
@pytest.mark.parametrize("kind_", ["multiclass", "multioutput"])
def test_an_estimator_comes_back(kind_, params, path):
    estimator = fit(network("fastnn", kind_, **params), data(), target(kind_))
    fastnn.save(estimator, path)
    again = fastnn.load(path)
    assert type(again) is type(estimator)
    assert_same_value(plain(again), plain(estimator))
    assert_same_value(again.predict(data()), estimator.predict(data()))


def test_every_kind_of_estimator_comes_back(kind, path):
    for dtype in (np.float32, np.float64):
        estimator = fit(network("fastnn", kind), data().astype(dtype), target(kind))
        fastnn.save(estimator, path)
        again = fastnn.load(path)
        assert again.coefs_[0].dtype == dtype
        assert_same_value(again.predict(data()), estimator.predict(data()))
        assert_same_value(again.__dict__.keys() ^ estimator.__dict__.keys(), set())
        assert_same_value(
            Predictor(path, "float64").predict(data()),
            Predictor(estimator, "float64").predict(data()),
        )


@pytest.mark.parametrize("kind", ["binary", "multilabel", "regressor"], indirect=True)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("seed", [0, "stream"])
def test_training_resumes_to_the_bit(kind, solver, seed, path):
    def stream():
        random_state = np.random.RandomState(5) if seed == "stream" else seed
        params = {"solver": solver, "random_state": random_state, "learning_rate": "adaptive"}
        return fit(network("fastnn", kind, max_iter=3, batch_size=30, **params), data(), y)

    y = target(kind)
    straight, saved = stream(), stream()
    for _ in range(2):
        straight.partial_fit(data(), y)
        saved.partial_fit(data(), y)
    fastnn.save(saved, path)
    again = fastnn.load(path)
    for _ in range(3):
        straight.partial_fit(data(), y)
        again.partial_fit(data(), y)
    assert_same_value(plain(again), plain(straight))


def test_training_resumes_in_another_process(path):
    y = target("multiclass")
    estimator = fit(network("fastnn", "multiclass", max_iter=3), data(), y)
    estimator.partial_fit(data(), y)
    fastnn.save(estimator, path)
    script = (
        "import sys, fastnn; from scoring_models import data, target;"
        "m = fastnn.load(sys.argv[1]); m.partial_fit(data(), target('multiclass'));"
        "fastnn.save(m, sys.argv[1])"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, env=env, timeout=60)
    estimator.partial_fit(data(), y)
    assert_same_value(plain(fastnn.load(path)), plain(estimator))


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["b", "a", 'ü\0\n"\\', "👍"]),
        np.array(["b", "a", "c c"], dtype=object),
        np.array([-(2**63), 2**63 - 1, 0]),
        np.array([0, 2**64 - 1, 5], dtype=np.uint64),
        np.array([1, -3, 7], dtype=np.int8),
        np.array([True, False]),
        np.array([1.0, -2.0, 3.0]),
        np.array([1.0, 4.0], dtype=np.float32),
    ],
    ids=["text", "object", "int64", "uint64", "int8", "bool", "float64", "float32"],
)
def test_labels_of_every_type_come_back(classes, path):
    y = classes[np.arange(len(data())) % len(classes)]
    source = fit(network("sklearn", "binary", max_iter=2), data(), y)
    predictor = Predictor(source)
    fastnn.save(predictor, path)
    assert_same_value(fastnn.load(path).classes_, source.classes_)
    assert_same_value(fastnn.load(path).predict(data()), predictor.predict(data()))
    estimator = fit(network("fastnn", "binary", max_iter=2), data(), y)
    fastnn.save(estimator, path)
    assert_same_value(fastnn.load(path).predict(data()), estimator.predict(data()))


def test_feature_names_come_back(path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data(), columns=["a", "b b", "ü", "", "\\", '"', "👍"])
    estimator = fit(network("fastnn", "binary"), frame, target("binary"))
    for model in (estimator, Predictor(estimator)):
        fastnn.save(model, path)
        assert_same_value(fastnn.load(path).feature_names_in_, estimator.feature_names_in_)


def test_the_safetensors_package_reads_it(path):
    safetensors = pytest.importorskip("safetensors")
    estimator = fit(network("fastnn", "multiclass", max_iter=2), data(), target("multiclass"))
    fastnn.save(estimator, path)
    with safetensors.safe_open(path, "numpy") as file:
        metadata = file.metadata()
        assert metadata["format"] == "fastnn"
        assert metadata["format_version"] in ("1", "2")
        description = json.loads(metadata["description"])
        assert description["class"] == "MLPClassifier"
        assert [layer["n_out"] for layer in description["network"]["layers"]] == [17, 9, 4]
        for layer in range(3):
            np.testing.assert_array_equal(
                file.get_tensor(f"layers.{layer}.weight"), estimator.coefs_[layer]
            )
            np.testing.assert_array_equal(
                file.get_tensor(f"layers.{layer}.bias"), estimator.intercepts_[layer]
            )


def test_data_begin_on_a_cache_line(path):
    fastnn.save(Predictor(fitted("sklearn", "binary")), path)
    content = path.read_bytes()
    assert (8 + int.from_bytes(content[:8], "little")) % 64 == 0


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (network("sklearn", "binary"), TypeError, r"save Predictor\(model\)"),
        (network("fastnn", "binary"), ValueError, "not fitted"),
        ({"a": 1}, TypeError, "cannot save a dict"),
    ],
    ids=["sklearn", "unfitted", "dict"],
)
def test_what_cannot_be_saved_is_refused(model, error, message, path):
    with pytest.raises(error, match=message):
        fastnn.save(model, path)
    assert not path.exists()


def test_parameters_and_attributes_without_a_place_are_named(path):
    def estimator(**params):
        return fit(network("fastnn", "binary", max_iter=2, **params), data(), target("binary"))

    odd = estimator()
    odd.scoring = print
    with pytest.raises(TypeError, match=r"params\.scoring: a builtin_function"):
        fastnn.save(odd, path)
    odd.set_params(scoring=None, random_state=np.random.RandomState(np.random.PCG64(0)))
    with pytest.raises(TypeError, match=r"params\.random_state: a RandomState over PCG64"):
        fastnn.save(odd, path)
    odd.set_params(random_state=None)
    odd.colour = "red"
    with pytest.raises(TypeError, match="attribute 'colour'"):
        fastnn.save(odd, path)
    assert not path.exists()


@pytest.mark.parametrize(
    "classes",
    [np.array([1, "a"], dtype=object), np.array([1 + 2j]), np.array(["x" * 300_000, "y"])],
    ids=["mixed", "complex", "long"],
)
def test_labels_without_a_place_are_refused(classes, path):
    model = Predictor(fitted("sklearn", "binary"))._model
    model = model.with_head(classes=np.resize(classes, 2))
    with pytest.raises((TypeError, ValueError), match="cannot save class labels"):
        fastnn.save(Predictor(model), path)


@pytest.mark.parametrize(
    "params",
    [
        {"schedule": "cosine", "warmup": 3},
        {"schedule": schedules.StepDecay(every=2), "warmup": 0.1},
        {"class_weight": {-5: 2.0, 2**40 - 5: 0.5}},
        {"class_weight": "balanced", "n_init": 2},
        {"averaging": "swa", "averaging_start": 0.5},
        {"solver": "nadam", "weight_decay": 0.01},
        {"hidden_layer_sizes": "5-4", "activation": ["tanh", "relu"]},
        {"hidden_layer_sizes": "5-4", "init": "he_normal", "init_scale": 0.5},
    ],
    ids=["cosine", "step", "dict", "balanced", "swa", "nadam", "layers", "init"],
)
def test_toolbox_parameters_come_back(params, path):
    """To the bit; training goes on as if it had never been saved."""
    y = target("multiclass")
    estimator = fit(network("fastnn", "multiclass", max_iter=4, **params), data(), y)
    fastnn.save(estimator, path)
    again = fastnn.load(path)
    assert_same_value(plain(again), plain(estimator))
    assert version_of(path) == "2"
    if params.get("class_weight") == "balanced" or "averaging" in params:
        return  # of a whole fit
    for model in (again, estimator):
        model.partial_fit(data(), y)
    assert_same_value(plain(again), plain(estimator))


def test_parameters_that_are_functions_are_named(path):
    estimator = fit(network("fastnn", "regressor", n_init=1), data(), target("regressor"))
    for name in ("init", "schedule"):
        setattr(estimator, name, print)
        with pytest.raises(TypeError, match=rf"params\.{name}: a builtin_function"):
            fastnn.save(estimator, path)
        setattr(estimator, name, None)


class TestSchedules:
    """Objects of fastnn.schedules are parameters that a file can hold."""

    @pytest.fixture(
        params=[
            schedules.StepDecay(every=3, factor=0.25),
            schedules.Cosine(),
            schedules.Warmup(schedules.StepDecay(every=0.1), steps=7),
            schedules.ReduceOnPlateau(patience=None),
        ],
        ids=lambda schedule: type(schedule).__name__,
    )
    def schedule(self, request):
        return request.param

    def test_come_back(self, schedule):
        tensors = {}
        again = decode(encode(schedule, "params.schedule", tensors), tensors)
        assert again == schedule
        assert type(again) is type(schedule)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"class": "Multiplier"}, "unknown class"),
            ({"class": "Schedule"}, "unknown class"),
            ({"class": ["Cosine"]}, "unknown class"),
            ({"fields": {"function": 1}}, "not sound"),
            ({"fields": {"factor": "x"}}, "not sound"),
            ({"fields": {"steps": [1]}}, "not sound"),
            ({"fields": []}, "missing or unknown"),
            ({"more": 1}, "missing or unknown"),
        ],
    )
    def test_unsound_ones_are_refused(self, schedule, change, message):
        content = {**encode(schedule, "x", {})["schedule"], **change}
        with pytest.raises(fastnn.ModelFormatError, match=message):
            decode({"schedule": content}, {})


def test_a_header_that_a_reader_would_refuse_is_not_written(path):
    names = np.array([f"feature {i:040d}" for i in range(12_000)], dtype=object)
    X = np.random.default_rng(0).normal(size=(20, len(names)))
    estimator = fit(network("fastnn", "regressor", max_iter=1), X, X[:, 0])
    estimator.feature_names_in_ = names
    with pytest.raises(ValueError, match="feature names"):
        fastnn.save(estimator, path)
    assert not path.exists()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_estimator_with_blocks_comes_back(dtype, path):
    estimator = with_blocks(dtype)
    fastnn.save(estimator, path)
    again = fastnn.load(path)
    assert_same_value(plain(again), plain(estimator))
    again.norms_[0]["gain"][:] = 0  # the arrays are its user's to change
    again.projections_[1][:] = 0
    model, found = as_model(estimator), describe(path)
    assert_same_value(raw_of(found, data()), raw_of(model, data()))
    assert version_of(path) == "2"


def version_of(path):
    return split(path.read_bytes())[0]["__metadata__"]["format_version"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("kind", FABRICATED)
def test_a_scoring_model_comes_back(kind, blocks, dtype, path):
    model = fold_batch_norms(fabricated(kind, blocks, "mish")).astype(dtype)
    model = model.with_head(feature_names=tuple("abcdefg"))
    write_model_file(path, model)
    again, _ = read_model_file(path)
    for name, value in vars(model.head).items():
        assert_same_value(getattr(again.head, name), value)
    assert again.n_features_in == model.n_features_in
    for a, b in zip(again.nodes, model.nodes, strict=True):
        assert (a.kind, a.sources, a.attributes) == (b.kind, b.sources, b.attributes)
        assert a.arrays.keys() == b.arrays.keys()
        for name, array in b.arrays.items():
            assert_same_value(a.arrays[name], array)
    assert version_of(path) == "2"


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_predictor_with_blocks_comes_back(blocks, dtype, path):
    predictor = predictor_of(fabricated(blocks=blocks, activation="relu"), dtype)
    fastnn.save(predictor, path)
    again = fastnn.load(path)
    assert_same_value(again.predict_proba(data()), predictor.predict_proba(data()))
    assert again.dtype == dtype


class TestFormatVersion:
    """A model is written in the oldest version that has what it needs."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_plain_models_need_the_first(self, kind, path):
        for model in (first_attributes(fitted("fastnn", kind)), Predictor(fitted("sklearn", kind))):
            fastnn.save(model, path)
            assert version_of(path) == "1"

    def test_attributes_that_the_first_did_not_know(self, path):
        model = first_attributes(fitted("fastnn", "regressor"))
        model.learning_rate_curve_ = [0.5, 0.25]
        fastnn.save(model, path)
        assert version_of(path) == "2"
        assert fastnn.load(path).learning_rate_curve_ == [0.5, 0.25]

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_activations(self, activation, path):
        write_model_file(path, fabricated(blocks="plain", activation=activation))
        first = ("identity", "relu", "tanh", "logistic")
        assert version_of(path) == ("1" if activation in first else "2")

    @pytest.mark.parametrize("kind", FABRICATED)
    def test_outputs(self, kind, path):
        write_model_file(path, fabricated(kind, "plain", "relu"))
        assert version_of(path) == ("2" if kind in HINGE else "1")

    @pytest.mark.parametrize(
        ("params", "version"),
        [
            ({"solver": "lbfgs", "learning_rate": "adaptive"}, "1"),
            ({"hidden_layer_sizes": [17, 9]}, "1"),
            ({"solver": "nadam"}, "2"),
            ({"learning_rate": "cosine"}, "2"),
            ({"hidden_layer_sizes": "17-9"}, "2"),
            ({"activation": ["relu", "relu"]}, "2"),
            ({"loss": "huber"}, "2"),
        ],
    )
    def test_parameters(self, params, version, path):
        model = first_attributes(fitted("fastnn", "regressor"))
        vars(model).update(params)
        fastnn.save(model, path)
        assert version_of(path) == version
        assert_same_value(plain(fastnn.load(path)), plain(model))

    def test_parameters_that_the_first_did_not_know(self, path, monkeypatch):
        """They are written, in a newer version, where they are not at their default."""
        model = first_attributes(fitted("fastnn", "regressor"))
        fastnn.save(model, path)
        first = path.read_bytes()
        monkeypatch.setattr(type(model), "__init__", with_more_parameters(type(model).__init__))
        vars(model).update(widths=(1, 2), weight=None)
        fastnn.save(model, path)
        assert path.read_bytes() == first
        assert_same_value(plain(fastnn.load(path)), plain(model))
        model.weight = {3: 0.5, 5: np.nan, True: "x", "a": [1.5], 0.5: None, np.int64(2): 1}
        fastnn.save(model, path)
        assert version_of(path) == "2"
        assert "widths" not in split(path.read_bytes())[1]["params"]
        assert_same_value(fastnn.load(path).weight, model.weight)
        model.weight, model.widths = None, [1, 2]
        fastnn.save(model, path)
        assert version_of(path) == "2"
        assert fastnn.load(path).widths == [1, 2]


def first_attributes(estimator):
    """A copy with only the fitted attributes that version 1 knew."""
    estimator = copy.deepcopy(estimator)
    vars(estimator).pop("learning_rate_curve_", None)
    return estimator


def with_more_parameters(init):
    """A constructor with parameters that the format did not know when it was made."""

    def constructor(self, *args, widths=(1, 2), weight=None, **params):
        init(self, *args, **params)
        self.widths, self.weight = widths, weight

    old, new = inspect.signature(init), inspect.signature(constructor)
    more = [new.parameters["widths"], new.parameters["weight"]]
    constructor.__signature__ = old.replace(parameters=[*old.parameters.values(), *more])
    return constructor


def test_load_executes_nothing_and_opens_nothing_else(path, tmp_path):
    """In a process that ends at the first sign of it."""
    estimator = fit(network("fastnn", "binary"), data(), target("binary"))
    fastnn.save(estimator, path)
    predictor = tmp_path / "predictor.fnn"
    fastnn.save(Predictor(estimator), predictor)
    script = """
import sys, os, fastnn
from scoring_models import data
fastnn.load(sys.argv[1]).predict(data())   # whatever is imported late is imported now
fastnn.load(sys.argv[2]).predict(data())
FORBIDDEN = "import exec compile pickle marshal subprocess socket os ctypes".split()
opened = []
def audit(event, args):
    if event == "open":
        opened.append(args[0])
    elif event.split(".")[0] in FORBIDDEN:
        print(event, args)
        os._exit(3)
sys.addaudithook(audit)
fastnn.load(sys.argv[1]).predict(data())
fastnn.load(sys.argv[2]).predict(data())
if opened != sys.argv[1:]:
    print(opened)
    os._exit(4)
os._exit(0)
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", script, str(path), str(predictor)]
    run = subprocess.run(arguments, env=env, timeout=60, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


class TestAtomicity:
    """Whatever goes wrong, the old file stays and nothing else does."""

    @pytest.fixture
    def old(self, path):
        fastnn.save(Predictor(fitted("sklearn", "binary")), path)
        return path.read_bytes()

    def save_another(self, path):
        fastnn.save(Predictor(fitted("sklearn", "multiclass")), path)

    def assert_only(self, path, content):
        assert path.read_bytes() == content
        assert os.listdir(path.parent) == [path.name]

    @pytest.mark.parametrize("function", ["fsync", "replace"])
    def test_the_system_refuses(self, function, old, path, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(atomic.os, function, refuse)
        with pytest.raises(OSError, match="No space left"):
            self.save_another(path)
        monkeypatch.undo()
        self.assert_only(path, old)

    @pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), KeyboardInterrupt()])
    def test_writing_ends_early(self, error, old, path):
        def half():
            with atomic.atomic_write(path) as file:
                file.write(b"half")
                raise error

        with pytest.raises(type(error)):
            half()
        self.assert_only(path, old)

    def test_a_full_disk(self, old, path):
        """The file system refuses in the middle of the file."""
        resource = pytest.importorskip("resource")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                self.save_another(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        self.assert_only(path, old)

    def test_file_and_folder_are_flushed_in_order(self, old, path, monkeypatch):
        calls, fsync, replace = [], os.fsync, os.replace

        def recorded_fsync(descriptor):
            calls.append("fsync folder" if _is_folder(descriptor) else "fsync file")
            fsync(descriptor)

        def recorded_replace(source, target):
            calls.append("replace")
            replace(source, target)

        monkeypatch.setattr(atomic.os, "fsync", recorded_fsync)
        monkeypatch.setattr(atomic.os, "replace", recorded_replace)
        self.save_another(path)
        assert calls == ["fsync file", "replace", "fsync folder"]

    def test_a_missing_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            self.save_another(tmp_path / "missing" / "model.fnn")

    def test_a_link_is_followed(self, old, path, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(path)
        self.save_another(link)
        assert link.is_symlink()
        assert path.read_bytes() != old
        assert path.read_bytes() == link.read_bytes()

    def test_the_mode_is_that_of_any_new_file(self, path, tmp_path):
        self.save_another(path)
        (tmp_path / "other").write_bytes(b"")
        assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def _is_folder(descriptor):
    import stat

    return stat.S_ISDIR(os.fstat(descriptor).st_mode)
