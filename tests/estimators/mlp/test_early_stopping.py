"""What early stopping watches: held-out rows, given or split off, and scores of every kind."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

from fastnn import MLPClassifier, MLPRegressor

X, Y = load_digits(return_X_y=True)
X, X_VAL, Y, Y_VAL = train_test_split(X / 16, Y, random_state=0)
R, T = load_diabetes(return_X_y=True)
R, R_VAL, T, T_VAL = train_test_split(R, T / 100, random_state=0)
PARAMETERS = {"early_stopping": True, "max_iter": 6, "random_state": 0}
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def test_given_rows_are_scored():
    model = MLPClassifier(**PARAMETERS).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert model.t_ == 6 * len(X)
    assert model.best_validation_score_ == accuracy_score(Y_VAL, model.predict(X_VAL))
    best = int(np.argmax(model.validation_scores_))
    expected = log_loss(Y_VAL, model.predict_proba(X_VAL))
    assert model.validation_loss_curve_[best] == pytest.approx(expected)
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 6


def test_given_rows_are_scored_with_their_weights():
    weight = np.random.RandomState(0).uniform(0, 2, len(T_VAL))
    model = MLPRegressor(**PARAMETERS).fit(R, T, X_val=R_VAL, y_val=T_VAL, sample_weight_val=weight)
    predicted = model.predict(R_VAL)
    expected = r2_score(T_VAL, predicted, sample_weight=weight)
    assert model.best_validation_score_ == pytest.approx(expected)
    expected = 0.5 * mean_squared_error(T_VAL, predicted, sample_weight=weight)
    assert min(model.validation_loss_curve_) == pytest.approx(expected)


@pytest.mark.parametrize("targets", ["binary", "multilabel", "several", "poisson"])
def test_losses_of_other_targets(targets):
    if targets == "binary":
        model = MLPClassifier(**PARAMETERS).fit(X, Y > 4, X_val=X_VAL, y_val=Y_VAL > 4)
        expected = log_loss(Y_VAL > 4, model.predict_proba(X_VAL))
    elif targets == "multilabel":
        model = MLPClassifier(**PARAMETERS).fit(
            X, np.eye(10)[Y], X_val=X_VAL, y_val=np.eye(10)[Y_VAL]
        )
        p = model.predict_proba(X_VAL)
        right = np.where(np.eye(10)[Y_VAL] > 0, p, 1 - p)
        expected = -np.log(right).sum(axis=1).mean()
    elif targets == "several":
        model = MLPRegressor(**PARAMETERS).fit(
            R, np.c_[T, -T], X_val=R_VAL, y_val=np.c_[T_VAL, -T_VAL]
        )
        expected = 0.5 * mean_squared_error(np.c_[T_VAL, -T_VAL], model.predict(R_VAL))
    else:
        model = MLPRegressor("poisson", **PARAMETERS).fit(R, T, X_val=R_VAL, y_val=T_VAL)
        p = model.predict(R_VAL)
        expected = (T_VAL * np.log(T_VAL / p) - T_VAL + p).mean()
    best = int(np.argmax(model.validation_scores_))
    assert model.validation_loss_curve_[best] == pytest.approx(expected, rel=1e-6)


def test_scoring_by_loss():
    model = MLPClassifier(scoring="loss", **PARAMETERS).fit(X, Y)
    np.testing.assert_array_equal(model.validation_scores_, -np.array(model.validation_loss_curve_))
    assert model.best_validation_score_ == max(model.validation_scores_)


@pytest.mark.parametrize("weighted", [False, True])
def test_scoring_by_name_is_scoring_by_hand(weighted):
    weight = np.linspace(0.5, 2, len(X)) if weighted else None
    plain = MLPClassifier(**PARAMETERS).fit(X, Y, weight)
    named = MLPClassifier(scoring="accuracy", **PARAMETERS).fit(X, Y, weight)
    np.testing.assert_allclose(named.validation_scores_, plain.validation_scores_)
    np.testing.assert_array_equal(named.coefs_[0], plain.coefs_[0])


def test_scorer_sees_labels_and_a_fitted_estimator():
    seen = []

    def metric(y_true, p):
        seen.append((set(y_true), p.shape))
        return -log_loss(y_true, p, labels=np.sort(NAMES))

    scorer = make_scorer(metric, response_method="predict_proba")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    model = MLPClassifier(scoring=scorer, **PARAMETERS).fit(frame, NAMES[Y])
    assert len(seen) == 6
    assert seen[0][0] == set(NAMES)
    assert seen[0][1] == (135, 10)
    np.testing.assert_allclose(
        model.validation_scores_, -np.array(model.validation_loss_curve_), rtol=1e-6
    )


def test_unknown_scorer():
    with pytest.raises(ValueError, match="'hope' is not a valid scoring value"):
        MLPClassifier(scoring="hope", **PARAMETERS).fit(X, Y)


@pytest.mark.parametrize(
    ("parameters", "held_out", "message"),
    [
        ({}, {"X_val": X_VAL}, "X_val is provided, but y_val was not provided"),
        ({}, {"y_val": Y_VAL}, "y_val is provided, but X_val was not provided"),
        ({}, {"sample_weight_val": Y_VAL}, "was not provided"),
        ({"early_stopping": False}, {"X_val": X_VAL, "y_val": Y_VAL}, "early_stopping=True"),
        ({"solver": "lbfgs"}, {"X_val": X_VAL, "y_val": Y_VAL}, "a stochastic solver"),
        ({}, {"X_val": X_VAL[:, :3], "y_val": Y_VAL}, "X has 3 features"),
        ({}, {"X_val": X_VAL, "y_val": Y_VAL[:-1]}, "inconsistent numbers of samples"),
        ({}, {"X_val": X_VAL * np.nan, "y_val": Y_VAL}, "contains NaN"),
        ({}, {"X_val": X_VAL, "y_val": Y_VAL + 1}, "`y_val` has classes not in"),
        (
            {},
            {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": [1.0]},
            r"sample_weight.shape == \(1,\)",
        ),
    ],
)
def test_bad_held_out_rows(parameters, held_out, message):
    model = MLPClassifier(**(PARAMETERS | parameters))
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, **held_out)
    assert not hasattr(model, "coefs_")


def test_held_out_targets_must_have_the_outputs_of_y():
    with pytest.raises(ValueError, match="y_val must have the outputs of y"):
        MLPRegressor(**PARAMETERS).fit(R, T, X_val=R_VAL, y_val=np.c_[T_VAL, T_VAL])


def test_too_few_rows_to_hold_out():
    with pytest.raises(ValueError, match="The validation set is too small"):
        MLPRegressor(**PARAMETERS).fit(R[:8], T[:8])


def test_string_labels():
    model = MLPClassifier(**PARAMETERS).fit(X, NAMES[Y])
    assert len(model.validation_scores_) == 6
    assert model.score(X_VAL, NAMES[Y_VAL]) > 0.5


def test_best_weights_are_kept():
    model = MLPRegressor(**(PARAMETERS | {"max_iter": 40, "learning_rate_init": 0.3}))
    model.fit(R, T, X_val=R_VAL, y_val=T_VAL)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[-1] < model.best_validation_score_
    assert model.score(R_VAL, T_VAL) == pytest.approx(model.best_validation_score_)


def test_infinite_patience():
    model = MLPClassifier(**(PARAMETERS | {"n_iter_no_change": np.inf, "tol": 10.0})).fit(X, Y)
    assert model.n_iter_ == 6
