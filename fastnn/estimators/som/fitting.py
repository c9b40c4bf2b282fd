"""One call of ``fit`` or ``partial_fit`` of a map: from checked rows to fitted attributes."""

import numpy as np
from sklearn.utils import check_random_state

from fastnn._warnings import warn
from fastnn.estimators.shared.callbacks import FitCallbacks
from fastnn.estimators.som.epochs import batch_epoch, on_sphere, online_epoch, widths
from fastnn.estimators.som.grid import Grid
from fastnn.estimators.som.order import RandomOrder
from fastnn.estimators.som.rows import Rows, checked_rows, checked_weights
from fastnn.estimators.som.search import errors
from fastnn.estimators.som.start import first_codebook
from fastnn.exceptions import DivergenceError
from fastnn.threads import effective_n_threads

__all__ = ["fitted_attributes", "grid_of"]


def grid_of(estimator):
    """The grid that the parameters describe.

    Raises
    ------
    ValueError
        For a single unit, and for a hexagonal torus with an odd number of rows.
    """
    n_rows, n_columns = estimator.n_rows, estimator.n_columns
    if n_rows * n_columns < 2:
        raise ValueError("A map of n_rows=1 and n_columns=1 is one unit: it needs two at least.")
    if estimator.topology == "hexagonal" and estimator.toroidal and n_rows % 2:
        raise ValueError(
            f"n_rows={n_rows} is odd: on a hexagonal torus the last row would not fit to the first "
            "one. Set an even n_rows, or toroidal=False."
        )
    return Grid(n_rows, n_columns, estimator.topology, bool(estimator.toroidal))


def fitted_attributes(estimator, X, sample_weight, *, one_epoch=False):
    """Train, for all epochs from the beginning or for one more.

    Returns
    -------
    dict
    """
    going_on = one_epoch and hasattr(estimator, "codebook_")
    grid, n_threads = grid_of(estimator), effective_n_threads(estimator.n_jobs)
    sigmas, rates = widths(estimator, grid), _rates(estimator)
    checked = checked_rows(estimator, X, reset=not going_on)
    rows = Rows(checked, checked_weights(sample_weight, checked), estimator.metric)
    rng = check_random_state(estimator.random_state)
    if going_on:
        codebook, done = estimator.codebook_.copy(), estimator.n_iter_
        if len(codebook) != grid.n_units:
            raise ValueError(
                f"n_rows and n_columns make {grid.n_units} units, and the map was fitted with "
                f"{len(codebook)}: use fit."
            )
    else:
        _warn_of_shape(grid, rows)
        codebook, done = first_codebook(estimator.init, rows, grid, rng), 0
        if rows.sphere:
            codebook = on_sphere(codebook)
    end = done + 1 if one_epoch else estimator.n_iter
    shuffled = estimator.algorithm == "online" and estimator.shuffle
    order = RandomOrder(rows) if shuffled else None

    def attributes():
        labels, quantization, topographic = errors(rows, codebook, grid, n_threads)
        return {
            "codebook_": codebook,
            "labels_": labels,
            "quantization_error_": quantization,
            "topographic_error_": topographic,
            "n_iter_": done,
        }

    callbacks = FitCallbacks(estimator, X, None, sample_weight, end - done, attributes)
    observer = callbacks.observer
    while done < end:
        if observer is not None:
            observer.epoch_begin()
        at = min(done, len(sigmas) - 1)
        if estimator.algorithm == "batch":
            codebook, _ = batch_epoch(
                rows, codebook, grid, estimator.neighborhood, sigmas[at], n_threads
            )
        else:
            turns = order and order.epoch(rng)
            online_epoch(rows, codebook, grid, estimator.neighborhood, sigmas[at], rates[at], turns)
        if not np.isfinite(codebook).all():
            raise DivergenceError(
                f"The units of the map are not finite after epoch {done + 1}: scale X (for example "
                "with StandardScaler), or set a smaller learning_rate or neighborhood='gaussian'."
            )
        done += 1
        if estimator.verbose:
            print(f"Epoch {done}, sigma {sigmas[at]:.3g}, ", end="")
            print(f"quantization error {errors(rows, codebook, grid, n_threads)[1]:.6g}")
        if observer is not None and observer.epoch_end():
            break
    return attributes(), callbacks


def _rates(estimator):
    """The learning rate of every epoch."""
    rates = np.asarray(estimator.learning_rate)
    sound = rates.shape == (2,) and rates.dtype.kind in "fiu" and ((rates > 0) & (rates <= 1)).all()
    if not sound:
        raise ValueError(
            "learning_rate must be two numbers above 0 and at most 1, the first and the last one, "
            f"got {estimator.learning_rate!r}."
        )
    return np.geomspace(*rates, estimator.n_iter)


def _warn_of_shape(grid, rows):
    n, n_features = rows.X.shape
    if n < grid.n_units:
        warn(
            f"n_rows={grid.shape[0]} and n_columns={grid.shape[1]} make {grid.n_units} units for "
            f"{n} rows of X: most will win none. Set a smaller grid."
        )
    if n_features == 1 and grid.n_axes == 2:
        warn(
            "X has one feature, and a map with n_rows and n_columns above 1 has nowhere to unfold: "
            "set n_rows=1."
        )
