"""The next character of a text, in bits per character: a recurrent network beside n-grams.

    python -m benchmarks.characters PATH [--cell lstm] [--units 256] [--epochs 10] ...

The text's first 90 % are trained on, the next 5 % choose, the last 5 % are told of. N-grams are
interpolated Kneser-Ney models, whose order is chosen; the network is one recurrent layer, which
goes through so many streams of the text side by side, some steps at a time (``stateful``), at a
rate that falls as half a cosine, and whose best epoch is chosen. Seconds are those of the CPU.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import as_lines, facts
from fastnn import RecurrentClassifier

#: Longest n-grams.
MOST = 9


def split(text):
    """Training, choosing and telling."""
    a, b = int(0.9 * len(text)), int(0.95 * len(text))
    return text[:a], text[a:b], text[b:]


def grams(codes, n, base):
    """The n-gram that ends at each position from the n-th on, as a number."""
    found = np.zeros(len(codes) - n + 1, np.int64)
    for i in range(n):
        found = found * base + codes[i : len(codes) - n + 1 + i]
    return found


class Counts:
    """How often n-grams are there, and what follows their contexts."""

    def __init__(self, found, weights, base):
        self.values, at = np.unique(found, return_inverse=True)
        self.counts = np.bincount(at, weights).astype(float)
        self.contexts, at = np.unique(self.values // base, return_inverse=True)
        self.totals, self.kinds = np.bincount(at, self.counts), np.bincount(at).astype(float)
        once, twice = (self.counts == 1).sum(), (self.counts == 2).sum()
        self.discount = once / max(once + 2 * twice, 1)

    def interpolated(self, found, base, lower):
        """Probabilities of these n-grams' last characters, from those of the order below."""
        count = look_up(self.values, self.counts, found)
        total = look_up(self.contexts, self.totals, found // base)
        kinds = look_up(self.contexts, self.kinds, found // base)
        known = total > 0
        total = np.where(known, total, 1.0)
        p = (np.maximum(count - self.discount, 0) + self.discount * kinds * lower) / total
        return np.where(known, p, lower)


def look_up(keys, values, found):
    """The value of each key; 0 of one that is not there."""
    at = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    return np.where(keys[at] == found, values[at], 0.0)


def kneser_ney(train, others, base):
    """Bits per character of each order from 2 on, for each of the other texts.

    Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1999:
    interpolated; lower orders count the contexts that an n-gram has followed.
    """
    lower = [np.full(len(other) - MOST + 1, 1.0 / base) for other in others]
    bits = []
    for n in range(1, MOST + 1):
        top = Counts(grams(train, n, base), None, base)
        if n > 1:
            ends = [grams(other, n, base)[MOST - n :] for other in others]
            pairs = zip(ends, lower, strict=True)
            bits.append([-np.log2(top.interpolated(e, base, p)).mean() for e, p in pairs])
        longer = np.unique(grams(train, n + 1, base)) % base**n
        counts = Counts(longer, None, base)
        ends = [grams(other, n, base)[MOST - n :] for other in others]
        pairs = zip(ends, lower, strict=True)
        lower = [counts.interpolated(e, base, p) for e, p in pairs]
    return np.array(bits)


def bits_of(model, before, text):
    """Bits per character of a text that follows another, of which the model has read the end."""
    _, state = model.step(before[-500:-1])
    p, _ = model.step(before[-1] + text[:-1], state)
    number = np.searchsorted(model.classes_, np.array([text]).view("U1"))
    return -np.log2(np.maximum(p[np.arange(len(text)), number].astype(float), 1e-30)).mean()


def train(text, choose, tell, options):
    """The network of the best epoch: (bits of choosing, bits of telling, epoch, seconds)."""
    streams, steps = options.streams, options.steps
    model = RecurrentClassifier(
        options.cell,
        hidden_layer_sizes=options.units,
        output="all",
        embedding=32,
        stateful=True,
        batch_size=streams,
        dropout=options.dropout,
        alpha=0.0,
        random_state=0,
    )
    length = (len(text) - 1) // streams
    X = [text[i * length : (i + 1) * length] for i in range(streams)]
    y = [text[i * length + 1 : (i + 1) * length + 1] for i in range(streams)]
    starts = range(0, length - steps + 1, steps)
    classes, began, best = np.unique([*text]), time.process_time(), (np.inf,)
    rates = 1 + np.cos(np.linspace(0, np.pi, options.epochs * len(starts), endpoint=False))
    rates = iter(options.rate / 2 * rates)
    for epoch in range(options.epochs):
        model.reset_states()
        for at in starts:
            model.set_params(learning_rate_init=next(rates))
            pieces = ([s[at : at + steps] for s in of] for of in (X, y))
            model.partial_fit(*pieces, classes=classes)
        bits, seconds = bits_of(model, text, choose), time.process_time() - began
        print(f"epoch {epoch + 1}: {bits:.3f} bits per character, {seconds:.0f} s", flush=True)
        if bits < best[0]:
            told = bits_of(model, choose, tell)
            best = bits, told, epoch + 1, seconds, copy.deepcopy(model)
    return best


def main():
    """Read the text, and tell of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.006)
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.2)
    options = parser.parse_args()
    text, choose, tell = split(options.path.read_text())
    characters = np.unique([*text, *choose, *tell])
    codes = [np.searchsorted(characters, [*part]) for part in (text, choose, tell)]
    began = time.perf_counter()
    bits = kneser_ney(codes[0], codes[1:], len(characters))
    order = int(bits[:, 0].argmin())
    print(as_lines(facts()))
    print(f"{len(text)} characters to train on, {len(characters)} different ones")
    print(
        f"Kneser-Ney of order {order + 2}: {bits[order, 0]:.3f} bits per character to choose by, "
        f"{bits[order, 1]:.3f} to tell of, {time.perf_counter() - began:.0f} s; of orders 2 to "
        f"{MOST} {', '.join(f'{b:.3f}' for b in bits[:, 1])}"
    )
    chosen, told, epoch, seconds, model = train(text, choose, tell, options)
    print(
        f"{options.cell.upper()} of {options.units} units: {chosen:.3f} to choose by, "
        f"{told:.3f} to tell of, epoch {epoch}, {seconds:.0f} s"
    )
    print(model.sample(300, "\nROMEO:\n", temperature=0.7, random_state=0))


if __name__ == "__main__":
    main()
