"""A front in a file that is not sound is refused, and never reaches the kernels."""

import io

import numpy as np
import pytest

import fastnn
from fastnn.files.container import read_container, write_container
from fastnn.model.front import Emit, Front, Step
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT, Node

LABEL = {"labels": ["a", "b"], "rows": [0, 1], "missing": 2, "other": -1, "size": 3}


def a_predictor():
    front = Front(
        2,
        ("x", "kind"),
        (
            Step("number", 0),
            Step("impute", 0, {"missing": float("nan"), "fill": 2.0}),
            Step("bin", 1, {"edges": [0.0, 1.0]}),
            Step("label", 1, LABEL),
        ),
        (Emit(1, 0.5, 1.0), Emit(2), Emit(3)),
    )
    weight = np.arange(14.0).reshape(7, 2) / 10
    node = Node("dense", (INPUT,), {"weight": weight, "bias": np.zeros(2)})
    head = Head("classifier", "softmax", "float64", np.array(["no", "yes"]))
    return fastnn.Predictor(Model(7, (node,), head, front), "float64")


def rewritten(change):
    """The file of a model after a change of the description of its front."""
    file = io.BytesIO()
    fastnn.save(a_predictor(), file)
    version, description, tensors = read_container(file.getvalue())
    change(description["network"]["front"])
    file = io.BytesIO()
    write_container(file, version, description, tensors)
    return file.getvalue()


def test_what_is_sound_loads_to_the_bit():
    rows = [[1.5, "a"], [None, "b"], [-3, None]]
    loaded = fastnn.load(rewritten(lambda front: None))
    assert (loaded.predict_proba(rows) == a_predictor().predict_proba(rows)).all()
    x = np.array([1.75, 0, 0, 1, 1, 0, 0]) @ (np.arange(14.0).reshape(7, 2) / 10)
    np.testing.assert_allclose(loaded.decision_function(rows[0])[0], x)


def put(*place, value):
    def change(front):
        at = front
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("more", value=1),
        put("n_columns", value=0),
        put("n_columns", value=1),
        put("n_columns", value="2"),
        put("names", value=["x"]),
        put("names", value=["x", 3]),
        put("steps", value={}),
        put("steps", 0, value=[]),
        put("steps", 0, "kind", value="magic"),
        put("steps", 0, "kind", value=["number"]),
        put("steps", 0, "source", value=2),
        put("steps", 0, "source", value=-1),
        put("steps", 0, "source", value=0.0),
        put("steps", 0, "attributes", value={"more": 1}),
        put("steps", 1, "source", value=1),
        put("steps", 1, "attributes", "fill", value={"float": "nan"}),
        put("steps", 1, "attributes", "fill", value="2"),
        put("steps", 2, "source", value=3),
        put("steps", 2, "attributes", "edges", value=[1.0, 0.0]),
        put("steps", 3, "attributes", "size", value=0),
        put("steps", 3, "attributes", "size", value=4),
        put("steps", 3, "attributes", "rows", value=[0, 3]),
        put("steps", 3, "attributes", "rows", value=[0]),
        put("steps", 3, "attributes", "rows", value=[0, -1]),
        put("steps", 3, "attributes", "labels", value=["a", ["b"]]),
        put("steps", 3, "attributes", "missing", value=3),
        put("steps", 3, "attributes", "other", value=-2),
        put("emits", value=[]),
        put("emits", 0, value=[1, 0.5]),
        put("emits", 0, value=[4, 0.5, 1.0]),
        put("emits", 0, value=[-1, 0.5, 1.0]),
        put("emits", 1, value=[0, 1.0, 0.0]),
        put("emits", 0, 1, value={"float": "inf"}),
    ],
)
def test_what_is_not_sound_is_refused(change):
    with pytest.raises(fastnn.ModelFormatError):
        fastnn.load(rewritten(change))
