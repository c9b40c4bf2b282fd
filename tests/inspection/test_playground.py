"""The playground's page computes what the library computes, and works in a browser."""

import itertools
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from fastnn import MLPClassifier, Network
from fastnn.inspection import diagnose, playground
from fastnn.inspection._causes import CONSEQUENCES
from fastnn.inspection._playground import ENGINE, script
from fastnn.layers import Dense
from fastnn.optimizers import SGD, Adam

py_mini_racer = pytest.importorskip("py_mini_racer")

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

TEACH = """
function taught(sizes, activation, kind, coefs, intercepts) {
  const network = new Network(sizes, activation, kind);
  network.coefs = coefs.map((coef) => Float64Array.from(coef));
  network.intercepts = intercepts.map((intercept) => Float64Array.from(intercept));
  return network;
}
function rowsFrom(X, y) {
  return { n: y.length, X: Float64Array.from(X.flat()), y: Float64Array.from(y) };
}
"""


@pytest.fixture(scope="module")
def page():
    """The engine of the page in a machine for JavaScript; calls `run(code, names=values)`."""
    machine = py_mini_racer.MiniRacer()
    machine.eval(script(ENGINE, {}) + TEACH)

    def run(code, **given):
        names = "".join(f"const {name} = {json.dumps(value)};" for name, value in given.items())
        return json.loads(machine.eval(f"JSON.stringify((() => {{ {names} {code} }})())"))

    return run


def drawn(rng, sizes, scale=1.0):
    pairs = list(itertools.pairwise(sizes))
    coefs = [rng.normal(size=pair) * scale / np.sqrt(pair[0]) for pair in pairs]
    return coefs, [rng.normal(size=n) * 0.1 for n in sizes[1:]]


def taught_network(sizes, activation, loss, coefs, intercepts):
    layers = [*(Dense(n, activation) for n in sizes[1:-1]), Dense(1)]
    network = Network(layers, loss, n_in=sizes[0], random_state=0)
    for mine, given in zip(network.compiled.coefs, coefs, strict=True):
        mine[...] = given
    for mine, given in zip(network.compiled.intercepts, intercepts, strict=True):
        mine[...] = given
    return network


def as_lists(arrays):
    return [np.ravel(array).tolist() for array in arrays]


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
@pytest.mark.parametrize(
    ("kind", "solver", "penalty"),
    [
        ("classification", "sgd", "none"),
        ("classification", "momentum", "l2"),
        ("regression", "adam", "l2"),
        ("regression", "sgd", "l1"),
    ],
)
def test_steps_are_those_of_the_library(page, activation, kind, solver, penalty):
    rng = np.random.default_rng(0)
    sizes = [3, 5, 4, 1]
    coefs, intercepts = drawn(rng, sizes)
    X = rng.normal(size=(47, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(float) if kind == "classification" else np.sin(X[:, 0])
    l1 = {"l1": 0.5} if penalty == "l1" else {}
    optimizer = {
        "sgd": SGD(learning_rate_init=0.1, momentum=0.0, nesterov=False, **l1),
        "momentum": SGD(learning_rate_init=0.1, momentum=0.9, nesterov=True),
        "adam": Adam(learning_rate_init=0.1),
    }[solver]
    loss = "log_loss" if kind == "classification" else "squared_error"
    network = taught_network(sizes, activation, loss, coefs, intercepts)
    alpha = {"alpha": 0.5} if penalty == "l2" else {}
    network.fit(X, y, epochs=3, batch_size=10, optimizer=optimizer, shuffle=False, **alpha)
    found = page(
        """
        const network = taught(sizes, activation, kind, coefs, intercepts), rows = rowsFrom(X, y);
        const settings = { solver, rate: 0.1, penalty, alpha: 0.5 };
        for (let i = 0; i < 3; i++) trainEpoch(network, rows, 10, settings, null);
        return [...network.coefs, ...network.intercepts].map((given) => Array.from(given));
        """,
        sizes=sizes,
        activation=activation,
        kind=kind,
        coefs=as_lists(coefs),
        intercepts=as_lists(intercepts),
        X=X.tolist(),
        y=y.tolist(),
        solver=solver,
        penalty=penalty,
    )
    expected = [*network.compiled.coefs, *network.compiled.intercepts]
    assert not np.allclose(found[0], coefs[0].ravel(), atol=1e-3)
    for mine, its in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, its.ravel(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("depth", "activation", "scale", "names"),
    [
        (2, "tanh", 1.0, []),
        (6, "logistic", 1.0, ["vanishing gradients", "vanishing signals"]),
        (6, "logistic", 0.1, ["vanishing gradients", "vanishing signals"]),
        (3, "tanh", 20.0, ["exploding"]),
        (2, "relu", -1.0, ["dead units"]),
    ],
)
def test_measures_and_verdicts_are_those_of_diagnose(page, depth, activation, scale, names):
    rng = np.random.default_rng(1)
    sizes = [2, *(8,) * depth, 1]
    coefs, intercepts = drawn(rng, sizes, scale)
    X = rng.uniform(-5, 5, size=(60, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    if scale < 0:  # units that no point reaches
        intercepts[0][:6] = -1000.0
    network = taught_network(sizes, activation, "log_loss", coefs, intercepts)
    report = diagnose(network, X, y)
    found = page(
        """
        const network = taught(sizes, activation, "classification", coefs, intercepts);
        const measured = measure(network, rowsFrom(X, y), null);
        return { measured, verdicts: verdictsOf(measured) };
        """,
        sizes=sizes,
        activation=activation,
        coefs=as_lists(coefs),
        intercepts=as_lists(intercepts),
        X=X.tolist(),
        y=y.tolist(),
    )
    assert [verdict["name"] for verdict in found["verdicts"]] == names
    assert sorted(names) == sorted(verdict.name for verdict in report.verdicts)
    for verdict in found["verdicts"]:
        assert verdict["layers"] == report[verdict["name"]].layers
    measured = found["measured"]
    assert measured["loss"] == pytest.approx(report.measures.loss, rel=1e-9)
    assert measured["constant"] == pytest.approx(report.measures.constant_loss, rel=1e-9)
    for mine, its in zip(measured["layers"], report.layers, strict=True):
        for name, of in (("gradient", "gradient_norm"), ("weights", "weight_norm")):
            assert mine[name] == pytest.approx(getattr(its, of), rel=1e-9)
        for name in ("delta", "signal", "gain", "dead"):
            assert mine[name] == pytest.approx(getattr(its, name), rel=1e-7), name
        assert mine["name"] == its.name
        if its.saturated is not None:
            assert mine["saturated"] == its.saturated


def test_judgements_of_a_course(page):
    def judged(**course):
        measured = {"layers": [], "n": 100, "loss": 0.1, "constant": 0.7, "signal": 1.0}
        measured |= {"course": {"training": 0.1, "heldOut": 0.1, "curve": [0.6, 0.1]} | course}
        layer = {"name": "output layer", "delta": 1, "signal": 1, "gain": 1, "dead": 0, "units": 1}
        measured["layers"] = [layer | {"saturated": 0, "finite": True}]
        measured["loss"] = course.get("loss", 0.1)
        return [v["name"] for v in page("return verdictsOf(measured);", measured=measured)]

    assert judged() == []
    assert judged(heldOut=0.5) == ["overfitting"]
    assert judged(training=0.69, loss=0.69) == ["underfitting"]
    assert judged(curve=[0.6, 0.5, 0.4, 0.3, 0.35, 0.3, 0.4, 0.3, 0.4]) == [
        "learning rate too high"
    ]


def test_a_seed_names_a_run_and_exclusive_or_is_learned(page):
    code = """
        const state = new State(settings);
        state.train(100);
        return [state.lossOf(state.rows), state.lossOf(state.rowsHeldOut), state.heldOut.length];
    """
    settings = {"problem": "xor", "features": ["x1", "x2"], "hidden": [4], "activation": "tanh"}
    settings |= {"solver": "adam", "rate": 0.03, "penalty": "none", "alpha": 0, "start": "Glorot's"}
    settings |= {"noise": 0, "share": 50, "batch": 10, "seed": 3}
    first = page(code, settings=settings)
    assert first == page(code, settings=settings)
    assert first[0] < 0.05
    assert first[1] < 0.12
    assert first[2] == 250
    assert page(code, settings=settings | {"seed": 4}) != first


def test_every_problem_has_both_classes_or_values_of_both_signs(page):
    code = "return Object.values(PROBLEMS).map(({ points }) => points(200, noise, randomFrom(1)));"
    for noise in (0, 0.5):
        for points in page(code, noise=noise):
            targets = np.array([point["target"] for point in points])
            assert len(points) == 200
            assert targets.min() in (-1, 0) or targets.min() < 0
            assert (targets > 0).any()
            assert (targets <= 0).any()


def test_the_page_explains_verdicts_as_the_library_does(page):
    assert page("return CONSEQUENCES;") == {k: list(v) for k, v in CONSEQUENCES.items()}
    unknown = set(page("return Object.keys(RULES);")) - {
        *CONSEQUENCES,
        "overfitting",
        "underfitting",
    }
    assert not unknown


def pairs_of(hash):
    return [part.split("=") for part in hash.split("&")]


def test_an_address_with_what_makes_no_sense_changes_nothing(page):
    code = "return settingsFrom(pairs, { rate: 0.1, hidden: [4], noise: 0 });"
    as_given = {"rate": 0.1, "hidden": [4], "noise": 0}
    for senseless in (
        "#rate=7",
        "#hidden=9-x",
        "#hidden=99",
        "#noise=-1",
        "#__proto__=1",
        "#",
        "x",
    ):
        assert page(code, pairs=pairs_of(senseless)) == as_given, senseless
    assert page(code, pairs=pairs_of("rate=0.3&hidden=2-3&noise=20")) == {
        "rate": 0.3,
        "hidden": [2, 3],
        "noise": 20,
    }
    assert page(code, pairs=[["hidden", ""]])["hidden"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("problem", "moons"),
        ("features", "x1"),
        ("features", ["x3"]),
        ("features", []),
        ("hidden_layer_sizes", (9,)),
        ("hidden_layer_sizes", (1,) * 7),
        ("activation", "gelu"),
        ("solver", "lbfgs"),
        ("noise", 51),
        ("random_state", -1),
    ],
)
def test_parameters_the_page_does_not_know(tmp_path, name, value):
    with pytest.raises(ValueError, match=name):
        playground(tmp_path / "page.html", **{name: value})
    assert not list(tmp_path.iterdir())


def test_one_file_that_needs_nothing_else(tmp_path):
    path = playground(tmp_path / "page.html", problem="xor", hidden_layer_sizes=())
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|@import|fetch\(|https?://(?!www\.w3\.org/2000/svg)", text)
    assert not re.search(r"/\* [A-Z]+ \*/", text)  # every place is filled
    assert '"problem": "xor"' in text


DRIVE = """
<script>
const seen = {};
const choose = (id, value) => { $(id).value = value; $(id).onchange(); };
choose("rate", "0.1"); choose("activation", "relu");
choose("penalty", "l2"); choose("alpha", "0.01");
$("more").onclick(); $("noise").value = 10; $("noise").oninput();
document.querySelector(".input.off").onclick();
seen.settings = { ...state.settings }; seen.hash = location.hash;
seen.links = $("links").childElementCount;
$("noise").value = 0; $("noise").oninput(); choose("activation", "tanh");
$("problem-xor").onclick(); choose("rate", "0.03"); choose("solver", "adam");
for (let i = 0; i < 100; i++) $("step").onclick();
seen.epoch = $("epoch").textContent; seen.loss = $("training-loss").textContent;
seen.verdicts = $("verdicts").textContent;
document.body.dataset.seen = JSON.stringify(seen);
</script>
"""


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")
def test_in_a_browser(tmp_path):
    path = playground(tmp_path / "page.html", hidden_layer_sizes=(4,))
    path.write_text(path.read_text(encoding="utf-8") + DRIVE, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    address = f"{path.as_uri()}#epochs=2"
    command = [BROWSER, *options, f"--user-data-dir={tmp_path}", "--dump-dom", address]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in run.stderr, run.stderr  # errors of the page would stand there
    data = re.search(r'data-seen="([^"]*)"', run.stdout)[1].replace("&quot;", '"')
    seen = json.loads(data.replace("&amp;", "&"))
    settings = seen["settings"]
    assert settings["hidden"] == [4, 4]
    assert (settings["penalty"], settings["alpha"], settings["noise"]) == ("l2", 0.01, 10)
    assert settings["features"] == ["x1", "x2", "x1sq"]
    assert "hidden=4-4" in seen["hash"]
    assert seen["links"] == 3 * 4 + 4 * 4 + 4
    assert seen["epoch"] == "100"
    assert float(seen["loss"]) < 0.1
    assert seen["verdicts"]


def test_the_code_it_shows_is_python(page):
    code = page("return new State(settings).code();", settings={
        "problem": "xor", "features": ["x1"], "hidden": [4], "activation": "tanh", "solver": "sgd",
        "rate": 0.1, "penalty": "l1", "alpha": 0.1, "start": "small", "noise": 0, "share": 50,
        "batch": 10, "seed": 0,
    })  # fmt: skip
    model = eval(code, {"MLPClassifier": MLPClassifier})
    assert model.get_params()["l1_ratio"] == 1.0
    assert model.hidden_layer_sizes == (4,)
