"use strict";
// What fastnn.inspection.diagnose measures and judges, of a network in the page. The thresholds
// (LIMITS) and what explains what (CONSEQUENCES) are those of the library, put in when the page is made.

const SATURATION = { tanh: [-0.99, 0.99], logistic: [0.01, 0.99] };

const layerName = (k, n) => (k === n - 1 ? "output layer" : `hidden layer ${k + 1}`);

function mean(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Root mean square, over the columns, of the standard deviations over n rows. */
function signalOf(values, n) {
  const width = values.length / n;
  let variances = 0;
  for (let j = 0; j < width; j++) {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) sum += values[i * width + j];
    for (let i = 0; i < n; i++) squares += (values[i * width + j] - sum / n) ** 2;
    variances += squares / n / width;
  }
  return Math.sqrt(variances);
}

function measuresOfLayer(network, found, k, n) {
  const units = network.sizes[k + 1], out = found.outputs[k], coef = network.coefs[k];
  const hidden = k < network.coefs.length - 1;
  const [low, high] = (hidden && SATURATION[network.activation]) || [-Infinity, Infinity];
  let dead = 0;
  for (let j = 0; hidden && j < units; j++) {
    let alive = false;
    for (let i = 0; i < n && !alive; i++) alive = out[i * units + j] !== 0;
    dead += alive ? 0 : 1;
  }
  const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);
  return {
    name: layerName(k, network.coefs.length),
    units,
    saturated: mean(out.map((h) => (h < low || h > high ? 1 : 0))),
    dead,
    signal: signalOf(out, n),
    delta: Math.sqrt(squares(found.deltas[k]) / n),
    gradient: Math.sqrt(squares(found.coefs[k])),
    weights: Math.sqrt(squares(coef)),
    gain: Math.sqrt(squares(coef) / units),
    finite: coef.every(Number.isFinite) && out.every(Number.isFinite),
  };
}

/** Loss of the best constant: the entropy of the classes, or half the variance. */
function constantLoss(y, kind) {
  const p = mean(y);
  if (kind === "regression") return 0.5 * mean(y.map((value) => (value - p) ** 2));
  return p > 0 && p < 1 ? -p * Math.log(p) - (1 - p) * Math.log(1 - p) : 0;
}

/**
 * @param rows  those trained on
 * @param course  { training, heldOut, curve, deadAtFirst, cutOff }, or null before training
 */
function measure(network, rows, course) {
  const found = network.gradients(rows.X, rows.y);
  return {
    layers: network.coefs.map((_, k) => measuresOfLayer(network, found, k, rows.n)),
    n: rows.n,
    loss: found.loss,
    constant: constantLoss(rows.y, network.kind),
    signal: signalOf(rows.X, rows.n),
    course,
  };
}

const percent = (share) => `${Math.round(100 * share)} %`;
const broken = (m) => !(Number.isFinite(m.loss) && m.layers.every((layer) => layer.finite));
const concerned = (m, which) => m.layers.slice(0, -1).filter(which);

const RULES = {
  "vanishing gradients"(m) {
    const output = m.layers[m.layers.length - 1].delta;
    if (broken(m) || output === 0) return null;
    const layers = concerned(m, (layer) => layer.delta < LIMITS["vanishing gradient"] * output);
    const least = Math.min(...m.layers.map((layer) => layer.delta)) / output;
    return { layers, finding: `the gradient shrinks to ${least.toExponential(1)} of what it is at the output.`,
      remedy: "ReLU or tanh with Glorot's weights, fewer layers; in fastnn also residual=True or batch_norm=True." };
  },
  "vanishing signals"(m) {
    if (broken(m) || m.signal === 0) return null;
    const reference = Math.min(m.signal, 1);
    const layers = concerned(m, (layer) => layer.signal < LIMITS["vanishing signal"] * reference);
    return { layers, finding: "all points look alike to the layers above.",
      remedy: "larger first weights; in fastnn also batch_norm=True." };
  },
  exploding(m) {
    const large = broken(m)
      ? m.layers.filter((layer) => !layer.finite)
      : m.layers.filter((layer) => layer.gain > LIMITS.gain);
    const useless = broken(m) || (m.loss >= LIMITS.underfitting * m.constant && 2 * large.length >= m.layers.length);
    return { layers: useless ? large : [], always: broken(m),
      finding: broken(m) ? "weights or outputs are no numbers any more." : "weights make signals and gradients far too large.",
      remedy: "smaller first weights, a smaller learning rate; in fastnn also clip_norm=1." };
  },
  saturated(m) {
    return { layers: concerned(m, (layer) => layer.saturated > LIMITS.saturated),
      finding: "most outputs lie at the flat ends of the activation, where no gradient passes.",
      remedy: "smaller first weights, a smaller learning rate, ReLU." };
  },
  "dead units"(m) {
    if (m.n < LIMITS.rows) return null;
    const layers = concerned(m, (layer) => layer.dead / layer.units > LIMITS["dead units"]);
    return { layers, finding: "most units are zero for every point and get no gradient.",
      remedy: "a tenth of the learning rate; in fastnn also activation='leaky_relu'." };
  },
  "learning rate too high"(m) {
    const curve = m.course ? m.course.curve : [];
    if (curve.length < LIMITS.epochs) return null;
    const half = curve.slice(Math.floor(curve.length / 2));
    const rises = half.slice(1).map((loss, i) => Math.max(0, loss - half[i]));
    const rise = mean(rises), last = curve[curve.length - 1];
    const least = Math.min(...curve), highest = Math.max(...curve);
    const wild = rise / m.constant > LIMITS.rise && rise / mean(half) > LIMITS["relative rise"];
    const worse = last / least > LIMITS["worse again"] && last > 0.5 * m.constant;
    const jumped = highest / curve[0] > LIMITS["worse again"] && highest / m.constant > LIMITS.jump;
    const stuck = highest / m.constant > LIMITS.jump && Math.min(last, m.loss) > LIMITS.underfitting * m.constant
      && half[0] - last < 0.1 * last;
    return { layers: [], always: wild || worse || jumped || stuck,
      finding: "the loss goes up and down, or has jumped.", remedy: "a tenth of the learning rate, larger batches." };
  },
  underfitting(m) {
    const least = m.course && Math.min(m.loss, m.course.training);
    return { layers: [], always: Boolean(m.course) && least > LIMITS.underfitting * m.constant,
      finding: "the loss is no better than that of a constant.", remedy: "more units or features, another learning rate, more epochs." };
  },
  overfitting(m) {
    const gap = m.course ? m.course.heldOut - m.course.training : 0;
    return { layers: [], always: gap > LIMITS.overfitting * m.constant,
      finding: "the loss is far larger on the held-out points than on those trained on.",
      remedy: "more data, fewer units, a penalty; in fastnn also early_stopping=True." };
  },
};

/** Verdicts { name, layers, finding, remedy } that no other one explains. */
function verdictsOf(m) {
  const left = new Map();
  for (const [name, rule] of Object.entries(RULES)) {
    const found = rule(m);
    if (found && (found.always || found.layers.length)) {
      left.set(name, { name, ...found, layers: found.layers.map((layer) => layer.name) });
    }
  }
  for (const [cause, consequences] of Object.entries(CONSEQUENCES)) {
    if (left.has(cause)) consequences.forEach((name) => left.delete(name));
  }
  return [...left.values()];
}
