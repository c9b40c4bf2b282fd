"""fit: train an estimator on a stream, and go on where a fit was cut off."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import clone

from fastnn.data._stream import Stream
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.persistence import load, save

__all__ = ["fit", "hand_over", "saved_model"]


def fit(
    estimator: Any,
    rows: Stream,
    *,
    epochs: int = 10,
    classes: ArrayLike | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_blocks: int = 1,
    callback: Callable[[int, Any], Any] | None = None,
) -> Any:
    """Train on rows that need not fit in memory, block by block.

    Each block goes through ``partial_fit``, which trains one epoch on it in mini-batches, in an
    order of its own; moments of the solver go on from block to block. Memory holds two blocks.

    With ``checkpoint``, the estimator is saved as it goes, with all that training needs. The same
    call made again, after whatever ended the first one, goes on from that file, to the same bits
    that it would have come to.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Trained anew. If this fails or is interrupted, it is as it was before.
    rows : Stream
        By `stream`.
    epochs : int, default=10
        How often all rows are trained on; max_iter has no meaning here.
    classes : array-like, optional
        Of a classifier; if not given, all targets are read for them first.
    checkpoint : str or path-like, optional
        A file for `fastnn.save`; it stays when all is done.
    checkpoint_blocks : int, default=1
        Blocks from one to the next; the end of an epoch is one in any case.
    callback : callable, optional
        Called as ``callback(epoch, model)`` after each epoch; what is true ends the fit.

    Returns
    -------
    estimator
        ``loss_curve_`` has an entry a block.

    Raises
    ------
    TypeError
        If the estimator is none of these, or rows are no `Stream`.
    ValueError
        If a parameter has no meaning, the estimator has no ``partial_fit`` (L-BFGS), the checkpoint
        is of an estimator with other parameters, or of other rows.
    """
    _check(estimator, rows, epochs=epochs, checkpoint_blocks=checkpoint_blocks)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        model = saved_model(path, estimator)
        begun, skip = divmod(int(model.t_), rows.n_rows)
        first = {}
    else:
        model, begun, skip = clone(estimator), 0, 0
        first = {"classes": _classes(rows, classes)} if isinstance(estimator, MLPClassifier) else {}
    for epoch in range(begun, epochs):
        number = 0
        for number, (X, y) in enumerate(rows.blocks(epoch, skip), start=1):
            model.partial_fit(X, y, **first)
            first = {}
            if path is not None and number % checkpoint_blocks == 0:
                save(model, path)
        skip = 0
        if path is not None and number % checkpoint_blocks:
            save(model, path)
        if callback is not None and callback(epoch, model):
            break
    hand_over(model, estimator)
    return estimator


def _check(estimator, rows, **counts):
    if not isinstance(estimator, (MLPClassifier, MLPRegressor)):
        raise TypeError(
            "estimator must be an MLPClassifier or MLPRegressor of fastnn, got "
            f"{type(estimator).__name__}"
        )
    try:
        estimator.partial_fit  # noqa: B018
    except AttributeError as error:
        raise ValueError(
            f"a stream is trained on by partial_fit, and there is none: {error}"
        ) from None
    if not isinstance(rows, Stream):
        raise TypeError(
            f"rows must be a Stream, fastnn.data.stream(...), got {type(rows).__name__}"
        )
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{name} must be an int of at least 1, got {count!r}")


def _classes(rows, classes):
    if classes is not None:
        return classes
    found = []
    for targets in rows.targets():
        if targets.ndim > 1:  # indicators of labels
            return np.arange(targets.shape[1])
        found.append(np.unique(targets))
    return np.unique(np.concatenate(found)) if found else []


def saved_model(path, estimator):
    """The estimator in a checkpoint, if its parameters are those of this one."""
    model = load(path)
    if type(model) is not type(estimator):
        raise ValueError(
            f"checkpoint {path} holds a {type(model).__name__}, not a {type(estimator).__name__}: "
            "name another file, or remove this one to begin anew"
        )
    saved, given = model.get_params(deep=False), estimator.get_params(deep=False)
    for name, value in given.items():
        stated = isinstance(value, np.random.RandomState)  # goes on from its state in the file
        if not stated and repr(saved[name]) != repr(value):
            raise ValueError(
                f"checkpoint {path} was trained with {name}={saved[name]!r}, and this is "
                f"{name}={value!r}: name another file, or remove this one to begin anew"
            )
    return model


def hand_over(model, estimator):
    """Give an estimator what another one has learned."""
    parameters = estimator.get_params(deep=False)
    for name in [name for name in vars(estimator) if name not in parameters]:
        delattr(estimator, name)
    learned = {name: value for name, value in vars(model).items() if name not in parameters}
    vars(estimator).update(learned)
