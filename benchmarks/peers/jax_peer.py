"""JAX: a whole epoch is one jitted lax.scan. Threads follow the CPUs the process may use."""

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

BETA_1, BETA_2, EPSILON, RATE = 0.9, 0.999, 1e-8, 1e-3


def train(case, X, y, threads):
    if case.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    initial = [
        (
            rng.uniform(-1, 1, (n_in, n_out)).astype(X.dtype) * (6 / (n_in + n_out)) ** 0.5,
            np.zeros(n_out, X.dtype),
        )
        for n_in, n_out in pairwise(case.layer_sizes)
    ]
    X, y = jnp.asarray(X), jnp.asarray(y, jnp.int32)
    n_full = len(X) // case.batch

    def loss(params, rows):
        Z = forward(params, X[rows])
        if Z.shape[1] == 1:
            return jnp.mean(jnp.logaddexp(0, Z[:, 0]) - y[rows] * Z[:, 0])
        return -jnp.mean(jax.nn.log_softmax(Z)[jnp.arange(len(rows)), y[rows]])

    def step(state, rows):
        params, m, v, t = state
        value, grad = jax.value_and_grad(loss)(params, rows)
        t += 1
        rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, grad)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, grad)
        params = jax.tree.map(
            lambda p, m, v: p - (rate * m / (jnp.sqrt(v) + EPSILON)).astype(p.dtype), params, m, v
        )
        return (params, m, v, t), value

    @partial(jax.jit, donate_argnums=0)
    def epoch(state, order):
        batches = order[: n_full * case.batch].reshape(n_full, case.batch)
        state, losses = jax.lax.scan(step, state, batches)
        if n_full * case.batch < len(order):
            state, _ = step(state, order[n_full * case.batch :])
        return state, losses

    def epochs(n):
        params = jax.tree.map(jnp.array, initial)
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        state = (params, *zeros, jnp.zeros((), X.dtype))
        for _ in range(n):
            state, _ = epoch(state, rng.permutation(len(X)).astype(np.int32))
        jax.block_until_ready(state)

    return epochs


def score(case, model, threads):
    params = [
        (jnp.asarray(W, jnp.float32), jnp.asarray(b, jnp.float32))
        for W, b in zip(model.coefs_, model.intercepts_, strict=True)
    ]

    @jax.jit
    def probabilities(X):
        Z = forward(params, X.astype(jnp.float32))
        if Z.shape[1] > 1:
            return jax.nn.softmax(Z)
        p = jax.nn.sigmoid(Z)
        return jnp.hstack([1 - p, p])

    return lambda X: np.asarray(probabilities(X))


def forward(params, H):
    """Raw outputs of ReLU layers."""
    *hidden, (W, b) = params
    for V, c in hidden:
        H = jax.nn.relu(H @ V + c)
    return H @ W + b
