"use strict";
// The two panels of the network itself: its units with their links, and its diagnosis.

const ROW = 44, TOP = 34, UNIT = 34, LEFT = 34;
let column = 104;  // from one layer to the next: as there is room

function place(k, j) {
  return { x: LEFT + k * column, y: TOP + j * ROW };
}

/** Every unit as what it puts out over the plane, every weight as a link. */
function showNetwork(state, grid, side) {
  const { features, hidden } = state.settings, { network } = state;
  const rows = rowsOf(grid, features), all = network.outputs(rows.X, rows.n);
  const measures = all.map((out, k) => ({ out, width: network.sizes[k + 1] }));
  const drawing = $("drawing"), links = $("links");
  drawing.querySelectorAll(":scope > :not(svg)").forEach((element) => element.remove());
  links.replaceChildren();
  const names = Object.keys(FEATURES), depth = hidden.length;
  column = Math.max(76, Math.min(170, (drawing.clientWidth - LEFT - UNIT - 4) / (depth + 1)));
  const height = TOP + Math.max(names.length, ...hidden, 1) * ROW, width = place(depth + 1, 0).x + UNIT;
  drawing.style.height = `${height}px`;
  links.setAttribute("width", width);
  links.setAttribute("height", height);

  const inputs = rowsOf(grid, names);
  names.forEach((name, j) => {
    const canvas = unitCanvas(drawing, 0, j, FEATURES[name].label);
    const largest = Math.max(...inputs.X.filter((_, i) => i % names.length === j).map(Math.abs));
    drawSurface(canvas, inputs.X, names.length, j, side, (value) => value / largest);
    canvas.classList.add("input");
    canvas.classList.toggle("off", !features.includes(name));
    canvas.onclick = () => toggleFeature(state, name);
    text(drawing, FEATURES[name].label, place(0, j).x - 34, place(0, j).y + 8);
  });
  measures.forEach(({ out, width: units }, k) => {
    const last = k === depth;
    for (let j = 0; j < units; j++) {
      const canvas = unitCanvas(drawing, k + 1, j, last ? "output" : `bias ${network.intercepts[k][j].toPrecision(3)}`);
      const bounded = !last && network.activation !== "relu" && network.activation !== "identity";
      const centre = !last && network.activation === "logistic" ? 0.5 : 0;
      const largest = bounded ? 1 - centre : Math.max(1, ...out.filter((_, i) => i % units === j).map(Math.abs));
      drawSurface(canvas, out, units, j, side, (value) => (value - centre) / largest);
      canvas.classList.toggle("dead", !last && out.every((value, i) => i % units !== j || value === 0));
    }
    if (!last) counter(drawing, state, k);
  });
  network.coefs.forEach((coef, k) => {
    const sources = k ? Array.from({ length: network.sizes[k] }, (_, i) => i) : features.map((name) => names.indexOf(name));
    sources.forEach((source, i) => {
      for (let j = 0; j < network.sizes[k + 1]; j++) {
        const from = place(k, source), to = place(k + 1, j);
        drawLink(links, { x: from.x + UNIT, y: from.y + UNIT / 2 }, { x: to.x, y: to.y + UNIT / 2 }, coef[i * network.sizes[k + 1] + j]);
      }
    });
  });
}

function unitCanvas(drawing, k, j, title) {
  const canvas = document.createElement("canvas"), { x, y } = place(k, j);
  Object.assign(canvas, { width: UNIT, height: UNIT, className: "unit", title });
  canvas.style.left = `${x}px`;
  canvas.style.top = `${y}px`;
  return drawing.appendChild(canvas);
}

function text(drawing, words, x, y) {
  const element = Object.assign(document.createElement("span"), { className: "name", textContent: words });
  element.style.left = `${Math.max(0, x)}px`;
  element.style.top = `${y}px`;
  drawing.append(element);
}

/** Buttons above a hidden layer that add and take units. */
function counter(drawing, state, k) {
  const element = Object.assign(document.createElement("span"), { className: "counter" });
  const { hidden } = state.settings;
  element.style.left = `${place(k + 1, 0).x - 14}px`;
  element.style.top = "2px";
  for (const [sign, by] of [["−", -1], ["+", 1]]) {
    const button = Object.assign(document.createElement("button"), { textContent: sign, title: by > 0 ? "one unit more" : "one unit less" });
    button.onclick = () => {
      const n = hidden[k] + by;
      if (n >= 1 && n <= MOST_UNITS) change({ hidden: hidden.map((units, i) => (i === k ? n : units)) });
    };
    element.append(button);
    if (by < 0) element.append(String(hidden[k]));
  }
  drawing.append(element);
}

function toggleFeature(state, name) {
  const { features } = state.settings;
  const wanted = features.includes(name) ? features.filter((other) => other !== name) : [...features, name];
  if (wanted.length) change({ features: Object.keys(FEATURES).filter((other) => wanted.includes(other)) });
}

/** The layers' measures as a table, with the gradient's flow as bars over six decades, and the verdicts. */
function showDiagnosis(measured) {
  const output = measured.layers[measured.layers.length - 1].delta;
  $("layers").replaceChildren(...measured.layers.map((layer) => {
    const row = document.createElement("tr"), share = layer.delta / output;
    const bar = Object.assign(document.createElement("span"), { className: "bar" });
    bar.style.width = `${Math.max(2, Math.min(120, 100 + (100 / 6) * Math.log10(share || 1e-9)))}px`;
    bar.classList.toggle("low", share < LIMITS["vanishing gradient"]);
    const cell = (...content) => { const td = document.createElement("td"); td.append(...content); return td; };
    row.append(cell(layer.name), cell(bar, share.toPrecision(2)), cell(layer.signal.toPrecision(2)),
      cell(percent(layer.saturated)), cell(layer.dead ? `${layer.dead} of ${layer.units}` : ""));
    return row;
  }));
  const verdicts = verdictsOf(measured);
  $("verdicts").replaceChildren(...(verdicts.length ? verdicts : [null]).map((verdict) => {
    const p = document.createElement("p");
    p.className = verdict ? "verdict" : "verdict fine";
    if (!verdict) { p.textContent = "No alarm."; return p; }
    const where = verdict.layers.length ? ` (${verdict.layers.join(", ")})` : "";
    const strong = Object.assign(document.createElement("b"), { textContent: `${verdict.name}${where}: ` });
    p.append(strong, verdict.finding, document.createElement("br"), `Remedy: ${verdict.remedy}`);
    return p;
  }));
}
