"""What scikit-learn's classifiers do around a network: decide at a threshold, calibrate.

A threshold becomes a part of the head. Platt's sigmoid and temperature scaling become nodes behind
the network where they are exact there ("Probabilistic Outputs for Support Vector Machines", 2000;
Guo et al., "On Calibration of Modern Neural Networks", 2017); everything else is refused.
"""

from dataclasses import replace

import numpy as np

from fastnn.model.classes import fitted, is_exactly
from fastnn.model.head import Threshold
from fastnn.model.melting import behind
from fastnn.model.nodes import Node

_THRESHOLDS = ("TunedThresholdClassifierCV", "FixedThresholdClassifier")


def has_threshold(source):
    """Whether it is one of scikit-learn's classifiers that decide at a threshold."""
    return any(is_exactly(source, name) for name in _THRESHOLDS)


def estimator_within(source):
    """The fitted estimator inside a classifier with a threshold or a calibrated one.

    Raises
    ------
    TypeError
        For a calibrated one that averages several.
    sklearn.exceptions.NotFittedError
    """
    if is_exactly(source, "FixedThresholdClassifier"):
        return getattr(source, "estimator_", source.estimator)
    if has_threshold(source):
        return fitted(source, "estimator_")
    several = fitted(source, "calibrated_classifiers_")
    if len(several) > 1:
        raise TypeError(
            f"this CalibratedClassifierCV averages {len(several)} classifiers, which no one network"
            " does: fit it with ensemble=False, or make a Predictor of the .estimator of each of"
            " its .calibrated_classifiers_, calibrate and average"
        )
    return several[0].estimator


def with_threshold(model, source):
    """The model of the estimator within, deciding as ``source`` does."""
    if not model.binary or len(model.classes) != 2:
        raise TypeError(f"a {type(source).__name__} must hold a classifier of two classes")
    probabilities = model.has_probabilities
    wanted = source.response_method
    if wanted not in ("auto", "predict_proba" if probabilities else "decision_function"):
        raise TypeError(f"the network has no {wanted} for the {type(source).__name__} to decide by")
    if is_exactly(source, "FixedThresholdClassifier"):
        value, label = source.threshold, source.pos_label
        value = (0.5 if probabilities else 0.0) if isinstance(value, str) else value
    else:
        value, label = source.best_threshold_, source._curve_scorer._get_pos_label()
    if not isinstance(value, np.generic) and model.dtype == "float32":
        value = np.float32(value)  # as NumPy compares single scores with a Python float
    positive = 1 if label is None else int(np.flatnonzero(model.classes == label)[0])
    return model.with_head(threshold=Threshold(float(value), positive))


def calibrated(model, source):
    """The model of the estimator within, with the probabilities of a CalibratedClassifierCV."""
    (found,) = source.calibrated_classifiers_
    method, calibrators = found.method, found.calibrators
    if model.kind != "classifier" or not np.array_equal(model.classes, source.classes_):
        raise TypeError("a CalibratedClassifierCV must hold a classifier of the same classes")
    model = model.astype("float64").with_head(threshold=None)
    if method == "sigmoid" and model.binary:
        (calibrator,) = calibrators
        if model.has_probabilities:
            model = _behind_the_output(model, "logistic")
        return _scaled(model, [-calibrator.a_], [-calibrator.b_], "logistic")
    if method == "sigmoid" and not model.has_probabilities:
        # p_k / sum(p) with p = 1 / (1 + exp(u)) is the softmax of log p = -softplus(u).
        slopes, shifts = np.transpose([[c.a_, c.b_] for c in calibrators])
        model = _scaled(model, slopes, shifts, "identity")
        return _scaled(_behind_the_output(model, "softplus"), [-1.0], [0.0], "softmax")
    if method == "temperature" and not model.has_probabilities:
        beta = float(calibrators[0].beta_)
        if model.binary:  # the two logits are minus the value and the value
            return _scaled(model, [2 * beta], [0.0], "logistic")
        return _scaled(model, [beta], [0.0], "softmax")
    of = "probabilities" if model.has_probabilities else "decision values"
    raise TypeError(
        f"a CalibratedClassifierCV with method={method!r} on {of} of {len(model.classes)} classes"
        " is no network: use method='sigmoid' with two classes, or make a Predictor of"
        " .calibrated_classifiers_[0].estimator and give its outputs to the calibrators"
    )


def _scaled(model, slopes, shifts, output_activation):
    """The model with a slope and a shift for each raw output, and another output activation."""
    n = model.n_outputs
    slopes, shifts = np.resize(slopes, n).astype(float), np.resize(shifts, n).astype(float)
    *before, last = model.nodes
    head = replace(model.head, output_activation=output_activation)
    return replace(model, nodes=(*before, behind(last, slopes, shifts)), head=head)


def _behind_the_output(model, activation):
    """The model with an activation behind its raw outputs, and a node that hands them on."""
    n, nodes = model.n_outputs, list(model.nodes)
    if not model.head.activated:
        nodes.append(Node("activation", (len(nodes) - 1,), attributes={"name": activation}))
    nodes.append(Node("dense", (len(nodes) - 1,), {"weight": np.eye(n), "bias": np.zeros(n)}))
    head = replace(model.head, output_activation="identity", activated=False)
    return replace(model, nodes=nodes, head=head)
