/** Faces that change slowly, inside the worker: each walks through w, from one random style to the next, for ever. */
import { wayIn } from '../../wasm/engine/styles.js';

export class Stroll {
  /** @param {import('../../wasm/engine/engine.js').Generator} generator @param {number} count how many faces walk */
  constructor(generator, count) {
    this.generator = generator;
    this.count = count;
  }

  /**
   * The faces at a time, counted in ways from style to style. Each sets off a little after the one before, so that never
   * all rest at once.
   * @param {number} time
   * @returns {{seeds: number[], rgba: Uint8ClampedArray<ArrayBuffer>}} seeds: of the style that each one is nearest to
   */
  at(time) {
    const { count, generator } = this;
    const { latentSize } = generator;
    const way = wayIn(generator);
    const times = Array.from({ length: count }, (_, i) => time + i / count);
    const seedOf = (/** @type {number} */ i, /** @type {number} */ key) => key * count + i;
    const from = generator.styles(times.map((t, i) => seedOf(i, Math.floor(t))));
    const to = generator.styles(times.map((t, i) => seedOf(i, Math.floor(t) + 1)));
    const w = new Float32Array(from.length);
    times.forEach((t, i) => {
      const part = t - Math.floor(t);
      const [a, b] = [i * latentSize, (i + 1) * latentSize];
      w.set(way(from.subarray(a, b), to.subarray(a, b), part * part * (3 - 2 * part)), a);
    });
    return { seeds: times.map((t, i) => seedOf(i, Math.round(t))), rgba: generator.synthesiseRgba(w) };
  }
}
