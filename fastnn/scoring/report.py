"""What a Predictor says of the precision that it scores in, and of what that costs."""

from typing import Any

import numpy as np

from fastnn._kernels.layers.reduced_weights import best_products
from fastnn._kernels.native import table
from fastnn._types import MatrixLike
from fastnn.model.precision import PRECISIONS, reduced_nodes


class Reporting:
    """The methods of a Predictor that tell of it."""

    __slots__ = ()
    _model: Any
    _reference: Any
    _sliced: frozenset[int]

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self._model.sizes))
        return f"Predictor({self._model.kind}, {sizes}, {self._products()})"

    def _products(self) -> str:
        return products_of(self._model.scored_in) + (" by int8 slices" if self._sliced else "")

    def config(self) -> dict[str, Any]:
        """How this Predictor scores on this machine.

        Returns
        -------
        dict
            ``dtype``; ``isa``, the instruction set in use; ``products``, how its weights meet rows;
            ``nodes``: of each node with a matrix its number, its ``shape`` and the ``weights`` that
            it is held in, float32 where a reduced precision cannot take it and "float32 and int8
            slices" where AMX multiplies it as exact integers; ``weight_bytes`` of them all.
        """
        model = self._model
        fewer = reduced_nodes(model.nodes) if model.precision else ()
        nodes, total = [], 0
        for number, node in enumerate(model.nodes):
            if "weight" in node.arrays:
                weight = node.arrays["weight"]
                held = model.precision if number in fewer else model.dtype
                total += weight.size * (_BYTES[held] + (3 if number in self._sliced else 0))
                held += " and int8 slices" if number in self._sliced else ""
                nodes.append({"node": number, "shape": weight.shape, "weights": held})
        return {
            "dtype": model.scored_in,
            "isa": table.isa(),
            "products": self._products(),
            "nodes": nodes,
            "weight_bytes": total,
        }

    def quantize_report(
        self, X: MatrixLike, y: Any = None, *, reference: Any = None
    ) -> dict[str, Any]:
        """What the reduced precision changes on some rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, n_features)
        y : array-like of shape (n,) or (n, n_outputs), optional
            Targets, for the metric.
        reference : anything a Predictor takes, optional
            What to compare with, scored in float32; by default the model that this Predictor was
            made of, with its weights as they were.

        Returns
        -------
        dict
            ``rows``; of a classifier ``label_agreement``, the share of rows with the same labels;
            ``max_difference`` and ``mean_difference`` of probabilities, or of values where there
            are none; with ``y`` the name of the ``metric`` (accuracy, all labels of a row being
            right; R², the mean over targets), the ``reference`` model's, ``reduced``, its own, and
            the ``change`` from one to the other.

        Raises
        ------
        ValueError
            If there is nothing to compare with: a Predictor that was unpickled, loaded from a file
            or made of one of the same dtype has its rounded weights alone.
        """
        full = self._reference if reference is None else reference
        if full is None:
            raise ValueError(
                "this Predictor does not know the weights before they were rounded: pass the model"
                " as reference=, or make it by Predictor(model, dtype='int8')"
            )
        full = type(self)(full, "float32")  # type: ignore[call-arg]
        return compare(full, self, X, y)


def compare(full, reduced, X, y=None):
    """The report of two Predictors of one model."""
    labels = [np.asarray(predictor.predict(X)) for predictor in (full, reduced)]
    difference = np.abs(np.subtract(*(_values(predictor, X) for predictor in (reduced, full))))
    report = {"rows": len(labels[0])}
    is_regressor = full._model.kind == "regressor"
    if not is_regressor:
        report["label_agreement"] = _agreement(*labels)
    report["max_difference"] = float(difference.max(initial=0))
    report["mean_difference"] = float(difference.mean()) if difference.size else 0.0
    if y is not None:
        y = np.asarray(y)
        if y.shape != labels[0].shape:
            raise ValueError(f"y must be of shape {labels[0].shape}, got {y.shape}")
        metric = _r2 if is_regressor else _agreement
        before, after = (metric(y, found) for found in labels)
        report["metric"] = "r2" if is_regressor else "accuracy"
        report |= {"reference": before, "reduced": after, "change": after - before}
    return report


def products_of(dtype):
    """In words, how weights of a dtype meet rows on this machine."""
    return f"{dtype} by {best_products(dtype)}" if dtype in PRECISIONS else dtype


_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "int8": 1}


def _values(predictor, X):
    model = predictor._model
    if model.kind == "regressor":
        return np.asarray(predictor.predict(X), dtype=np.float64)
    method = "predict_proba" if model.has_probabilities else "decision_function"
    return np.asarray(getattr(predictor, method)(X), dtype=np.float64)


def _agreement(y, found):
    same = y == found
    return float(np.mean(same.all(axis=1) if same.ndim == 2 else same))


def _r2(y, found):
    y, found = (np.asarray(a, dtype=np.float64).reshape(len(y), -1) for a in (y, found))
    left = ((y - found) ** 2).sum(axis=0)
    whole = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    return float(np.mean(1 - left / np.where(whole > 0, whole, 1)))
