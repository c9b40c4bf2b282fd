"""A network as it is in training and at prediction, without anything random, layer by layer."""

from dataclasses import replace

import numpy as np

from fastnn.inspection._chains import chains, place
from fastnn.layers import (
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Gated,
    GaussianNoise,
    Highway,
    RandomShift,
    Residual,
)
from fastnn.layers.activations import BERNOULLI
from fastnn.layers.stages import traits_of
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad
from fastnn.training.statistics import settle_statistics

__all__ = ["activations", "layer_outputs", "layer_parameters", "row_deltas", "twins"]


def twins(problem):
    """The problem without dropout, noise, shifts and sampling: as in a training step, and at
    prediction.

    They differ where there is a BatchNorm. In training its mean and variance are those of the rows.
    At prediction they are fixed, and a diagonal dense layer does what it does, of images a
    convolution of single cells, so that a single row has a gradient. Before a fit there are no
    running statistics: those of the rows stand in for them.

    Returns
    -------
    training, prediction : Problem
    """
    network = problem.network
    certain = CompiledNetwork(network.n_in, _certain(network.layers), network.loss)
    certain.copy_from(network)
    if not problem.fitted:
        settle_statistics(certain, problem.X)
    training = replace(problem, network=certain)
    if not certain.running:
        return training, training
    return training, replace(training, network=_settled(certain))


def _certain(layers):
    """The layers without what is random."""
    found = []
    for layer in layers:
        if isinstance(layer, Gated | Highway | Residual):
            layer = replace(layer, layers=_certain(layer.layers))
        elif getattr(layer, "activation", None) == BERNOULLI:
            layer = replace(layer, activation="logistic")
        elif isinstance(layer, RandomShift):  # it may be what knows the images' shape
            layer = replace(layer, cells=0, flip=False)
        if not isinstance(layer, (Dropout, GaussianNoise)):
            found.append(layer)
    return found


class _Scaling:
    """A factor and a shift for each output, or for each channel of images."""

    def add_to(self, stages):
        shape = stages.shape()
        if shape is None:
            Dense(stages.width()).add_to(stages)
        else:
            kind = Conv1D if len(shape) == 2 else Conv2D
            kind(shape[-1], 1, groups=shape[-1]).add_to(stages)


def _settled(network):
    """The network with a layer that learns nothing of the rows in the place of each BatchNorm."""

    def without_norms(layers):
        for layer in layers:
            if isinstance(layer, Gated | Highway | Residual):
                yield replace(layer, layers=list(without_norms(layer.layers)))
            else:
                yield _Scaling() if isinstance(layer, BatchNorm) else layer

    settled = CompiledNetwork(network.n_in, list(without_norms(network.layers)), network.loss)
    scales = zip(network.gains, network.shifts, strict=True)
    denses = zip(network.coefs, network.intercepts, strict=True)
    norms = zip(settled.gains, settled.shifts, strict=True)
    own = zip(settled.coefs, settled.intercepts, strict=True)
    running = iter(network.running)
    for spec in network.stages:
        traits = traits_of(spec)
        if traits.matrix:
            for to, given in zip(next(own), next(denses), strict=True):
                to[...] = given
        elif traits.scales and not traits.running:
            for to, given in zip(next(norms), next(scales), strict=True):
                to[...] = given
        elif traits.running:
            (coef, intercept), (gain, shift), (mean, variance) = map(next, (own, scales, running))
            factor = gain / np.sqrt(variance + spec.value)
            coef[...] = np.diag(factor) if len(coef) == len(factor) else factor  # of channels
            intercept[...] = shift - mean * factor
    return settled


def activations(problem):
    """Names of the activations of all layers, the output layer's "identity" last."""
    network = problem.network
    certain = CompiledNetwork(network.n_in, _certain(network.layers), network.loss)
    pairs = zip(chains(problem.network), chains(certain), strict=True)
    return [BERNOULLI if own.activation == BERNOULLI else of.activation for own, of in pairs]


def layer_parameters(problem, vector):
    """Views of a vector that is laid out like ``network.params``, by layer, the output's last.

    Returns
    -------
    list of (coef, gain or None)
        The gain is that of a normalisation. The projections of skip connections are left out.
        The coef of a convolution has a column for each kernel.
    """
    specs, views = problem.network.stages, problem.network.views(vector)
    return [
        (
            views.coefs[place(specs, chain.dense)],
            None if chain.norm is None else views.gains[place(specs, chain.norm)],
        )
        for chain in chains(problem.network)
    ]


def layer_outputs(training, prediction):
    """What the units of every layer put out at prediction, and what the next layer gets.

    Parameters
    ----------
    training, prediction : Problem
        The `twins`.

    Returns
    -------
    units, outputs : list of ndarray of shape (n, n_units)
        They differ where a skip connection adds the input, or cells are pooled; the output layer's
        are its raw ones. Units of a convolution are its kernels, of which each place is a row.
    """
    of = chains(training.network)  # stage by stage, both twins are the same
    wanted = sorted({stage for chain in of for stage in (chain.units, chain.output)})
    found = dict(zip(wanted, prediction.network.stage_outputs(prediction.X, wanted), strict=True))
    kernels = [training.network.stages[chain.dense].n_units for chain in of]
    units = [found[chain.units].reshape(-1, n) for chain, n in zip(of, kernels, strict=True)]
    return units, [found[chain.output] for chain in of]


def row_deltas(training, prediction):
    """Gradient of each row's own loss by the pre-activations of every layer, at prediction.

    That of a single row is its gradient by what is added last to them: the shift of a
    normalisation, or else the intercept. Of a kernel it is the sum over all places.

    Returns
    -------
    list of ndarray of shape (n, n_units)
    """
    network, n = prediction.network, prediction.X.shape[0]
    gradient, specs = np.empty_like(network.params), network.stages
    views = network.views(gradient)
    offsets = []
    for chain in chains(training.network):
        stage = chain.dense if chain.norm is None else chain.norm
        of = views.shifts if traits_of(specs[stage]).scales else views.intercepts
        offsets.append(of[place(specs, stage)])
    deltas = [np.empty((n, offset.size)) for offset in offsets]
    for i in range(n):
        loss_and_grad(network, prediction.X[i : i + 1], prediction.y[i : i + 1], grad=gradient)
        for delta, offset in zip(deltas, offsets, strict=True):
            delta[i] = offset
    return deltas
