"""Which version of the file format a model needs: the oldest one that has all it uses.

A file of an older version is read by more fastnns; one that a fastnn cannot read it refuses by the
version. ``docs/format.md`` tells what each version has.
"""

from fastnn.layers.activations import CustomActivation
from fastnn.model.blocks import blocks_of

_ACTIVATIONS = ("identity", "relu", "tanh", "logistic")
_ACTIVATIONS_2 = (
    *(*_ACTIVATIONS, "leaky_relu", "elu", "selu", "gelu", "silu"),
    *("mish", "softplus", "softsign", "step"),
)
# The parameters of version 1; where it knew a closed set of values, those.
_PARAMS = {
    **dict.fromkeys(("hidden_layer_sizes", "alpha", "batch_size", "learning_rate_init", "power_t")),
    **dict.fromkeys(("max_iter", "shuffle", "random_state", "tol", "verbose", "warm_start")),
    **dict.fromkeys(("momentum", "nesterovs_momentum", "early_stopping", "validation_fraction")),
    **dict.fromkeys(("beta_1", "beta_2", "epsilon", "n_iter_no_change", "max_fun", "n_jobs")),
    "scoring": None,
    "activation": _ACTIVATIONS,
    "solver": ("adam", "sgd", "lbfgs"),
    "learning_rate": ("constant", "invscaling", "adaptive"),
}
_FITTED = {
    *("n_iter_", "t_", "loss_", "loss_curve_", "best_loss_", "validation_scores_"),
    *("validation_loss_curve_", "best_validation_score_", "_solver_state"),
}
_PARAMS_3 = {
    *("calibrate", "pretrain", "variance_floor", "non_crossing"),
    *("plasticity", "plasticity_strength", "plasticity_decay", "plasticity_floor"),
    *("conduction_loss", "gain", "gain_l1"),
}
_ESTIMATORS_2 = ("MLPClassifier", "MLPRegressor")
_REGRESSOR_PARAMS = {**_PARAMS, "loss": ("squared_error", "poisson")}


def version_of_network(model):
    """The format version that a Model needs."""
    if model.threshold is not None or model.front is not None or model.head.activated:
        return 3
    if model.precision is not None:
        return 3
    blocks = blocks_of(model.nodes)
    activations = blocks and [block.activation for block in blocks]
    if not blocks or not all(name in _ACTIVATIONS_2 for name in activations):
        return 3
    gated = any(block.skip is not None and block.skip.gate is not None for block in blocks)
    if gated or any(block.gain is not None for block in blocks):
        return 3
    plain = all(block.norm is None and block.skip is None for block in blocks)
    known = plain and all(name in _ACTIVATIONS for name in activations)
    return 1 if known and (model.kind == "regressor" or model.has_probabilities) else 2


def version_of_estimator(parts):
    """The format version that EstimatorParts need."""
    custom = isinstance(parts.params.get("activation"), CustomActivation)
    if parts.name not in _ESTIMATORS_2 or custom or parts.params.keys() & _PARAMS_3:
        return 3
    if parts.params.get("loss") == "gaussian_nll" or parts.params.get("residual") == "highway":
        return 3
    if not parts.fitted.keys() <= _FITTED:
        return 2
    first = first_params(parts.name)
    for name, value in parts.params.items():
        if name not in first:
            return 2
        if first[name] is not None and not (isinstance(value, str) and value in first[name]):
            return 2
    return 2 if isinstance(parts.params.get("hidden_layer_sizes"), str) else 1


def first_params(estimator):
    """The parameters that version 1 knew for a class of estimators, each with its values or None.

    All others are written only where they are not at their default.
    """
    return _REGRESSOR_PARAMS if estimator == "MLPRegressor" else _PARAMS
