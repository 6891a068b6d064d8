/** Feature vectors of a set of pictures, in the module's memory. */

/** @typedef {import('../module/heap.js').Bridge} Bridge */
/** @typedef {import('./dataset.js').Dataset} Dataset */

const KINDS = { 'random-conv': 0, pixels: 1 };
const COMPARE = { frechet: 1, kernel: 2, neighbours: 4 };
/** In the order of enum ssd_score. */
const SCORES = /** @type {const} */ ([
  'frechet', 'kernel', 'kernelSpread', 'precision', 'recall', 'density', 'coverage',
]); // prettier-ignore

export class Features {
  /** @param {Bridge} bridge @param {number} pointer */
  constructor(bridge, pointer) {
    this.bridge = bridge;
    this.pointer = pointer;
    /** @type {number} */
    this.count = bridge.module._ssd_features_count(pointer);
    /** @type {number} numbers a picture */
    this.size = bridge.module._ssd_features_size(pointer);
  }

  /**
   * @param {Bridge} bridge @param {Dataset} dataset @param {number} first @param {number} count
   * @param {keyof typeof KINDS} kind
   * @param {Features | null} reference random-conv: the real pictures', whose mean and deviation scale these
   */
  static extract(bridge, dataset, first, count, kind, reference = null) {
    const { module, context } = bridge;
    return new Features(
      bridge,
      bridge.construct((out) =>
        module._ssd_features_extract(context, dataset.pointer, first, count, KINDS[kind], reference?.pointer ?? 0, out),
      ),
    );
  }

  /** @param {Bridge} bridge @param {Float32Array} rows count x size @param {number} size */
  static fromRows(bridge, rows, size) {
    const { module, context } = bridge;
    return new Features(
      bridge,
      bridge.withFloats(rows, (pointer) =>
        bridge.construct((out) => module._ssd_features_from_rows(context, pointer, rows.length / size, size, out)),
      ),
    );
  }

  /** @returns {Float32Array} count x size, a copy */
  rows() {
    return this.bridge.floats(this.bridge.module._ssd_features_rows(this.pointer), this.count * this.size);
  }

  /** @param {number[]} indices @returns {Features} these rows */
  pick(indices) {
    const { bridge } = this;
    const bytes = new Uint8Array(Int32Array.from(indices).buffer);
    return new Features(
      bridge,
      bridge.withBytes(bytes, (pointer) =>
        bridge.construct((out) => bridge.module._ssd_features_pick(this.pointer, pointer, indices.length, out)),
      ),
    );
  }

  /**
   * Scores of `fake` against these, the real ones.
   * @param {Features} fake
   * @param {{which?: string[], subsets?: number, subsetSize?: number, seed?: number}} options
   *   subsetSize 0: all pictures
   * @returns {{frechet?: number, kernel: number, kernelSpread: number, precision?: number, recall?: number,
   *   density?: number, coverage?: number}} those asked for
   */
  compare(fake, { which = ['frechet', 'kernel', 'neighbours'], subsets = 100, subsetSize = 0, seed = 0 } = {}) {
    const { bridge } = this;
    const mask = which.reduce((sum, name) => sum + COMPARE[/** @type {keyof typeof COMPARE} */ (name)], 0);
    return bridge.withRoom(SCORES.length * 8, (out) => {
      bridge.check(
        bridge.module._ssd_features_compare(this.pointer, fake.pointer, mask, subsets, subsetSize, seed, out),
      );
      const values = bridge.doubles(out, SCORES.length);
      const found = SCORES.map((name, i) => /** @type {const} */ ([name, values[i]]));
      return /** @type {any} */ (Object.fromEntries(found.filter(([, value]) => !Number.isNaN(value))));
    });
  }

  /** The nearest of `among` to each of these; a set among itself leaves each one out.
   * @param {Features} among @returns {{index: Int32Array, distance: Float32Array}} */
  nearest(among) {
    const { bridge, count } = this;
    return bridge.withRoom(count * 8, (out) => {
      bridge.check(bridge.module._ssd_features_nearest(this.pointer, among.pointer, out, out + 4 * count));
      return {
        index: new Int32Array(bridge.bytes(out, 4 * count).buffer),
        distance: bridge.floats(out + 4 * count, count),
      };
    });
  }

  /** @returns {number} root mean square distance of two of them */
  spread() {
    return this.bridge.module._ssd_features_spread(this.pointer);
  }

  dispose() {
    this.bridge.module._ssd_features_destroy(this.pointer);
    this.pointer = 0;
  }
}
