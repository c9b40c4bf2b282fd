"""Grid search and random search over a whole pipeline, with scikit-learn's own tools.

A grid tries few values of every parameter; random draws try as many values of each as there are
draws, which is better when only some of the parameters matter (Bergstra and Bengio, 2012).
"""

import warnings

from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from fastnn import MLPClassifier

GRID = {
    "mlpclassifier__hidden_layer_sizes": [(20,), (40, 20)],
    "mlpclassifier__alpha": [1e-4, 1e-2],
    "mlpclassifier__learning_rate_init": [1e-3, 1e-2, 1e-1],
}
DRAWS = {
    "mlpclassifier__hidden_layer_sizes": [(20,), (40,), (40, 20)],
    "mlpclassifier__alpha": loguniform(1e-5, 1.0),
    "mlpclassifier__learning_rate_init": loguniform(3e-4, 3e-1),
}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=600, random_state=0)
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier(max_iter=20, random_state=0))
    searches = {
        "grid": GridSearchCV(pipeline, GRID, cv=3),
        "random": RandomizedSearchCV(pipeline, DRAWS, n_iter=12, cv=3, random_state=0),
    }
    results = {}
    for name, search in searches.items():
        search.fit(X_train, y_train)
        tried = len(search.cv_results_["params"])
        rates = len(set(search.cv_results_["param_mlpclassifier__learning_rate_init"]))
        print(f"{name} search: {tried} settings, {rates} learning rates among them")
        for key, value in search.best_params_.items():
            shown = f"{value:.2g}" if isinstance(value, float) else value
            print(f"  {key.removeprefix('mlpclassifier__')} = {shown}")
        accuracy = search.score(X_test, y_test)
        print(f"  accuracy: {search.best_score_:.3f} in cross-validation, {accuracy:.3f} on test\n")
        results[name] = {"search": search, "accuracy": accuracy, "rates": rates, "tried": tried}
    return results


def plot(results):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    for name, marker, color in (("grid", "s", "#0072B2"), ("random", "o", "#D55E00")):
        found = results[name]["search"].cv_results_
        rates = found["param_mlpclassifier__learning_rate_init"].astype(float)
        ax.semilogx(rates, found["mean_test_score"], marker, color=color, label=f"{name} search")
    ax.set(xlabel="learning_rate_init", ylabel="accuracy in cross-validation")
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
