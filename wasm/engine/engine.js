/**
 * The engine: the C core as JavaScript objects. One module for the page's worker and for Node; no DOM, no files.
 *
 *   const engine = await createEngine();
 *   const dataset = engine.createDataset({ size: 64 });
 *   dataset.addDoodles(0, 0, 500);
 *   const trainer = engine.createTrainer({ image_size: 64, batch: 32 });
 *   trainer.setDataset(dataset);
 *   trainer.step();
 *   const model = trainer.save();
 *
 * Objects own memory of the module: dispose() them. Failures are SsdganError with `code` and a sentence.
 */
import { WasmHeap, SsdganError } from '../module/heap.js';
import { Dataset, inChunks } from './dataset.js';
import { Evaluator } from './evaluate.js';
import { Generator } from './generator.js';
import { loadModule } from '../module/loader.js';
import { Projection } from './projection.js';
import { Trainer } from './trainer.js';

export { Dataset, Evaluator, Generator, inChunks, Projection, SsdganError, Trainer };
/** @typedef {{name: string, step: number, error: number, worst: number, worstName: string}} VerifyGroup */

export class Engine {
  /** @param {import('../module/loader.js').Loaded} loaded */
  constructor({ module, variant, threads, notes }) {
    this.heap = new WasmHeap(module);
    this.variant = variant;
    /** @type {string[]} why this is not a faster build, if so */
    this.notes = notes;
    this.describe = this.heap.describe;
    this.heap.context = module._ssd_context_create(threads);
    if (!this.heap.context) throw new SsdganError('out_of_memory', 'not enough memory to start the engine');
    /** @type {number} threads in use */
    this.threads = module._ssd_context_threads(this.heap.context);
    /** One thread or all: nobody asked for a number, so whoever works with the engine may choose. */
    this.threadsAreFree = false;
    if (this.threads < threads) notes.push(`Only ${this.threads} of ${threads} threads could be started.`);
  }

  /** Work with one thread from now on, or with all again: the same bits. @param {boolean} one */
  useOneThread(one) {
    this.heap.module._ssd_context_use_one_thread(this.heap.context, Number(one));
  }

  /**
   * @param {{size?: number, crop?: 'centre' | 'pad' | 'squash', filter?: 'triangle' | 'cubic'}} options
   * @returns {Dataset}
   */
  createDataset({ size = 64, crop = 'centre', filter = 'triangle' } = {}) {
    const { heap } = this;
    return new Dataset(heap, size, heap.settingNumber('crop', crop), heap.settingNumber('filter', filter));
  }

  /** @param {Record<string, number | string | boolean>} config fields of describe.config; the rest are defaults */
  createTrainer(config = {}) {
    const { module, context } = this.heap;
    const pointer = this.withConfig(config, (c) =>
      this.heap.construct((out) => module._ssd_trainer_create(context, c, out)),
    );
    return new Trainer(this.heap, pointer);
  }

  /**
   * A new training from the weights of a model or a checkpoint, whose networks decide the sizes.
   * @param {Uint8Array} file
   * @param {Record<string, number | string | boolean>} config
   */
  createTrainerFrom(file, config = {}) {
    const { module, context } = this.heap;
    const pointer = this.withConfig(config, (c) =>
      this.heap.withBytes(file, (bytes) =>
        this.heap.construct((out) => module._ssd_trainer_create_from(context, c, bytes, file.length, out)),
      ),
    );
    return new Trainer(this.heap, pointer);
  }

  /** @param {Uint8Array} checkpoint */
  loadTrainer(checkpoint) {
    const { module, context } = this.heap;
    const pointer = this.heap.withBytes(checkpoint, (bytes) =>
      this.heap.construct((out) => module._ssd_trainer_load(context, bytes, checkpoint.length, out)),
    );
    return new Trainer(this.heap, pointer);
  }

  /** @param {Uint8Array} file a model or a checkpoint */
  loadGenerator(file) {
    const { module, context } = this.heap;
    const pointer = this.heap.withBytes(file, (bytes) =>
      this.heap.construct((out) => module._ssd_generator_load(context, bytes, file.length, out)),
    );
    return new Generator(this.heap, pointer, true);
  }

  /** @param {Dataset} dataset the real pictures @param {ConstructorParameters<typeof Evaluator>[2]} options */
  createEvaluator(dataset, options = {}) {
    return new Evaluator(this, dataset, options);
  }

  /**
   * Sliced Wasserstein distances of two ranges of pictures of one size, a Laplacian level each, finest first.
   * @param {{pictures: Dataset, first: number, count: number}} a @param {{pictures: Dataset, first: number, count: number}} b
   * @param {{patches?: number, directions?: number, seed?: number}} options
   * @returns {number[]}
   */
  swd(a, b, { patches = 128, directions = 512, seed = 0 } = {}) {
    const { heap } = this;
    const range = (/** @type {typeof a} */ x) => [x.pictures.pointer, x.first, x.count];
    return heap.withAlloc(64, (out) => {
      heap.check(heap.module._ssd_swd(heap.context, ...range(a), ...range(b), patches, directions, seed, out));
      return heap.doubles(out, 8).filter((level) => !Number.isNaN(level));
    });
  }

  /** @param {number} count @param {number} valCount the setting val_count @returns {number} pictures that a training holds out */
  heldOut(count, valCount = -1) {
    return this.heap.module._ssd_held_out(count, valCount);
  }

  /** @param {Float32Array} images N x 3 x size x size @param {number} size @returns {Uint8ClampedArray} N x size x size x 4 */
  toRgba(images, size) {
    const pixels = images.length / 3;
    return this.heap.withFloats(images, (from) =>
      this.heap.withAlloc(pixels * 4, (to) => {
        this.heap.module._ssd_images_to_rgba(from, pixels / (size * size), size, to);
        return new Uint8ClampedArray(this.heap.bytes(to, pixels * 4).buffer);
      }),
    );
  }

  /** @param {number} seed @param {number} index @param {number} size @returns {Uint8Array} size x size x 3 */
  doodle(seed, index, size) {
    const bytes = size * size * 3;
    return this.heap.withAlloc(bytes, (out) => {
      this.heap.module._ssd_doodle_draw(seed, index, size, out);
      return this.heap.bytes(out, bytes);
    });
  }

  /** @param {Uint8Array} file an ssdgan-verify file @returns {VerifyGroup[]} */
  verify(file) {
    const { module, context } = this.heap;
    const verify = this.heap.withBytes(file, (bytes) =>
      this.heap.construct((out) => module._ssd_verify_create(context, bytes, file.length, out)),
    );
    const groups = Array.from({ length: module._ssd_verify_group_count(verify) }, (_, i) => ({
      name: this.heap.text(module._ssd_verify_group_name(verify, i)),
      step: module._ssd_verify_group_step(verify, i),
      error: module._ssd_verify_group_error(verify, i),
      worst: module._ssd_verify_group_worst(verify, i),
      worstName: this.heap.text(module._ssd_verify_group_worst_name(verify, i)),
    }));
    module._ssd_verify_destroy(verify);
    return groups;
  }

  /** @param {number} rounds @returns {number} floating point operations done; the caller times it */
  peakProbe(rounds) {
    return this.heap.module._ssd_peak_probe(this.heap.context, rounds);
  }

  /** @returns {number} size of the module's memory */
  memoryBytes() {
    return this.heap.module.HEAPU8.length;
  }

  dispose() {
    this.heap.module._ssd_context_destroy(this.heap.context);
    this.heap.context = 0;
    this.heap.module.PThread?.terminateAllThreads?.();
  }

  /**
   * @template T
   * @param {Record<string, number | string | boolean>} config
   * @param {(pointer: number) => T} body
   * @returns {T}
   */
  withConfig(config, body) {
    const { module, context } = this.heap;
    const pointer = module._ssd_config_create();
    if (!pointer) throw new SsdganError('out_of_memory', 'not enough memory for a configuration');
    try {
      for (const [name, value] of Object.entries(config)) {
        const number = this.heap.settingNumber(name, value);
        this.heap.withString(name, (text) => this.heap.check(module._ssd_config_set(context, pointer, text, number)));
      }
      return body(pointer);
    } finally {
      module._ssd_config_destroy(pointer);
    }
  }
}

/**
 * @param {Parameters<typeof loadModule>[0]} options variant, threads, moduleUrl
 * @returns {Promise<Engine>}
 */
export async function createEngine(options = {}) {
  const loaded = await loadModule(options);
  try {
    const engine = new Engine(loaded);
    engine.threadsAreFree = engine.threads > 1 && (options.threads ?? 'auto') === 'auto';
    return engine;
  } catch (error) {
    if (loaded.threads === 1) throw error;
    // The pool could not be had (memory, or a browser's limit of workers): one thread needs none.
    const single = await loadModule({ ...options, threads: 1 });
    single.notes.push(`${loaded.threads} threads could not be started: one thread.`);
    return new Engine(single);
  }
}
