"""The example files of every format version load, and give what they gave when they were written.

A file here is never changed and never deleted: it stands for the files that users have.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from frozen import make
from scoring_models import data, target

import fastnn
from fastnn import Predictor
from fastnn._container import FORMAT_VERSION

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


def assert_close(found, expected, tolerance):
    """Floats close, everything else equal."""
    expected = np.array(expected)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(found, expected)


@every_example
def test_it_gives_what_it_gave(folder, name, expected):
    model = fastnn.load(folder / name)
    assert type(model).__name__ == expected["type"]
    found = make.outputs(model)
    assert found.keys() == expected["outputs"].keys()
    for what, value in expected["outputs"].items():
        assert_close(found[what], value, 1e-5 if "float32" in name else 1e-12)


@every_example
def test_a_predictor_is_made_of_it(folder, name, expected):
    found = Predictor(folder / name, "float64").predict(make.rows())
    assert_close(found, expected["outputs"]["predict"], 1e-5)


@pytest.mark.parametrize(
    ("folder", "name"),
    [example[:2] for example in EXAMPLES if example[1].startswith("classifier_sgd")],
)
def test_training_goes_on(folder, name):
    model = fastnn.load(folder / name)
    rows, steps = model.t_, model._solver_state["moments"]["t"]
    model.partial_fit(data(), target("binary"))
    assert model.t_ == rows + len(data())
    assert model._solver_state["moments"]["t"] == steps + 1
