"""scikit-learn's MLPClassifier."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)


def train(case, X, y, threads, estimator=MLPClassifier, **options):
    def fit(n, **solver):
        model = estimator(
            case.sizes[1:-1],
            alpha=0.0,
            max_iter=n,
            n_iter_no_change=n + 1,
            tol=0.0,
            random_state=0,
            **solver,
            **options,
        ).fit(X, y)
        if model.n_iter_ < n:
            raise RuntimeError(f"the fit stopped after {model.n_iter_} of {n} iterations")

    def epochs(n):
        if case.kind == "lbfgs":
            for _ in range(n):
                fit(case.steps, solver="lbfgs")
        else:
            fit(n, batch_size=case.batch)

    return epochs


def score(case, model, threads):
    return model.predict_proba
