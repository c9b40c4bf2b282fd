"""Highways in the estimators: gates that say how much of a layer's input is carried on."""

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from sklearn.base import clone
from sklearn.datasets import load_digits

import fastnn
from fastnn import Autoencoder, ConvClassifier, LaplaceClassifier, MLPClassifier, Predictor, prune
from fastnn.inspection import check_gradients, diagnose

DIGITS, DIGIT = (a[:200] for a in load_digits(return_X_y=True))
DIGITS = DIGITS / 16
NET = MLPClassifier((16, 16, 9), residual="highway", activation="tanh", max_iter=4, random_state=0)
GAINS = clone(NET).set_params(gain=True)


def test_gates_begin_nearly_closed():
    model = clone(NET).set_params(init="zeros", max_iter=1, learning_rate_init=1e-9)
    gates = model.fit(DIGITS, DIGIT).projections_
    assert [
        gate["carried"] if isinstance(gate["carried"], str) else gate["carried"].shape
        for gate in gates
    ] == [(64, 16), "identity", (16, 9)]
    for gate in gates:
        np.testing.assert_allclose(gate["bias"], -2, atol=1e-6)
    model.init = "auto"
    assert abs(model.fit(DIGITS, DIGIT).projections_[1]["bias"].mean() + 2) < 0.3


@pytest.mark.parametrize("net", [NET, GAINS])
def test_files_and_scorers_take_gates(net, tmp_path):
    model = clone(net).fit(DIGITS, DIGIT)
    fastnn.save(model, tmp_path / "model.fnn")
    loaded = fastnn.load(tmp_path / "model.fnn")
    assert loaded.get_params() == model.get_params()
    assert_same_bits(loaded.predict_proba(DIGITS), model.predict_proba(DIGITS))
    for one, other in zip(loaded.projections_, model.projections_, strict=True):
        assert_same_bits(one["gate"], other["gate"])
    scorer = Predictor(model, dtype="float64")
    # Gains go into the weights behind them.
    of_scorer, of_model = scorer.predict_proba(DIGITS), model.predict_proba(DIGITS)
    np.testing.assert_allclose(of_scorer, of_model, rtol=1e-11 if net is GAINS else 0)
    assert_same_bits(
        loaded.partial_fit(DIGITS, DIGIT).coefs_[0], model.partial_fit(DIGITS, DIGIT).coefs_[0]
    )


def test_whatever_takes_a_perceptron_takes_gates():
    model = clone(NET).fit(DIGITS, DIGIT)
    assert check_gradients(model, DIGITS[:10], DIGIT[:10]).passed
    found = diagnose(model, DIGITS, DIGIT).layers
    assert [layer.activation for layer in found] == ["tanh", "tanh", "tanh", "identity"]
    assert prune(model, 0.5).partial_fit(DIGITS, DIGIT).predict(DIGITS).shape == (200,)
    laplace = LaplaceClassifier(clone(NET), subset="all_diagonal").fit(DIGITS, DIGIT)
    np.testing.assert_allclose(laplace.predict_proba(DIGITS).sum(axis=1), 1)
    use = clone(NET).set_params(plasticity="activity").fit(DIGITS, DIGIT)
    assert [m.shape for m in use.myelin_] == [w.shape for w in model.coefs_]
    coder = Autoencoder((16, 4), residual="highway", max_iter=2, random_state=0).fit(DIGITS)
    assert_same_bits(coder.inverse_transform(coder.transform(DIGITS)), coder.reconstruct(DIGITS))


def test_images_have_no_gates():
    model = ConvClassifier(residual="highway")
    with pytest.raises(ValueError, match="residual='highway' has a gate for each unit"):
        model.fit(DIGITS.reshape(-1, 8, 8), DIGIT)


def test_gates_that_are_nearly_closed_are_no_alarm_and_open_ones_are():
    """With t = 1 everywhere it is a plain deep network of logistic units."""
    deep = MLPClassifier((12,) * 20, residual="highway", activation="logistic", max_iter=1)
    deep.set_params(random_state=0).fit(DIGITS, DIGIT)
    report = diagnose(deep, DIGITS, DIGIT)
    assert [layer.gated for layer in report.layers] == [True] * 20 + [False]
    assert "vanishing gradients" not in {verdict.name for verdict in report.verdicts}
    for gate in deep.projections_:
        gate["bias"][:] = 40
    found = diagnose(deep, DIGITS, DIGIT)["vanishing gradients"].layers
    assert "hidden layer 1" in found
    assert "hidden layer 20" not in found
