"use strict";
// One step of training: the solvers of fastnn's estimators, with their defaults.

const MOMENTUM = 0.9, BETA_1 = 0.9, BETA_2 = 0.999, EPSILON = 1e-8;

/** A solver makes of a gradient the change of a parameter; m and v are what it remembers of it. */
const SOLVERS = {
  sgd: { title: "gradient descent", change: (g, m, v, i, rate) => -rate * g },
  momentum: {
    title: "with Nesterov's momentum",
    change(g, m, v, i, rate) {
      m[i] = MOMENTUM * m[i] - rate * g;
      return MOMENTUM * m[i] - rate * g;
    },
  },
  adam: {
    title: "Adam",
    change(g, m, v, i, rate, steps) {
      m[i] = BETA_1 * m[i] + (1 - BETA_1) * g;
      v[i] = BETA_2 * v[i] + (1 - BETA_2) * g * g;
      const unbiased = Math.sqrt(1 - BETA_2 ** steps) / (1 - BETA_1 ** steps);
      return (-rate * unbiased * m[i]) / (Math.sqrt(v[i]) + EPSILON);
    },
  },
};

/**
 * Train on one batch.
 *
 * The penalty is fastnn's: alpha / 2n ||W||^2, or alpha / n ||W||_1 by the proximal step, which makes
 * zeros exact; biases are free.
 *
 * @param settings  { solver, rate, penalty: "none" | "l1" | "l2", alpha }
 * @returns the loss before the step, without penalty
 */
function trainOnBatch(network, X, y, settings) {
  const found = network.gradients(X, y), n = y.length;
  const { change } = SOLVERS[settings.solver], { rate } = settings;
  const l2 = settings.penalty === "l2" ? settings.alpha / n : 0;
  const l1 = settings.penalty === "l1" ? settings.alpha / n : 0;
  const parameters = [...network.coefs, ...network.intercepts];
  const gradients = [...found.coefs, ...found.intercepts];
  network.state ??= parameters.map((p) => [new Float64Array(p.length), new Float64Array(p.length)]);
  network.steps += 1;
  parameters.forEach((parameter, k) => {
    const [m, v] = network.state[k], weights = k < network.coefs.length;
    for (let i = 0; i < parameter.length; i++) {
      const gradient = gradients[k][i] + (weights ? l2 * parameter[i] : 0);
      parameter[i] += change(gradient, m, v, i, rate, network.steps);
      if (weights && l1) parameter[i] = shrunk(parameter[i], rate * l1);
    }
  });
  return found.loss;
}

const shrunk = (w, by) => Math.sign(w) * Math.max(0, Math.abs(w) - by);

/** One epoch over rows in a new order (or the given one, without `random`); returns the mean loss. */
function trainEpoch(network, rows, batchSize, settings, random) {
  const width = network.sizes[0];
  const order = random ? random.shuffled(rows.n) : Array.from({ length: rows.n }, (_, i) => i);
  let sum = 0;
  for (let first = 0; first < rows.n; first += batchSize) {
    const batch = order.slice(first, first + batchSize);
    const X = new Float64Array(batch.length * width);
    batch.forEach((row, i) => X.set(rows.X.subarray(row * width, (row + 1) * width), i * width));
    sum += batch.length * trainOnBatch(network, X, Float64Array.from(batch, (row) => rows.y[row]), settings);
  }
  return sum / rows.n;
}
