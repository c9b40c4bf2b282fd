"use strict";
// What the page shows: settings, the points they ask for, a network that is trained on some of them.

const POINTS = 500, MOST_LAYERS = 6, MOST_UNITS = 8;

/** Every setting with what it may be; SETTINGS, put in when the page is made, are the first ones. */
const CHOICES = {
  problem: Object.keys(PROBLEMS),
  activation: ["tanh", "relu", "logistic", "identity"],
  solver: Object.keys(SOLVERS),
  rate: [1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  penalty: ["none", "l1", "l2"],
  alpha: [0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  start: Object.keys(STARTS),
};
const RANGES = { noise: [0, 50], share: [10, 90], batch: [1, 100], seed: [0, 1e9] };

class State {
  constructor(settings) {
    this.settings = { ...settings };
    this.draw();
  }

  get kind() { return PROBLEMS[this.settings.problem].kind; }

  /** Draw points, some to train on and the others held out, and begin anew. */
  draw() {
    const { problem, noise, share, seed } = this.settings, random = randomFrom(seed);
    const points = PROBLEMS[problem].points(POINTS, noise / 100, random);
    const order = random.shuffled(points.length), trained = Math.round((points.length * share) / 100);
    this.trained = order.slice(0, trained).map((i) => points[i]);
    this.heldOut = order.slice(trained).map((i) => points[i]);
    this.begin();
  }

  /** A new network. */
  begin() {
    const { features, hidden, activation, start, seed } = this.settings;
    this.random = randomFrom(seed + 1);
    this.rows = rowsOf(this.trained, features);
    this.rowsHeldOut = rowsOf(this.heldOut, features);
    this.network = new Network([features.length, ...hidden, 1], activation, this.kind);
    this.network.start(this.random, STARTS[start]);
    this.epoch = 0;
    this.curve = [];
    this.curveHeldOut = [];
  }

  lossOf(rows) {
    const all = this.network.outputs(rows.X, rows.n);
    return this.network.loss(all[all.length - 1], rows.y);
  }

  train(epochs) {
    for (let i = 0; i < epochs; i++) {
      this.curve.push(trainEpoch(this.network, this.rows, this.settings.batch, this.settings, this.random));
      this.curveHeldOut.push(this.lossOf(this.rowsHeldOut));
      this.epoch += 1;
    }
  }

  measures() {
    const course = this.epoch
      ? { training: this.lossOf(this.rows), heldOut: this.lossOf(this.rowsHeldOut), curve: this.curve }
      : null;
    return measure(this.network, this.rows, course);
  }

  /** The same in Python, as far as it goes. */
  code() {
    const { hidden, activation, solver, rate, penalty, alpha, batch } = this.settings;
    const name = this.kind === "classification" ? "MLPClassifier" : "MLPRegressor";
    const parts = [hidden.length === 1 ? `(${hidden[0]},)` : `(${hidden.join(", ")})`];
    parts.push(`activation="${activation}"`, `solver="${solver === "adam" ? "adam" : "sgd"}"`);
    if (solver === "sgd") parts.push("momentum=0.0");
    parts.push(`learning_rate_init=${rate}`, `batch_size=${batch}`);
    parts.push(`alpha=${penalty === "none" ? 0 : alpha}`);
    if (penalty === "l1") parts.push("l1_ratio=1.0");
    return `${name}(${parts.join(", ")})`;
  }
}

/** Settings from pairs of names and texts, on top of others; what makes no sense is left out. */
function settingsFrom(pairs, settings) {
  const found = { ...settings };
  for (const [name, text] of pairs) {
    if (name === "hidden") {
      const units = text === "" ? [] : text.split("-").map(Number);
      if (units.length <= MOST_LAYERS && units.every((n) => n >= 1 && n <= MOST_UNITS && n % 1 === 0)) found.hidden = units;
    } else if (name === "features") {
      const names = text.split(",").filter((feature) => feature in FEATURES);
      if (names.length) found.features = names;
    } else if (Object.hasOwn(RANGES, name)) {
      const [low, high] = RANGES[name], value = Number(text);
      if (value >= low && value <= high) found[name] = Math.round(value);
    } else if (Object.hasOwn(CHOICES, name)) {
      const choice = CHOICES[name].find((value) => String(value) === text);
      if (choice !== undefined) found[name] = choice;
    }
  }
  return found;
}

function hashOf(settings) {
  const parts = Object.entries(settings).map(([name, value]) => {
    const text = name === "hidden" ? value.join("-") : Array.isArray(value) ? value.join(",") : String(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return `#${parts.join("&")}`;
}
