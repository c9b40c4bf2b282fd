"""Early stopping and other remedies on a small data set: the best epoch is kept, not the last.

A large network learns a hundred rows by heart. Its error on rows it has not seen falls at first and
then rises. With ``early_stopping=True`` some rows are set apart, training stops when the score on
them has not improved for ``n_iter_no_change`` epochs, and the weights of the best epoch come back.
A penalty, dropout and noise on the inputs need no rows set apart, but a strength to be chosen.
"""

import warnings

from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPRegressor
from fastnn.inspection import LossCurveDisplay

#: Ways to keep a large network from learning a small data set by heart.
REMEDIES = [
    ("none", {}),
    ("alpha=10", {"alpha": 10.0}),
    ("dropout=0.5", {"dropout": 0.5}),
    ("input_noise=1", {"input_noise": 1.0}),
    ("early stopping", {"early_stopping": True, "n_iter_no_change": 30}),
    ("early, dropout", {"early_stopping": True, "n_iter_no_change": 30, "dropout": 0.5}),
]


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_diabetes(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=130, random_state=0)
    print("Diabetes, 130 rows to train on, two hidden layers of 100 units\n")
    print(f"{'remedy':<18}{'epochs':>8}{'R2 training':>13}{'R2 test':>9}")
    results = {}
    for name, parameters in REMEDIES:
        network = MLPRegressor(
            hidden_layer_sizes=(100, 100),
            max_iter=600,
            n_iter_no_change=600,
            learning_rate_init=0.003,
            random_state=0,
        ).set_params(**parameters)
        scaled = TransformedTargetRegressor(network, transformer=StandardScaler())
        model = make_pipeline(StandardScaler(), scaled).fit(X_train, y_train)
        fitted = scaled.regressor_
        scores = model.score(X_train, y_train), model.score(X_test, y_test)
        print(f"{name:<18}{fitted.n_iter_:>8}{scores[0]:>13.2f}{scores[1]:>9.2f}")
        results[name] = {"scores": scores, "network": fitted}
    return results


def plot(results):
    return LossCurveDisplay.from_estimator(results["early stopping"]["network"]).figure_


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
