"""PyTorch through torch.compile."""

from benchmarks.peers import torch_peer


def train(case, X, y, threads):
    return torch_peer.train(case, X, y, threads, compiled=True)
