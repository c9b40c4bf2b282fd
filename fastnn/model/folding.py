"""From a fitted estimator to a ScoringModel: affine steps melt into the layers they touch.

A step ``x -> x @ M + s`` in front of a layer ``x -> x @ W + b`` gives ``W' = M @ W`` and
``b' = b + s @ W``; behind it, ``W' = W @ M`` and ``b' = b @ M + s``. In front, it melts into the
skip of the first layer as well. Everything is computed in float64, whatever the dtype of the model.
"""

from dataclasses import replace

import numpy as np

from fastnn.model.affine import fitted, inverse_transform_maps, is_class, is_exactly, transform_maps
from fastnn.model.blocks import BatchNormalization, LayerNormalization, Skip
from fastnn.model.model import ACTIVATIONS, ScoringModel

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
        return fold_batch_norms(network_as_fitted(source))
    raise TypeError(
        f"cannot score a {type(source).__name__}: a fitted MLPClassifier or MLPRegressor of"
        " fastnn or scikit-learn is needed, alone, at the end of a Pipeline or inside a"
        " TransformedTargetRegressor"
    )


def network_as_fitted(mlp):
    """Describe a fitted MLP with its batch normalisations as they are; see `scoring_model`."""
    coefs = fitted(mlp, "coefs_")
    dtype = np.result_type(np.float32, *coefs, *mlp.intercepts_)

    def copy(array):
        return np.array(array, dtype=dtype, order="C")

    weights = tuple(map(copy, coefs))
    classes = getattr(mlp, "classes_", None)
    kind, output_activation = _kind(mlp), mlp.out_activation_
    if kind == "classifier" and len(classes) == 1 and _is_fastnn(mlp):
        # Fitted on a single class, it gives one column of ones: the softmax of one output.
        output_activation = {"logistic": "softmax"}.get(output_activation, output_activation)
    return ScoringModel(
        kind=kind,
        weights=weights,
        biases=tuple(map(copy, mlp.intercepts_)),
        activations=hidden_activations(mlp),
        output_activation=output_activation,
        classes=None if classes is None else np.array(classes),
        feature_names=_feature_names(mlp),
        flat=kind == "regressor" and weights[-1].shape[1] == 1,
        norms=tuple(_norm(norm, copy) for norm in getattr(mlp, "norms_", None) or ()),
        skips=tuple(_skip(skip, copy) for skip in getattr(mlp, "projections_", None) or ()),
    )


def _kind(mlp):
    if not hasattr(mlp, "classes_"):
        return "regressor"
    if mlp.out_activation_ == "softmax" or mlp.n_outputs_ == 1:
        return "classifier"
    if mlp.out_activation_ == "logistic" or mlp._label_binarizer.y_type_.startswith("multilabel"):
        return "multilabel"
    return "classifier"


def _norm(norm, copy):
    if norm is None:
        return None
    parts = [copy(norm["gain"]), copy(norm["shift"])]
    if norm["kind"] == "layer":
        return LayerNormalization(*parts, float(norm["epsilon"]))
    parts += [copy(norm["mean"]), copy(norm["variance"])]
    return BatchNormalization(*parts, float(norm["epsilon"]))


def _skip(projection, copy):
    if projection is None:
        return None
    return Skip() if isinstance(projection, str) else Skip(copy(projection))


def _is_fastnn(estimator):
    return any(cls.__module__.split(".")[0] == "fastnn" for cls in type(estimator).__mro__)


def hidden_activations(mlp):
    """The activation of each hidden layer of a fitted network, as it is when it scores.

    Raises
    ------
    TypeError
        If one is not told by a name.
    """
    names = mlp.activation
    if isinstance(names, str) or not isinstance(names, list | tuple | np.ndarray):
        names = (names,) * (len(mlp.coefs_) - 1)
    for layer, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(
                f"the activation of hidden layer {layer} is a {type(name).__name__}: only the"
                " estimator that has it can score with it; a Predictor, a file or an export needs"
                f" one of {', '.join(ACTIVATIONS)}"
            )
    # A stochastic binary unit scores with its expectation.
    return tuple("logistic" if name == "bernoulli" else str(name) for name in names)


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


def fold_batch_norms(model):
    """Melt every batch normalisation into the layer in front of it.

    ``(z - mean) * f + shift`` with ``f = gain / sqrt(variance + epsilon)`` gives ``W' = W * f``
    and ``b' = (b - mean) * f + shift``.
    """
    if not any(isinstance(norm, BatchNormalization) for norm in model.norms):
        return model
    model = model.astype("float64")
    weights, biases, norms = map(list, (model.weights, model.biases, model.norms))
    for layer, norm in enumerate(norms):
        if isinstance(norm, BatchNormalization):
            factor = norm.gain / np.sqrt(norm.variance + norm.epsilon)
            weights[layer] = weights[layer] * factor
            biases[layer] = (biases[layer] - norm.mean) * factor + norm.shift
            norms[layer] = None
    return replace(model, weights=tuple(weights), biases=tuple(biases), norms=tuple(norms))


def _before(model, affine):
    """The model, in float64, with the step melted into its first layer and that layer's skip."""
    scale, shift = affine
    model = model.astype("float64")

    def melt(matrix, bias):
        first = scale @ matrix if scale.ndim == 2 else scale[:, None] * matrix
        moved = shift @ matrix
        return np.ascontiguousarray(first), moved if bias is None else bias + moved

    W, b = melt(model.weights[0], model.biases[0])
    skips = model.skips
    if skips and skips[0] is not None:
        matrix, bias = skips[0].matrix, skips[0].bias
        if matrix is None:
            matrix = np.eye(len(model.weights[0]))
        skips = (Skip(*melt(matrix, bias)), *skips[1:])
    weights, biases = (W, *model.weights[1:]), (b, *model.biases[1:])
    return replace(model, weights=weights, biases=biases, skips=skips)


def _after(model, affine):
    """The model, in float64, with the step melted into its last layer."""
    scale, shift = affine
    model = model.astype("float64")
    W, b = model.weights[-1], model.biases[-1]
    # One column serves all quantiles of a single target.
    if len(scale) != model.n_outputs and scale.shape != (1,):
        raise ValueError(
            f"the target's transformer is one of {len(scale)} columns, which cannot be folded"
            f" behind {model.n_outputs} outputs"
        )
    if model.output_activation == "exp":
        # scale * exp(z) = exp(z + log(scale)); nothing else passes through the exponential.
        if scale.ndim == 2 or (scale <= 0).any() or shift.any():
            raise ValueError(
                "cannot fold the transformer of a TransformedTargetRegressor behind a poisson,"
                " gamma or tweedie loss: only a positive scale without a shift can be folded"
            )
        b = b + np.log(scale)
    elif scale.ndim == 2:
        W, b = W @ scale, b @ scale + shift
    else:
        W, b = W * scale, b * scale + shift
    return replace(model, weights=(*model.weights[:-1], W), biases=(*model.biases[:-1], b))
