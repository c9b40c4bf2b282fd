"""The example files of every format version load, and give what they gave when they were written.

A file here is never changed and never deleted: it stands for the files that users have.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from bad_files import split
from files.frozen import make
from scoring_models import data, labels_of, target, values_of

import fastnn
from fastnn import Predictor
from fastnn.files import model_file
from fastnn.files.container import FORMAT_VERSION
from fastnn.files.sources import describe

FOLDER = Path(make.__file__).parent
EXAMPLES = [
    (folder, name, expected)
    for folder in sorted(FOLDER.glob("v[0-9]*"))
    for name, expected in json.loads((folder / "expected.json").read_text()).items()
]
IDS = [f"{folder.name}-{name}" for folder, name, _ in EXAMPLES]
every_example = pytest.mark.parametrize(("folder", "name", "expected"), EXAMPLES, ids=IDS)


def test_every_format_version_has_examples():
    versions = {folder.name for folder, _, _ in EXAMPLES}
    assert versions == {f"v{version}" for version in range(1, FORMAT_VERSION + 1)}
    for version in versions:
        names = {name for folder, name, _ in EXAMPLES if folder.name == version}
        assert len(names) >= 6
        assert names == {path.name for path in (FOLDER / version).glob("*.fnn")}


@every_example
def test_the_file_is_unchanged(folder, name, expected):
    content = (folder / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == expected["sha256"]


def loaded(path):
    """The model, with the functions of its own that it may need."""
    return fastnn.load(path, activations=make.ACTIVATIONS if "custom" in path.name else None)


def assert_close(found, expected, tolerance):
    """Floats close, everything else equal."""
    expected = np.array(expected)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(found, expected)


@every_example
def test_it_gives_what_it_gave(folder, name, expected):
    model = loaded(folder / name)
    assert type(model).__name__ == expected["type"]
    found = make.outputs(model)
    assert found.keys() == expected["outputs"].keys()
    for what, value in expected["outputs"].items():
        assert_close(found[what], value, 1e-5 if "float32" in name else 1e-12)


@every_example
def test_a_predictor_is_made_of_it(folder, name, expected):
    source = loaded(folder / name) if "custom" in name else folder / name
    predictor = Predictor(source, "float64")
    assert_close(predictor.predict(make.rows()), expected["outputs"]["predict"], 1e-5)


@every_example
def test_the_network_in_it_gives_what_it_gave(folder, name, expected):
    """By NumPy in float64, whatever the kernels can."""
    model = describe(loaded(folder / name) if "custom" in name else folder / name)
    found = values_of(model, make.rows())
    if model.kind != "regressor":
        np.testing.assert_array_equal(labels_of(model, make.rows()), expected["outputs"]["predict"])
    if model.has_probabilities:
        assert_close(found, expected["outputs"]["predict_proba"], 2e-6)
    elif model.kind == "regressor":
        assert_close(found.ravel(), np.ravel(expected["outputs"]["predict"]), 2e-6)


@every_example
def test_written_again_it_is_the_same_file(folder, name, expected, tmp_path, monkeypatch):
    content = (folder / name).read_bytes()
    writer = split(content)[1]["writer"].removeprefix("fastnn ")
    monkeypatch.setattr(model_file, "__version__", writer)
    network, parts = model_file.read_model_file(folder / name, make.ACTIVATIONS)
    if parts is None:
        model_file.write_model_file(tmp_path / name, network)
    else:
        fastnn.save(loaded(folder / name), tmp_path / name)
    assert (tmp_path / name).read_bytes() == content
    assert split(content)[0]["__metadata__"]["format_version"] == folder.name[1:]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        example[:2]
        for example in EXAMPLES
        if example[1].startswith(("classifier_sgd", "classifier_blocks"))
    ],
)
def test_training_goes_on(folder, name):
    model = fastnn.load(folder / name)
    rows, steps = model.t_, model._solver_state["moments"]["t"]
    model.partial_fit(data(), target("binary" if "sgd" in name else "multiclass"))
    assert model.t_ == rows + len(data())
    assert model._solver_state["moments"]["t"] == steps + 1
