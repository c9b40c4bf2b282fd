"""Methods that an estimator has only with some of its parameters."""

from functools import update_wrapper, wraps
from types import MethodType

__all__ = ["UnavailableMethodError", "available_unless"]


class UnavailableMethodError(AttributeError, ValueError):
    """The parameters of the estimator rule the method out.

    An AttributeError, so that ``hasattr`` tells meta-estimators the truth, and a ValueError, since
    that is what scikit-learn raises for some of the reasons.
    """


def available_unless(why_not):
    """Make a method available only while ``why_not(estimator)`` finds no reason against it.

    Parameters
    ----------
    why_not : callable
        Raises an AttributeError if the method is not available.
    """

    def decorate(method):
        return _Available(method, why_not)

    return decorate


class _Available:
    """Descriptor of such a method. On the class it is a plain function, which signatures need."""

    def __init__(self, method, why_not):
        self._method = method
        self._why_not = why_not
        update_wrapper(self, method)

    def __get__(self, instance, owner=None):
        if instance is not None:
            self._why_not(instance)
            return MethodType(self._method, instance)

        @wraps(self._method)
        def unbound(estimator, *args, **kwargs):
            self._why_not(estimator)
            return self._method(estimator, *args, **kwargs)

        return unbound
