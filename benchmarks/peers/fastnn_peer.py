"""fastnn."""

from benchmarks.peers import sklearn_peer
from fastnn import MLPClassifier, Predictor


def train(case, X, y, threads):
    return sklearn_peer.train(case, X, y, threads, MLPClassifier, n_jobs=threads or None)


def score(case, model, threads):
    predictor = Predictor(model, dtype="float32")
    if threads:
        return lambda X: predictor.predict_proba(X, n_jobs=threads)
    return predictor.predict_proba
