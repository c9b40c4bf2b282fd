"""BaseNetwork: layers put together by hand, their weights and what they compute."""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from sklearn.utils import check_random_state

from fastnn.initializers import checked_init, initialize
from fastnn.losses import Loss
from fastnn.network.cloning import Clonable
from fastnn.network.compiled import CompiledNetwork
from fastnn.network.given import count, given_numbers, given_rows
from fastnn.network.layout import checked_parts
from fastnn.network.summary import summary
from fastnn.threads import effective_n_threads

__all__ = ["BaseNetwork"]


class BaseNetwork(Clonable):
    """What a `Network` is and does without training; its parameters are described there."""

    def __init__(
        self,
        layers: Iterable[Any],
        loss: str | Loss = "squared_error",
        *,
        init: str | Callable[..., ArrayLike] = "glorot_uniform",
        dtype: DTypeLike = "float64",
        random_state: int | np.random.RandomState | None = None,
        n_in: int | None = None,
    ) -> None:
        self.layers, found, self.dtype = checked_parts(layers, loss, dtype)
        if found.integer_targets and self.layers[-1].n_out < 2:
            raise ValueError(
                f"loss={found.name!r} needs an output for each class, and the last layer has one, "
                "whose softmax is always 1: of two classes take loss='logistic_log_loss' (or "
                "'log_loss')"
            )
        self.loss, self.init, self.random_state = loss, checked_init(init), random_state
        self._rng = check_random_state(random_state)
        if n_in is not None:
            self.build(n_in)

    def build(self, n_in: int) -> Self:
        """Make the weights for so many features, new ones if there were some.

        Returns
        -------
        self
        """
        self.compiled = self._made(count("n_in", n_in))
        return self

    def _made(self, n_in):
        net = CompiledNetwork(n_in, self.layers, self.loss, self.dtype)
        initialize(net.coefs, net.intercepts, net.activations, self._rng, self.init)
        net.begin_biases()
        return net

    def predict(self, X: Any, *, raw: bool = False, n_jobs: int | None = None) -> np.ndarray:
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
        network, X = self._built(), self._rows(X)
        n_threads = network.threads_for(X, effective_n_threads(n_jobs))
        return network.forward(X, raw=raw, n_threads=n_threads)

    def input_gradient(self, X: Any, unit: int = 0) -> np.ndarray:
        """Gradient (n, n_in) of raw output number `unit` by the input, at prediction."""
        network, unit = self._built(), count("unit", unit, least=0)
        return network.input_gradient(self._rows(X), unit)

    def layer_outputs(self, X: Any) -> list[np.ndarray]:
        """Outputs (n, width) of every layer at prediction, the raw ones last."""
        return self._built().layer_outputs(self._rows(X))

    @property
    def parameters(self) -> np.ndarray:
        """All parameters as one vector (n_params,); assigning to it sets them."""
        return self._built().params

    @parameters.setter
    def parameters(self, values: Any) -> None:
        params = self._built().params
        values = given_numbers(values, params.dtype, name="parameters")
        if values.shape != params.shape:
            raise ValueError(f"parameters must have shape {params.shape}, got {values.shape}")
        params[...] = values

    @property
    def named_parameters(self) -> dict[str, np.ndarray]:
        """dict: name of each block of the parameters -> its view, ``coef_0`` (n_in, n_out),
        ``intercept_0`` (n_out,), ``gain_0`` and ``shift_0`` (n,) of normalisations, and so on."""
        blocks = self._built().views(self.compiled.params)._asdict()
        named = [(f"{kind[:-1]}_{i}", b) for kind in blocks for i, b in enumerate(blocks[kind])]
        return {name: block for name, block in named if block.size}

    def summary(self) -> str:
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
        return given_rows(X, self.dtype, self.compiled.n_in, empty=True)
