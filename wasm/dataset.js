/** Pictures in the module's memory, as square RGB bytes. */
import { SsdganError } from './bridge.js';

/** @typedef {import('./bridge.js').Bridge} Bridge */

export class Dataset {
  /** @param {Bridge} bridge @param {number} size @param {number} crop @param {number} filter */
  constructor(bridge, size, crop, filter) {
    this.bridge = bridge;
    this.pointer = bridge.module._ssd_dataset_create(bridge.context, size, crop, filter);
    if (!this.pointer) throw bridge.error('bad_argument');
  }

  /** Decodes and appends one picture file. @param {Uint8Array} bytes */
  addFile(bytes) {
    this.bridge.withBytes(bytes, (pointer) =>
      this.bridge.check(this.bridge.module._ssd_dataset_add_file(this.pointer, pointer, bytes.length)),
    );
  }

  /** @param {Uint8Array | Uint8ClampedArray} rgba @param {number} width @param {number} height */
  addRgba(rgba, width, height) {
    if (rgba.length !== width * height * 4) {
      throw new SsdganError('bad_argument', `${rgba.length} bytes are no ${width} x ${height} RGBA picture`);
    }
    this.bridge.withBytes(rgba, (pointer) =>
      this.bridge.check(this.bridge.module._ssd_dataset_add_rgba(this.pointer, pointer, width, height)),
    );
  }

  /** @param {number} seed @param {number} first @param {number} count */
  addDoodles(seed, first, count) {
    this.bridge.check(this.bridge.module._ssd_dataset_add_doodles(this.pointer, seed, first, count));
  }

  get count() {
    return this.bridge.module._ssd_dataset_count(this.pointer);
  }

  get size() {
    return this.bridge.module._ssd_dataset_size(this.pointer);
  }

  /** @returns {number} changes with the pictures */
  get fingerprint() {
    return this.bridge.module._ssd_dataset_fingerprint(this.pointer);
  }

  /** @param {number} index @returns {Uint8Array} size x size x 3, a copy */
  picture(index) {
    const pointer = this.bridge.module._ssd_dataset_picture(this.pointer, index);
    if (!pointer) throw new SsdganError('bad_argument', `there is no picture number ${index}`);
    return this.bridge.bytes(pointer, this.size * this.size * 3);
  }

  /** @param {number} index */
  remove(index) {
    this.bridge.check(this.bridge.module._ssd_dataset_remove(this.pointer, index));
  }

  dispose() {
    this.bridge.module._ssd_dataset_destroy(this.pointer);
    this.pointer = 0;
  }
}
