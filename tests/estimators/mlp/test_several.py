"""fit_together: members whose parameters differ, each as if it were alone."""

import numpy as np
import pytest
from same_fits import assert_same
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold

from fastnn import Autoencoder, DivergenceError, MLPClassifier, MLPRegressor, fit_together

X, y = make_classification(300, 12, n_informative=6, n_classes=3, random_state=0)


def nets():
    net = MLPClassifier((10,), max_iter=4, random_state=0)
    different = [
        {"learning_rate_init": 0.01},
        {"alpha": 0.1},
        {"solver": "adamw", "weight_decay": 0.1},
        {"dropout": 0.5, "random_state": 1},
        {"hidden_layer_sizes": (20, 5), "batch_size": 30},
    ]
    return [clone(net).set_params(**parameters) for parameters in different]


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_each_is_what_its_own_fit_makes_of_its_rows(n_jobs):
    weight = np.random.RandomState(0).randint(1, 4, size=300) * 0.5
    samples = [train for train, _ in StratifiedKFold(5).split(X, y)]
    together = nets()
    assert fit_together(together, X, y, weight, samples=samples, n_jobs=n_jobs) == together
    for one, alone, rows in zip(together, nets(), samples, strict=True):
        assert_same(one, alone.fit(X[rows], y[rows], weight[rows]))


@pytest.mark.filterwarnings("error:X has feature names")
def test_held_out_rows_and_names_of_columns():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=[f"c{i}" for i in range(12)])
    held_out = {"X_val": table[:60], "y_val": y[:60]}
    made = [net.set_params(early_stopping=True) for net in nets()[:2]]
    fit_together(made, table, y, **held_out)
    for one in made:
        alone = clone(one).fit(table, y, **held_out)
        assert_same(one, alone)
        assert list(one.feature_names_in_) == list(table.columns)


def test_those_that_diverge_are_named_and_left_as_they_were():
    bad = nets()[0].set_params(solver="sgd", learning_rate_init=1e200)
    good = nets()[1]
    with pytest.warns(ConvergenceWarning, match="estimators 0 of 2 diverged"):
        assert fit_together([bad, good], X, y) == [None, good]
    assert not hasattr(bad, "coefs_")
    with pytest.raises(DivergenceError, match="All 1 estimators"):
        fit_together([bad], X, y)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: ([],), "at least one"),
        (lambda: ([Autoencoder((3,))],), r"estimators\[0\] must be an MLPClassifier"),
        (lambda: ([nets()[0]] * 2,), "sklearn.base.clone"),
        (lambda: ([MLPRegressor(alpha=-1)],), "alpha"),
        (lambda: (nets()[:2], [np.arange(9)]), "one entry for each of 2"),
        (lambda: (nets()[:1], [y == 0]), "numpy.flatnonzero"),
        (lambda: (nets()[:1], [[300]]), "beyond the 300 rows"),
    ],
)
def test_bad_input_is_refused_before_any_work(given, message):
    estimators, *samples = given()
    with pytest.raises(ValueError, match=message):
        fit_together(estimators, X, y, samples=samples[0] if samples else None)
    assert not any(hasattr(one, "n_features_in_") for one in estimators)
