"use strict";
// The page: knobs change the state, the state is drawn.

const $ = (id) => document.getElementById(id);
const SIDE = 24, SIDE_OUT = 70;  // squares a side of the surfaces of units, and of the output
const TITLES = {
  rate: "learning rate", activation: "activation", solver: "solver", penalty: "penalty",
  alpha: "its strength, alpha", start: "first weights",
};
const SLIDERS = { noise: ["noise", " %"], share: ["trained on", " %"], batch: ["batch size", ""] };

const address = new URLSearchParams(location.hash.slice(1));
const state = new State(settingsFrom(address, SETTINGS));
const grid = gridOf(SIDE), gridOut = gridOf(SIDE_OUT);
let running = false;

/** Change settings; what hangs on the points draws them anew, what hangs on the network begins anew. */
function change(settings) {
  Object.assign(state.settings, settings);
  const names = Object.keys(settings), has = (...of) => names.some((name) => of.includes(name));
  if (has("problem", "noise", "share", "seed")) state.draw();
  else if (has("hidden", "features", "activation", "start", "solver")) state.begin();
  history.replaceState(null, "", hashOf(state.settings));
  show();
}

function makeKnobs() {
  for (const [name, title] of Object.entries(TITLES)) {
    const label = document.createElement("label"), select = document.createElement("select");
    select.id = name;
    for (const value of CHOICES[name]) {
      const option = new Option(name === "solver" ? SOLVERS[value].title : String(value), String(value));
      select.add(option);
    }
    select.onchange = () => change({ [name]: CHOICES[name][select.selectedIndex] });
    label.append(title, select);
    $("training").append(label);
  }
  for (const [name, [title, unit]] of Object.entries(SLIDERS)) {
    const label = document.createElement("label"), slider = document.createElement("input");
    const [min, max] = RANGES[name];
    Object.assign(slider, { type: "range", id: name, min, max });
    slider.oninput = () => change({ [name]: Number(slider.value) });
    label.append(Object.assign(document.createElement("span"), { id: `${name}-text` }), slider);
    label.dataset.title = title;
    label.dataset.unit = unit;
    $("sampling").append(label);
  }
  for (const [name, { title, points, kind }] of Object.entries(PROBLEMS)) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 54, height: 54, title, tabIndex: 0, id: `problem-${name}` });
    canvas.setAttribute("role", "radio");
    drawPoints(canvas, points(200, 0, randomFrom(1)), kind, 1.6);
    canvas.onclick = () => change({ problem: name });
    canvas.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") canvas.onclick(); };
    $("problems").append(canvas);
  }
}

function showKnobs() {
  for (const name of Object.keys(TITLES)) $(name).value = String(state.settings[name]);
  for (const name of Object.keys(SLIDERS)) {
    const label = $(name).parentElement;
    $(name).value = state.settings[name];
    $(`${name}-text`).textContent = `${label.dataset.title}: ${state.settings[name]}${label.dataset.unit}`;
  }
  for (const name of Object.keys(PROBLEMS)) {
    $(`problem-${name}`).setAttribute("aria-checked", String(name === state.settings.problem));
  }
  const depth = state.settings.hidden.length;
  $("depth").textContent = `${depth} hidden layer${depth === 1 ? "" : "s"}`;
}

function showOutput() {
  const rows = rowsOf(gridOut, state.settings.features), all = state.network.outputs(rows.X, rows.n);
  const values = state.network.predictions(all[all.length - 1]), classes = state.kind === "classification";
  const scaled = (value) => {
    const v = classes ? 2 * value - 1 : value;
    return $("discrete").checked ? Math.sign(v) : v;
  };
  drawSurface($("surface"), values, 1, 0, SIDE_OUT, scaled);
  drawPoints($("surface"), state.trained, state.kind, 3);
  if ($("show-held-out").checked) drawPoints($("surface"), state.heldOut, state.kind, 3, true);
  drawCurve($("curve"), state.curve, state.curveHeldOut);
  $("epoch").textContent = state.epoch;
  $("training-loss").textContent = state.lossOf(state.rows).toFixed(4);
  $("held-out-loss").textContent = state.lossOf(state.rowsHeldOut).toFixed(4);
}

function show() {
  showKnobs();
  showNetwork(state, grid, SIDE);
  showOutput();
  showDiagnosis(state.measures());
  $("code").textContent = state.code();
}

function run() {
  if (!running) return;
  state.train(1);
  show();
  requestAnimationFrame(run);
}

function setRunning(on) {
  running = on;
  $("run").textContent = on ? "Pause" : "Train";
  $("run").setAttribute("aria-pressed", String(on));
  if (on) requestAnimationFrame(run);
}

makeKnobs();
$("run").onclick = () => setRunning(!running);
$("step").onclick = () => { state.train(1); show(); };
$("reset").onclick = () => { setRunning(false); state.begin(); show(); };
$("redraw").onclick = () => change({ seed: state.settings.seed + 1 });
$("more").onclick = () => {
  const { hidden } = state.settings;
  if (hidden.length < MOST_LAYERS) change({ hidden: [...hidden, hidden.length ? hidden[hidden.length - 1] : 4] });
};
$("fewer").onclick = () => { if (state.settings.hidden.length) change({ hidden: state.settings.hidden.slice(0, -1) }); };
$("show-held-out").onchange = $("discrete").onchange = showOutput;
window.onresize = show;
const asked = Number(address.get("epochs"));  // a link to a trained network
if (asked > 0) state.train(Math.min(asked, 2000));
show();
