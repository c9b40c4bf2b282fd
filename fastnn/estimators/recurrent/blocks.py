"""What a recurrent network is made of: an embedding of categories, and recurrent layers."""

from typing import Any, NamedTuple

import numpy as np

from fastnn.layers import GRU, LSTM, RNN, Dropout, PerStep
from fastnn.layers.steps import CarriedStates

__all__ = ["recurrent_blocks", "state_size"]

_LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


class RecurrentBlock(NamedTuple):
    """A layer over sequences, as `fastnn.estimators.mlp.blocks.Block` is one over rows."""

    width: int
    layer: Any
    dropout: float = 0.0
    norm: None = None
    gain: None = None
    residual: bool = False
    before: tuple = ()

    @property
    def n_matrices(self):
        """Matrices of weights: one a direction."""
        return 1 + getattr(self.layer, "bidirectional", False)

    def layers(self, of=None):
        """Return the layers that the block is made of, none of which can be tied to another."""
        return [*self.before, self.layer, *([Dropout(self.dropout)] if self.dropout else [])], None


def state_size(estimator, widths):
    """How many numbers recurrent layers of these widths hand on from a step to the next."""
    return sum(widths) * (1 + (estimator.cell == "lstm"))


def recurrent_blocks(
    estimator, widths, step_width, ragged, *, output=None, dropout=True, carried=False
):
    """Return the blocks that the parameters ask for.

    Parameters
    ----------
    estimator : BaseRecurrent
    widths : list of int
        Units of the recurrent layers; at least one.
    step_width : int
        Numbers of a step.
    ragged : bool
        Whether rows have a column of lengths.
    output : str, optional
        What the last layer puts out, if not what the parameter says.
    dropout : bool
        Whether there is any: in training.
    carried : bool
        Whether rows bring the states to begin with, behind their steps.
    """
    rates = np.broadcast_to(np.asarray(estimator.dropout if dropout else 0.0, float), len(widths))
    blocks, last = [], len(widths) - 1
    states = CarriedStates(state_size(estimator, widths), ragged)
    if estimator.embedding is not None:
        embedding = PerStep(estimator.embedding, 1, ragged, len(estimator.categories_))
        blocks.append(RecurrentBlock(estimator.embedding, embedding))
        step_width, ragged = estimator.embedding, False
    more = {"forget_bias": estimator.forget_bias} if estimator.cell == "lstm" else {}
    for i, (width, rate) in enumerate(zip(widths, rates, strict=True)):
        layer = _LAYERS[estimator.cell](
            width,
            step_width if i == 0 else None,
            "all" if i < last else output or estimator.output,
            estimator.bidirectional,
            ragged and i == 0,
            estimator.bptt,
            **more,
        )
        blocks.append(RecurrentBlock(width, layer, float(rate)))
    if carried:
        blocks[0] = blocks[0]._replace(before=(states,))
    return blocks
