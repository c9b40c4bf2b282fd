"""calibrate="temperature": the last layer divided by what makes held-out rows most probable."""

import numpy as np
import pytest
from same_fits import assert_same
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import log_loss

import fastnn
from fastnn import DeepEnsembleClassifier, MLPClassifier
from fastnn.estimators.mlp.temperature import best_temperature

X, y = make_classification(600, 10, n_informative=6, n_classes=3, flip_y=0.3, random_state=0)
FIT, HELD, TEST = slice(0, 300), slice(300, 450), slice(450, 600)
#: Trained for long on few rows: far too sure of itself.
NET = MLPClassifier(
    (100,),
    early_stopping=True,
    n_iter_no_change=300,
    max_iter=300,
    learning_rate_init=0.01,
    random_state=0,
)


def fitted(**parameters):
    net = clone(NET).set_params(**parameters)
    return net.fit(X[FIT], y[FIT], X_val=X[HELD], y_val=y[HELD])


def test_it_calibrates():
    plain, calibrated = fitted(), fitted(calibrate="temperature")
    assert calibrated.temperature_ > 1.2
    assert (plain.predict(X) == calibrated.predict(X)).all()
    losses = [log_loss(y[TEST], net.predict_proba(X[TEST])) for net in (plain, calibrated)]
    assert losses[1] < losses[0] - 0.02
    np.testing.assert_allclose(
        calibrated.coefs_[-1] * calibrated.temperature_, plain.coefs_[-1], rtol=1e-12
    )
    assert calibrated.validation_scores_ == plain.validation_scores_
    assert not hasattr(plain, "temperature_")


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_a_known_temperature_is_found(outputs, true, rng):
    z = 2 * rng.normal(size=(20000, outputs))
    if outputs > 1:
        p = softmax(z, axis=1)
        labels = (rng.random_sample((len(z), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(max=2)
    else:
        labels = (rng.random_sample(z.shape) < expit(z)).astype(float)
    assert best_temperature(true * z, labels, None) == pytest.approx(true, rel=0.05)


def test_no_other_temperature_is_better():
    net = fitted(calibrate="temperature")
    p = net.predict_proba(X[HELD])
    best = log_loss(y[HELD], p)
    for factor in (0.9, 1.1):
        other = softmax(factor * np.log(p), axis=1)
        assert log_loss(y[HELD], other) > best


def test_weights_count():
    weight = np.r_[np.ones(75), np.zeros(75)]
    z = np.random.RandomState(0).normal(size=(150, 3))
    label = y[HELD]
    assert best_temperature(z, label, weight) == pytest.approx(
        best_temperature(z[:75], label[:75], None), rel=1e-6
    )


def test_rows_that_are_all_right_do_not_make_it_sure_of_everything():
    """By the rule of succession: p = (n + 1) / (n + 2), of both kinds of outputs."""
    for n in (3, 30):
        z = np.tile([[2.0, -2.0]], (n, 1))
        scaled = softmax(z / best_temperature(z, np.zeros(n, int), None), axis=1)
        np.testing.assert_allclose(scaled[:, 0], (n + 1) / (n + 2), rtol=1e-5)
        scaled = expit(z[:, :1] / best_temperature(z[:, :1], np.ones((n, 1)), None))
        np.testing.assert_allclose(scaled, (n + 1) / (n + 2), rtol=1e-5)


def test_two_classes_labels_and_float32():
    two = clone(NET).set_params(calibrate="temperature", max_iter=20)
    p = two.fit(X.astype(np.float32), y > 0).predict_proba(X.astype(np.float32))
    assert p.dtype == two.coefs_[-1].dtype == np.float32
    labels = make_multilabel_classification(600, 10, n_classes=4, random_state=0)[1]
    assert two.fit(X, labels).predict_proba(X).shape == (600, 4)
    assert two.temperature_ > 0
    two.set_params(calibrate=None).fit(X, y)
    assert not hasattr(two, "temperature_")


def test_files_copies_and_ensembles(tmp_path):
    net = fitted(calibrate="temperature", max_iter=20)
    fastnn.save(net, tmp_path / "net")
    again = fastnn.load(tmp_path / "net")
    assert again.temperature_ == net.temperature_
    assert again.calibrate == "temperature"
    assert (again.predict_proba(X) == net.predict_proba(X)).all()
    predictor = fastnn.Predictor(net, dtype="float64")
    assert (predictor.predict_proba(X) == net.predict_proba(X)).all()
    model = DeepEnsembleClassifier(clone(net), 2, random_state=0).fit(X, y)
    assert_same(clone(model.estimators_[1]).fit(X, y), model.estimators_[1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"early_stopping": False}, "needs rows that are not trained on"),
        ({"solver": "lbfgs"}, "needs rows that are not trained on"),
        ({"loss": "hinge"}, "'hinge' makes none"),
        ({"calibrate": "isotonic"}, "'calibrate' parameter"),
    ],
)
def test_bad_parameters(parameters, message):
    net = clone(NET).set_params(**{"calibrate": "temperature", **parameters})
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
