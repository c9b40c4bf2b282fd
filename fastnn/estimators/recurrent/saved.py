"""A fitted recurrent estimator as EstimatorParts, and back."""

import numpy as np

from fastnn.estimators.mlp.saved import check_fitted, restore_classes, take_apart
from fastnn.estimators.recurrent.classifier import RecurrentClassifier
from fastnn.estimators.recurrent.regressor import RecurrentRegressor
from fastnn.estimators.shared.restored import of_the_input, with_parameters
from fastnn.exceptions import ModelFormatError
from fastnn.files.labels import classes_from, describe_classes
from fastnn.files.networks import check_layers_of
from fastnn.files.parts import EstimatorParts
from fastnn.model.of_estimator import PAIRED

_CLASSES = {cls.__name__: cls for cls in (RecurrentClassifier, RecurrentRegressor)}


def recurrent_apart(estimator):
    """What goes into a file beside the network of the longest sequences."""
    parts = take_apart(estimator)
    more = {"n_features": estimator.n_features_in_}
    if estimator.embedding is not None:
        more["categories"] = describe_classes(estimator.categories_)
    if estimator.output == "all" and hasattr(estimator, "classes_"):
        more["classes"] = describe_classes(estimator.classes_)
        more["multilabel"] = estimator._binarizer().y_type_.startswith("multilabel")
        more["activation"] = estimator.out_activation_
    return EstimatorParts(parts.name, parts.params, {**parts.fitted, **more})


def build_recurrent(model, parts):
    """Put an estimator together; ModelFormatError if its parts contradict each other."""
    fitted = dict(parts.fitted)
    cls = _CLASSES[parts.name]
    estimator = with_parameters(cls, parts.params)
    n_features = fitted.pop("n_features", None)
    categories, classes = fitted.pop("categories", None), fitted.pop("classes", None)
    multilabel, activation = fitted.pop("multilabel", False), fitted.pop("activation", None)
    check_fitted(fitted, model)
    _check_shape(fitted, n_features, model)
    classifies, each_step = cls is RecurrentClassifier, parts.params.get("output") == "all"
    if (classifies and not each_step) == (model.kind == "regressor"):
        raise ModelFormatError(f"a {parts.name} cannot be a {model.kind}")
    matrices = [node for node in model.nodes if "weight" in node.arrays]
    vars(estimator).update(
        fitted,
        coefs_=[np.array(node.arrays["weight"]) for node in matrices],
        intercepts_=[np.array(node.arrays["bias"]) for node in matrices],
        n_layers_=len(matrices) + 1,
        n_outputs_=matrices[-1].arrays["bias"].size if matrices else 0,
        **of_the_input(model),
    )
    logistic = classifies and estimator.n_outputs_ == 1 and model.has_probabilities
    estimator.out_activation_ = "logistic" if logistic else model.output_activation
    estimator.n_features_in_ = n_features
    if each_step and classifies:
        _check_step_classes(multilabel, activation)
        restore_classes(estimator, classes_from(classes), multilabel)
        estimator.out_activation_ = activation
    elif classifies:
        restore_classes(estimator, model.classes, model.kind == "multilabel")
    if parts.params.get("embedding") is not None:
        estimator.categories_ = classes_from(categories)
    if parts.params.get("loss") == PAIRED and estimator.n_outputs_ % 2:
        raise ModelFormatError("the outputs are not pairs of mean and log-variance")
    try:
        estimator._validate_params()
        layers = estimator._layers_for(*estimator.sequence_shape_)[1]
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"the estimator is not sound: {error}") from None
    check_layers_of(layers, model)
    return estimator


def _check_shape(fitted, n_features, model):
    """Steps and numbers of a step must make up the rows of the network."""
    width, shape = fitted.get("step_width_"), fitted.get("sequence_shape_")
    if not (isinstance(shape, tuple) and len(shape) == 2):
        raise ModelFormatError("the fitted attribute 'sequence_shape_' is not sound")
    steps, ragged = shape
    sound = type(width) is int and type(steps) is int and type(ragged) is bool
    if not sound or min(width, steps) < 1 or steps * width + ragged != model.n_features_in:
        raise ModelFormatError("the fitted attribute 'sequence_shape_' is not that of the network")
    if type(n_features) is not int or n_features not in (width, steps):
        raise ModelFormatError("the number of features is not that of the network")


def _check_step_classes(multilabel, activation):
    if type(multilabel) is not bool or activation not in ("logistic", "softmax", "identity"):
        raise ModelFormatError("what the outputs of each step are is not sound")
