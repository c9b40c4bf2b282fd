"""diagnose: measure, judge, report."""

from collections.abc import Callable
from typing import Any

from fastnn.inspection import _layer_rules, _training_rules
from fastnn.inspection._causes import without_consequences
from fastnn.inspection._measures import measure
from fastnn.inspection._opening import opened
from fastnn.inspection._report import Report

__all__ = ["diagnose"]


def diagnose(estimator: Any, X: Any, y: Any) -> Report:
    """Look for what keeps a network from learning.

    Inputs, layers and losses are measured on these rows, and judged by the thresholds in
    ``fastnn.inspection.THRESHOLDS``, each of which says why it lies where it does. What follows
    from another thing that is wrong is left out.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
        Fitted, or not yet: then its initial weights are judged. It is neither fitted nor changed.
        Of a pipeline, the rows go through the steps before the network.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The rows trained on or, to see overfitting without a validation set, others. At most 10,000
        are looked at, and the gradients of 64 single rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    Report
        Print it for a table of the layers and the verdicts with their remedies.

    Raises
    ------
    TypeError
        If there is no network of fastnn.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010: signals, gradients and saturation by layer.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from fastnn import MLPClassifier
    >>> from fastnn.inspection import diagnose
    >>> X, y = load_digits(return_X_y=True)
    >>> deep = MLPClassifier((30,) * 10, activation="logistic", random_state=0)
    >>> report = diagnose(deep, X / 16, y)
    >>> [verdict.name for verdict in report.verdicts]
    ['vanishing gradients', 'vanishing signals']
    >>> report["vanishing gradients"].layers[0]
    'hidden layer 1'
    """
    model, X, names = opened(estimator, X, y, "diagnose")
    measures = measure(model, X, y, names)
    rules: tuple[Callable[..., Any], ...] = _layer_rules.RULES
    if measures.constant_loss > 1e-8:  # else there is nothing to learn
        rules += _training_rules.RULES
    verdicts = [verdict for rule in rules if (verdict := rule(measures)) is not None]
    return Report(measures, without_consequences(verdicts))
