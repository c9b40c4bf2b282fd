"""Every example runs, and what it says it shows is so."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
HELPERS = {"demo", "command_line"}
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem not in HELPERS)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def xor_needs_a_hidden_layer(results):
    right = {key: right for key, (_, right) in results.items()}
    for neuron in ("perceptron rule", "one neuron"):
        assert right[neuron, "AND"] == right[neuron, "OR"] == 4
        assert right[neuron, "XOR"] < 4
    assert right["two hidden units", "XOR"] == 4


def the_step_is_that_of_the_old_weights(results):
    assert results["off"] < 1e-12
    assert results["wrong_by"] > 1e-4
    assert results["check"].passed


def deep_nets_need_remedies(results):
    plain, relu = "none: logistic", "relu: slope 1 above zero"
    for depth in (10, 30):
        assert results[plain, depth]["left"] < 1e-6
        assert results[plain, depth]["accuracy"] < 0.2
        assert "vanishing gradients" in results[plain, depth]["said"]
    names = {name for name, _ in results}
    for name in names - {plain}:
        assert results[name, 10]["accuracy"] > 0.8
        assert "vanishing gradients" not in results[name, 10]["said"]
    # With each unit that is zero for all rows a part of the gradient ends: its cause is named.
    assert "dead units" in results[relu, 30]["said"]
    assert "vanishing gradients" not in results["relu, He's weights", 30]["said"]
    assert results["relu, He's weights", 30]["left"] > 1e3 * results[relu, 30]["left"]
    skips = {name for name in names if "skips" in name}
    assert len(skips) == 3
    for name in (*skips, "logistic, highways"):
        assert results[name, 30]["accuracy"] >= 0.85
        assert "vanishing gradients" not in results[name, 30]["said"]
    assert results["logistic, batch norm", 30]["accuracy"] > 0.2


def stopping_early_helps(results):
    training, test = results["none"]["scores"]
    assert training > 0.95
    assert test < 0.25
    for remedy in set(results) - {"none"}:
        assert results[remedy]["scores"][1] > test + 0.1
        assert results[remedy]["scores"][0] < training
    assert results["early stopping"]["network"].n_iter_ < 150


def momentum_and_adam_get_further(results):
    loss = {name: model.loss_ for name, model in results.items()}
    steps = loss["gradient descent, full batch"]
    assert steps > 5 * loss["stochastic gradient descent"]
    assert max(loss["Rprop, full batch"], loss["L-BFGS"]) < steps / 2
    for name in ("with Nesterov's momentum", "RMSprop", "Adam", "AdamW", "NAdam", "AMSGrad"):
        assert loss[name] < loss["stochastic gradient descent"], name
    assert min(loss.values()) < 0.015


def penalties_shrink_weights_and_l1_makes_them_zero(results):
    l2, l1 = results["L2"], results["L1"]
    assert (np.diff(l2["weight norm"]) < 0.01).all()
    assert l2["weight norm"][-1] < 1e-2 < 1 < l2["weight norm"][0]
    best = int(np.argmax(l2["R2 test"]))
    assert 0 < best < len(l2["R2 test"]) - 1
    assert l2["R2 training"][0] > l2["R2 training"][best] > l2["R2 training"][-1]
    assert (l2["zeros"] == 0).all()
    assert (np.diff(l1["zeros"]) > 0).all()
    assert (np.diff(l1["features"]) <= 0).all()
    assert l1["zeros"][-1] == 1
    best = int(np.argmax(l1["R2 test"]))
    assert l1["zeros"][best] > 0.9
    assert l1["features"][best] < 30
    assert l1["R2 test"][best] > l1["R2 test"][0] + 0.03


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


def means_beat_a_typical_member(results):
    assert results["together"][-1] > results["alone"].mean() + 0.02
    assert results["bagging"] == pytest.approx(results["together"][-1])
    last, *means = results["averaged"].values()
    assert len(means) == 2
    for scores in means:
        assert scores.mean() > last.mean() + 0.03


def tables_need_no_preparation(results):
    (accuracy, loss), (by_hand, loss_by_hand) = results["table"], results["by hand"]
    assert accuracy > by_hand + 0.05
    assert loss < loss_by_hand - 0.05
    assert results["served"].sum() == pytest.approx(1)


def uncertainty_grows_outside_and_is_calibrated(results):
    for _, std in results["curve"]["found"].values():
        assert min(std[0], std[140]) > 3 * std[70]
    alone, temperature, ensemble = results["classes"].values()
    for better in (temperature, ensemble):
        assert better["loss"] < alone["loss"] - 0.05
        assert better["error"] < alone["error"] / 1.5


def digits_lie_in_provinces(results):
    assert results["pure"] > 0.95
    assert results["accuracy"] > 0.95
    assert results["neighbours"] > 0.75
    assert results["som"].topographic_error_ < 0.3


def rules_keep_more_and_more(results):
    for name in results["damaged"]:
        hebb, storkey, inverse, dense = (
            results[rule, "scores"][name] for rule in ("hebb", "storkey", "pseudoinverse", "dense")
        )
        assert max(hebb, storkey) < inverse < dense
        assert dense > 0.95
    assert results["dense", "many"] > 0.98 > results["pseudoinverse", "many"]


def a_boltzmann_machine_makes_features(results):
    raw, features = results["scores"]
    assert features > raw + 0.08
    assert results["likelihood"][1] > results["likelihood"][0] + 4


def links_within_a_layer_say_more(results):
    assert results["full"] > results["restricted"] + 0.3
    assert results["best"] > results["full"] > results["curve"][0] + 1


def an_autoencoder_contains_pca(results):
    pca, linear, curved = (
        results[name]["error"] for name in ("PCA", "linear autoencoder", "128-32-2 autoencoder")
    )
    assert abs(linear / pca - 1) < 0.01
    assert curved < 0.85 * pca


def pretraining_helps_where_labels_are_few(results):
    gains = np.subtract(results["rbm"], results["none"])
    assert gains[0] > 0.005
    assert gains[-1] < gains[0]


def an_actor_keeps_the_pole_up(results):
    assert results["returns"].mean() >= 475
    assert results["curve"][0] < 50


def a_generator_finds_all_clouds(results):
    assert results["after all"]["clouds"] == 8
    assert results["after all"]["near"] > 0.8
    assert results["after a tenth of the steps"]["near"] < 0.5


def what_moved_is_known_to_kernels(results):
    (conv, conv_aside), (dense, dense_aside) = results["scores"].values()
    assert conv > dense + 0.005
    assert conv_aside > dense_aside + 0.1
    assert results["saliency"].shape == (8, 8, 8)


def evolution_finds_a_smaller_network(results):
    default, winner = results["default"], results["winner"]
    assert default["genome"].widths == (100,)
    assert winner["score"] >= default["score"]
    assert winner["size"] < 0.8 * default["size"]
    assert winner["test"] > default["test"] - 0.01
    assert results["course"] == sorted(results["course"])


def a_network_grows_and_is_thinned(results):
    weights, accuracy = results["years"].T
    assert results["moved"] < 1e-12
    assert list(weights[:3]) == [592, 1184, 2368]
    assert weights[-1] == 237
    assert accuracy[-1] > accuracy.max() - 0.05
    assert accuracy[-1] > results["simple"] + 0.03


def a_network_makes_networks(results):
    assert results["error"] < 0.02 * results["of_zero"]
    assert len(results["target"].parameters) == 49


def answers_hang_on_salient_pixels(results):
    salient, darkest, any_ink = (np.array(curve) for curve in results["curves"].values())
    assert salient[0] == darkest[0] == any_ink[0] > 0.9
    assert (salient[1:] < darkest[1:] - 0.1).all()
    assert salient[2] < any_ink[2] - 0.35
    assert salient[-1] < 0.2


def a_box_makes_places_equal(results):
    assert results["same"]
    (middle, _), (anywhere, elsewhere), (large, _) = results["scores"].values()
    assert middle == anywhere > 0.93
    assert abs(large - middle) < 0.01
    assert elsewhere < 0.3


def winners_say_what_they_see(results):
    assert (results["speaking"] == 1).all()
    assert results["accuracy"] > 0.92
    assert results["by winners"] > results["by winners, untaught"] + 0.02
    assert results["by winners"] > 0.75
    # Nothing is won against forgetting.
    assert results["lwta"][1] < results["relu"][1] + 0.05


def a_record_of_pushes_is_enough(results):
    assert results["returns"].mean() > 100
    assert results["curve"][0][1] > 50  # with random pushes some 20


def use_keeps_what_was_learned(results):
    first = {name: of["curves"][-1, 0] for name, of in results.items()}
    of_all = {name: of["curves"][-1].mean() for name, of in results.items()}
    *_, stiff = results
    assert first[stiff] > first["Adagrad"] + 0.02 > first["SGD"] + 0.1
    assert of_all[stiff] > of_all["Adagrad"] + 0.02 > of_all["SGD"]
    assert results[stiff]["learned"] > 0.85


def echoes_tell_a_clean_series(results):
    echoes, gru = (results[name]["errors"] for name in ("300 echoes and ridge", "GRU of 32 units"))
    assert max(echoes) < 0.05
    assert gru[2] < 0.4
    assert all(a < b for a, b in zip(echoes, gru, strict=True))


def a_cell_counts_and_a_chaotic_curve_is_foreseen(results):
    assert results["counts to"] > 24
    assert results["rises"] * results["falls"] < 0
    assert abs(results["rises"] + results["falls"]) < 0.1 * abs(results["rises"])
    assert results["end"][-1] > 0.9 > 0.1 > results["end"][:-2].max()
    assert results["errors"]["network"].mean() < 0.25 * results["errors"]["last cycle"].mean()


#: Of examples whose full run takes seconds.
SMALLER = {
    "fitted_q": {"rounds": 20, "seed": 1},
    "forgetting": {"epochs": 3},
    "echoes": {"n": 2400, "epochs": 20},
    "two_players": {"steps": 900},
}
CLAIMS = {
    "fitted_q": a_record_of_pushes_is_enough,
    "forgetting": use_keeps_what_was_learned,
    "echoes": echoes_tell_a_clean_series,
    "counting_cells": a_cell_counts_and_a_chaotic_curve_is_foreseen,
    "local_winners": winners_say_what_they_see,
    "hypernetwork": a_network_makes_networks,
    "saliency": answers_hang_on_salient_pixels,
    "bounding_box": a_box_makes_places_equal,
    "growing_and_thinning": a_network_grows_and_is_thinned,
    "evolution": evolution_finds_a_smaller_network,
    "digits_that_moved": what_moved_is_known_to_kernels,
    "two_players": a_generator_finds_all_clouds,
    "actor_critic": an_actor_keeps_the_pole_up,
    "digits_on_a_map": digits_lie_in_provinces,
    "recall": rules_keep_more_and_more,
    "boltzmann_digits": a_boltzmann_machine_makes_features,
    "boltzmann_machine": links_within_a_layer_say_more,
    "autoencoder_digits": an_autoencoder_contains_pca,
    "few_labels": pretraining_helps_where_labels_are_few,
    "perceptron_to_mlp": xor_needs_a_hidden_layer,
    "backpropagation_by_hand": the_step_is_that_of_the_old_weights,
    "vanishing_gradients": deep_nets_need_remedies,
    "early_stopping": stopping_early_helps,
    "optimizers_compared": momentum_and_adam_get_further,
    "regularisation_paths": penalties_shrink_weights_and_l1_makes_them_zero,
    "spam": spam_is_told_from_the_rest,
    "whitening": whitening_speeds_up,
    "model_search": searches_find_good_settings,
    "uncertainty": uncertainty_grows_outside_and_is_calibrated,
    "model_averaging": means_beat_a_typical_member,
    "csv_to_server": tables_need_no_preparation,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_example(name, capsys, monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    script = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="example")
    results = script["main"](**SMALLER.get(name, {}))
    assert len(capsys.readouterr().out.splitlines()) >= 4
    CLAIMS[name](results)
    if "plot" not in script:
        return
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    drawn = script["plot"](results)
    for figure in drawn if isinstance(drawn, list) else [drawn]:
        figure.canvas.draw()
        assert figure.axes
    plt.close("all")


@pytest.mark.parametrize("name", [*SCRIPTS, "demo"])
def test_unknown_arguments_are_refused(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--colour"])
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert "unrecognized arguments: --colour" in printed.err
    assert printed.out == ""


def test_a_picture_is_written_where_it_is_asked_for(tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "picture.png"
    command = [sys.executable, EXAMPLES / "bounding_box.py", "--plot", file]
    drawing = {**os.environ, "MPLBACKEND": "Agg"}
    subprocess.run(command, capture_output=True, check=True, env=drawing)
    assert file.read_bytes().startswith(b"\x89PNG")


def test_as_a_script_it_prints_and_does_not_draw():
    command = [sys.executable, "-X", "importtime", EXAMPLES / "backpropagation_by_hand.py"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "by hand and by fastnn" in run.stdout
    assert "matplotlib" not in run.stderr


def test_the_index_names_every_example():
    index = (EXAMPLES / "README.md").read_text()
    assert sorted(re.findall(r"\]\((\w+)\.py\)", index)) == sorted([*SCRIPTS, "demo"])
