/** Pictures in the module's memory, as square RGB bytes. */
import { SsdganError } from '../module/heap.js';

/** @typedef {import('../module/heap.js').WasmHeap} WasmHeap */

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

/** @param {unknown} error @returns {error is SsdganError} */
const isOutOfMemory = (error) => error instanceof SsdganError && error.code === 'out_of_memory';

export class Dataset {
  /** @param {WasmHeap} heap @param {number} size @param {number} crop @param {number} filter */
  constructor(heap, size, crop, filter) {
    this.heap = heap;
    this.pointer = heap.module._ssd_dataset_create(heap.context, size, crop, filter);
    if (!this.pointer) throw heap.error('bad_argument');
  }

  /** Decodes and appends one picture file. @param {Uint8Array} bytes */
  addFile(bytes) {
    this.heap.withBytes(bytes, (pointer) =>
      this.heap.check(this.heap.module._ssd_dataset_add_file(this.pointer, pointer, bytes.length)),
    );
  }

  /**
   * Decodes and appends files, as many at once as there are threads. Each fails by itself, for want of memory too; the
   * pictures of the others stand in the order of the files. Copies all of them into the module's memory: give it a few
   * at a time (inChunks). Throws where the memory holds no further picture, however small.
   * @param {Uint8Array[]} files
   * @returns {(SsdganError | null)[]} for each file what was wrong with it, null where it was appended
   */
  addFiles(files) {
    /** @type {(SsdganError | null)[]} */
    let errors;
    try {
      errors = this.addTogether(files);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (files.length > 1) return files.flatMap((file) => this.addFiles([file]));
      errors = [error];
    }
    if (errors.some(isOutOfMemory)) this.reserve(1);
    return errors;
  }

  /** @param {Uint8Array[]} files @returns {(SsdganError | null)[]} */
  addTogether(files) {
    const { heap } = this;
    const { module } = heap;
    const count = files.length;
    const total = files.reduce((sum, { length }) => sum + length, 0);
    // Offsets and statuses, 4 bytes each, then the files.
    return heap.withAlloc(4 * (2 * count + 1) + total, (room) => {
      const statuses = room + 4 * (count + 1);
      const bytes = statuses + 4 * count;
      let at = 0;
      files.forEach((file, i) => {
        module.HEAPU32[(room >>> 2) + i] = at;
        module.HEAPU8.set(file, bytes + at);
        at += file.length;
      });
      module.HEAPU32[(room >>> 2) + count] = at;
      heap.check(module._ssd_dataset_add_files(this.pointer, bytes, room, count, statuses));
      heap.refreshViews();
      return files.map((_, i) => {
        const status = heap.word(statuses + 4 * i);
        if (status === 0) return null;
        const sentence = heap.text(module._ssd_dataset_file_error(this.pointer, i));
        return new SsdganError(heap.statusNames[status] ?? 'unknown', sentence);
      });
    });
  }

  /** Takes the room for so many further pictures at once: growing by copying needs both blocks. @param {number} more */
  reserve(more) {
    this.heap.check(this.heap.module._ssd_dataset_reserve(this.pointer, more));
  }

  /** Takes the room if it can be had: what is expected need not come. @param {number} more */
  expect(more) {
    try {
      this.reserve(more);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
  }

  /** @param {Uint8Array | Uint8ClampedArray} rgba @param {number} width @param {number} height */
  addRgba(rgba, width, height) {
    if (rgba.length !== width * height * 4) {
      throw new SsdganError('bad_argument', `${rgba.length} bytes are not a ${width} x ${height} RGBA picture`);
    }
    this.heap.withBytes(rgba, (pointer) =>
      this.heap.check(this.heap.module._ssd_dataset_add_rgba(this.pointer, pointer, width, height)),
    );
  }

  /**
   * Appends pictures that already have the dataset's size, byte for byte: all of them, or none where it throws.
   * @param {Uint8Array} rgb N x size x size x 3
   */
  addRgb(rgb) {
    const { heap, size } = this;
    const bytes = size * size * 3;
    if (rgb.length % bytes) {
      throw new SsdganError('bad_argument', `${rgb.length} bytes are not whole pictures of ${bytes} bytes`);
    }
    this.reserve(rgb.length / bytes);
    // They pass through a small block: a second copy of all of them in the module's memory would be too much.
    const step = Math.min(rgb.length, Math.max(1, Math.floor(CHUNK_BYTES / bytes)) * bytes);
    heap.withAlloc(step, (room) => {
      for (let at = 0; at < rgb.length; at += step) {
        const part = rgb.subarray(at, at + step);
        heap.module.HEAPU8.set(part, room);
        heap.check(heap.module._ssd_dataset_add_rgb(this.pointer, room, part.length / bytes));
      }
    });
  }

  /** @param {number} seed @param {number} first @param {number} count */
  addDoodles(seed, first, count) {
    this.heap.check(this.heap.module._ssd_dataset_add_doodles(this.pointer, seed, first, count));
  }

  get count() {
    return this.heap.module._ssd_dataset_count(this.pointer);
  }

  get size() {
    return this.heap.module._ssd_dataset_size(this.pointer);
  }

  /** @returns {number} changes with the pictures */
  get fingerprint() {
    return this.heap.module._ssd_dataset_fingerprint(this.pointer);
  }

  /** @param {number} index @returns {Uint8Array} size x size x 3, a copy */
  picture(index) {
    return this.pictures(index, 1);
  }

  /** @param {number} first @param {number} count @returns {Uint8Array} count x size x size x 3, a copy */
  pictures(first, count) {
    const pointer = this.heap.module._ssd_dataset_picture(this.pointer, first);
    if (!pointer || first + count > this.count) throw new SsdganError('bad_argument', `there is no picture number ${first + count - 1}`); // prettier-ignore
    return this.heap.bytes(pointer, count * this.size * this.size * 3);
  }

  /** @param {number} index */
  remove(index) {
    this.heap.check(this.heap.module._ssd_dataset_remove(this.pointer, index));
  }

  dispose() {
    this.heap.module._ssd_dataset_destroy(this.pointer);
    this.pointer = 0;
  }
}
