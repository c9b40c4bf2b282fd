"""PyTorch, eager, with its fused Adam."""

import itertools

import torch
from torch import nn
from torch.nn import functional


def train(case, X, y, threads, compiled=False):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = network(case.layer_sizes).to(torch.from_numpy(X[:1]).dtype)
    initial = [parameter.detach().clone() for parameter in net.parameters()]
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    binary = case.layer_sizes[-1] == 1
    if binary:
        y = y.to(X.dtype)[:, None]
    criterion = functional.binary_cross_entropy_with_logits if binary else functional.cross_entropy

    def loss_of(rows):
        return criterion(net(X[rows]), y[rows])

    if compiled:
        loss_of = torch.compile(loss_of)

    def epochs(n):
        with torch.no_grad():
            for parameter, value in zip(net.parameters(), initial, strict=True):
                parameter.copy_(value)
        optimizer = torch.optim.Adam(net.parameters(), fused=True)
        for _ in range(n):
            for rows in torch.randperm(len(X)).split(case.batch):
                optimizer.zero_grad()
                loss_of(rows).backward()
                optimizer.step()

    return epochs


def score(case, model, threads):
    torch.set_num_threads(threads)
    net = network(case.layer_sizes)
    with torch.no_grad():
        for layer, W, b in zip(net[::2], model.coefs_, model.intercepts_, strict=True):
            layer.weight.copy_(torch.from_numpy(W.T))
            layer.bias.copy_(torch.from_numpy(b))
    net.eval()

    def proba(X):
        with torch.inference_mode():
            Z = net(torch.from_numpy(X).float())
            if Z.shape[1] > 1:
                return torch.softmax(Z, 1).numpy()
            p = torch.sigmoid(Z)
            return torch.cat([1 - p, p], 1).numpy()

    return proba


def network(sizes):
    """Linear layers with ReLU between."""
    layers = itertools.chain.from_iterable(
        (nn.Linear(n_in, n_out), nn.ReLU()) for n_in, n_out in itertools.pairwise(sizes)
    )
    return nn.Sequential(*list(layers)[:-1])
