"""Every example runs, and what it says it shows is so."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "demo")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def xor_needs_a_hidden_layer(results):
    right = {key: right for key, (_, right) in results.items()}
    assert right["one neuron", "AND"] == right["one neuron", "OR"] == 4
    assert right["one neuron", "XOR"] < 4
    assert right["two hidden units", "XOR"] == 4


def the_step_is_that_of_the_old_weights(results):
    assert results["off"] < 1e-12
    assert results["wrong_by"] > 1e-4
    assert results["check"].passed


def logistic_nets_vanish(results):
    for depth in (10, 30):
        found = results["none: logistic", depth]
        assert found["left"] < 1e-6
        assert found["accuracy"] < 0.2
        assert found["said"] == "vanishing gradients"
    for remedy in ("tanh: slope 1 at zero", "relu: slope 1 above zero"):
        assert results[remedy, 10]["accuracy"] > 0.8
        assert results[remedy, 10]["said"] == "no alarm"
    assert results["relu: slope 1 above zero", 30]["said"] == "vanishing gradients"


def stopping_early_helps(results):
    training, test = results["none"]["scores"]
    assert training > 0.95
    assert test < 0.3
    for remedy in set(results) - {"none"}:
        assert results[remedy]["scores"][1] > test + 0.1


def momentum_and_adam_get_further(results):
    loss = {name: model.loss_ for name, model in results.items()}
    assert loss["gradient descent, full batch"] > 5 * loss["stochastic gradient descent"]
    for name in ("with momentum", "with Nesterov's momentum", "Adam"):
        assert loss[name] < loss["stochastic gradient descent"]


def penalties_shrink_weights(results):
    assert (np.diff(results["norm"]) < 0.01).all()
    assert results["norm"][-1] < 1e-2 < 1 < results["norm"][0]
    best = int(np.argmax(results["test"]))
    assert 0 < best < len(results["test"]) - 1
    assert results["train"][0] > results["train"][best] > results["train"][-1]


def spam_is_told_from_the_rest(results):
    for name in ("hashed words", "hashed words and pairs", "tf-idf"):
        assert results[name]["accuracy"] > 0.85
        assert results[name]["share"] < 0.02
    assert results["urgent click now for your free prize"] > 0.9
    assert results["notes for the project meeting at lunch"] < 0.1


def whitening_speeds_up(results):
    assert results["scaled"]["condition"] > 100
    assert results["whitened"]["condition"] == pytest.approx(1)
    assert results["scaled"]["epochs"] > 20 * results["whitened"]["epochs"]


def searches_find_good_settings(results):
    assert results["grid"]["tried"] == results["random"]["tried"] == 12
    assert results["grid"]["rates"] == 3
    assert results["random"]["rates"] == 12
    assert min(result["accuracy"] for result in results.values()) > 0.85


def the_mean_beats_a_typical_member(results):
    assert results["together"][-1] > results["alone"].mean() + 0.02
    assert results["bagging"] == pytest.approx(results["together"][-1])


CLAIMS = {
    "perceptron_to_mlp": xor_needs_a_hidden_layer,
    "backpropagation_by_hand": the_step_is_that_of_the_old_weights,
    "vanishing_gradients": logistic_nets_vanish,
    "early_stopping": stopping_early_helps,
    "optimizers_compared": momentum_and_adam_get_further,
    "regularisation_paths": penalties_shrink_weights,
    "spam": spam_is_told_from_the_rest,
    "whitening": whitening_speeds_up,
    "model_search": searches_find_good_settings,
    "model_averaging": the_mean_beats_a_typical_member,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_example(name, capsys, monkeypatch):
    script = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="example")
    results = script["main"]()
    assert len(capsys.readouterr().out.splitlines()) >= 4
    CLAIMS[name](results)
    if "plot" not in script:
        return
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_fignums()))
    script["plot"](results)
    for number in shown:
        plt.figure(number).canvas.draw()
    assert shown
    plt.close("all")


def test_as_a_script_it_prints_and_does_not_draw():
    command = [sys.executable, "-X", "importtime", EXAMPLES / "backpropagation_by_hand.py"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "by hand and by fastnn" in run.stdout
    assert "matplotlib" not in run.stderr


def test_the_index_names_every_example():
    index = (EXAMPLES / "README.md").read_text()
    assert sorted(re.findall(r"\]\((\w+)\.py\)", index)) == sorted([*SCRIPTS, "demo"])
