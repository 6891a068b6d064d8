/** A training run. */
import { Generator } from './generator.js';

/** @typedef {import('../module/heap.js').WasmHeap} WasmHeap */
/** @typedef {import('./dataset.js').Dataset} Dataset */
/**
 * @typedef {{step: number, epoch: number, step_in_epoch: number, steps_per_epoch: number, pictures_seen: number,
 *   train_count: number, val_count: number, loss_g: number, loss_d: number, d_real: number, d_fake: number,
 *   val_loss_g: number, val_loss_d: number, val_accuracy: number, best_val_loss_g: number, best_step: number,
 *   grad_norm_g: number, grad_norm_d: number}} Stats
 */

export class Trainer {
  /** @param {WasmHeap} heap @param {number} pointer */
  constructor(heap, pointer) {
    const { module } = heap;
    this.heap = heap;
    this.pointer = pointer;
    this.generator = new Generator(heap, module._ssd_trainer_generator(pointer), false);
    this.parameterCounts = {
      /** @type {number} */
      generator: module._ssd_trainer_generator_parameters(pointer),
      /** @type {number} */
      discriminator: module._ssd_trainer_discriminator_parameters(pointer),
    };
  }

  /**
   * Gives the trainer its pictures; they must live, unchanged, as long as it trains.
   * @param {Dataset} dataset
   * @param {{acceptOther?: boolean}} options acceptOther: take other pictures than a loaded checkpoint began with
   */
  setDataset(dataset, { acceptOther = false } = {}) {
    this.heap.check(this.heap.module._ssd_trainer_set_dataset(this.pointer, dataset.pointer, acceptOther ? 1 : 0));
  }

  /** One training step. */
  step() {
    this.heap.check(this.heap.module._ssd_trainer_step(this.pointer));
  }

  /**
   * What the discriminator saw and said in the last step. Call it at once after step(): ssd_trainer_last_batch.
   * @returns {{size: number, pictures: Uint8ClampedArray<ArrayBuffer>, samples: Uint8ClampedArray<ArrayBuffer>, real: number[],
   *   fake: number[]}} RGBA, N x size x size x 4 each; how real D found each picture and each sample, 0..1
   */
  lastBatch() {
    const { heap } = this;
    const { module } = heap;
    const { batch, image_size: size } = /** @type {Record<string, number>} */ (this.config());
    const pixels = batch * size * size;
    return heap.withAlloc(pixels * 28 + batch * 8, (pictures) => {
      const [samples, rgba] = [pictures + pixels * 12, pictures + pixels * 24];
      const logits = rgba + pixels * 4;
      heap.check(module._ssd_trainer_last_batch(this.pointer, pictures, samples, logits));
      /** @param {number} images */
      const bytes = (images) => {
        module._ssd_images_to_rgba(images, batch, size, rgba);
        return new Uint8ClampedArray(module.HEAPU8.slice(rgba, rgba + pixels * 4).buffer);
      };
      const sure = [...heap.floats(logits, 2 * batch)].map((logit) => 1 / (1 + Math.exp(-logit)));
      return {
        size,
        pictures: bytes(pictures),
        samples: bytes(samples),
        real: sure.slice(0, batch),
        fake: sure.slice(batch),
      };
    });
  }

  /** Losses on the held-out pictures, into stats(). */
  validate() {
    this.heap.check(this.heap.module._ssd_trainer_validate(this.pointer));
  }

  /** @returns {Stats} */
  stats() {
    const { heap } = this;
    const names = heap.describe.stats;
    return heap.withAlloc(names.length * 8, (out) => {
      heap.module._ssd_trainer_stats(this.pointer, out);
      const values = heap.doubles(out, names.length);
      return /** @type {Stats} */ (
        Object.fromEntries(names.map((/** @type {string} */ name, /** @type {number} */ i) => [name, values[i]]))
      );
    });
  }

  /** @returns {Record<string, number | string>} the configuration, choices by name */
  config() {
    const { heap } = this;
    const { module } = heap;
    const config = module._ssd_config_create();
    module._ssd_trainer_config(this.pointer, config);
    /** @type {Record<string, number | string>} */
    const result = {};
    for (const { name, type, choices } of heap.describe.config) {
      const value = heap.withString(name, (text) => module._ssd_config_get(config, text));
      result[name] = type === 'choice' ? choices[value] : value;
    }
    module._ssd_config_destroy(config);
    return result;
  }

  /** Changes a setting of the running training, one that is `live`. @param {string} name @param {number | string} value */
  set(name, value) {
    const { heap } = this;
    const number = heap.settingNumber(name, value);
    heap.withString(name, (text) => heap.check(heap.module._ssd_trainer_set(this.pointer, text, number)));
  }

  /** The run's plan: a text that checkpoints keep (training-run.js writes it); '' where none was set. @returns {string} */
  get plan() {
    return this.heap.text(this.heap.module._ssd_trainer_plan(this.pointer));
  }

  /** @param {string} text */
  set plan(text) {
    const { heap } = this;
    heap.withString(text, (plan) => heap.check(heap.module._ssd_trainer_set_plan(this.pointer, plan)));
  }

  /** @param {{checkpoint?: boolean}} options the model alone, or the whole state @returns {Uint8Array} safetensors */
  save({ checkpoint = false } = {}) {
    const { heap } = this;
    return heap.withAlloc(8, (out) => {
      heap.check(heap.module._ssd_trainer_save(this.pointer, checkpoint ? 1 : 0, out, out + 4));
      const pointer = heap.word(out);
      const bytes = heap.bytes(pointer, heap.word(out + 4));
      heap.module._ssd_buffer_free(pointer);
      return bytes;
    });
  }

  dispose() {
    this.heap.module._ssd_trainer_destroy(this.pointer);
    this.pointer = 0;
  }
}
