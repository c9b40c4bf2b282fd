"""scikit-learn's own checks of estimators."""

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from fastnn import MLPClassifier, MLPRegressor
from fastnn.optimizers import OPTIMIZERS

CONFIGURATIONS = [
    MLPClassifier(),
    MLPClassifier(solver="sgd", learning_rate_init=0.05),
    # The penalty keeps probabilities away from an exact 1, which a check forbids.
    # Enough of a penalty for L-BFGS to end at one point: hidden outputs are compared to 1e-9.
    MLPClassifier(solver="lbfgs", alpha=3.0),
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

# Small, since there are many of them.
NET = {"hidden_layer_sizes": (8, 5), "learning_rate_init": 0.01, "max_iter": 60}
OPTIONS = {
    "dropout": {"dropout": 0.1, "max_iter": 200},
    "batch_norm": {"batch_norm": True},
    "layer_norm": {"layer_norm": True},
    "residual": {"residual": True},
    "blocks": {"batch_norm": True, "residual": True, "dropout": [0.1, 0.0]},
    "bounds": {"clip_norm": 1.0, "clip_value": 0.5, "max_norm": 3.0},
    "ema": {"averaging": "ema", "averaging_decay": 0.9},
    "swa": {"averaging": "swa", "averaging_start": 0.01},
    "l1_ratio": {"l1_ratio": 0.5, "alpha": 0.01},
    "input": {"input_dropout": 0.05, "input_noise": 0.05},
    "lbfgs": {"solver": "lbfgs", "batch_norm": True, "residual": True, "alpha": 0.1},
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "adadelta": {"solver": "adadelta", "learning_rate_init": 3.0, "epsilon": 1e-6},
    "adagrad": {"solver": "adagrad", "learning_rate_init": 0.1},
}

EARLY_STOPPING = [
    MLPClassifier(early_stopping=True, validation_fraction=0.4),
    MLPRegressor(early_stopping=True, validation_fraction=0.4, learning_rate_init=0.01),
]


@parametrize_with_checks(CONFIGURATIONS)
def test_checks(estimator, check):
    check(estimator)


WEIGHTS_ARE_REPETITIONS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


@parametrize_with_checks(
    [
        cls(**{**NET, **option})
        for cls in (MLPClassifier, MLPRegressor)
        for option in OPTIONS.values()
    ]
)
def test_checks_with_options(estimator, check):
    if check.func.__name__ in WEIGHTS_ARE_REPETITIONS:
        if estimator.dropout or estimator.input_dropout:
            pytest.skip("repeated rows have masks of their own")
        if estimator.batch_norm:
            pytest.skip("the statistics of a batch count its rows, whatever their weights")
    check(estimator)


@parametrize_with_checks(EARLY_STOPPING)
def test_checks_with_early_stopping(estimator, check):
    if check.func.__name__ in WEIGHTS_ARE_REPETITIONS:
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
