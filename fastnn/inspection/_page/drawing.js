"use strict";
// Pictures: what a unit puts out over the plane, points, the links between units, curves.

const REACH = 6;  // the plane is drawn from -6 to 6
const ORANGE = [217, 115, 13], WHITE = [247, 248, 250], BLUE = [31, 111, 180];

/** A colour for -1 (orange) over 0 (white) to 1 (blue). */
function colourOf(value) {
  const v = Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 0)), end = v < 0 ? ORANGE : BLUE;
  return WHITE.map((w, c) => Math.round(w + (end[c] - w) * Math.abs(v)));
}

const css = (rgb) => `rgb(${rgb.join(",")})`;

/** The points at which surfaces are drawn: the middles of side x side squares, row by row from above. */
function gridOf(side) {
  const at = (i) => -REACH + ((i + 0.5) * 2 * REACH) / side;
  return Array.from({ length: side * side }, (_, i) => ({ x: at(i % side), y: -at(Math.floor(i / side)), target: 0 }));
}

/** Draw column j of values [side * side][width], of -1 to 1 by `scaled`, over a whole canvas. */
function drawSurface(canvas, values, width, j, side, scaled) {
  const small = drawSurface.canvas ??= document.createElement("canvas");
  small.width = small.height = side;
  const pen = small.getContext("2d"), image = pen.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const [r, g, b] = colourOf(scaled(values[i * width + j]));
    image.data.set([r, g, b, 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
  const to = canvas.getContext("2d");
  to.imageSmoothingEnabled = side < canvas.width / 2;
  to.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function drawPoints(canvas, points, kind, radius, hollow = false) {
  const pen = canvas.getContext("2d"), unit = canvas.width / (2 * REACH);
  for (const { x, y, target } of points) {
    pen.beginPath();
    pen.arc((x + REACH) * unit, (REACH - y) * unit, radius, 0, 2 * Math.PI);
    pen.fillStyle = css(colourOf(kind === "classification" ? 2 * target - 1 : target));
    pen.strokeStyle = hollow ? "#1c2733" : "#fff";
    pen.lineWidth = hollow ? 1.2 : 0.7;
    pen.fill();
    pen.stroke();
  }
}

/** Losses by epoch, on a logarithmic scale: trained on in blue, held out in grey. */
function drawCurve(canvas, training, heldOut) {
  const pen = canvas.getContext("2d"), { width, height } = canvas;
  pen.clearRect(0, 0, width, height);
  const all = [...training, ...heldOut].filter((loss) => Number.isFinite(loss) && loss > 0);
  if (all.length < 4) return;
  const low = Math.log(Math.min(...all)), high = Math.log(Math.max(...all)) + 1e-9;
  const line = (losses, colour) => {
    pen.beginPath();
    losses.forEach((loss, i) => {
      const y = height - 3 - ((Math.log(Math.max(loss, 1e-300)) - low) / (high - low)) * (height - 6);
      pen.lineTo((i / Math.max(1, losses.length - 1)) * width, Math.max(0, Math.min(height, y)));
    });
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    pen.stroke();
  };
  line(heldOut, "#8795a3");
  line(training, css(BLUE));
}

function svg(tag, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return parent.appendChild(element);
}

/** A link from one place to another, as thick as its weight is large; its title tells the weight. */
function drawLink(parent, from, to, weight) {
  const middle = (from.x + to.x) / 2;
  const path = svg("path", {
    d: `M${from.x},${from.y} C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`,
    stroke: css(colourOf(weight < 0 ? -1 : 1)),
    "stroke-width": Number.isFinite(weight) ? Math.min(7, 0.3 + 2.5 * Math.abs(weight)) : 0.3,
    "stroke-opacity": 0.75,
  }, parent);
  svg("title", {}, path).textContent = `weight ${weight.toPrecision(3)}`;
}
