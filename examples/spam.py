"""Spam or not: sparse input straight from a text vectorizer.

The messages are made up from two overlapping vocabularies. A vectorizer turns each into a row of
2^16 numbers, nearly all of them zero, and the network reads the rows as they are: the product with
the first layer costs as much as the words of a message, not as the vocabulary.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from fastnn import MLPClassifier

COMMON = ["the", "a", "to", "you", "we", "for", "is", "and", "on", "your", "this", "today", "now"]
SPAM = ["winner", "prize", "free", "cash", "click", "credit", "loan", "bonus", "urgent", "pills"]
HAM = ["meeting", "report", "lunch", "project", "family", "notes", "ticket", "dinner", "school"]
VECTORIZERS = {
    "hashed words": HashingVectorizer(n_features=2**16, alternate_sign=False),
    "hashed words and pairs": HashingVectorizer(n_features=2**16, ngram_range=(1, 2)),
    "tf-idf": TfidfVectorizer(),
}


def make_messages(n, rng):
    """Messages that mostly, not always, use the words of their kind."""
    spam = rng.random(n) < 0.4
    texts = []
    for is_spam in spam:
        own, other = (SPAM, HAM) if is_spam else (HAM, SPAM)
        n_own, n_other = rng.integers(1, 5), rng.integers(0, 2)
        rare = [f"word{i}" for i in rng.zipf(1.3, 4) % 5000]
        words = [
            *rng.choice(COMMON, rng.integers(4, 12)),
            *rng.choice(own, n_own),
            *rng.choice(other, n_other),
            *rare,
        ]
        texts.append(" ".join(rng.permutation(words)))
    return texts, np.where(spam, "spam", "ham")


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are enough
    rng = np.random.default_rng(0)
    texts, labels = make_messages(3000, rng)
    train, test, y_train, y_test = train_test_split(texts, labels, random_state=0)
    print(f"{len(train)} messages to train on, for example:\n  {train[0]!r} ({y_train[0]})\n")
    print(f"{'features':<24}{'number':>8}{'non-zero':>10}{'fit, s':>8}{'accuracy':>10}")
    results = {}
    for name, vectorizer in VECTORIZERS.items():
        network = MLPClassifier((16,), max_iter=8, learning_rate_init=0.01, tol=0, random_state=0)
        network.set_params(n_iter_no_change=8, alpha=1e-3)
        model = make_pipeline(vectorizer, network)
        started = time.perf_counter()
        model.fit(train, y_train)
        seconds = time.perf_counter() - started
        accuracy = model.score(test, y_test)
        rows = model[:-1].transform(train)
        share = rows.nnz / np.prod(rows.shape)
        print(f"{name:<24}{rows.shape[1]:>8}{share:>10.3%}{seconds:>8.2f}{accuracy:>10.3f}")
        results[name] = {"accuracy": accuracy, "model": model, "share": share}
    model = results["tf-idf"]["model"]
    for text in ("urgent click now for your free prize", "notes for the project meeting at lunch"):
        probability = model.predict_proba([text])[0, list(model.classes_).index("spam")]
        print(f"\n{text!r}: spam with probability {probability:.2f}", end="")
        results[text] = probability
    print()
    return results


def plot(results):
    import matplotlib.pyplot as plt

    model = results["tf-idf"]["model"]
    words = COMMON + SPAM + HAM
    known = [word for word in words if word in model[0].vocabulary_]
    probability = model.predict_proba(known)[:, 1]
    order = np.argsort(probability)
    colors = [
        "#D55E00" if known[i] in SPAM else "#0072B2" if known[i] in HAM else "0.6" for i in order
    ]
    figure, ax = plt.subplots(figsize=(6, 8), layout="constrained")
    ax.barh([known[i] for i in order], probability[order], color=colors)
    ax.set(xlabel="probability of spam for a message of this word alone")
    ax.set_title("orange: words of spam, blue: of the rest, grey: of both", fontsize="medium")
    ax.tick_params(axis="y", labelsize="small")
    return figure


if __name__ == "__main__":
    from command_line import run

    run(main, plot)
