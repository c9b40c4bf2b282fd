"""Verdicts on how a fit went, by its losses."""

import numpy as np

from fastnn.inspection._verdict import Verdict, over, value

__all__ = ["RULES", "last_gain"]


def _overfitting(m):
    training = m.course.training_loss
    if training is None:
        return None
    losses = [loss for loss in (m.loss_as_recorded, m.course.validation_loss) if loss is not None]
    if not max(losses) - training > value("overfitting") * m.constant_loss:
        return None
    return Verdict(
        "overfitting",
        f"the loss is {max(losses):.3g} on held-out rows and {training:.3g} on those trained on.",
        "early_stopping=True, a larger alpha, dropout, fewer or smaller layers, more data, the "
        "mean of several models (BaggingClassifier, BaggingRegressor).",
        [],
    )


def _underfitting(m):
    if not m.fitted:
        return None
    least = min(m.loss, m.course.training_loss)
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
    curve, constant = m.course.loss_curve, m.constant_loss
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


def _by_penalty(m):
    """Whether it may be the penalty that falls: the loss of training has it in it."""
    return over("strong penalty", m.course.alpha)


def _rate_too_low(m):
    curve = m.course.loss_curve
    if len(curve) < value("epochs") or not curve[0] > curve[-1] or _by_penalty(m):
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


def last_gain(m):
    """How much of the constant's loss the last quarter of the epochs has brought, if they ended the
    fit; else None."""
    curve = m.course.watched_curve
    if not m.course.cut_off or len(curve) < value("epochs") // 2 or _by_penalty(m):
        return None
    return (curve[-1 - m.course.quarter] - curve[-1]) / m.constant_loss


def _stopped_early(m):
    if not over("cut off", last_gain(m)):
        return None
    curve, quarter = m.course.watched_curve, m.course.quarter
    if not over("left by the cut", curve[-1] / m.constant_loss):
        return None
    return Verdict(
        "stopped early",
        "the loss was still falling when the epochs were used up: from "
        f"{curve[-1 - quarter]:.3g} to {curve[-1]:.3g} in the last {quarter} of {len(curve)}.",
        "more epochs (a larger max_iter, or epochs of a Network's fit), a larger "
        "learning_rate_init, scaled inputs and targets.",
        [],
    )


RULES = (_rate_too_high, _rate_too_low, _stopped_early, _underfitting, _overfitting)
