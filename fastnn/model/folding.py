"""From a fitted estimator, network or pipeline to a Model, affine steps melted in."""

from dataclasses import replace

import numpy as np

from fastnn.model.affine import inverse_transform_maps, transform_maps
from fastnn.model.classes import fitted, is_class, is_exactly
from fastnn.model.classifiers import calibrated, estimator_within, has_threshold, with_threshold
from fastnn.model.ensembles import ENSEMBLES, ensemble_model
from fastnn.model.melting import (
    before_the_input,
    behind,
    fold_batch_norms,
    with_dense_end,
)
from fastnn.model.model import Model
from fastnn.model.of_estimator import CONVOLUTIONS, feature_names, scoring_model
from fastnn.model.of_map import map_model
from fastnn.model.of_network import network_model
from fastnn.model.of_recurrent import RECURRENT, recurrent_model
from fastnn.model.of_table import TABULAR, tabular_model
from fastnn.model.of_transformer import (
    AUTOENCODERS,
    MACHINES,
    autoencoder_model,
    machine_model,
)
from fastnn.model.probit import probit_model
from fastnn.model.unwrap import pipeline_steps, unwrap, way_out

_ESTIMATORS = ("MLPClassifier", "MLPRegressor", *CONVOLUTIONS)


def as_model(source):
    """Describe what can be scored as one network, with batch normalisations melted where they can
    be.

    Parameters
    ----------
    source : Model, Predictor, Network or estimator
        A fitted ``fastnn.Network``; a fitted ``MLPClassifier`` or ``MLPRegressor`` of fastnn or
        scikit-learn; a ``Pipeline`` of affine steps that ends in one, or a
        ``TransformedTargetRegressor`` around one with an affine transformer;
        an ensemble of such networks; or what `fastnn.model.unwrap` takes such a one out of.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        If ``source`` is none of these, or a step is not affine; the message names it.
    ValueError
        If a step cannot be folded as it is set, or the weights do not fit together.
    sklearn.exceptions.NotFittedError
        If it has not been fitted.
    """
    if isinstance(source, Model):
        return fold_batch_norms(source)
    if _is_a(source, "Predictor"):
        return source._model
    source = unwrap(source)
    steps = pipeline_steps(source)
    if steps is not None:
        return _fold_pipeline(source, steps)
    if is_exactly(source, "TransformedTargetRegressor"):
        return _fold_target(source)
    if has_threshold(source):
        return with_threshold(as_model(estimator_within(source)), source)
    if is_exactly(source, "CalibratedClassifierCV"):
        return calibrated(as_model(estimator_within(source)), source)
    if _is_a(source, *RECURRENT):
        return recurrent_model(source)
    if _is_a(source, *_ESTIMATORS):
        return fold_batch_norms(scoring_model(source))
    if _is_a(source, *AUTOENCODERS):
        return fold_batch_norms(autoencoder_model(source))
    if _is_a(source, *MACHINES):
        return machine_model(source)
    if _is_a(source, *TABULAR):
        return tabular_model(source)
    if _is_a(source, *ENSEMBLES):
        return fold_batch_norms(ensemble_model(source))
    if _is_a(source, "LaplaceRegressor"):  # the mean over the weights is the network itself
        model = as_model(fitted(source, "estimator_"))
        return model.with_head(feature_names=feature_names(source))
    if _is_a(source, "LaplaceClassifier"):
        return fold_batch_norms(_laplace_classifier(source))
    if _is_a(source, "SelfOrganizingMap"):
        return map_model(source)
    if _is_a(source, "HopfieldNetwork"):
        raise TypeError(
            "a HopfieldNetwork recalls in as many steps as a state needs, which is no network of so"
            " many layers: score it itself"
        )
    if _is_a(source, "Network"):
        return fold_batch_norms(network_model(source))
    raise TypeError(
        f"cannot score a {type(source).__name__}: a fitted fastnn.Network or a fitted"
        " MLPClassifier or MLPRegressor of fastnn or scikit-learn is needed, alone, at the end of a"
        f" Pipeline or inside a TransformedTargetRegressor{way_out(source)}"
    )


def _laplace_classifier(source):
    network = fitted(source, "estimator_")
    if source.subset != "last_layer":
        raise TypeError(
            "a LaplaceClassifier with subset='all_diagonal' follows each row's gradients back"
            " through the network, which no node does: score it itself, set subset='last_layer',"
            " or make a Predictor of its .estimator_, the fitted weights alone"
        )
    model = scoring_model(network).with_head(feature_names=feature_names(source))
    if len(source.classes_) == 1:
        return model
    return probit_model(model, source._center, source._factors)


def _is_a(source, *names):
    """Whether it is of one of these classes or of a subclass."""
    return any(is_class(cls, name) for cls in type(source).__mro__ for name in names)


def _fold_pipeline(pipeline, steps):
    *steps, (_, last) = steps
    model = as_model(last).with_head(feature_names=None)
    if model.front is not None:
        raise TypeError("a Pipeline that ends in one with steps of its own cannot be scored")
    try:
        maps = [transform_maps(step, f"step {name!r}") for name, step in steps]
    except (TypeError, ValueError):  # there is more than affine maps
        names = feature_names(pipeline)
        from fastnn.model.pipelines.compiling import with_front  # what only loads does without

        # Pipelines of texts, and others that begin with what is no table, do not have it.
        return with_front(model, steps, getattr(pipeline, "n_features_in_", 1), names)
    for of_step in reversed(maps):
        for scale, shift in reversed(of_step):
            model = before_the_input(model, scale, shift)
    # A Pipeline has the feature names of its first step.
    return model.with_head(feature_names=feature_names(pipeline))


def _fold_target(regressor):
    model = as_model(fitted(regressor, "regressor_"))
    if model.kind != "regressor":
        raise TypeError("a TransformedTargetRegressor must hold a regressor")
    model = model.with_head(flat=False)
    for scale, shift in inverse_transform_maps(regressor.transformer_, "the target's transformer"):
        model = _after(model, scale, shift)
    # Its predictions have as many dimensions as the y that it was fitted on.
    return model.with_head(flat=model.n_outputs == 1 and regressor._training_dim == 1)


def _after(model, scale, shift):
    """The model, in float64, with a map behind its output activation melted into its last node."""
    model = model.astype("float64")
    *before, last = with_dense_end(model).nodes
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
        scale, shift = np.ones_like(scale), np.log(scale)
    return replace(model, nodes=(*before, behind(last, scale, shift)))
