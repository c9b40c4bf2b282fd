"""Recurrent layers."""

from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from fastnn._kernels.layers.specs import CELLS, OUTPUTS
from fastnn.layers.steps import shape_of_steps

__all__ = ["GRU", "LSTM", "RNN"]

#: What follows the product of an RNN.
RNN_ACTIVATIONS = ("tanh", "relu")


@dataclass(frozen=True)
class _Recurrent:
    """What recurrent layers have in common.

    A row of the input is a sequence: the numbers of its first step, then those of the next. The
    state before the first step is zero.

    Parameters
    ----------
    n_out : int
        Units.
    n_features : int or None, default=None
        Numbers of a step; None is those of the sequence that the layer before puts out, or 1 if
        there is none.
    output : {"last", "mean", "all"}, default="last"
        What a row puts out: the outputs after its last step, their mean over its steps, or a
        sequence of the outputs of all, which another recurrent layer or a `PerStep` may take.
    bidirectional : bool, default=False
        Whether as many units go from the last step to the first; their outputs stand behind the
        others', at each step.
    ragged : bool, default=False
        Whether the last column of the network's input says how many steps each row has, of those
        that there is room for; layers behind go by it too.
    truncate : int or None, default=None
        Gradients go back no further than the beginning of a piece of so many steps: truncated
        back-propagation. What the units put out is the same.

    Raises
    ------
    ValueError
        For a number that is not sound.
    """

    n_out: int
    n_features: int | None = None
    output: str = "last"
    bidirectional: bool = False
    ragged: bool = False
    truncate: int | None = None

    _kind: ClassVar[str]
    _states: ClassVar[int] = 1  # vectors of n_out that go from a step to the next

    @property
    def _cell(self) -> str:
        return self._kind

    def __post_init__(self) -> None:
        for name in ("n_out", "n_features", "truncate"):
            value = getattr(self, name)
            if value is None and name != "n_out":
                continue
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be at least 1, an int, got {value!r}")
        if self.output not in OUTPUTS:
            raise ValueError(f"output must be one of {', '.join(OUTPUTS)}, got {self.output!r}")

    @property
    def n_in(self) -> int:
        """Columns of the shortest input that there may be."""
        return (self.n_features or 1) + self.ragged

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        source = stages.source
        shape = shape_of_steps(stages, self.n_features, self.ragged)
        for reverse in (False, True)[: 1 + self.bidirectional]:
            stages.add(
                self._kind,
                self.n_out * (shape["places"] if self.output == "all" else 1),
                source=source,
                units=int(self.n_out),
                cell=CELLS.index(self._cell),
                output=OUTPUTS.index(self.output),
                reverse=reverse,
                truncate=self.truncate or 0,
                carried=stages.take_state(self.n_out * self._states),
                **shape,
            )
            self._begin(stages)
        width = self.n_out
        if self.bidirectional:
            last, width = len(stages.specs) - 1, 2 * self.n_out
            places = shape["places"] if self.output == "all" else 1
            more = {"places": places, "width": int(self.n_out), "units": int(width)}
            stages.add("concat", int(width * places), source=last - 1, other=last, **more)
        stages.step_width = int(width) if self.output == "all" else None

    def _begin(self, stages: Any) -> None:
        """Say what the biases of the stage just added begin at, if not at zero."""


_TEXT = (_Recurrent.__doc__ or "").partition("\n\n")[2].strip()  # python -OO has none
_PARAMETERS = _TEXT.split("    Raises")[0].strip()


@dataclass(frozen=True)
class RNN(_Recurrent):
    __doc__ = f"""An Elman layer, ``h_t = f([h_(t-1), x_t] W + b)`` [1]_.

    {_PARAMETERS}
    activation : {{"tanh", "relu"}}, default="tanh"
        f.

    Raises
    ------
    ValueError
        For a number or name that is not sound.

    References
    ----------
    .. [1] Elman, "Finding structure in time", Cognitive Science 14, 1990.
    """

    activation: str = "tanh"

    _kind: ClassVar[str] = "rnn"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.activation not in RNN_ACTIVATIONS:
            known = ", ".join(RNN_ACTIVATIONS)
            raise ValueError(f"activation must be one of {known}, got {self.activation!r}")

    @property
    def _cell(self) -> str:
        return f"rnn_{self.activation}"


@dataclass(frozen=True)
class GRU(_Recurrent):
    __doc__ = f"""A layer of gated recurrent units [1]_, as PyTorch has them.

    ``r = s([h, x] W_r)``, ``z = s([h, x] W_z)``, ``n = tanh(x W_nx + b_n + r (h W_nh + c_n))`` and
    ``h' = (1 - z) n + z h``, where s is the logistic function and h the outputs of the step before.

    {_TEXT}

    References
    ----------
    .. [1] Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
       machine translation", EMNLP 2014; the reset gate after the product.
    """

    _kind: ClassVar[str] = "gru"


@dataclass(frozen=True)
class LSTM(_Recurrent):
    __doc__ = f"""A layer of long short-term memory [1]_ [2]_.

    With gates i, f, o through the logistic function and g through tanh, each of ``[h, x] W + b``:
    ``c' = f c + i g`` and ``h' = o tanh(c')``.

    {_PARAMETERS}
    forget_bias : float, default=1.0
        What the biases of f begin at: a cell remembers until it learns to forget. Of what it holds
        a step keeps at first a share s(forget_bias), so that for lags of k steps about log(k) is
        good.

    Raises
    ------
    ValueError
        For a number or name that is not sound.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    .. [2] Gers, Schmidhuber & Cummins, "Learning to forget: continual prediction with LSTM", Neural
       Computation 12, 2000.
    """

    forget_bias: float = 1.0

    _kind: ClassVar[str] = "lstm"
    _states: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.forget_bias, Real) or not isfinite(self.forget_bias):
            raise ValueError(f"forget_bias must be a finite number, got {self.forget_bias!r}")

    def _begin(self, stages: Any) -> None:
        first = np.zeros((4, self.n_out))  # i f g o
        first[1] = self.forget_bias
        stages.first_biases[len(stages.activations) - 1] = first.ravel()
