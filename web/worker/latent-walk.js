/** Faces that change slowly, for the top of the page: each changes from one random style to the next. */
import { EASINGS } from '../../wasm/engine/latents.js';
import { interpolationOf } from '../../wasm/engine/styles.js';

export class LatentWalk {
  /** @param {import('../../wasm/engine/engine.js').Generator} generator @param {number} count number of faces */
  constructor(generator, count) {
    this.generator = generator;
    this.count = count;
  }

  /**
   * The faces at a time. A face passes from one style to the next in one unit of time. Each face starts a little after the one
   * before it, so that they never all rest at once.
   * @param {number} time
   * @returns {{seeds: number[], rgba: Uint8ClampedArray<ArrayBuffer>}} seeds: of the style that each face is nearest to
   */
  at(time) {
    const { count, generator } = this;
    const { latentSize } = generator;
    const between = interpolationOf(generator);
    const times = Array.from({ length: count }, (_, i) => time + i / count);
    const seedOf = (/** @type {number} */ i, /** @type {number} */ key) => key * count + i;
    const from = generator.styles(times.map((t, i) => seedOf(i, Math.floor(t))));
    const to = generator.styles(times.map((t, i) => seedOf(i, Math.floor(t) + 1)));
    const w = new Float32Array(from.length);
    times.forEach((t, i) => {
      const [a, b] = [i * latentSize, (i + 1) * latentSize];
      w.set(between(from.subarray(a, b), to.subarray(a, b), EASINGS.smooth(t - Math.floor(t))), a);
    });
    return { seeds: times.map((t, i) => seedOf(i, Math.round(t))), rgba: generator.synthesiseRgba(w) };
  }
}
