"use strict";
// The problems: points of the plane, from -6 to 6, with a class of 0 or 1 or a value of -1 to 1.
// TensorFlow Playground's shapes and sizes; noise is a share, 0 to 0.5.

const PROBLEMS = {
  circle: { kind: "classification", title: "a disc in a ring", points: discInRing },
  xor: { kind: "classification", title: "exclusive or: signs that agree", points: quadrants },
  gauss: { kind: "classification", title: "two Gaussians", points: twoGaussians },
  spiral: { kind: "classification", title: "two spirals", points: spirals },
  "reg-plane": { kind: "regression", title: "a plane", points: plane },
  "reg-gauss": { kind: "regression", title: "hills and hollows", points: hills },
};

/** What can be an input, of a point (x, y). */
const FEATURES = {
  x1: { label: "x₁", of: (x) => x },
  x2: { label: "x₂", of: (x, y) => y },
  x1sq: { label: "x₁²", of: (x) => x * x },
  x2sq: { label: "x₂²", of: (x, y) => y * y },
  x1x2: { label: "x₁x₂", of: (x, y) => x * y },
  sinx1: { label: "sin x₁", of: (x) => Math.sin(x) },
  sinx2: { label: "sin x₂", of: (x, y) => Math.sin(y) },
};

function discInRing(n, noise, random) {
  return Array.from({ length: n }, (_, i) => {
    const inner = i < n / 2;
    const r = inner ? random.between(0, 2.5) : random.between(3.5, 5);
    const angle = random.between(0, 2 * Math.PI);
    const x = r * Math.sin(angle), y = r * Math.cos(angle);
    const seen = Math.hypot(x + random.between(-5, 5) * noise, y + random.between(-5, 5) * noise);
    return { x, y, target: seen < 2.5 ? 1 : 0 };
  });
}

function quadrants(n, noise, random) {
  const apart = (u) => u + (u > 0 ? 0.3 : -0.3);
  return Array.from({ length: n }, () => {
    const x = apart(random.between(-5, 5)), y = apart(random.between(-5, 5));
    const dx = random.between(-5, 5) * noise, dy = random.between(-5, 5) * noise;
    return { x, y, target: (x + dx) * (y + dy) >= 0 ? 1 : 0 };
  });
}

function twoGaussians(n, noise, random) {
  const sd = Math.sqrt(0.5 + 7 * noise);
  return Array.from({ length: n }, (_, i) => {
    const centre = i < n / 2 ? 2 : -2;
    return { x: random.normal(sd) + centre, y: random.normal(sd) + centre, target: i < n / 2 ? 1 : 0 };
  });
}

function spirals(n, noise, random) {
  const half = n / 2;
  return Array.from({ length: n }, (_, i) => {
    const along = (i % half) / half, turn = i < half ? 0 : Math.PI;
    const angle = 3.5 * Math.PI * along + turn;
    return {
      x: 5 * along * Math.sin(angle) + random.between(-1, 1) * noise,
      y: 5 * along * Math.cos(angle) + random.between(-1, 1) * noise,
      target: i < half ? 1 : 0,
    };
  });
}

const clipped = (value) => Math.max(-1, Math.min(1, value));

function plane(n, noise, random) {
  return Array.from({ length: n }, () => {
    const x = random.between(-6, 6), y = random.between(-6, 6);
    const dx = random.between(-6, 6) * noise, dy = random.between(-6, 6) * noise;
    return { x, y, target: clipped((x + dx + y + dy) / 10) };
  });
}

function hills(n, noise, random) {
  const centres = [[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]];
  return Array.from({ length: n }, () => {
    const x = random.between(-6, 6), y = random.between(-6, 6);
    const nx = x + random.between(-6, 6) * noise, ny = y + random.between(-6, 6) * noise;
    let target = 0;
    for (const [cx, cy, sign] of centres) {
      const height = Math.max(0, 1 - Math.hypot(nx - cx, ny - cy) / 2);
      if (height > Math.abs(target)) target = sign * height;
    }
    return { x, y, target };
  });
}

/** Rows for a network: the features of the points, one row after the other, and their targets. */
function rowsOf(points, features) {
  const of = features.map((name) => FEATURES[name].of);
  const X = new Float64Array(points.length * of.length);
  points.forEach((point, i) => of.forEach((f, j) => { X[i * of.length + j] = f(point.x, point.y); }));
  return { n: points.length, X, y: Float64Array.from(points, (point) => point.target) };
}
