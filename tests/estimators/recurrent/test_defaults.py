"""What the recurrent estimators declare for themselves holds, not what the perceptrons do."""

import numpy as np
import pytest

from fastnn import RecurrentClassifier, RecurrentRegressor
from fastnn.inspection import check_gradients, diagnose


@pytest.mark.parametrize("cls", [RecurrentClassifier, RecurrentRegressor])
def test_defaults_are_its_own(cls):
    params = cls().get_params()
    assert params["clip_norm"] == 1.0
    assert cls("gru").cell == "gru"
    left_out = {"activation", "batch_norm", "residual", "pretrain", "plasticity", "scoring"}
    assert not left_out & set(params)


@pytest.mark.parametrize("output", ["last", "all"])
def test_diagnoses_and_gradients_are_of_sequences(output):
    X = [np.random.RandomState(i).normal(size=(20 + i % 3, 2)) for i in range(30)]
    y = [(x[:, 0] > 0).astype(int) if output == "all" else int(x[0, 0] > 0) for x in X]
    model = RecurrentClassifier("rnn", 4, output=output, max_iter=1, random_state=0)
    assert check_gradients(model, X[:6], y[:6]).passed
    model.fit(X, y)
    before = dict(vars(model))
    report = diagnose(model, X, y)
    assert report.measures.time.n_steps == 20
    assert check_gradients(model, X[:6], y[:6]).passed
    assert vars(model).keys() == before.keys()
    assert model.n_features_in_ == before["n_features_in_"]


def test_a_plain_network_that_forgets_is_told_so():
    X = np.random.RandomState(0).normal(size=(60, 60))
    y = (X[:, 0] > 0).astype(int)
    model = RecurrentClassifier("rnn", 6, max_iter=2, random_state=0).fit(X, y)
    model.coefs_[0][:6] *= 0.3
    verdict = diagnose(model, X, y)["vanishing through time"]
    assert "cell='lstm'" in verdict.remedy
