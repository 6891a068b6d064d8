/** A training run. */
import { Generator } from './generator.js';

/** @typedef {import('../module/heap.js').Bridge} Bridge */
/** @typedef {import('./dataset.js').Dataset} Dataset */
/**
 * @typedef {{step: number, epoch: number, step_in_epoch: number, steps_per_epoch: number, pictures_seen: number,
 *   train_count: number, val_count: number, loss_g: number, loss_d: number, d_real: number, d_fake: number,
 *   val_loss_g: number, val_loss_d: number, val_accuracy: number, best_val_loss_g: number, best_step: number,
 *   grad_norm_g: number, grad_norm_d: number, augment_p: number, rate: number}} Stats
 */

export class Trainer {
  /** @param {Bridge} bridge @param {number} pointer */
  constructor(bridge, pointer) {
    const { module } = bridge;
    this.bridge = bridge;
    this.pointer = pointer;
    this.generator = new Generator(bridge, module._ssd_trainer_generator(pointer), false);
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
    this.bridge.check(this.bridge.module._ssd_trainer_set_dataset(this.pointer, dataset.pointer, acceptOther ? 1 : 0));
  }

  /** One training step. */
  step() {
    this.bridge.check(this.bridge.module._ssd_trainer_step(this.pointer));
  }

  /** Losses on the held-out pictures, into stats(). */
  validate() {
    this.bridge.check(this.bridge.module._ssd_trainer_validate(this.pointer));
  }

  /** @returns {Stats} */
  stats() {
    const { bridge } = this;
    const names = bridge.describe.stats;
    return bridge.withRoom(names.length * 8, (out) => {
      bridge.module._ssd_trainer_stats(this.pointer, out);
      const values = bridge.doubles(out, names.length);
      return /** @type {Stats} */ (
        Object.fromEntries(names.map((/** @type {string} */ name, /** @type {number} */ i) => [name, values[i]]))
      );
    });
  }

  /** @returns {Record<string, number | string>} the configuration, choices by name */
  config() {
    const { bridge } = this;
    const { module } = bridge;
    const config = module._ssd_config_create();
    module._ssd_trainer_config(this.pointer, config);
    /** @type {Record<string, number | string>} */
    const result = {};
    for (const { name, type, choices } of bridge.describe.config) {
      const value = bridge.withString(name, (text) => module._ssd_config_get(config, text));
      result[name] = type === 'choice' ? choices[value] : value;
    }
    module._ssd_config_destroy(config);
    return result;
  }

  /** Changes a setting of the running training (ssd_trainer_set says which can). @param {string} name @param {number | string} value */
  set(name, value) {
    const { bridge } = this;
    const { type, choices } = bridge.describe.config.find((/** @type {{name: string}} */ f) => f.name === name) ?? {};
    const number = type === 'choice' && typeof value === 'string' ? choices.indexOf(value) : Number(value);
    bridge.withString(name, (text) => bridge.check(bridge.module._ssd_trainer_set(this.pointer, text, number)));
  }

  /** @param {{checkpoint?: boolean}} options the model alone, or the whole state @returns {Uint8Array} safetensors */
  save({ checkpoint = false } = {}) {
    const { bridge } = this;
    return bridge.withRoom(8, (out) => {
      bridge.check(bridge.module._ssd_trainer_save(this.pointer, checkpoint ? 1 : 0, out, out + 4));
      const pointer = bridge.word(out);
      const bytes = bridge.bytes(pointer, bridge.word(out + 4));
      bridge.module._ssd_buffer_free(pointer);
      return bytes;
    });
  }

  dispose() {
    this.bridge.module._ssd_trainer_destroy(this.pointer);
    this.pointer = 0;
  }
}
