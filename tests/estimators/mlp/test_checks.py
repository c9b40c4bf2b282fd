"""scikit-learn's own checks of estimators."""

import pytest
from peer import as_in_1_9
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from fastnn import MLPClassifier, MLPRegressor
from fastnn.optimizers import OPTIMIZERS

#: These go through all checks ...
CONFIGURATIONS = [
    MLPClassifier(),
    # The penalty keeps probabilities away from an exact 1, which a check forbids.
    # Enough of a penalty for L-BFGS to end at one point: hidden outputs are compared to 1e-9.
    MLPClassifier(solver="lbfgs", alpha=3.0),
    MLPClassifier(
        "12-8",
        ["tanh", "relu"],
        solver="rmsprop",
        class_weight="balanced",
        init_scale=2,
        init="orthogonal",
        learning_rate_init=0.01,
    ),
    MLPRegressor(),
    MLPRegressor(solver="lbfgs"),
    MLPRegressor(loss="poisson", max_iter=500),
]

#: ... and these through those that training may change.
TRAINED_OTHERWISE = [
    MLPClassifier(solver="sgd", learning_rate_init=0.05),
    MLPClassifier(activation="tanh", hidden_layer_sizes=(20, 10), learning_rate_init=0.01),
    MLPClassifier(solver="sgd", learning_rate="adaptive", learning_rate_init=0.1, n_jobs=2),
    MLPRegressor(solver="sgd", learning_rate_init=0.02, nesterovs_momentum=False),
    MLPClassifier(
        solver="nadam", schedule="one_cycle", warmup=0.1, init="he_normal", n_init=2, max_iter=50
    ),
    MLPRegressor(solver="adamw", schedule="plateau", averaging="swa", averaging_start=0.1),
    MLPRegressor(hidden_layer_sizes="20", solver="rprop", init="lecun_uniform", n_init=2),
    MLPRegressor(activation="logistic", hidden_layer_sizes=(20, 10), learning_rate_init=0.01),
]

#: The checks whose outcome a solver may change: weights come out of its state, step by step.
OF_SOLVERS = {
    "check_class_weight_classifiers",
    "check_classifiers_train",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_dtypes",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_fit_idempotent",
    "check_non_transformer_estimators_n_iter",
    "check_regressors_train",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_sample_weights_not_overwritten",
    "check_transformer_n_iter",
}

#: And those whose outcome a layer may change, through how rows become outputs. All others end
#: before anything is trained, or ask of what comes in and goes out in a form that no layer sees.
OF_LAYERS = OF_SOLVERS | {
    "check_classifiers_multilabel_representation_invariance",
    "check_decision_proba_consistency",
    "check_estimator_sparse_matrix",
    "check_f_contiguous_array_estimator",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit_check_is_fitted",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_pipeline_consistency",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_transformer_general",
    "check_transformer_preserve_dtypes",
}

# Small, since there are many of them.
NET = {"hidden_layer_sizes": (8, 5), "learning_rate_init": 0.01, "max_iter": 60}
LAYERS = {
    "dropout": {"dropout": 0.1, "max_iter": 200},
    "batch_norm": {"batch_norm": True},
    "layer_norm": {"layer_norm": True},
    "residual": {"residual": True},
    "blocks": {"batch_norm": True, "residual": True, "dropout": [0.1, 0.0]},
    "input": {"input_dropout": 0.05, "input_noise": 0.05},
    "lbfgs": {"solver": "lbfgs", "batch_norm": True, "residual": True, "alpha": 0.1},
}
SOLVERS = {
    "bounds": {"clip_norm": 1.0, "clip_value": 0.5, "max_norm": 3.0},
    "ema": {"averaging": "ema", "averaging_decay": 0.9},
    "swa": {"averaging": "swa", "averaging_start": 0.01},
    "l1_ratio": {"l1_ratio": 0.5, "alpha": 0.01},
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "adadelta": {"solver": "adadelta", "learning_rate_init": 3.0, "epsilon": 1e-6},
    "adagrad": {"solver": "adagrad", "learning_rate_init": 0.1},
}

EARLY_STOPPING = [
    MLPClassifier(early_stopping=True, validation_fraction=0.4),
    MLPRegressor(early_stopping=True, validation_fraction=0.4, learning_rate_init=0.01),
]


def parametrize_with_some(estimators, wanted):
    """As `parametrize_with_checks`, with the wanted checks only."""
    whole = parametrize_with_checks(estimators)
    names, pairs = whole.args
    some = [pair for pair in pairs if pair[1].func.__name__ in wanted]
    return pytest.mark.parametrize(names, some, **whole.kwargs)


def both_with(options):
    return [cls(**{**NET, **option}) for cls in (MLPClassifier, MLPRegressor) for option in options]


@parametrize_with_checks(CONFIGURATIONS)
def test_checks(estimator, check):
    check(estimator)


@as_in_1_9
def test_the_wanted_checks_go_by_these_names():
    _, pairs = parametrize_with_checks([MLPClassifier(), MLPRegressor()]).args
    assert {check.func.__name__ for _, check in pairs} >= OF_LAYERS


@parametrize_with_some(TRAINED_OTHERWISE, OF_SOLVERS)
def test_checks_of_training(estimator, check):
    check(estimator)


@parametrize_with_some(both_with(SOLVERS.values()), OF_SOLVERS)
def test_checks_of_solvers(estimator, check):
    check(estimator)


WEIGHTS_ARE_REPETITIONS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


@parametrize_with_some(both_with(LAYERS.values()), OF_LAYERS)
def test_checks_of_layers(estimator, check):
    if check.func.__name__ in WEIGHTS_ARE_REPETITIONS:
        if estimator.dropout or estimator.input_dropout:
            pytest.skip("repeated rows have masks of their own")
        if estimator.batch_norm:
            pytest.skip("the statistics of a batch count its rows, whatever their weights")
    check(estimator)


@parametrize_with_some(EARLY_STOPPING, OF_LAYERS)
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
