"""One fit of a restricted Boltzmann machine, or one step of ``partial_fit``."""

import copy
import time

import numpy as np
from sklearn.utils import check_random_state

from fastnn._kernels.families.rbm_machine import RestrictedMachine
from fastnn.estimators.rbm.validation import FreeEnergyGap
from fastnn.exceptions import DivergenceError
from fastnn.network.rows import input_rows
from fastnn.threads import ThreadChoice, effective_n_threads

__all__ = ["Learning", "first_state", "learn"]

#: Seconds between two looks at what else there is to do, such as Ctrl-C.
_STRETCH = 0.05

# What a batch is counted as, in multiply-adds of its products: two to the hidden units, one back,
# and two for the gradient.
_PRODUCTS = 5


def first_state(rbm, n_features, dtype, rng):
    """The attributes before the first step, drawn as scikit-learn does."""
    shape = rbm.n_components, n_features
    return {
        "components_": np.asarray(rng.normal(0, 0.01, shape), order="F", dtype=dtype),
        "intercept_hidden_": np.zeros(rbm.n_components, dtype),
        "intercept_visible_": np.zeros(n_features, dtype),
        "h_samples_": np.zeros((rbm.batch_size, rbm.n_components), dtype),
        "_learning_state": {},
    }


class Learning:
    """Attributes of an estimator on their way through batches.

    Parameters
    ----------
    rbm : BaseRBM
        Its parameters count, and no attribute.
    state : dict
        As of `first_state`.
    batch_size : int
    rng : numpy.random.RandomState
    """

    def __init__(self, rbm, state, batch_size, rng):
        self.rbm, self.rng = rbm, rng
        weights = state["components_"], state["intercept_hidden_"], state["intercept_visible_"]
        kept = state["_learning_state"]
        hashed = rbm._hashed()
        self._seed = kept.get("seed")
        if hashed and self._seed is None:
            self._seed = int(rng.randint(2**31 - 1))
        speeds, activity = kept.get("speeds"), kept.get("activity")
        if speeds is None and (rbm.momentum or rbm.weight_decay):
            speeds = tuple(map(np.zeros_like, weights))
        if activity is None and rbm.sparsity_target is not None:
            activity = np.full_like(weights[1], rbm.sparsity_target)
        self._n_threads = effective_n_threads(rbm.n_jobs)
        self._machine = RestrictedMachine(
            *weights,
            state["h_samples_"],
            batch_size,
            self._n_threads,
            learning_rate=float(rbm.learning_rate),
            gibbs=int(rbm.k),
            persistent=rbm.persistent,
            gaussian=rbm._gaussian,
            momentum=float(rbm.momentum),
            decay=float(rbm.weight_decay),
            speeds=speeds,
            activity=activity if rbm.sparsity_target is not None else None,
            target=float(rbm.sparsity_target or 0),
            cost=float(rbm.sparsity_cost),
            seed=self._seed or 0,
            sampled=kept.get("sampled", 0),
        )
        self._bits = None if hashed else rng._bit_generator
        self._chains = state["h_samples_"]
        work = _PRODUCTS * batch_size * weights[0].size
        self._threads = ThreadChoice(self._n_threads, work, ("rbm", weights[0].shape, batch_size))
        self._batch_size, self._stretch = batch_size, 1

    def epoch(self, X):
        """All batches of the rows of X, an array or CSR matrix of the weights' dtype."""
        rows = input_rows(X, X.shape[1], self._chains.dtype)
        n_batches, at = -(-X.shape[0] // self._batch_size), 0
        while at < n_batches:
            n_threads, few = self._threads.pick(min(n_batches - at, self._stretch))
            begin = time.perf_counter()
            self._machine.run(rows, at, at + few, n_threads, self._bits)
            seconds = (time.perf_counter() - begin) / few
            self._threads.took(n_threads, seconds, few)
            self._stretch = max(1, min(2 * self._stretch, int(_STRETCH / max(seconds, 1e-7))))
            at += few

    def attributes(self):
        """What the estimator has learned up to now."""
        components, hidden, visible = self._machine.weights
        return {
            "components_": components,
            "intercept_hidden_": hidden,
            "intercept_visible_": visible,
            "h_samples_": self._machine.chains if self.rbm.persistent else self._chains,
            "_n_features_out": len(components),
            "_learning_state": {
                "speeds": self._machine.speeds,
                "activity": self._machine.activity,
                "seed": self._seed,
                "sampled": self._machine.sampled,
            },
        }

    def check_finite(self, epoch):
        """Raise DivergenceError if the weights have become infinite or NaN."""
        if not all(np.isfinite(array).all() for array in self._machine.weights):
            raise DivergenceError(
                f"The weights became infinite or NaN in epoch {epoch}: lower learning_rate "
                f"(it is {self.rbm.learning_rate:g}) or momentum, and see that X is scaled.",
                epoch,
            )


def learn(rbm, X, X_val, rng, callbacks):
    """Fit `rbm` to rows X; returns the attributes.

    Parameters
    ----------
    rbm : BaseRBM
    X, X_val : {ndarray, CSR matrix}, validated and of one dtype; the latter may be None
    rng : numpy.random.RandomState
    callbacks : FitCallbacks
    """
    state = first_state(rbm, X.shape[1], X.dtype, rng)
    learning = Learning(rbm, state, min(rbm.batch_size, X.shape[0]), rng)
    gap = None if X_val is None else FreeEnergyGap(X, X_val, rbm)
    observer, n_iter, stopped = callbacks.observer, 0, False
    begin = time.time()
    while n_iter < rbm.n_iter and not stopped:
        if observer:
            observer.epoch_begin()
        learning.epoch(X)
        n_iter += 1
        learning.check_finite(n_iter)
        if gap is not None:
            stopped = gap.watch(learning.attributes()) and rbm.early_stopping
        if observer:
            stopped |= observer.epoch_end()
        if rbm.verbose:
            end = time.time()
            report(rbm, learning.attributes(), X, n_iter, end - begin)
            begin = end
    attributes = learning.attributes()
    if gap is not None:
        attributes = gap.best if rbm.early_stopping and gap.best else attributes
        attributes["validation_curve_"] = gap.curve
    attributes["n_iter_"] = n_iter
    return attributes


def report(rbm, attributes, X, epoch, seconds):
    """Print scikit-learn's line; the generator is left as it was."""
    fitted = copy.copy(rbm)
    fitted.__dict__.update(attributes)
    fitted.random_state = copy.deepcopy(check_random_state(rbm.random_state))
    print(
        f"[{type(rbm).__name__}] Iteration {epoch}, {rbm._score_name} = "
        f"{fitted._scores(X).mean():.2f}, time = {seconds:.2f}s"
    )
