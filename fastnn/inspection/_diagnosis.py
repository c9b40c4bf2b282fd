"""diagnose: measure, judge, report."""

from fastnn.inspection import _layer_rules, _network, _training_rules
from fastnn.inspection._measures import measure
from fastnn.inspection._report import Report

__all__ = ["diagnose"]


def diagnose(estimator, X, y):
    """Look for what keeps a network from learning.

    Inputs, layers and losses are measured on these rows, and judged by the thresholds in
    ``fastnn.inspection.THRESHOLDS``, each of which says why it lies where it does.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Fitted, or not yet: then its initial weights are judged. It is neither fitted nor changed.
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
        If the estimator is no MLP of fastnn.

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
    _network.check_estimator(estimator, "diagnose")
    measures = measure(estimator, X, y)
    rules = _layer_rules.RULES
    if measures.constant_loss > 1e-8:  # else there is nothing to learn
        rules += _training_rules.RULES
    verdicts = [verdict for rule in rules if (verdict := rule(measures)) is not None]
    return Report(measures, verdicts)
