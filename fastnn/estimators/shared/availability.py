"""Methods that an estimator has only with some of its parameters."""

from functools import update_wrapper, wraps
from types import MethodType

from fastnn.estimators.mlp.hidden_layers import hidden_widths

__all__ = [
    "OF_MARGINS",
    "UnavailableMethodError",
    "available_unless",
    "check_probabilities",
    "no_hidden_layers",
    "no_margins",
    "no_partial_fit",
    "no_probabilities",
]

# Losses of classifiers whose outputs are signed distances from the decision, not probabilities.
OF_MARGINS = ("hinge", "perceptron")


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


def no_partial_fit(estimator):
    """Raise an AttributeError if the parameters leave ``partial_fit`` no meaning."""
    if estimator.solver == "lbfgs":
        reason = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        name = type(estimator).__name__
        raise AttributeError(f"This {name!r} has no attribute 'partial_fit'") from AttributeError(
            reason
        )
    if estimator.early_stopping:
        raise UnavailableMethodError("partial_fit does not support early_stopping=True")
    if estimator.averaging is not None:
        raise UnavailableMethodError(
            "partial_fit trains one epoch, and averaging is over those of a fit: set "
            "averaging=None, or use fit."
        )
    if estimator.n_init != 1:
        raise UnavailableMethodError(
            "partial_fit goes on from one start, and n_init asks for several: set n_init=1, or use "
            "fit."
        )
    if getattr(estimator, "class_weight", None) == "balanced":
        raise UnavailableMethodError(
            "partial_fit sees a part of the rows, and class_weight='balanced' needs all: pass a "
            "dict, for example from sklearn.utils.class_weight.compute_class_weight on a large "
            "enough sample."
        )


def no_hidden_layers(estimator):
    """Raise an AttributeError if there is no hidden layer."""
    try:
        missing = not hidden_widths(estimator.hidden_layer_sizes)
    except ValueError:
        missing = False  # an error for fit to raise
    if missing:
        raise UnavailableMethodError(
            "transform returns the outputs of a hidden layer, and with "
            f"hidden_layer_sizes={estimator.hidden_layer_sizes!r} there is none."
        )


def no_probabilities(estimator):
    """Raise an AttributeError if the outputs are no probabilities."""
    if estimator.loss in OF_MARGINS:
        raise UnavailableMethodError(
            f"loss={estimator.loss!r} makes no probabilities: use decision_function, "
            "loss='log_loss', or sklearn.calibration.CalibratedClassifierCV."
        )


def check_probabilities(estimator, why):
    """Refuse an estimator whose outputs are no probabilities where another needs them."""
    try:
        no_probabilities(estimator)
    except AttributeError as error:
        raise ValueError(f"{why} {error}") from None


def no_margins(estimator):
    """Raise an AttributeError if the outputs are probabilities."""
    if estimator.loss not in OF_MARGINS:
        raise UnavailableMethodError(
            f"decision_function is for loss='hinge' and 'perceptron': with loss={estimator.loss!r} "
            "use predict_proba."
        )
