"""What the convolutional estimators share: images on their way in, and the network behind them."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fastnn.estimators.convolution.blocks import convolution_blocks
from fastnn.estimators.convolution.images import ask_about_channels, image_shape, rows_of
from fastnn.estimators.mlp.base import BaseMLP
from fastnn.estimators.mlp.blocks import Parts, build_network, hidden_blocks
from fastnn.estimators.mlp.hidden_layers import hidden_widths
from fastnn.estimators.shared import data
from fastnn.estimators.shared.hidden_features import as_asked
from fastnn.model.of_network import compiled_nodes
from fastnn.threads import effective_n_threads

__all__ = ["BaseConvolution"]


class BaseConvolution(BaseMLP):
    """Base of the convolutional estimators; not for direct use."""

    input_shape_: tuple[int, ...]
    _auto_batch = 64  # rows of a batch of batch_size='auto'
    _auto_schedule = "cosine"
    _auto_shift = 0  # cells of shift=None for large images

    def _stretches(self, X, y, sample_weight, held_out=(None, None, None), **options):
        anew = not hasattr(self, "coefs_") or not (options.get("one_epoch") or self.warm_start)
        X, given = self._flattened(X, anew=anew)
        X_val, *more = held_out
        if X_val is not None:
            X_val, _ = rows_of(self, X_val)
        if anew:
            self.input_shape_ = given
        yield from super()._stretches(X, y, sample_weight, (X_val, *more), **options)
        return self

    def _flattened(self, X, *, anew=False):
        """X as rows, and the shape of its images if X itself tells, else None; ValueError unless it
        is the one learned from, if there is one."""
        X, given = rows_of(self, X)
        if not anew and given not in (None, self.input_shape_):
            raise ValueError(
                f"X has images of shape {given}, but this {type(self).__name__} has learned from "
                f"images of shape {self.input_shape_}."
            )
        if anew:
            ask_about_channels(self, given)
        return X, given

    def _as_rows(self, X, y):
        anew = not hasattr(self, "coefs_")
        X, given = self._flattened(X, anew=anew)
        if anew:
            self.input_shape_ = given
        return X, y

    def _hidden_blocks(self, widths, activations):
        if self.__dict__.get("input_shape_") is None or self.input_shape is not None:
            given = self.__dict__.get("input_shape_")
            self.input_shape_ = image_shape(self, self.n_features_in_, given)
        dense = hidden_blocks(self, widths, activations)
        return [*convolution_blocks(self, self.input_shape_), *dense]

    def _network(self):
        """The network with the fitted weights, and its blocks."""
        check_is_fitted(self)
        widths = hidden_widths(self.hidden_layer_sizes)
        blocks = self._hidden_blocks(widths, [self.activation] * len(widths))
        dtype = np.float32 if self.coefs_[0].dtype == np.float32 else np.float64
        n_out = np.shape(self.coefs_[-1])[1]
        network = build_network(self.n_features_in_, blocks, n_out, self._loss(), dtype)
        Parts.of(network, blocks).take(Parts.fitted(self))
        return network, blocks

    def _nodes(self):
        """What a Model has of the network."""
        return compiled_nodes(self._network()[0])

    def _rows(self, X):
        check_is_fitted(self)
        X, _ = self._flattened(X)
        return data.scoring_data(self, X)

    def _outputs(self, X):
        X = self._rows(X)
        network, _ = self._network()
        n_threads = network.threads_for(X, effective_n_threads(self.n_jobs))
        return network.forward(X, n_threads=n_threads)

    def transform(self, X: Any, layer: int = -1) -> Any:
        """Return the outputs of a hidden layer, as features for another model.

        Parameters
        ----------
        X : array-like
            As in ``fit``.
        layer : int, default=-1
            Number of the hidden layer, convolutions first, from 0 or, if negative, from the last
            one back. Of a convolution the outputs are those behind its pooling.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_units)
            Of a convolution places * kernels, kernels of a place next to each other. Of the dtype
            of the model; a frame if ``set_output`` has asked for one.
        """
        check_is_fitted(self)
        number = self._hidden_layer(layer)
        rows = self._rows(X)
        network, blocks = self._network()
        before = sum(len(block.layers()[0]) for block in blocks[: number + 1])
        return as_asked(self, network.layer_outputs(rows)[before - 1], X)

    def input_gradients(self, X: Any) -> np.ndarray:
        """Return the gradient of each output of the network by each feature: which cells of an
        image speak for a class, and which against it.

        Parameters
        ----------
        X : array-like
            As in ``fit``.

        Returns
        -------
        ndarray
            Of the shape of X, and with several outputs with another axis for these behind the
            first.

        References
        ----------
        .. [1] Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks: visualising image
           classification models and saliency maps", ICLR 2014.
        """
        rows = self._rows(X)
        network, _ = self._network()
        shape = np.shape(X)[1:]
        units = [network.input_gradient(rows, unit) for unit in range(network.n_out)]
        units = [unit.reshape(len(rows), *shape) for unit in units]
        return units[0] if len(units) == 1 else np.stack(units, axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags
