"""The NumPy twin of the optimizers: their formulas in the order of the textbook, whole arrays.

Each function takes an optimizer's hyper-parameters o, the number t of the step (from 1), its
gradient g and learning rate lr, and the moments, which it changes in place. It returns the update
of the weights and how far a gradient of one would move them, which scales the L1 step.
"""

import numpy as np


def sgd(o, t, g, lr, m):
    m[...] = o.momentum * m - lr * g
    rate = lr / (1 - o.momentum) if o.momentum < 1 else lr
    return o.momentum * m - lr * g if o.nesterov else m.copy(), rate


def adagrad(o, t, g, lr, m):
    m += g**2
    rate = lr / (np.sqrt(m) + o.epsilon)
    return -rate * g, rate


def rmsprop(o, t, g, lr, m):
    m[...] = o.rho * m + (1 - o.rho) * g**2
    rate = lr / (np.sqrt(m) + o.epsilon)
    return -rate * g, rate


def adadelta(o, t, g, lr, m, v):
    m[...] = o.rho * m + (1 - o.rho) * g**2
    rate = np.sqrt(v + o.epsilon) / np.sqrt(m + o.epsilon)
    v[...] = o.rho * v + (1 - o.rho) * (rate * g) ** 2
    return -lr * rate * g, lr * rate


def adam_moments(o, g, m, v):
    m[...] = o.beta_1 * m + (1 - o.beta_1) * g
    v[...] = o.beta_2 * v + (1 - o.beta_2) * g**2


def adam(o, t, g, lr, m, v):
    adam_moments(o, g, m, v)
    step = lr * np.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
    rate = step / (np.sqrt(v) + o.epsilon)
    return -rate * m, rate


def adamw(o, t, g, lr, m, v):
    adam_moments(o, g, m, v)
    rate = lr / (1 - o.beta_1**t) / (np.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)
    return -rate * m, rate


def amsgrad(o, t, g, lr, m, v, u):
    adam_moments(o, g, m, v)
    u[...] = np.maximum(u, v)
    rate = lr / (1 - o.beta_1**t) / (np.sqrt(u / (1 - o.beta_2**t)) + o.epsilon)
    return -rate * m, rate


def nadam(o, t, g, lr, m, v):
    adam_moments(o, g, m, v)
    mu = o.beta_1 * (1 - 0.5 * 0.96 ** (np.arange(1, t + 2) * o.momentum_decay))
    of_g = (1 - mu[t - 1]) / (1 - mu[:t].prod())
    of_m = mu[t] / (1 - mu.prod())
    rate = lr / (np.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)
    return -rate * (of_g * g + of_m * m), rate * (of_g + of_m)


def rprop(o, t, g, lr, m, v):
    same, turned = np.sign(g) * np.sign(m) > 0, np.sign(g) * np.sign(m) < 0
    v[...] = np.where(same, o.eta_plus * v, np.where(turned, o.eta_minus * v, v))
    v[...] = np.clip(v, o.step_min, o.step_max)
    m[...] = np.where(turned, 0, g)
    return -np.sign(m) * v * lr / o.learning_rate_init, None


#: Class -> its function and the moments it has.
STEPS = {
    "SGD": (sgd, "m"),
    "Adagrad": (adagrad, "m"),
    "RMSProp": (rmsprop, "m"),
    "Adadelta": (adadelta, "mv"),
    "Adam": (adam, "mv"),
    "AdamW": (adamw, "mv"),
    "AMSGrad": (amsgrad, "mvu"),
    "NAdam": (nadam, "mv"),
    "Rprop": (rprop, "mv"),
}


def step(optimizer, state, w, g, lr, *, l1_scale=1.0, penalised=True):
    """The weights after one step, decay before it and L1 after it where ``penalised``.

    g is the gradient with everything in it but L1. Changes the state, ``t`` and moments, in place.
    """
    function, moments = STEPS[type(optimizer).__name__]
    for name in moments:
        if state.get(name) is None:
            state[name] = np.full_like(g, optimizer.initial_moments.get(name, 0))
    state["t"] = state.get("t", 0) + 1
    l1 = np.where(penalised, optimizer.l1 * l1_scale, 0)
    w = w * (1 - np.where(penalised, lr * optimizer.weight_decay, 0))
    if function is rprop:  # no proximal step: the steepest subgradient, and zero is not crossed
        g = np.where(w == 0, np.sign(g) * np.maximum(np.abs(g) - l1, 0), g + l1 * np.sign(w))
    update, rate = function(optimizer, state["t"], g, lr, *(state[name] for name in moments))
    moved = w + update
    if function is rprop:
        return np.where((l1 > 0) & (w * moved < 0), 0, moved).astype(g.dtype)
    return (np.sign(moved) * np.maximum(np.abs(moved) - rate * l1, 0)).astype(g.dtype)
