"""Which verdict explains which: a report names the causes and leaves out what follows from them."""

__all__ = ["without_consequences"]

_NO_PROGRESS = ("learning rate too low", "stopped early", "underfitting")
_IN_LAYERS = ("vanishing gradients", "vanishing signals", "saturated", "dead units")

#: Cause -> what it brings about, the causes that lie deepest first.
CONSEQUENCES = {
    "unscaled inputs": ("learning rate too high", "exploding", *_IN_LAYERS, *_NO_PROGRESS),
    "unscaled targets": ("learning rate too high", "exploding", *_IN_LAYERS, *_NO_PROGRESS),
    "learning rate too high": ("exploding", *_IN_LAYERS, *_NO_PROGRESS),
    "exploding": (*_IN_LAYERS, *_NO_PROGRESS),
    "saturated": ("vanishing gradients", *_NO_PROGRESS),
    "dead units": ("vanishing gradients", "vanishing signals", *_NO_PROGRESS),
    "vanishing signals": _NO_PROGRESS,
    "vanishing gradients": _NO_PROGRESS,
    "learning rate too low": ("stopped early", "underfitting"),
    "stopped early": ("underfitting",),
}


def without_consequences(verdicts):
    """The verdicts that no other one of them explains."""
    left = {verdict.name: verdict for verdict in verdicts}
    for cause, consequences in CONSEQUENCES.items():
        if cause in left:
            for name in consequences:
                left.pop(name, None)
    return list(left.values())
