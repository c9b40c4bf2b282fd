"use strict";
// A perceptron with one output, forward and back: the formulas of fastnn.MLPClassifier (the log loss of
// a logistic output) and of fastnn.MLPRegressor (half the squared error), in plain double precision.

/** Activations, and their derivatives by what they put out. */
const ACTIVATIONS = {
  identity: { f: (z) => z, slope: () => 1 },
  relu: { f: (z) => Math.max(0, z), slope: (h) => (h > 0 ? 1 : 0) },
  tanh: { f: Math.tanh, slope: (h) => 1 - h * h },
  logistic: { f: (z) => 1 / (1 + Math.exp(-z)), slope: (h) => h * (1 - h) },
};

/** Factor on the standard deviation of Glorot's first weights, sqrt(2 / (n_in + n_out)). */
const STARTS = { "Glorot's": 1, small: 0.1, large: 5 };

class Network {
  /**
   * @param sizes  units of each layer, from the inputs to the one output
   * @param activation  of the hidden layers, a name of ACTIVATIONS
   * @param kind  "classification" or "regression"
   */
  constructor(sizes, activation, kind) {
    Object.assign(this, { sizes, activation, kind });
    this.coefs = sizes.slice(1).map((n, k) => new Float64Array(sizes[k] * n));  // [n_in][n_out]
    this.intercepts = sizes.slice(1).map((n) => new Float64Array(n));
    this.state = null;  // what an optimizer remembers
    this.steps = 0;
  }

  /** First weights: uniform, of Glorot's variance by a factor; biases are zero. */
  start(random, factor = 1) {
    this.coefs.forEach((coef, k) => {
      const bound = factor * Math.sqrt(6 / (this.sizes[k] + this.sizes[k + 1]));
      for (let i = 0; i < coef.length; i++) coef[i] = random.between(-bound, bound);
    });
    return this;
  }

  /** What every layer puts out for n rows, [n][units]; the output layer's before its link. */
  outputs(X, n) {
    const all = [];
    const { f } = ACTIVATIONS[this.activation];
    this.coefs.forEach((coef, k) => {
      const [from, to] = [this.sizes[k], this.sizes[k + 1]];
      const below = k ? all[k - 1] : X, last = k === this.coefs.length - 1;
      const out = new Float64Array(n * to);
      for (let row = 0; row < n; row++) {
        const at = row * to;
        out.set(this.intercepts[k], at);
        for (let i = 0; i < from; i++) {
          const input = below[row * from + i];
          for (let j = 0; j < to; j++) out[at + j] += input * coef[i * to + j];
        }
      }
      if (!last) for (let i = 0; i < out.length; i++) out[i] = f(out[i]);
      all.push(out);
    });
    return all;
  }

  /** Raw outputs as predictions: probabilities of class 1, or values. */
  predictions(raw) {
    return this.kind === "classification" ? raw.map(ACTIVATIONS.logistic.f) : raw;
  }

  /** Mean loss of raw outputs, without penalty. */
  loss(raw, y) {
    let sum = 0;
    for (let i = 0; i < y.length; i++) {
      const z = raw[i];  // log(1 + e^z) - y z, without overflow
      sum += this.kind === "classification"
        ? Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y[i] * z
        : 0.5 * (z - y[i]) ** 2;
    }
    return sum / y.length;
  }

  /**
   * Gradients of the mean loss by weights and biases, without penalty, and the deltas: those of each
   * row's own loss by the pre-activations, [n][units].
   */
  gradients(X, y) {
    const n = y.length, all = this.outputs(X, n), raw = all[all.length - 1];
    const { slope } = ACTIVATIONS[this.activation];
    const loss = this.loss(raw, y), coefs = [], intercepts = [], deltas = [];
    let delta = this.predictions(raw).map((p, i) => p - y[i]);
    for (let k = this.coefs.length - 1; k >= 0; k--) {
      const [from, to] = [this.sizes[k], this.sizes[k + 1]], below = k ? all[k - 1] : X;
      const byCoef = new Float64Array(from * to), byIntercept = new Float64Array(to);
      const passed = new Float64Array(n * from);
      for (let row = 0; row < n; row++) {
        for (let j = 0; j < to; j++) byIntercept[j] += delta[row * to + j] / n;
        for (let i = 0; i < from; i++) {
          const input = below[row * from + i];
          let sum = 0;
          for (let j = 0; j < to; j++) {
            byCoef[i * to + j] += input * delta[row * to + j] / n;
            sum += delta[row * to + j] * this.coefs[k][i * to + j];
          }
          if (k) passed[row * from + i] = sum * slope(input);
        }
      }
      coefs.unshift(byCoef);
      intercepts.unshift(byIntercept);
      deltas.unshift(delta);
      delta = passed;
    }
    return { loss, coefs, intercepts, deltas, outputs: all };
  }
}
