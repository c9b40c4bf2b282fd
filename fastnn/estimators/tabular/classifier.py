"""TabularClassifier."""

from typing import Any

import numpy as np
from scipy.special import expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.parameters import BELOW_1
from fastnn.estimators.shared import labels
from fastnn.estimators.shared.declare import fitted, parameter, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.tabular import sizes
from fastnn.estimators.tabular.base import BaseTabular
from fastnn.estimators.tabular.weighting import divide_by_temperature, temperature_of
from fastnn.tables.targets import Targets

__all__ = ["TabularClassifier"]


def _is_gap(label):
    return label is None or label != label


@documented
@parameters
class TabularClassifier(ClassifierMixin, BaseTabular):
    """Classifier of tables as they are: text, gaps, dates and numbers.

    Several networks, each trained on all folds of the rows but one; see the page on tables.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    estimators_ : list of MLPClassifier
        The networks, on columns as they see them.
    folds_ : ndarray of shape (n_samples,)
        Fold of each row, -1 for rows without weight; not for fewer than 50 rows.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        Probabilities by the networks that were not trained on the row, NaN where there are none;
        not for fewer than 50 rows, nor with X_val.
    oof_score_ : float
        Accuracy of these.
    temperature_ : float
        What the raw outputs of all networks were divided by: that of the lowest log loss of rows
        not trained on [2]_. Of several kinds of networks the geometric mean.
    feature_importances_ : ndarray of shape (n_features,)
        How much the log loss of rows grows, by the networks that were not trained on them, when the
        column is shuffled among them; of some thousand rows. Not for fewer than 50.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep
       learning", NeurIPS 2022.
    .. [2] Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from fastnn import TabularClassifier
    >>> from sklearn.datasets import load_wine
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> model = TabularClassifier(preset="fast", random_state=0).fit(X, y)
    >>> bool(model.oof_score_ > 0.9)
    True
    """

    classes_: np.ndarray = fitted()
    temperature_: float = fitted()

    loss: str = parameter(
        "{'log_loss', 'focal'}",
        "As of the perceptrons: those that give probabilities.",
        default="log_loss",
        valid=[StrOptions({"log_loss", "focal"})],
    )
    label_smoothing: float | str = parameter(
        "float or 'auto'",
        "Share of every target that is spread evenly over the classes; 'auto' is 0.1 for fewer "
        "than 5000 rows and 0 for more.",
        default="auto",
        valid=[BELOW_1, StrOptions({"auto"})],
    )
    class_weight: dict | str | None = parameter(
        "dict, 'balanced' or None",
        "Factor of the weight of each row by its class, 1 for classes that a dict does not have; "
        "'balanced' gives every class the same total weight. For one label a row.",
        default=None,
        valid=[dict, StrOptions({"balanced"}), None],
    )
    _y_numeric = False

    def _learn_targets(self, y, weight):
        gaps = [] if y.dtype.kind != "O" or y.ndim > 1 else np.flatnonzero([_is_gap(v) for v in y])
        if len(gaps):
            raise ValueError(
                f"Input y contains gaps: the first is in row {gaps[0]} (counted from 0); "
                f"{len(gaps)} of {len(y)} rows have one. Leave these rows out."
            )
        check_classification_targets(y)
        self._label_binarizer = labels.learn_classes(y)
        self.classes_ = self._label_binarizer.classes_

    def _several_labels(self):
        return self._label_binarizer.y_type_.startswith("multilabel")

    def _check_further_targets(self, y):
        labels.check_same_classes(y, self.classes_, all_present=False, name="y_val")

    def _weighed(self, y, weight):
        if self.class_weight is None:
            return weight
        factors = labels.class_factors(self.class_weight, self._label_binarizer, y, weight)
        return factors if weight is None else weight * factors

    def _targets(self, y):
        if self._several_labels():
            y = np.asarray(self._label_binarizer.transform(y))
            return Targets(y, y.astype(np.float64), None)
        y = np.searchsorted(self.classes_, y)
        n = len(self.classes_)
        values = np.eye(n)[y] if n > 2 else y[:, None].astype(np.float64)
        return Targets(y, values, y)

    def _member_options(self, preset, n_rows):
        few = n_rows < sizes.FEWEST_FOR_LOSS
        smoothing, scoring = self.label_smoothing, self.scoring
        if smoothing == "auto":
            smoothing = 0.1 if few and self.loss == "log_loss" else 0.0
        if scoring is None and not few:
            scoring = "loss"
        return {
            **super()._member_options(preset, n_rows),
            "loss": self.loss,
            "label_smoothing": smoothing,
            "scoring": scoring,
        }

    def _settle(self, fit, found):
        if found.oof is None:
            return 1.0
        known = ~np.isnan(found.oof[:, 0])
        y, weight = fit.y[known], None if fit.weight is None else fit.weight[known]
        z = found.oof[known]
        if z.shape[1] == 1:
            y = (y.reshape(-1, 1) > 0).astype(np.float64)
        temperature = temperature_of(z, y, weight)
        found.oof[...] /= temperature
        for member in found.members:
            divide_by_temperature(member, temperature)
        return temperature

    def _take(self, fit, *about):
        temperatures = [fit.temperatures[i] for i in fit.kept]
        self.temperature_ = float(np.exp(np.mean(np.log(temperatures))))
        super()._take(fit, *about)

    def _combined(self, outputs):
        if len(outputs) == 1:
            return outputs[0]
        p = np.mean([self._activated(raw) for raw in outputs], axis=0)
        p = np.clip(p, 1e-12, None)
        if p.shape[1] == 1 or self._several_labels():
            return np.log(p) - np.log(np.clip(1 - p, 1e-12, None))
        return np.log(p)

    def _loss_of(self, fit, raw, at):
        raw = raw.astype(np.float64)
        if raw.shape[1] == 1 or self._several_labels():
            y = fit.y[at].reshape(len(at), -1)
            rows = (np.logaddexp(0, raw) - raw * y).sum(axis=1)
        else:
            rows = -log_softmax(raw, axis=1)[np.arange(len(at)), fit.y[at]]
        return np.average(rows, weights=None if fit.weight is None else fit.weight[at])

    def _activated(self, raw):
        if raw.shape[1] == 1 or self._several_labels():
            return expit(raw)
        return softmax(raw, axis=1)

    def _shaped(self, found):
        return labels.columns_of_classes(found, len(self.classes_))

    def _score_of(self, y, predictions, weight, known):
        weight = None if weight is None else weight[known]
        return float(accuracy_score(y, self._decided(predictions), sample_weight=weight))

    def _decided(self, p):
        if self._several_labels():
            return self._label_binarizer.inverse_transform(p, 0.5)
        return self.classes_.take(p.argmax(axis=1))

    def predict(self, X: MatrixLike) -> Any:
        """Predict the class of each row, the one of greatest mean probability, or its labels.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        return self._decided(self._shaped(self._mean(X)))

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the probability of each class: the mean over the networks.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to one, except with several labels, each of which has a probability of its own.
        """
        return self._shaped(self._mean(X))

    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the logarithm of ``predict_proba``, which may be -inf.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.class_weight is None
        return tags
