"""From a fitted estimator to a ScoringModel: affine steps melt into the layers they touch.

A step ``x -> x @ M + s`` in front of a layer ``x -> x @ W + b`` gives ``W' = M @ W`` and
``b' = b + s @ W``; behind it, ``W' = W @ M`` and ``b' = b @ M + s``. Everything is computed in
float64, whatever the dtype of the model.
"""

from dataclasses import replace

import numpy as np

from fastnn._affine import fitted, inverse_transform_maps, is_class, is_exactly, transform_maps
from fastnn._model import ScoringModel

_NETWORKS = ("MLPClassifier", "MLPRegressor")


def scoring_model(source):
    """Describe a fitted estimator as one network.

    Parameters
    ----------
    source : estimator
        A fitted ``MLPClassifier`` or ``MLPRegressor`` of fastnn or scikit-learn, a ``Pipeline``
        of affine steps that ends in one, or a ``TransformedTargetRegressor`` around one with an
        affine transformer.

    Returns
    -------
    ScoringModel

    Raises
    ------
    TypeError
        If ``source`` is none of these, or a step is not affine; the message names it.
    ValueError
        If a step cannot be folded as it is set, or the weights do not fit together.
    sklearn.exceptions.NotFittedError
        If it has not been fitted.
    """
    if is_exactly(source, "Pipeline"):
        return _fold_pipeline(source)
    if is_exactly(source, "TransformedTargetRegressor"):
        return _fold_target(source)
    if any(is_class(cls, name) for cls in type(source).__mro__ for name in _NETWORKS):
        return _from_network(source)
    raise TypeError(
        f"cannot score a {type(source).__name__}: a fitted MLPClassifier or MLPRegressor of"
        " fastnn or scikit-learn is needed, alone, at the end of a Pipeline or inside a"
        " TransformedTargetRegressor"
    )


def _from_network(mlp):
    coefs = fitted(mlp, "coefs_")
    dtype = np.result_type(np.float32, *coefs, *mlp.intercepts_)
    weights = tuple(np.array(W, dtype=dtype, order="C") for W in coefs)
    biases = tuple(np.array(b, dtype=dtype, order="C") for b in mlp.intercepts_)
    classes = getattr(mlp, "classes_", None)
    output_activation = mlp.out_activation_
    if classes is None:
        kind = "regressor"
    elif mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1:
        kind = "multilabel"
    else:
        kind = "classifier"
    if kind == "classifier" and len(classes) == 1 and _is_fastnn(mlp):
        # Fitted on a single class, it gives one column of ones: the softmax of one output.
        output_activation = "softmax"
    return ScoringModel(
        kind=kind,
        weights=weights,
        biases=biases,
        activations=hidden_activations(mlp),
        output_activation=output_activation,
        classes=None if classes is None else np.array(classes),
        feature_names=_feature_names(mlp),
        flat=kind == "regressor" and weights[-1].shape[1] == 1,
    )


def _is_fastnn(estimator):
    return any(cls.__module__.split(".")[0] == "fastnn" for cls in type(estimator).__mro__)


def hidden_activations(mlp):
    """The activation of each hidden layer of a fitted network."""
    if isinstance(mlp.activation, str):
        return (mlp.activation,) * (len(mlp.coefs_) - 1)
    return tuple(mlp.activation)


def _feature_names(estimator):
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)


def _fold_pipeline(pipeline):
    *steps, (_, last) = pipeline.steps
    model = replace(scoring_model(last), feature_names=None)
    for name, step in reversed(steps):
        for affine in reversed(transform_maps(step, f"step {name!r}")):
            model = _before(model, affine)
    # A Pipeline has the feature names of its first step.
    return replace(model, feature_names=_feature_names(pipeline))


def _fold_target(regressor):
    model = scoring_model(fitted(regressor, "regressor_"))
    if model.kind != "regressor":
        raise TypeError("a TransformedTargetRegressor must hold a regressor")
    model = replace(model, flat=False)
    for affine in inverse_transform_maps(regressor.transformer_, "the target's transformer"):
        model = _after(model, affine)
    # Its predictions have as many dimensions as the y that it was fitted on.
    return replace(model, flat=model.n_outputs == 1 and regressor._training_dim == 1)


def _before(model, affine):
    scale, shift = affine
    W, b = model.weights[0].astype(np.float64), model.biases[0].astype(np.float64)
    first = scale @ W if scale.ndim == 2 else scale[:, None] * W
    return _with_layers(model, 0, np.ascontiguousarray(first), b + shift @ W)


def _after(model, affine):
    scale, shift = affine
    W, b = model.weights[-1].astype(np.float64), model.biases[-1].astype(np.float64)
    if model.output_activation == "exp":
        # scale * exp(z) = exp(z + log(scale)); nothing else passes through the exponential.
        if scale.ndim == 2 or (scale <= 0).any() or shift.any():
            raise ValueError(
                "cannot fold the transformer of a TransformedTargetRegressor behind a poisson"
                " loss: only a positive scale without a shift can be folded"
            )
        return _with_layers(model, -1, W, b + np.log(scale))
    if scale.ndim == 2:
        return _with_layers(model, -1, W @ scale, b @ scale + shift)
    return _with_layers(model, -1, W * scale, b * scale + shift)


def _with_layers(model, layer, W, b):
    """The model in float64 with one layer replaced."""
    weights = [w.astype(np.float64, copy=False) for w in model.weights]
    biases = [v.astype(np.float64, copy=False) for v in model.biases]
    weights[layer], biases[layer] = W, b
    return replace(model, weights=tuple(weights), biases=tuple(biases))
