"""Means over networks, and how far these differ."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from scipy.special import entr
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.outputs import outputs
from fastnn.estimators.shared import data, labels
from fastnn.estimators.shared.availability import UnavailableMethodError, available_unless
from fastnn.estimators.shared.uncertainty import Entropies, Variances
from fastnn.model.ensembles import mean_of_models
from fastnn.model.of_estimator import PAIRED, network_as_fitted
from fastnn.scoring.means import mean_of
from fastnn.scoring.scorer import scorer_of
from fastnn.threads import effective_n_threads

__all__ = ["Averaged", "AveragedClasses", "AveragedTargets"]

# The predictions of all members are in memory for so many rows at a time; enough for each to pack
# its weights anew.
_BLOCK_ROWS = 1 << 16
# From so many rows on, putting all members together as one model pays.
_FUSED_ROWS = 1 << 12


class Averaged(ABC):
    """An estimator whose predictions are the mean over networks, in their order.

    ``_alike`` is set by a fit: whether the outputs of all networks stand for the same.
    """

    @abstractmethod
    def _members(self):
        """The networks that are averaged: a list."""

    @abstractmethod
    def _of_member(self, member, X, check_finite):
        """What a member predicts for validated rows, as the ensemble averages it: (n, columns)."""

    @abstractmethod
    def _shaped(self, predictions):
        """The mean of these as the user gets it."""

    @abstractmethod
    def _decided(self, predictions):
        """What ``predict`` makes of that."""

    def _mean(self, X):
        """The mean over the members, added up in their order."""
        (X, check), members = self._rows(X), self._members()
        if X.shape[0] <= _BLOCK_ROWS:
            return self._mean_of_block(members, X, X, check)
        starts = range(0, X.shape[0], _BLOCK_ROWS)
        blocks = (X[start : start + _BLOCK_ROWS] for start in starts)
        return np.concatenate([self._mean_of_block(members, block, X, check) for block in blocks])

    def _mean_of_block(self, members, block, given, check):
        of_member = outputs if self._alike else self._of_member
        fused = self._fused(members) if self._pays_to_fuse(members, block) else None
        try:
            if fused is not None:
                n_jobs = members[0].n_jobs
                n_threads = 0 if n_jobs is None else effective_n_threads(n_jobs)
                return fused.proba(block, None, n_threads, check)
            first = [of_member(members[0], block, check)]
        except ValueError:
            if check:
                data.scoring_data(self, given)  # has scikit-learn's words for what is wrong
            raise
        return mean_of(first + [of_member(member, block, False) for member in members[1:]])

    def _pays_to_fuse(self, members, block):
        """Of sparse rows, members may read the weights of the features alone that these touch."""
        if block.shape[0] < _FUSED_ROWS or len(members) < 2 or not self._alike:
            return False
        return _is_dense(block) and len(getattr(self, "classes_", "ab")) > 1

    def _fused(self, members):
        """What scores all members in one pass over the rows, with the same bits; None if the arrays
        of some do not fit together, which these say better."""
        try:
            models = [network_as_fitted(member) for member in members]
            model = mean_of_models(models, getattr(self, "classes_", None))
        except (TypeError, ValueError):
            return None
        parts = model.n_features_in, model.nodes, model.widths
        return scorer_of(*parts, "identity", model.dtype)

    def _stack(self, X):
        """The predictions of all members, (n_members, n, columns)."""
        check_is_fitted(self)
        X = data.scoring_data(self, X)
        return np.stack([self._of_member(member, X, False) for member in self._members()])

    def _rows(self, X):
        """X as the members take it, and whether it is still to be checked for NaN."""
        if "n_features_in_" not in self.__dict__ or "_alike" not in self.__dict__:
            check_is_fitted(self)
        if "feature_names_in_" not in self.__dict__ and data.goes_straight_to_the_kernel(
            X, self.n_features_in_
        ):
            return X, True
        return data.scoring_data(self, X), False


def _is_dense(X):
    """Whether the kernels read it as it is."""
    return (
        type(X) is np.ndarray
        and X.flags.c_contiguous
        and X.flags.aligned
        and X.dtype in (np.float32, np.float64)
    )


class AveragedClasses(Averaged):
    """Of probabilities; the fit has set ``classes_`` and ``_label_binarizer``."""

    classes_: np.ndarray

    def _of_member(self, member, X, check_finite):
        """The outputs of the network, or columns for all classes where some members lack one."""
        found = outputs(member, X, check_finite)
        if self._alike:
            return found
        every = np.zeros((len(found), len(self.classes_)), found.dtype)
        columns = np.searchsorted(self.classes_, member.classes_)
        every[:, columns] = labels.columns_of_classes(found, len(member.classes_))
        return every

    def _shaped(self, predictions):
        return labels.columns_of_classes(predictions, len(self.classes_))

    def _decided(self, predictions):
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.inverse_transform(predictions, 0.5)
        return self.classes_.take(predictions.argmax(axis=1))

    def predict(self, X: MatrixLike) -> Any:
        """Predict the class of each row, the one of greatest mean probability, or its labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        return self._decided(self._shaped(self._mean(X)))

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the probability of each class: the mean over the members, in their order.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

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
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    def decompose(self, X: MatrixLike) -> Any:
        """Divide the uncertainty of each row into what more rows would and would not lessen.

        ``total`` is the entropy of the mean probabilities, ``aleatoric`` the mean entropy of the
        members': how much the classes overlap. The difference, ``epistemic``, is the mutual
        information of the class and the member: how much the members disagree.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        Entropies
            Named tuple of ``total``, ``aleatoric`` and ``epistemic`` in nats, of shape
            (n_samples,), or (n_samples, n_labels) with several labels.

        References
        ----------
        .. [1] Depeweg, Hernandez-Lobato, Doshi-Velez & Udluft, "Decomposition of uncertainty in
           Bayesian deep learning for efficient and risk-sensitive learning", ICML 2018.
        """
        p = np.stack([self._shaped(found) for found in self._stack(X)])
        if self._label_binarizer.y_type_.startswith("multilabel"):
            p = np.stack([p, 1 - p], axis=-1)
        total = entr(p.mean(axis=0)).sum(axis=-1)
        aleatoric = np.minimum(entr(p).sum(axis=-1).mean(axis=0), total)  # Jensen, but for rounding
        return Entropies(total, aleatoric, total - aleatoric)


def _no_variances(model):
    loss = getattr(model._network(), "loss", None)
    if loss != PAIRED:
        raise UnavailableMethodError(
            "decompose needs networks that predict the noise of the targets: "
            f"MLPRegressor(loss='gaussian_nll'), not loss={loss!r}. The part that the "
            "networks differ by is in predict(X, return_std=True)."
        )


class AveragedTargets(Averaged):
    """Of expected values."""

    @abstractmethod
    def _network(self):
        """A network, fitted if any is: its parameters are those of all."""

    def _of_member(self, member, X, check_finite):
        return outputs(member, X, check_finite)

    def _shaped(self, predictions):
        return self._network()._targets_of(predictions)

    def _decided(self, predictions):
        return predictions

    def predict(self, X: MatrixLike, return_std: bool = False) -> Any:
        """Predict the targets of each row: the mean over the members, in their order.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        return_std : bool, default=False
            Return a standard deviation as well. With loss='gaussian_nll' it is that of the target,
            the mixture of the members' normal distributions being taken for one [1]_. With other
            losses it is that of the members' predictions: how much they disagree, which grows away
            from the rows trained on, without the noise of the targets.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            With several levels of loss='quantile', all levels of the first target, then those of
            the next.
        std : ndarray of the same shape
            Only with return_std.

        References
        ----------
        .. [1] Lakshminarayanan, Pritzel & Blundell, "Simple and scalable predictive uncertainty
           estimation using deep ensembles", NIPS 2017.
        """
        if not return_std:
            return self._shaped(self._mean(X))
        each = self._stack(X)
        mean = self._shaped(mean_of([each[0].copy(), *each[1:]]))
        if self._network().loss == PAIRED:
            return mean, np.sqrt(self._variances(each).total)
        return mean, _flat(each.std(axis=0))

    @available_unless(_no_variances)
    def decompose(self, X: MatrixLike) -> Any:
        """Divide the variance of each target into what more rows would and would not lessen.

        The variance of the mixture is the mean of the members' variances, the ``aleatoric`` one,
        and the variance of their means, the ``epistemic`` one. For loss='gaussian_nll'.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        Variances
            Named tuple of ``total``, ``aleatoric`` and ``epistemic``, each of shape (n_samples,) or
            (n_samples, n_outputs).
        """
        return self._variances(self._stack(X))

    def _variances(self, each):
        """Of the mixture of normal distributions whose outputs are (n_members, n, n_outputs_)."""
        loss = self._network()._made_loss()
        aleatoric = np.mean([loss.variances(raw) for raw in each], axis=0)
        epistemic = each[:, :, ::2].var(axis=0)
        return Variances(*map(_flat, (aleatoric + epistemic, aleatoric, epistemic)))


def _flat(values):
    return values[:, 0] if values.shape[1] == 1 else values
