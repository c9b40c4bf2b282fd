"""Network: layers put together by hand."""

import inspect
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from fastnn._types import MatrixLike
from fastnn.losses import loss_for_outputs
from fastnn.network.base import BaseNetwork
from fastnn.network.given import count, given_rows, given_targets, given_weights, quantity
from fastnn.optimizers import Optimizer
from fastnn.schedules import Schedule
from fastnn.threads import effective_n_threads
from fastnn.training.arguments import rows_of_a_batch, step_options, the_optimizer, the_schedule
from fastnn.training.fit import Watched, run_epochs
from fastnn.training.objective import loss_and_grad
from fastnn.training.options import StepOptions
from fastnn.training.trainer import make_trainer

__all__ = ["Network"]


class Network(BaseNetwork):
    """A stack of layers with a loss, composed by hand.

    The estimators are made of the same parts; this is for nets that they do not describe. Shapes
    follow from the data: the weights come into being at the first ``fit``, or by ``build``.

    Parameters
    ----------
    layers : list of layers
        Of `fastnn.layers`. The last one is a linear Dense with an output a class or target: the
        loss brings its own output activation.
    loss : str or Loss, default="squared_error"
        One of `fastnn.losses.LOSSES`, or an object of `fastnn.losses`; "log_loss" and "focal" are
        those of one output, or of an output a class.
    init : str or callable, default="glorot_uniform"
        First weights, see `fastnn.initializers`.
    dtype : {"float32", "float64"}, default="float64"
    random_state : int, RandomState instance or None, default=None
        Source of the first weights, the order of the rows and what dropout and noise draw.
    n_in : int or None, default=None
        Number of features; given, the network is built at once.

    Attributes
    ----------
    loss_curve_ : list of float
        Mean loss of each epoch of the last ``fit``.
    validation_loss_curve_ : list of float or None
        Mean loss of its `X_val` after each epoch, without penalty.
    compiled : CompiledNetwork
        The network once it is built.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Network
    >>> from fastnn.layers import BatchNorm, Dense, Dropout
    >>> X = np.random.RandomState(0).normal(size=(200, 4))
    >>> net = Network([Dense(16, "relu"), Dropout(0.1), BatchNorm(), Dense(1)], random_state=0)
    >>> net = net.fit(X, X[:, :1] * X[:, 1:2], epochs=50, batch_size=20)
    >>> net.loss_curve_[-1] < net.loss_curve_[0]
    True
    """

    __module__ = "fastnn"

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        epochs: int = 100,
        batch_size: int | Literal["auto"] = "auto",
        optimizer: str | Optimizer | None = None,
        learning_rate: float | None = None,
        schedule: str | Schedule | Callable[[int, int], float] = "constant",
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        shuffle: bool = True,
        verbose: bool = False,
        n_jobs: int | None = None,
        **options: Any,
    ) -> Self:
        """Train from the present weights, which are made if there are none.

        If this fails or is interrupted, the network is as it was before.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, n_in)
        y : array-like
            Class numbers ``(n,)`` for a softmax loss, else numbers ``(n, n_out)``, or ``(n,)`` for
            one output.
        sample_weight : array-like of shape (n,), optional
            Weight of each row; one of zero is as good as absent.
        X_val, y_val, sample_weight_val : optional
            Rows to watch and not to train on: their loss after each epoch is
            ``validation_loss_curve_``.
        epochs : int, default=100
        batch_size : int or "auto", default="auto"
            At most n are taken; "auto" is 200, and all rows for "rprop".
        optimizer : str, Optimizer or None, default=None
            A name, which stands for a new one, or an object of `fastnn.optimizers`, whose state
            goes on from call to call; None is "adam".
        learning_rate : float or None, default=None
            That of an optimizer by name; None is the optimizer's own default.
        schedule : str, Schedule or callable, default="constant"
            Of `fastnn.schedules`, or a function ``(step, n_steps) -> factor``.
        early_stopping : bool, default=False
            Stop when the loss of `X_val` improves no more, and keep the weights of its best epoch.
        n_iter_no_change, tol : int and float, default=10 and 1e-4
            More than so many epochs in a row that improve the loss by less than tol are a plateau,
            for early stopping and for schedules that act on one.
        shuffle : bool, default=True
        verbose : bool, default=False
        n_jobs : int or None, default=None
            Threads; results do not depend on it.
        **options
            Fields of `fastnn.training.options.StepOptions`: alpha, clip_value, clip_norm, max_norm,
            keep_zeros, average_decay, compute_dtype, seed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For data or parameters that do not fit, before any work.
        DivergenceError
            If the loss or a weight is not finite at the end of an epoch.
        """
        step_options(options, _parameters_of_fit())
        epochs = count("epochs", epochs)
        optimizer, schedule = the_optimizer(optimizer, learning_rate), the_schedule(schedule)
        plateau = {"n_iter_no_change": count("n_iter_no_change", n_iter_no_change)}
        plateau["tol"] = quantity("tol", tol)
        n_threads = effective_n_threads(n_jobs)
        data = self.data(X, y, sample_weight)
        X, _, weight = data
        rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
        batch_size = rows_of_a_batch(batch_size, len(rows), optimizer)
        watched = self._watched(X_val, y_val, sample_weight_val, early_stopping, X.shape[1])
        with self._unchanged_on_failure():
            net = self.compiled = getattr(self, "compiled", None) or self._made(X.shape[1])
            if not np.isfinite(net.params).all():
                raise ValueError(
                    "the parameters of the network are not all finite: assign others to "
                    "`parameters`, or call build(n_in) for new ones"
                )
            if net.has("random"):
                options = {"seed": int(self._rng.randint(2**31 - 1)), **options}
            self.loss_curve_ = run_epochs(
                make_trainer(net, optimizer, batch_size=batch_size, n_threads=n_threads, **options),
                data,
                rows,
                self._rng,
                schedule,
                epochs=epochs,
                shuffle=shuffle,
                verbose=verbose,
                watched=watched,
                early_stopping=early_stopping,
                **plateau,
            )
            self.validation_loss_curve_ = None if watched is None else watched.losses
        return self

    def loss_and_grad(
        self,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        alpha: float = 0.0,
        seed: int = 0,
    ) -> tuple[float, np.ndarray]:
        """Loss over all rows as one batch of training, and its gradient by the parameters.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        alpha : float, default=0.0
            Strength of the L2 penalty.
        seed : int, default=0
            Of what dropout and noise draw.

        Returns
        -------
        loss : float
        gradient : ndarray of shape (n_params,)
            In the order of ``parameters``.
        """
        network, options = self._built(), StepOptions(alpha=alpha, seed=seed)
        X, y, weight = self.data(X, y, sample_weight)
        return loss_and_grad(
            network, X, y, sample_weight=weight, alpha=options.alpha, seed=options.seed
        )

    def data(
        self, X: MatrixLike, y: Any, weight: Any, *, n_in: Any = None, suffix: Any = ""
    ) -> Any:
        """Rows, targets and weights, checked; `suffix` is that of their names in messages."""
        name = f"X{suffix}"
        if hasattr(self, "compiled"):
            n_in = self.compiled.n_in
        X = given_rows(X, self.dtype, n_in, name=name)
        n, n_out = X.shape[0], self.layers[-1].n_out
        loss = loss_for_outputs(self.loss, n_out)
        y = given_targets(y, loss, n, n_out, self.dtype, name=f"y{suffix}", rows=name)
        weight = given_weights(weight, n, self.dtype, name=f"sample_weight{suffix}", rows=name)
        return X, y, weight

    def _watched(self, X, y, weight, early_stopping, n_in):
        """The rows to watch, or None."""
        if X is None and y is None and weight is None:
            if early_stopping:
                raise ValueError("early_stopping=True needs rows to watch: pass X_val and y_val")
            return None
        for name, value in (("X_val", X), ("y_val", y)):
            if value is None:
                raise ValueError(f"{name} is missing: X_val and y_val go together")
        return Watched(*self.data(X, y, weight, n_in=n_in, suffix="_val"))

    @contextmanager
    def _unchanged_on_failure(self):
        """If the block fails or is interrupted, give the network its attributes back."""
        before, random = dict(self.__dict__), self._rng.get_state()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            self._rng.set_state(random)
            raise


def _parameters_of_fit():
    return [*inspect.signature(Network.fit).parameters][3:-1]  # not self, X, y and **options
