"""Verdicts on how a fit went, by its losses."""

import numpy as np

from fastnn.inspection._verdict import Verdict, over, value

__all__ = ["RULES"]


def _overfitting(m):
    pairs = [(m.training_loss, m.loss), (m.training_loss, m.validation_loss)]
    gaps = [held_out - training for training, held_out in pairs if None not in (training, held_out)]
    if not gaps or not max(gaps) > value("overfitting") * m.constant_loss:
        return None
    return Verdict(
        "overfitting",
        f"the loss is {max(gaps) + m.training_loss:.3g} on held-out rows and "
        f"{m.training_loss:.3g} on those trained on.",
        "early_stopping=True, a larger alpha, dropout, fewer or smaller layers, more data, the "
        "mean of several models (BaggingClassifier, BaggingRegressor).",
        [],
    )


def _underfitting(m):
    if not m.fitted:
        return None
    least = min(m.loss, m.training_loss)
    if not least > value("underfitting") * m.constant_loss:
        return None
    return Verdict(
        "underfitting",
        f"the loss is {least:.3g}, that of the best constant {m.constant_loss:.3g}: there is "
        "nothing in X about y, or the network has not found it.",
        "another learning_rate_init, more epochs (max_iter, n_iter_no_change), a larger network, a "
        "smaller alpha, scaled inputs and targets.",
        [],
    )


def _rate_too_high(m):
    curve, constant = m.loss_curve, m.constant_loss
    if len(curve) < value("epochs"):
        return None
    half = curve[len(curve) // 2 :]
    # Independent draws rise by noise / sqrt(pi) on average, whatever the learning rate.
    rise = np.maximum(np.diff(half), 0.0).mean() - m.noise
    last, least, highest = curve[-1], curve.min(), curve.max()
    if over("rise", rise / constant) and over("relative rise", rise / half.mean()):
        found = f"the loss goes up and down, by {rise:.2g} an epoch."
    elif over("worse again", last / least) and last > 0.5 * constant:
        found = f"the loss was {least:.3g} once and is {last:.3g} now."
    elif over("worse again", highest / curve[0]) and over("jump", highest / constant):
        found = f"the loss rose from {curve[0]:.3g} to {highest:.3g} before it came down."
    elif (
        over("jump", highest / constant)
        and min(last, m.loss) > value("underfitting") * constant
        and half[0] - last < 0.1 * last
    ):
        found = (
            f"the loss came down from {highest:.3g} and has got stuck at {last:.3g}, no better "
            f"than a constant's {constant:.3g}."
        )
    else:
        return None
    return Verdict(
        "learning rate too high",
        found,
        "a tenth of learning_rate_init, learning_rate='adaptive' (sgd), a schedule with warmup, "
        "gradient clipping, a larger batch_size.",
        [],
    )


def _rate_too_low(m):
    curve = m.loss_curve
    if len(curve) < value("epochs") or not curve[0] > curve[-1]:
        return None
    share = (curve[-1 - len(curve) // 4] - curve[-1]) / (curve[0] - curve[-1])
    slow = over("still falling", share)
    if not slow or not over("left to learn", curve[-1] / m.constant_loss):
        return None
    return Verdict(
        "learning rate too low",
        f"{share:.0%} of all progress came in the last quarter of the {len(curve)} epochs, with a "
        f"loss of {curve[-1]:.3g} left.",
        "ten times learning_rate_init, more epochs (max_iter, a smaller tol), a smaller "
        "batch_size, solver='adam', scaled inputs and targets.",
        [],
    )


RULES = (_rate_too_high, _rate_too_low, _underfitting, _overfitting)
