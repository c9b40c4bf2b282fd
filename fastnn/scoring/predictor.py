"""Predictor: a fitted model as a small immutable object that only scores."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn._types import MatrixLike
from fastnn.scoring.fewer_bits import slices_of
from fastnn.scoring.immutable import Immutable
from fastnn.scoring.report import Reporting
from fastnn.scoring.rows import check_out, frozen, is_long, score_labels, score_rows
from fastnn.scoring.scorer import make_scorer, no_decisions, no_probabilities
from fastnn.scoring.spread import Described, SpreadScorer, described
from fastnn.scoring.streaming import Streaming
from fastnn.threads import effective_n_threads


class Predictor(Immutable, Reporting, Streaming):
    """Scores a fitted model: immutable, thread-safe, picklable, in microseconds a row.

    Affine steps of a pipeline are folded into the weights in float64, before they are cast to
    ``dtype``. A float32 Predictor of features whose mean is large beside their spread (say 10,000
    times) loses what float32 cannot hold of the difference; use ``dtype="float64"`` for those.

    Parameters
    ----------
    model : estimator, Network, Predictor, str, path-like, bytes-like or binary file
        A fitted ``MLPClassifier`` or ``MLPRegressor`` of fastnn or scikit-learn, or an ensemble or
        table model of fastnn; a ``Pipeline`` that ends in one, of scalers, imputers, encoders,
        ``ColumnTransformer``, see docs/pipelines.md, or of samplers of imbalanced-learn; a fitted
        search; a ``FrozenEstimator``; a ``TransformedTargetRegressor`` around one with a scaler; a
        ``TunedThresholdClassifierCV`` or ``FixedThresholdClassifier`` around one; a
        ``CalibratedClassifierCV(ensemble=False)`` of two classes with Platt's sigmoid, or of
        decision values; a fitted ``fastnn.Network``; or a file of `fastnn.save`. Of a Network whose
        loss is one of classification, `predict` gives class numbers (of several independent outputs
        an indicator), `predict_proba` probabilities; of others values (n, n_outputs).
    dtype : {"float32", "float64", "bfloat16", "int8"}, default="float32"
        The precision of weights, arithmetic and results. Of ``"bfloat16"`` and ``"int8"`` weights
        take half and a quarter of float32's memory and rows meet them rounded alike; the rest is
        float32: see docs/precision.md and `quantize_report`.
    precision : {"auto", "plain"}, default="auto"
        How float32 is multiplied. By ``"auto"`` wide layers go as exact integers where the
        processor has AMX and that is faster: other last bits, no larger errors; `config` tells.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels of a classifier; absent from a regressor. Read-only.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Present if the model was fitted on named columns. Read-only.
    n_outputs_ : int
        Columns of the decision function.
    dtype : str

    Raises
    ------
    TypeError, ValueError
        If the model cannot be scored exactly; the message names the step or parameter.
    fastnn.ModelFormatError
        If the file is not a sound fastnn file.

    Notes
    -----
    Every method takes one row of shape (n_features,) or rows of shape (n, n_features), as array,
    list, table of pandas, polars or pyarrow, or sparse matrix; one row gives a result with one row.
    Of a pipeline with encoders or imputers rows may be dicts too, and tables have any order.
    C-contiguous float32 and float64 arrays, memory-mapped ones too, are read in place; all else is
    converted in blocks of rows. Sparse rows cost what their values cost. Input is checked for shape
    and finiteness and never changed. The result of a row does not depend, to the bit, on the other
    rows, on ``n_jobs`` or on the layout of ``X``.

    ``out`` is a C-contiguous array of the result's shape and dtype to write to and return.
    ``n_jobs`` is the most threads to use; small work stays on one. Woken, they stay awake 0.2 ms.
    """

    __module__ = "fastnn"
    classes_: np.ndarray
    feature_names_in_: np.ndarray
    _precision: str
    _scorer: Any
    _spread: SpreadScorer
    _labels: np.ndarray
    _raw: Callable[..., Any]  # bound methods of the kernel, looked up once
    _proba: Callable[..., Any]
    _log_proba: Callable[..., Any]
    _flat_raw: bool
    _predicted: Callable[..., Any] | None

    __slots__ = (
        *("_flat_raw", "_labels", "_log_proba", "_model", "_predicted", "_proba", "_raw"),
        *("_precision", "_reference", "_scorer", "_sliced", "_spread", "_stream"),
        *("classes_", "feature_names_in_"),
    )

    def __init__(self, model: Any, dtype: str = "float32", precision: str = "auto") -> None:
        model, spread, reference = described(model, dtype)
        slices = slices_of(model, precision)
        scorer = make_scorer(model, slices)
        values = {
            "_model": model,
            "_scorer": scorer,
            "_spread": SpreadScorer(spread),
            "_reference": reference,
            "_precision": precision,
            "_sliced": frozenset(slices),
            "_flat_raw": model.binary or model.flat,
            "_predicted": scorer.proba if model.kind == "regressor" else None,
            "_raw": scorer.raw if not model.head.activated else no_decisions,
            "_proba": scorer.proba if model.has_probabilities else no_probabilities(model),
            "_log_proba": scorer.log_proba if model.has_probabilities else no_probabilities(model),
        }
        if model.kind != "regressor":
            values["classes_"] = model.classes
            # one fitted on a single class still gives the codes 0 and 1
            values["_labels"] = frozen(np.resize(model.classes, max(2, len(model.classes))))
        if model.feature_names is not None:
            values["feature_names_in_"] = frozen(np.array(model.feature_names, dtype=object))
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def dtype(self) -> str:
        return self._model.scored_in

    @property
    def n_features_in_(self) -> int:
        return self._model.n_columns

    @property
    def n_outputs_(self) -> int:
        return self._model.n_outputs

    def predict(
        self,
        X: MatrixLike,
        *,
        out: np.ndarray | None = None,
        n_jobs: int | None = None,
        return_std: bool = False,
    ) -> Any:
        """Labels or values, as the estimator's ``predict`` gives them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_features,) or (n, n_features)
        out : ndarray of the result's shape and dtype, optional
        n_jobs : int, optional
        return_std : bool, default=False
            Of regressors that know it, return the standard deviations as well, as a second array.

        Returns
        -------
        ndarray
            Labels (n,), of a multilabel classifier an int64 indicator (n, n_labels), of a regressor
            values (n,) or (n, n_outputs).

        Raises
        ------
        ValueError
            If X does not fit the model or is not finite, ``out`` does not fit, or there is no std.
        """
        if return_std:
            std = self._spread.std(lambda kernel: self._score(kernel, X, None, n_jobs))
            return self.predict(X, out=out, n_jobs=n_jobs), std[:, 0] if self._model.flat else std
        if self._predicted is not None:
            return self._values(self._predicted, X, out, n_jobs, self._flat_raw)
        if self._model.kind == "multilabel":
            return self._score(self._scorer.codes, X, out, n_jobs)
        if is_long(X):
            return score_labels(self._score, self._scorer.codes, X, self._labels, out, n_jobs)
        codes = self._score(self._scorer.codes, X, None, n_jobs)
        if out is None:
            return self._labels[codes]
        check_out(out, codes.shape, self._labels.dtype)
        return self._labels.take(codes, out=out, mode="clip")

    def predict_proba(
        self, X: MatrixLike, *, out: np.ndarray | None = None, n_jobs: int | None = None
    ) -> np.ndarray:
        """Probabilities of the classes in the order of ``classes_``, or of the labels.

        Parameters and errors as for `predict`; AttributeError if the model is a regressor, or a
        classifier fitted with a loss that has no probabilities (hinge, perceptron).

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        return self._score(self._proba, X, out, n_jobs)

    def predict_log_proba(
        self, X: MatrixLike, *, out: np.ndarray | None = None, n_jobs: int | None = None
    ) -> np.ndarray:
        """Logarithms of the probabilities, taken before the probabilities are rounded.

        Parameters and errors as for `predict_proba`.

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        return self._score(self._log_proba, X, out, n_jobs)

    def decision_function(
        self, X: MatrixLike, *, out: np.ndarray | None = None, n_jobs: int | None = None
    ) -> np.ndarray:
        """Outputs of the last layer before its activation: logits, decision values, log-means.

        Parameters and errors as for `predict`; AttributeError for an ensemble's mean probabilities.

        Returns
        -------
        ndarray of shape (n,) for a binary classifier or a single target, else (n, n_outputs)
        """
        return self._values(self._raw, X, out, n_jobs, self._flat_raw)

    def _score(self, kernel, X, out, n_jobs):
        n_threads = 0 if n_jobs is None else effective_n_threads(n_jobs)  # 0: by the work
        result = kernel(X, out, n_threads)
        if result is not NotImplemented:
            return result
        return score_rows(kernel, X, out, n_threads, self._model)

    def _values(self, kernel, X, out, n_jobs, flat):
        if out is None or not flat:
            found = self._score(kernel, X, out, n_jobs)
            return found.ravel() if flat else found
        if not isinstance(out, np.ndarray) or out.ndim != 1:
            raise ValueError("out must be an array of shape (n,)")
        self._score(kernel, X, out.reshape(-1, 1), n_jobs)
        return out

    def __reduce__(self):
        described = Described(self._model, self._spread.spread)
        return type(self), (described, self.dtype, self._precision)
