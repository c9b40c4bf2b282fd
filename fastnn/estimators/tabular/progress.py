"""What is told of a fit while it goes on: scikit-learn's callbacks, and lines that are printed.

To callbacks a fit is a task with a subtask for each network, and this one with a subtask for each
epoch. Networks that are trained side by side have begun before the first of them ends.
"""

__all__ = ["Progress"]


class Progress:
    """Tells callbacks and the terminal.

    Parameters
    ----------
    estimator : BaseTabular
    X, y, sample_weight
        As the user gave them, since callbacks may score on them.
    """

    def __init__(self, estimator, X, y, sample_weight):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._about = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._estimator, self._context, self._networks = estimator, None, {}
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=None)
            self._context.call_on_fit_task_begin(**self._about)

    def planned(self, kind, n_rows, n_inputs, options):
        """Say what networks of a kind there will be."""
        if self._estimator.verbose:
            print(
                f"{self._estimator.n_estimators} {kind} networks of "
                f"{options['hidden_layer_sizes']} on "
                f"{n_rows} rows of {n_inputs} inputs: {options['max_iter']} epochs of batches of "
                f"{options['batch_size']}"
            )

    def network_begins(self, number, max_epochs):
        """What is told of the network's epochs, and may end it; None if nobody listens."""
        if not getattr(self._estimator, "_skl_callbacks", None):
            return None
        context = self._context.subcontext(task_name="network", max_subtasks=max_epochs)
        context.call_on_fit_task_begin(**self._about)
        self._networks[number] = context
        return _Epochs(context, self._about)

    def network_ends(self, number, watched, score, attributes):
        """Say that a network is done; true if a callback wants no more of them.

        Parameters
        ----------
        number : int
        watched : int or None
            The fold it has watched.
        score : float or None
        attributes : callable
            Returns what turns a copy of the estimator into one of the networks up to now.
        """
        if self._estimator.verbose:
            print(f"Network {number}: watches fold {watched}, score {score}")
        if number not in self._networks:
            return False
        context = self._networks.pop(number)
        return context.call_on_fit_task_end(**self._about, reconstruction_attributes=attributes)

    def kept(self, names):
        """Say which kinds of several are kept."""
        if self._estimator.verbose:
            print(f"Kept, by the loss of rows not trained on: {', '.join(names)}")

    def ends(self):
        """Report the end of the fit."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._about)


class _Epochs:
    """The epochs of one network, as `fastnn.training.epochs` reports them."""

    def __init__(self, context, about):
        self._context, self._about, self._epoch = context, about, None

    def epoch_begin(self):
        """Open the next epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._about)

    def epoch_end(self):
        """Close the epoch; true if a callback asks the network to stop."""
        return self._epoch.call_on_fit_task_end(**self._about)
