"""Writes torch_steps.json: twenty steps of PyTorch's optimizers, which ours must repeat.

Run it with a Python that has torch; the tests read only what it wrote.
"""

import json
from pathlib import Path

import numpy as np
import torch

# Name of the case -> (PyTorch's class, its options, our class, its options beside the same names).
CASES = {
    "sgd": ("SGD", {"lr": 0.05, "momentum": 0.9}, "SGD", {"nesterov": False}),
    "plain sgd": ("SGD", {"lr": 0.05}, "SGD", {"nesterov": False, "momentum": 0.0}),
    "nesterov": ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}, "SGD", {}),
    "adagrad": ("Adagrad", {"lr": 0.1, "eps": 1e-10}, "Adagrad", {}),
    "rmsprop": ("RMSprop", {"lr": 0.02, "alpha": 0.85, "eps": 1e-6}, "RMSProp", {"rho": 0.85}),
    "adadelta": ("Adadelta", {"lr": 1.0, "rho": 0.8, "eps": 1e-5}, "Adadelta", {}),
    "adam": ("Adam", {"lr": 0.03, "betas": (0.9, 0.999), "eps": 1e-9}, "Adam", {}),
    "adamw": ("AdamW", {"lr": 0.03, "eps": 1e-2, "weight_decay": 0.2}, "AdamW", {}),
    "nadam": ("NAdam", {"lr": 0.03, "betas": (0.8, 0.99), "eps": 1e-2}, "NAdam", {}),
    "amsgrad": (
        "Adam",
        {"lr": 0.03, "betas": (0.5, 0.6), "eps": 1e-2, "amsgrad": True},
        "AMSGrad",
        {},
    ),
    "rprop": ("Rprop", {"lr": 0.05, "step_sizes": (0.03, 0.2)}, "Rprop", {}),
}
OURS = {"eps": "epsilon", "alpha": "rho", "lr": "learning_rate_init"}


def our_options(theirs, extra):
    """Our names of PyTorch's options."""
    options = {**extra}
    for name, value in theirs.items():
        if name == "betas":
            options["beta_1"], options["beta_2"] = value
        elif name == "step_sizes":
            options["step_min"], options["step_max"] = value
        elif name != "amsgrad":
            options[OURS.get(name, name)] = value
    return options


def main():
    rng = np.random.RandomState(0)
    # Signs that turn and stay, magnitudes far apart, and zeros.
    gradients = rng.normal(size=(20, 4)) * [1, 0.1, 3, 1] + [0, 0.15, 0, -1]
    gradients[3, :2] = gradients[7:9, 3] = 0
    gradients = gradients.round(4)
    start = [0.5, -1.0, 2.0, 0.25]
    recorded = {"start": start, "gradients": gradients.tolist(), "cases": {}}
    for name, (theirs, options, ours, extra) in CASES.items():
        w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, theirs)([w], foreach=False, **options)
        weights = []
        for gradient in gradients:
            w.grad = torch.tensor(gradient)
            optimizer.step()
            weights.append([round(x, 12) for x in w.tolist()])
        recorded["cases"][name] = {
            "class": ours,
            "options": our_options(options, extra),
            "weights": weights,
        }
    Path(__file__).with_suffix(".json").write_text(json.dumps(recorded) + "\n")


if __name__ == "__main__":
    main()
