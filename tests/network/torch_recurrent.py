"""Writes torch_recurrent.json: what PyTorch's recurrent layers put out, for sequences of one length
and of several. Run by hand where PyTorch is installed: python tests/network/torch_recurrent.py
"""

import json
from pathlib import Path

import torch

CELLS = {
    "rnn_tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "rnn_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "gru": (torch.nn.GRU, {}),
    "lstm": (torch.nn.LSTM, {}),
}
UNITS, FEATURES, LENGTHS = 3, 2, [5, 2, 4]


def case(name, bidirectional):
    """Weights, gradients of the sum of squared outputs, and outputs of a layer."""
    torch.manual_seed(len(name) + bidirectional)
    module, options = CELLS[name]
    options = {**options, "bidirectional": bidirectional, "batch_first": True}
    net = module(FEATURES, UNITS, **options).double()
    x = torch.randn(len(LENGTHS), max(LENGTHS), FEATURES, dtype=torch.float64)
    whole, last = net(x)
    (whole**2).sum().backward()
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
    )
    ragged, ragged_last = net(packed)
    ragged, _ = torch.nn.utils.rnn.pad_packed_sequence(ragged, batch_first=True)
    found = {"x": x, "all": whole, "ragged": ragged}
    for key, state in (("last", last), ("ragged_last", ragged_last)):
        h = state[0] if name == "lstm" else state
        found[key] = h.transpose(0, 1).reshape(len(LENGTHS), -1)
    found |= dict(net.named_parameters())
    found |= {f"grad_{key}": value.grad for key, value in net.named_parameters()}
    return {key: value.detach().tolist() for key, value in found.items()}


if __name__ == "__main__":
    cases = {f"{n}{'_both' * both}": case(n, both) for n in CELLS for both in (False, True)}
    text = json.dumps({"torch": torch.__version__, "lengths": LENGTHS, "cases": cases})
    Path(__file__).with_suffix(".json").write_text(text + "\n")
