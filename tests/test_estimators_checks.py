"""scikit-learn's own checks of estimators."""

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from fastnn import MLPClassifier, MLPRegressor

CONFIGURATIONS = [
    MLPClassifier(),
    MLPClassifier(solver="sgd", learning_rate_init=0.05),
    # The penalty keeps probabilities away from an exact 1, which a check forbids.
    MLPClassifier(solver="lbfgs", alpha=0.1),
    MLPClassifier(activation="tanh", hidden_layer_sizes=(20, 10), learning_rate_init=0.01),
    MLPClassifier(solver="sgd", learning_rate="adaptive", learning_rate_init=0.1, n_jobs=2),
    MLPRegressor(),
    MLPRegressor(solver="sgd", learning_rate_init=0.02, nesterovs_momentum=False),
    MLPRegressor(solver="lbfgs"),
    MLPRegressor(loss="poisson", max_iter=500),
    MLPClassifier(
        solver="nadam", schedule="one_cycle", warmup=0.1, init="he_normal", n_init=2, max_iter=50
    ),
    MLPClassifier(
        "12-8",
        ["tanh", "relu"],
        solver="rmsprop",
        class_weight="balanced",
        init_scale=2,
        init="orthogonal",
        learning_rate_init=0.01,
    ),
    MLPRegressor(solver="adamw", schedule="plateau", averaging="swa", averaging_start=0.1),
    MLPRegressor(hidden_layer_sizes="20", solver="rprop", init="lecun_uniform", n_init=2),
    MLPRegressor(activation="logistic", hidden_layer_sizes=(20, 10), learning_rate_init=0.01),
]

EARLY_STOPPING = [
    MLPClassifier(early_stopping=True, validation_fraction=0.4),
    MLPRegressor(early_stopping=True, validation_fraction=0.4, learning_rate_init=0.01),
]


@parametrize_with_checks(CONFIGURATIONS)
def test_checks(estimator, check):
    check(estimator)


SPLIT_DEPENDS_ON_ROWS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


@parametrize_with_checks(EARLY_STOPPING)
def test_checks_with_early_stopping(estimator, check):
    if check.func.__name__ in SPLIT_DEPENDS_ON_ROWS:
        pytest.skip("a random split of repeated rows is not one of weighted rows")
    check(estimator)


@pytest.mark.filterwarnings("ignore:The dataframe's columns are strings")
@pytest.mark.parametrize("estimator", [MLPClassifier(max_iter=3), MLPRegressor(max_iter=3)])
def test_data_frame_columns(estimator):
    pytest.importorskip("pandas")
    check_dataframe_column_names_consistency(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", [MLPClassifier(), MLPRegressor()])
def test_parameter_validation(estimator):
    check_param_validation(type(estimator).__name__, estimator)
