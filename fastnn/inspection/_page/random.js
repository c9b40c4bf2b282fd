"use strict";
// Random numbers from a seed, so that a seed names a run: a page that is loaded again does the same.

/** A generator of uniform numbers in [0, 1) by hashes of a counter (splitmix's finish on 32 bits). */
function randomFrom(seed) {
  let counter = (seed * 0x9e3779b9) >>> 0;
  const uniform = () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 4294967296;
  };
  const between = (low, high) => low + (high - low) * uniform();
  const normal = (sd = 1) =>  // Box and Muller; 1 - u is never 0
    sd * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const shuffled = (n) => {  // Fisher and Yates
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };
  return { uniform, between, normal, shuffled };
}
