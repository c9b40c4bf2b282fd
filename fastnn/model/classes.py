"""Estimators of other packages, told by the names of their classes.

So reading them imports nothing; and exactly, as a subclass may transform or predict in another way.
"""


def is_class(cls, name):
    """Whether ``cls`` is the class called ``name`` of scikit-learn or fastnn."""
    return cls.__name__ == name and cls.__module__.split(".")[0] in ("sklearn", "fastnn")


def is_exactly(estimator, name):
    """Whether ``estimator`` is an instance of that class, and of no subclass."""
    return is_class(type(estimator), name)


def fitted(estimator, attribute):
    """An attribute that fitting sets; NotFittedError if it is missing."""
    try:
        return getattr(estimator, attribute)
    except AttributeError:
        from sklearn.exceptions import NotFittedError

        raise NotFittedError(
            f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' first."
        ) from None
