"""Network: layers put together by hand."""

import numpy as np
from sklearn.utils import check_random_state

from fastnn.initializers import initialize
from fastnn.losses import make_loss
from fastnn.network.compiled import CompiledNetwork
from fastnn.network.layout import checked_parts
from fastnn.network.rows import as_rows, as_targets
from fastnn.network.summary import summary
from fastnn.optimizers import Adam
from fastnn.schedules import SCHEDULES
from fastnn.threads import effective_n_threads
from fastnn.training.fit import run_epochs
from fastnn.training.objective import loss_and_grad

__all__ = ["Network"]


class Network:
    """A stack of layers with a loss, composed by hand.

    The estimators are made of the same parts; this is for nets that they do not describe. Shapes
    follow from the data: the weights come into being at the first ``fit``, or by ``build``.

    Parameters
    ----------
    layers : list of layers
        Of `fastnn.layers`. The last one is a linear Dense with an output a class or target: the
        loss brings its own output activation.
    loss : str or Loss, default="squared_error"
        One of `fastnn.losses.LOSSES`, or an object of `fastnn.losses`.
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

    def __init__(
        self,
        layers,
        loss="squared_error",
        *,
        init="glorot_uniform",
        dtype="float64",
        random_state=None,
        n_in=None,
    ):
        self.layers, _, self.dtype = checked_parts(layers, loss, dtype)
        self.loss, self.init, self.random_state = loss, init, random_state
        self._rng = check_random_state(random_state)
        if n_in is not None:
            self.build(n_in)

    def build(self, n_in):
        """Make the weights for so many features, new ones if there were some.

        Returns
        -------
        self
        """
        self.compiled = CompiledNetwork(n_in, self.layers, self.loss, self.dtype)
        net = self.compiled
        initialize(net.coefs, net.intercepts, net.activations, self._rng, self.init)
        return self

    def fit(
        self,
        X,
        y,
        *,
        sample_weight=None,
        epochs=100,
        batch_size=200,
        optimizer=None,
        schedule="constant",
        shuffle=True,
        verbose=False,
        n_jobs=None,
        **options,
    ):
        """Train from the present weights, which are made if there are none.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, n_in)
        y : array-like
            ``(n,)`` class numbers for "softmax_log_loss", else ``(n, n_out)`` numbers.
        sample_weight : array-like of shape (n,), optional
        epochs : int, default=100
        batch_size : int, default=200
            At most n are taken.
        optimizer : Optimizer or None, default=None
            Of `fastnn.optimizers`, whose state goes on from call to call; None is a new Adam.
        schedule : str or Schedule, default="constant"
            Of `fastnn.schedules`.
        shuffle : bool, default=True
        verbose : bool, default=False
        n_jobs : int or None, default=None
            Threads; results do not depend on it.
        **options
            Fields of `fastnn.training.trainer.StepOptions`: alpha, clip_value, clip_norm, max_norm,
            average_decay.

        Returns
        -------
        self

        Raises
        ------
        DivergenceError
            If the loss or a weight is not finite at the end of an epoch.
        """
        X, y, weight = self._rows(X), self._targets(y), self._weights(sample_weight)
        if not hasattr(self, "compiled"):
            self.build(X.shape[1])
        if self.compiled.has("dropout", "noise", "bernoulli"):
            options.setdefault("seed", int(self._rng.randint(2**31 - 1)))
        self.loss_curve_ = run_epochs(
            self.compiled,
            X,
            y,
            weight,
            self._rng,
            optimizer or Adam(),
            SCHEDULES[schedule]() if isinstance(schedule, str) else schedule,
            epochs=epochs,
            batch_size=min(batch_size, X.shape[0]),
            shuffle=shuffle,
            verbose=verbose,
            n_threads=effective_n_threads(n_jobs),
            options=options,
        )
        return self

    def predict(self, X, *, raw=False, n_jobs=None):
        """Outputs of the network: probabilities, or expected values.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, n_in)
        raw : bool, default=False
            Leave out the output activation.
        n_jobs : int or None, default=None

        Returns
        -------
        ndarray of shape (n, n_out)
        """
        return self._built().forward(self._rows(X), raw=raw, n_threads=effective_n_threads(n_jobs))

    def loss_and_grad(self, X, y, *, sample_weight=None, alpha=0.0, seed=0):
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
        return loss_and_grad(
            self._built(),
            self._rows(X),
            self._targets(y),
            sample_weight=self._weights(sample_weight),
            alpha=alpha,
            seed=seed,
        )

    def input_gradient(self, X, unit=0):
        """Gradient (n, n_in) of raw output number `unit` by the input, at prediction."""
        return self._built().input_gradient(self._rows(X), unit)

    def layer_outputs(self, X):
        """Outputs (n, width) of every layer at prediction, the raw ones last."""
        return self._built().layer_outputs(self._rows(X))

    @property
    def parameters(self):
        """All parameters as one vector (n_params,); assigning to it sets them."""
        return self._built().params

    @parameters.setter
    def parameters(self, values):
        values = np.asarray(values)
        if values.shape != self._built().params.shape:
            wanted = self.compiled.params.shape
            raise ValueError(f"parameters must have shape {wanted}, got {values.shape}")
        self.compiled.params[...] = values

    @property
    def named_parameters(self):
        """dict: name of each block of the parameters -> its view, ``coef_0`` (n_in, n_out),
        ``intercept_0`` (n_out,), ``gain_0`` and ``shift_0`` (n,) of normalisations, and so on."""
        blocks = self._built().views(self.compiled.params)._asdict()
        named = [(f"{kind[:-1]}_{i}", b) for kind in blocks for i, b in enumerate(blocks[kind])]
        return {name: block for name, block in named if block.size}

    def summary(self):
        """A table of the layers: outputs, parameters, multiply-adds a row."""
        return summary(self._built())

    def _built(self):
        if not hasattr(self, "compiled"):
            raise ValueError(
                "this Network has no weights yet: call fit, or build(n_in) with the number of "
                "features"
            )
        return self.compiled

    def _rows(self, X):
        return as_rows(X, self.dtype)

    def _targets(self, y):
        return as_targets(make_loss(self.loss), y, self.dtype)

    def _weights(self, sample_weight):
        return None if sample_weight is None else np.ascontiguousarray(sample_weight, self.dtype)
