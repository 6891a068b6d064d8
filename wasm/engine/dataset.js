/** Pictures in the module's memory, as square RGB bytes. */
import { SsdganError } from '../module/heap.js';

/** @typedef {import('../module/heap.js').Bridge} Bridge */

/** Files that are handed to the decoder at once: enough for every thread, few enough for the memory. */
const CHUNK_FILES = 64;
const CHUNK_BYTES = 16e6;

/**
 * Cuts a list into runs of at most CHUNK_FILES entries and CHUNK_BYTES bytes (but at least one entry).
 * @template T
 * @param {Iterable<T>} entries
 * @param {(entry: T) => number} bytesOf
 * @returns {Generator<T[]>}
 */
export function* inChunks(entries, bytesOf) {
  /** @type {T[]} */
  let chunk = [];
  let bytes = 0;
  for (const entry of entries) {
    const more = bytesOf(entry);
    if (chunk.length && (chunk.length === CHUNK_FILES || bytes + more > CHUNK_BYTES)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(entry);
    bytes += more;
  }
  if (chunk.length) yield chunk;
}

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

  /**
   * Decodes and appends files, as many at once as there are threads. Each fails by itself; the pictures of the others
   * stand in the order of the files. Copies all of them into the module's memory: give it a few at a time (inChunks).
   * @param {Uint8Array[]} files
   * @returns {(SsdganError | null)[]} for each file what was wrong with it, null where it was appended
   */
  addFiles(files) {
    const { bridge } = this;
    const { module } = bridge;
    const count = files.length;
    const total = files.reduce((sum, { length }) => sum + length, 0);
    // Offsets and statuses, 4 bytes each, then the files.
    return bridge.withRoom(4 * (2 * count + 1) + total, (room) => {
      const statuses = room + 4 * (count + 1);
      const bytes = statuses + 4 * count;
      let at = 0;
      files.forEach((file, i) => {
        module.HEAPU32[(room >>> 2) + i] = at;
        module.HEAPU8.set(file, bytes + at);
        at += file.length;
      });
      module.HEAPU32[(room >>> 2) + count] = at;
      bridge.check(module._ssd_dataset_add_files(this.pointer, bytes, room, count, statuses));
      bridge.refreshViews();
      return files.map((_, i) => {
        const status = bridge.word(statuses + 4 * i);
        if (status === 0) return null;
        const sentence = bridge.text(module._ssd_dataset_file_error(this.pointer, i));
        return new SsdganError(bridge.statusNames[status] ?? 'unknown', sentence);
      });
    });
  }

  /** Takes the room for so many further pictures at once: growing by copying needs both blocks. @param {number} more */
  reserve(more) {
    this.bridge.check(this.bridge.module._ssd_dataset_reserve(this.pointer, more));
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
