"""The C file compiles without a warning, needs nothing, and gives what the model gives."""

import ctypes
import re
import subprocess

import numpy as np
import pytest
from exported_c import COMPILER, FLAGS, assert_agrees, build, score
from scoring_models import ACTIVATIONS as ALL_ACTIVATIONS
from scoring_models import (
    BLOCKS,
    CLASSIFIERS,
    FABRICATED,
    HINGE,
    KINDS,
    LIBRARIES,
    NEAR_AND_FAR,
    data,
    fabricated,
    fit,
    fitted,
    labels_of,
    network,
    one_unit,
    target,
    values_of,
    with_blocks,
)
from sklearn.kernel_approximation import RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import to_c
from fastnn.files.sources import describe
from fastnn.layers import ACTIVATIONS

pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_the_model(library, kind, tmp_path):
    assert_agrees(fitted(library, kind), tmp_path, data())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, tmp_path):
    assert_agrees(fitted("fastnn", "multiclass", activation), tmp_path, data())


def test_folded_steps_and_no_hidden_layer(tmp_path):
    net = network("sklearn", "multiclass", hidden_layer_sizes=())
    model = fit(make_pipeline(StandardScaler(), net), data(), target("multiclass"))
    assert_agrees(model, tmp_path, data())


def test_extreme_rows_stay_finite(tmp_path):
    model = fitted("sklearn", "binary")
    library = build(to_c(model, "net"), tmp_path)
    X = np.array([[1e30] * 7, [-1e30] * 7, [1e-42] * 7], dtype=np.float32)
    _, p = score(library, "net", describe(model), X, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("classes", "ctype"),
    [
        (np.array(['"; system("x");//', "*/ ??/ \\ \n %s", "ü👍"]), ctypes.c_char_p),
        (np.array(["x", "yy"], dtype=object), ctypes.c_char_p),
        (np.array([-(2**63), -1, 2**63 - 1]), ctypes.c_longlong),
        (np.array([0, 2**64 - 1], dtype=np.uint64), ctypes.c_ulonglong),
        (np.array([False, True]), ctypes.c_longlong),
        (np.array([-3.0, 2.0**60]), ctypes.c_double),
    ],
)
def test_labels_of_every_type(classes, ctype, tmp_path):
    model = fit(
        network("sklearn", "binary", max_iter=1), data(), classes[np.arange(200) % len(classes)]
    )
    library = build(to_c(model, "my_net2"), tmp_path)
    found = list((ctype * len(classes)).in_dll(library, "my_net2_classes"))
    expected = model.classes_.tolist()
    if ctype is ctypes.c_char_p:
        expected = [label.encode() for label in expected]
    assert found == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_usage_comment_declares_the_function(kind, tmp_path):
    """The declaration in the comment is that of the definition."""
    source = to_c(fitted("sklearn", kind), "net")
    declaration = re.search(r"^ \*     (.*net_predict\(.*\));$", source, re.MULTILINE)[1]
    comment_free = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    assert f"{declaration}\n{{" in comment_free
    build(f"{declaration};\n{source}", tmp_path)


def test_needs_only_the_mathematics_of_the_standard_library(tmp_path):
    source = to_c(fitted("sklearn", "multiclass"), "net")
    assert re.findall(r"#include <(.*)>", source) == ["math.h", "stddef.h"]
    build(source, tmp_path)
    symbols = subprocess.run(
        ["nm", "-D", "--undefined-only", str(tmp_path / "model.so")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(re.findall(r" U (\w+)", symbols)) <= {"expf", "__stack_chk_fail"}
    assert source.isascii()


def test_two_models_in_one_program(tmp_path):
    binary, multiclass = fitted("sklearn", "binary"), fitted("sklearn", "multiclass")
    for name, model in (("one", binary), ("two", multiclass)):
        to_c(model, name, tmp_path / f"{name}.c")
    files = [str(tmp_path / "one.c"), str(tmp_path / "two.c")]
    library = tmp_path / "both.so"
    subprocess.run([COMPILER, *FLAGS, *files, "-o", str(library), "-lm"], check=True)
    library = ctypes.CDLL(str(library))
    for name, model, n in (("one", binary, 2), ("two", multiclass, 4)):
        _, p = score(library, name, describe(model), data(), n)
        np.testing.assert_allclose(p, model.predict_proba(data()), atol=2e-6)


def test_every_kind_is_reentrant():
    """No variable outlives a call: all that is static is constant, or a function."""
    for kind in CLASSIFIERS:
        for line in to_c(fitted("sklearn", kind), "net").splitlines():
            if line.startswith("static"):
                assert line.startswith("static const") or "(" in line


@pytest.mark.parametrize("name", ["", "2net", "a-b", "int", "a b", "ä", "_x", "x" * 42])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(ValueError, match="C identifier"):
        to_c(fitted("sklearn", "binary"), name)


def test_what_cannot_be_exported_is_named():
    model = make_pipeline(RBFSampler(), network("sklearn", "binary", max_iter=1))
    with pytest.raises(TypeError, match="step 'rbfsampler'"):
        to_c(fit(model, data(), target("binary")), "net")


class TestBlocks:
    """Fabricated models with normalisations, skips and every activation, against NumPy."""

    def check(self, model, folder, X, atol=1e-5):
        library = build(to_c(model, "net"), folder)
        model = describe(model).astype("float32")
        expected = values_of(model, np.asarray(X, dtype=np.float32))
        codes, values = score(library, "net", model, X, expected.shape[1])
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=atol)
        if model.kind == "classifier":
            codes = model.classes[codes]
        if model.kind != "regressor":
            np.testing.assert_array_equal(codes, labels_of(model, X))

    @pytest.mark.parametrize("blocks", BLOCKS)
    @pytest.mark.parametrize("kind", FABRICATED)
    def test_every_kind(self, kind, blocks, tmp_path):
        self.check(fabricated(kind, blocks, "tanh"), tmp_path, data())

    @pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
    def test_every_activation(self, activation, tmp_path):
        self.check(fabricated("regressor", "everything", activation), tmp_path, data())

    @pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
    def test_activations_near_and_far(self, activation, tmp_path):
        self.check(one_unit(activation), tmp_path, NEAR_AND_FAR, atol=1e-7)

    def test_folded_steps_and_attributes(self, tmp_path):
        mlp, scaler = with_blocks(), StandardScaler().fit(data())
        self.check(make_pipeline(scaler, mlp), tmp_path, data())

    @pytest.mark.parametrize("kind", FABRICATED)
    def test_the_usage_comment_declares_the_function(self, kind, tmp_path):
        source = to_c(fabricated(kind), "net")
        declaration = re.search(r"^ \*     (.*net_predict\(.*\));$", source, re.MULTILINE)[1]
        assert f"{declaration}\n{{" in re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        assert ("scores" in source) == (kind in HINGE)

    def test_only_what_is_used_is_written(self):
        functions = {name: to_c(fabricated("regressor", name, "relu"), "net") for name in BLOCKS}
        assert "layer_norm(" not in functions["plain"] + functions["batch_norm"]
        assert "add" not in functions["plain"] + functions["layer_norm"]
        assert "malloc" not in functions["everything"]
