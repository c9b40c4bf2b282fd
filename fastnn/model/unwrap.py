"""From what users hold to the estimator within: searches, frozen estimators, pipelines of others.

Classes are told as in `fastnn.model.classes`.
"""

from fastnn.model.classes import is_exactly


def unwrap(source):
    """The estimator that a wrapper scores with; anything else as it is.

    Parameters
    ----------
    source : object
        A fitted search gives its best estimator, a ``FrozenEstimator`` the one that it holds.

    Raises
    ------
    TypeError
        For a search that kept no estimator.
    sklearn.exceptions.NotFittedError
    """
    while True:
        if _is_search(source):
            source = _best_estimator(source)
        elif is_exactly(source, "FrozenEstimator"):
            source = source.estimator
        else:
            return source


def pipeline_steps(source):
    """The ``(name, step)`` pairs that a ``Pipeline`` scores with; None if it is no Pipeline.

    In a Pipeline of imbalanced-learn samplers act in ``fit`` alone.
    """
    cls = type(source)
    if is_exactly(source, "Pipeline"):
        return list(source.steps)
    if cls.__name__ == "Pipeline" and cls.__module__ == "imblearn.pipeline":
        return [(name, step) for name, step in source.steps if not hasattr(step, "fit_resample")]
    return None


def way_out(source):
    """What to try with a wrapper that cannot be scored, to end an error with; it may be empty."""
    names = [cls.__name__ for cls in type(source).__mro__]
    if "Pipeline" in names:
        return (
            ". A subclass of Pipeline may score in another way; if this one does not, pass"
            " sklearn.pipeline.Pipeline(model.steps)"
        )
    if hasattr(source, "estimators_"):
        return (
            f". A {names[0]} scores with several models: make a Predictor of each of its"
            " .estimators_, and put their results together"
        )
    for attribute in ("best_estimator_", "estimator_", "estimator"):
        if hasattr(source, attribute):
            return (
                f". If the network within is all that is wanted, pass its .{attribute}; what the"
                f" {names[0]} does with its outputs is then yours to do"
            )
    return ""


def _is_search(source):
    """Whether it is a search of scikit-learn, halving or not, or a subclass."""
    return any(
        cls.__name__ == "BaseSearchCV" and cls.__module__.split(".")[0] == "sklearn"
        for cls in type(source).__mro__
    )


def _best_estimator(search):
    if hasattr(search, "best_estimator_"):
        return search.best_estimator_
    name = type(search).__name__
    if search.refit is False or hasattr(search, "cv_results_"):
        raise TypeError(
            f"this {name} has no best_estimator_, as refit={search.refit!r}: search with"
            " refit=True, or fit its estimator with the best_params_ and pass that"
        )
    from sklearn.exceptions import NotFittedError

    raise NotFittedError(f"This {name} instance is not fitted yet. Call 'fit' first.")
