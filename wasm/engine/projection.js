/** Projection of a picture into the latent space of a generator, in slices. */

/** @typedef {{typical: number, nearest: number, found: number}} Errors root mean square, in levels of 255 */

/** Looks at so many random w, and starts from the typical w and the best three of them. */
const DEFAULTS = { perStage: false, samples: 1024, starts: 4, steps: 200, seed: 0 };

export class Projection {
  /**
   * @param {import('./generator.js').Generator} generator whose present weights are copied
   * @param {Uint8Array} rgb size x size x 3, the generator's size
   * @param {Partial<typeof DEFAULTS>} options perStage: into w+
   */
  constructor(generator, rgb, options = {}) {
    const { perStage, samples, starts, steps, seed } = { ...DEFAULTS, ...options };
    const { heap } = generator;
    this.heap = heap;
    this.length = generator.styleCount * generator.latentSize;
    /** @type {number} */
    this.pointer = heap.withBytes(rgb, (bytes) =>
      heap.construct((out) =>
        heap.module._ssd_projection_create(
          generator.pointer, bytes, perStage ? 1 : 0, samples, starts, steps, seed, out,
        ),
      ),
    ); // prettier-ignore
    /** @type {number} rounds in all: batches of random w, and steps */
    this.rounds = this.run(0);
  }

  /** Does the next rounds. @param {number} rounds @returns {number} how many are left */
  run(rounds) {
    return this.heap.module._ssd_projection_run(this.pointer, rounds);
  }

  /** The best so far, after one round at least. @returns {{styles: Float32Array, errors: Errors}} styles: S x L */
  result() {
    const { heap, length } = this;
    // Doubles first: they want their alignment.
    return heap.withAlloc(24 + length * 4, (out) => {
      heap.module._ssd_projection_result(this.pointer, out + 24, out);
      const [typical, nearest, found] = heap.doubles(out, 3);
      return { styles: heap.floats(out + 24, length), errors: { typical, nearest, found } };
    });
  }

  dispose() {
    this.heap.module._ssd_projection_destroy(this.pointer);
    this.pointer = 0;
  }
}

/** Peak signal-to-noise ratio. @param {number} error root mean square, in levels of 255 @returns {number} in dB */
export const psnr = (error) => 20 * Math.log10(255 / error);
