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


def many_products(change=lambda front, tensors: None):
    """A file of all products of three out of 24 numbers, which no list of steps would hold."""
    numbers = tuple(Step("number", i) for i in range(24))
    triples = [(i, j, k) for i in range(24) for j in range(i) for k in range(j)]
    products = tuple(Step("product", i, {"more": [j, k]}) for i, j, k in triples)
    steps = numbers + products
    front = Front(24, None, steps, tuple(Emit(n, 0.5, 1.0) for n in range(len(steps))))
    weight = np.full((len(steps), 1), 1e-3)
    head = Head("regressor", "identity", "float64")
    model = Model(len(steps), (Node("dense", (INPUT,), {"weight": weight}),), head, front)
    file = io.BytesIO()
    fastnn.save(fastnn.Predictor(model, "float64"), file)
    version, description, tensors = read_container(file.getvalue())
    change(description["network"]["front"], tensors)
    file = io.BytesIO()
    write_container(file, version, description, tensors)
    return fastnn.load(file.getvalue())


def test_many_products_are_arrays():
    x = np.linspace(-1, 1, 24)
    triples = [x[i] * x[j] * x[k] for i in range(24) for j in range(i) for k in range(j)]
    expected = np.sum([*x, *triples]) * 0.5e-3 + 1e-3 * (24 + len(triples))
    np.testing.assert_allclose(many_products().predict(x)[0], expected, rtol=1e-12)
    for change in (
        lambda front, tensors: front["steps"][-1].update(products=[[1, 2]]),
        lambda front, tensors: front["emits"].update(steps=[1, 2]),
        lambda front, tensors: tensors["front.emits.steps"].__setitem__(0, 10**6),
        lambda front, tensors: tensors["front.24.products"].__setitem__((0, 0), 2050),
    ):
        with pytest.raises(fastnn.ModelFormatError):
            many_products(change)
