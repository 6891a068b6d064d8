/** Feature vectors of a set of pictures, in the module's memory. */

/** @typedef {import('../module/heap.js').WasmHeap} WasmHeap */
/** @typedef {import('./dataset.js').Dataset} Dataset */

export class Features {
  /** @param {WasmHeap} heap @param {number} pointer */
  constructor(heap, pointer) {
    this.heap = heap;
    this.pointer = pointer;
    /** @type {number} */
    this.count = heap.module._ssd_features_count(pointer);
    /** @type {number} numbers a picture */
    this.size = heap.module._ssd_features_size(pointer);
  }

  /**
   * @param {WasmHeap} heap @param {Dataset} dataset @param {number} first @param {number} count
   * @param {string} kind one of describe.features
   * @param {Features | null} reference random-conv: the real pictures', whose mean and deviation scale these
   */
  static extract(heap, dataset, first, count, kind, reference = null) {
    const { module, context, describe } = heap;
    const number = describe.features.indexOf(kind);
    return new Features(
      heap,
      heap.construct((out) =>
        module._ssd_features_extract(context, dataset.pointer, first, count, number, reference?.pointer ?? 0, out),
      ),
    );
  }

  /** @param {WasmHeap} heap @param {Float32Array} rows count x size @param {number} size */
  static fromRows(heap, rows, size) {
    const { module, context } = heap;
    return new Features(
      heap,
      heap.withFloats(rows, (pointer) =>
        heap.construct((out) => module._ssd_features_from_rows(context, pointer, rows.length / size, size, out)),
      ),
    );
  }

  /** @returns {Float32Array} count x size, a copy */
  rows() {
    return this.heap.floats(this.heap.module._ssd_features_rows(this.pointer), this.count * this.size);
  }

  /** @param {number[]} indices @returns {Features} these rows */
  pick(indices) {
    const { heap } = this;
    const bytes = new Uint8Array(Int32Array.from(indices).buffer);
    return new Features(
      heap,
      heap.withBytes(bytes, (pointer) =>
        heap.construct((out) => heap.module._ssd_features_pick(this.pointer, pointer, indices.length, out)),
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
  compare(fake, { which = this.heap.describe.compare, subsets = 100, subsetSize = 0, seed = 0 } = {}) {
    const { heap } = this;
    const { compare, scores } = heap.describe;
    const mask = which.reduce((sum, name) => sum + (1 << compare.indexOf(name)), 0);
    return heap.withAlloc(scores.length * 8, (out) => {
      heap.check(heap.module._ssd_features_compare(this.pointer, fake.pointer, mask, subsets, subsetSize, seed, out));
      const values = heap.doubles(out, scores.length);
      const found = scores.map((name, i) => /** @type {const} */ ([name, values[i]]));
      return /** @type {any} */ (Object.fromEntries(found.filter(([, value]) => !Number.isNaN(value))));
    });
  }

  /** The nearest of `among` to each of these; a set among itself leaves each one out.
   * @param {Features} among @returns {{index: Int32Array, distance: Float32Array}} */
  nearest(among) {
    const { heap, count } = this;
    return heap.withAlloc(count * 8, (out) => {
      heap.check(heap.module._ssd_features_nearest(this.pointer, among.pointer, out, out + 4 * count));
      return {
        index: new Int32Array(heap.bytes(out, 4 * count).buffer),
        distance: heap.floats(out + 4 * count, count),
      };
    });
  }

  /** @returns {number} root mean square distance of two of them */
  spread() {
    return this.heap.module._ssd_features_spread(this.pointer);
  }

  dispose() {
    this.heap.module._ssd_features_destroy(this.pointer);
    this.pointer = 0;
  }
}
