/**
 * A training under the doctor's eyes, for the command line and the page's worker alike: makes the steps, and where something
 * goes wrong answers as configured: stops, rolls back to the last good state at half the learning rate, augments more, or
 * only says so.
 */
import { Doctor, spread, trouble } from './doctor.js';

/** @typedef {'stop' | 'rollback' | 'augment' | 'ignore'} Action */
/** @typedef {{kind: string, step: number, action: Action, sentence: string}} Answer */

/** So often it rolls back, or augments more; then it stops. */
const MOST_ANSWERS = 3;
const GRID_SEEDS = Array.from({ length: 64 }, (_, i) => i);
const DATA_SAMPLE = 256;

export class Supervisor {
  /**
   * @param {import('../engine/engine.js').Engine} engine
   * @param {import('../engine/trainer.js').Trainer} trainer is replaced by a rollback: ask for supervisor.trainer
   * @param {import('../engine/dataset.js').Dataset} dataset
   * @param {Action} action
   */
  constructor(engine, trainer, dataset, action) {
    this.engine = engine;
    this.trainer = trainer;
    this.dataset = dataset;
    this.action = action;
    this.doctor = new Doctor();
    this.answers = 0;
    this.slowed = false;
    /** @type {Set<string>} what has been said already, where nothing is done about it */
    this.said = new Set();
    this.dataSpread = 0;
    /** @type {Uint8Array | null} the state to roll back to */
    this.good = action === 'rollback' || action === 'augment' ? trainer.save({ checkpoint: true }) : null;
  }

  /** One step. @returns {Answer | null} what went wrong and was done about it */
  step() {
    try {
      this.trainer.step();
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'not_finite') throw error;
      return this.answer(trouble('not_finite'));
    }
    const found = this.doctor.step(this.trainer.stats());
    return found && this.answer(found);
  }

  /** After an epoch: do the fixed latents' pictures still differ? @returns {Answer | null} */
  epoch() {
    const { dataset, trainer } = this;
    if (!this.dataSpread) {
      const count = Math.min(DATA_SAMPLE, dataset.count);
      const pixels = new Float32Array(count * 3 * dataset.size ** 2);
      for (let i = 0; i < count; i++) {
        const picture = dataset.picture(Math.floor((i * dataset.count) / count));
        picture.forEach((level, p) => (pixels[i * picture.length + p] = level / 127.5 - 1));
      }
      this.dataSpread = Math.max(spread(pixels, count), 1e-6);
    }
    const share = spread(trainer.generator.generate(GRID_SEEDS), GRID_SEEDS.length) / this.dataSpread;
    const found = this.doctor.grid(share);
    return found && this.answer(found);
  }

  /** A checkpoint has been made: it is what to come back to, unless trouble is in the making. @param {Uint8Array} bytes */
  keep(bytes) {
    if (this.good && this.doctor.calm) this.good = bytes.slice(); // the caller may give its own away
  }

  /** @param {import('./doctor.js').Trouble} found @returns {Answer | null} */
  answer({ kind, message, remedy }) {
    const { step } = this.trainer.stats();
    const hopeless = kind === 'not_finite';
    let action = this.action;
    if (hopeless && action === 'augment') action = 'rollback';
    // A lower rate is tried once against a D far ahead, which may be no damage: on 3,600 doodles the kernel distance fell
    // from 7.1 to 2.6 meanwhile, and going back three times only lost the steps.
    if (kind === 'd_won' && action === 'rollback' && this.slowed) action = 'ignore';
    this.slowed ||= kind === 'd_won';
    if ((hopeless && action === 'ignore') || (action !== 'ignore' && this.answers >= MOST_ANSWERS)) action = 'stop';
    if (action === 'ignore') {
      if (this.said.has(kind)) return null;
      this.said.add(kind);
    }
    const done = { stop: this.stop, rollback: this.rollback, augment: this.augment, ignore: this.ignore }[action];
    const what = done.call(this);
    if (action !== 'ignore') this.answers++;
    return { kind, step, action, sentence: `${message} (step ${step}). Remedy: ${remedy}. ${what}` };
  }

  stop() {
    return this.answers ? 'It has happened too often: stopped.' : 'Stopped.';
  }

  ignore() {
    return 'It goes on, as it was told to.';
  }

  rollback() {
    const bytes = /** @type {Uint8Array} */ (this.good);
    const planned = Number(this.trainer.config().schedule_pictures);
    this.trainer.dispose();
    this.trainer = this.engine.loadTrainer(bytes);
    this.trainer.setDataset(this.dataset);
    const config = this.trainer.config();
    this.trainer.set('schedule_pictures', planned);
    for (const name of ['lr', 'lr_g', 'lr_d']) this.trainer.set(name, Number(config[name]) / 2);
    this.doctor.reset();
    this.good = this.trainer.save({ checkpoint: true }); // with the lower rate: a second rollback halves it again
    return `Rolled back to step ${this.trainer.stats().step}, at half the learning rate.`;
  }

  augment() {
    const { augment_p: p } = this.trainer.stats();
    // Colours and cutouts leaked into the pictures (docs/experiments.md); shifts did not.
    this.trainer.set('augment_translation', 1);
    const more = Math.min(1, p + 0.25);
    this.trainer.set('augment_p', more);
    this.doctor.reset();
    return `Augments with probability ${more.toFixed(2)} from here on.`;
  }
}
