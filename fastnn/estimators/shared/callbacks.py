"""A fit as scikit-learn's callbacks see it: one task, with a subtask for every epoch.

Callbacks came with scikit-learn 1.9. With an older one, estimators have no ``set_callbacks`` and
everything else works.
"""

from contextlib import nullcontext

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import callback_management_context
except ImportError:
    #: What scikit-learn puts around ``fit``, to tear callbacks down.
    callback_management_context = nullcontext

    class CallbackSupportMixin:
        """Nothing: this scikit-learn knows no callbacks."""


__all__ = [
    "CALLBACK_ATTRIBUTES",
    "CallbackSupportMixin",
    "FitCallbacks",
    "callback_management_context",
]

# What scikit-learn keeps on an estimator while callbacks are at work.
CALLBACK_ATTRIBUTES = {"_callback_fit_ctx", "_skl_callbacks_to_teardown"}


class FitCallbacks:
    """Tells the callbacks of an estimator what happens in its ``fit``.

    Parameters
    ----------
    estimator : estimator
    X, y, sample_weight
        As the user gave them, since callbacks may score on them.
    max_epochs : int
        Most epochs that may follow.
    fitted_attributes : callable
        Returns the attributes that turn a copy of the estimator into one that has been fitted up to
        now. Called only if a callback asks for such a copy.
    """

    def __init__(self, estimator, X, y, sample_weight, max_epochs, fitted_attributes):
        self._context = None
        if not hasattr(estimator, "_init_callback_context"):
            return
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._about = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fitted_attributes = fitted_attributes
        self._epoch = None
        self._context = estimator._init_callback_context(max_subtasks=max_epochs)
        self._context.call_on_fit_task_begin(**self._about)

    @property
    def observer(self):
        """Itself if a callback is listening, else None: then the epochs need not be reported."""
        listening = self._context is not None and self._about["estimator"].__dict__.get(
            "_skl_callbacks"
        )
        return self if listening else None

    def epoch_begin(self):
        """Open the next epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._about)

    def epoch_end(self):
        """Close the epoch; true if a callback asks to stop."""
        return self._epoch.call_on_fit_task_end(
            **self._about, reconstruction_attributes=self._fitted_attributes
        )

    def end(self):
        """Report the end of the fit."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._about)
