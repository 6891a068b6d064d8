/**
 * Makes the steps of a training, asks the doctor about each, and does about trouble what the plan says: stops,
 * rolls back to the last good state at half the learning rate, or only reports it.
 */
import { Doctor, spread, trouble } from './doctor.js';
import { SAMPLE_SEEDS } from './samples.js';

/** @typedef {'stop' | 'rollback' | 'ignore'} Action */
/** @typedef {{step: number, bytes: Uint8Array}} State a checkpoint */
/** @typedef {{kind: string, step: number, action: Action, sentence: string, to?: number}} Treatment to: the step gone back to */

/** @type {Action[]} */
export const ACTIONS = ['stop', 'rollback', 'ignore'];
/** After this many remedies the run is stopped. */
const MAX_REMEDIES = 3;
const DATA_SAMPLE = 256;

export class Supervisor {
  /**
   * @param {import('../engine/engine.js').Engine} engine
   * @param {import('../engine/trainer.js').Trainer} trainer is replaced by a rollback: ask for supervisor.trainer
   * @param {import('../engine/dataset.js').Dataset} dataset
   * @param {Action} action
   * @param {{remedies?: number, slowed?: boolean}} used remedies used up before a resume
   */
  constructor(engine, trainer, dataset, action, { remedies = 0, slowed = false } = {}) {
    this.engine = engine;
    this.trainer = trainer;
    this.dataset = dataset;
    this.action = action;
    this.doctor = new Doctor();
    this.remedies = remedies;
    this.slowed = slowed;
    /** @type {Set<string>} kinds of trouble reported already, where nothing is done about it */
    this.reported = new Set();
    this.dataSpread = 0;
    /** @type {State | null} the last state without a sign of trouble */
    this.good = null;
  }

  /** Before the first step there must be a state to go back to. */
  get lacksGood() {
    return !this.good && this.action === 'rollback';
  }

  /** The present state is one to go back to: there is no sign of trouble. */
  get isGood() {
    return this.action !== 'ignore' && this.doctor.calm;
  }

  /** @param {Uint8Array} bytes the present state, to go back to */
  keep(bytes) {
    this.good = { step: this.trainer.stats().step, bytes };
  }

  /** What a checkpoint keeps, so that a run that is resumed does what this one would. @returns {{good: number | null, grids: number[]}} */
  get memory() {
    return { good: this.good?.step ?? null, grids: this.doctor.grids };
  }

  /** Knows what it knew before the run was stopped. @param {Awaited<ReturnType<import('./run-files.js').RunFiles['memory']>>} memory */
  remember({ good, events, grids }) {
    this.good = good;
    for (const event of events) {
      if (event.event === 'step') this.doctor.step(event);
      else if (event.action === 'ignore') this.reported.add(event.kind);
      else this.doctor.reset();
    }
    this.doctor.grids = grids;
  }

  /** One step. @returns {import('./doctor.js').Trouble | null} */
  step() {
    try {
      this.trainer.step();
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'not_finite') throw error;
      return trouble('not_finite');
    }
    return this.doctor.step(this.trainer.stats());
  }

  /** At the end of an epoch: do the samples of fixed latents still differ? @returns {import('./doctor.js').Trouble | null} */
  checkDiversity() {
    const { dataset, trainer, doctor } = this;
    const { step } = trainer.stats();
    if (!doctor.gridIsDue(step)) return null;
    if (!this.dataSpread) {
      const count = Math.min(DATA_SAMPLE, dataset.count);
      const pixels = new Float32Array(count * 3 * dataset.size ** 2);
      for (let i = 0; i < count; i++) {
        const picture = dataset.picture(Math.floor((i * dataset.count) / count));
        picture.forEach((level, p) => (pixels[i * picture.length + p] = level / 127.5 - 1));
      }
      this.dataSpread = Math.max(spread(pixels, count), 1e-6);
    }
    return doctor.grid(spread(trainer.generator.generate(SAMPLE_SEEDS), SAMPLE_SEEDS.length) / this.dataSpread, step);
  }

  /**
   * Does what the plan says about a trouble. After `stop` the state is still the bad one: see restore.
   * @param {import('./doctor.js').Trouble} found
   * @returns {Treatment | null} null: it was reported before, and is to be ignored
   */
  treat({ kind, message, remedy }) {
    const { step } = this.trainer.stats();
    const action = this.choose(kind);
    this.slowed ||= kind === 'd_won';
    if (action === 'ignore') {
      if (this.reported.has(kind)) return null;
      this.reported.add(kind);
    }
    const done = { stop: this.stop, rollback: this.rollback, ignore: this.ignore }[action];
    const what = done.call(this);
    const to = action === 'rollback' ? { to: this.trainer.stats().step } : {};
    return { kind, step, action, ...to, sentence: `${message} (step ${step}). Remedy: ${remedy}. ${what}` };
  }

  /** @param {string} kind of trouble @returns {Action} */
  choose(kind) {
    const hopeless = kind === 'not_finite';
    let { action } = this;
    // A lower rate is tried once against a D far ahead, which may be no damage: on 3,600 doodles the kernel distance fell
    // from 7.1 to 2.6 meanwhile, and going back three times only lost the steps.
    if (kind === 'd_won' && action === 'rollback' && this.slowed) action = 'ignore';
    if (action === 'ignore') return hopeless ? 'stop' : 'ignore';
    return this.remedies >= MAX_REMEDIES || (action === 'rollback' && !this.good) ? 'stop' : action;
  }

  stop() {
    const often = this.remedies > 0;
    this.remedies = 0; // a user who continues has changed something, or wants the remedies again
    return often ? 'Stopped, because it has happened too often.' : 'Stopped.';
  }

  ignore() {
    return 'Training continues, as the plan says.';
  }

  rollback() {
    this.remedies++;
    this.restore(/** @type {State} */ (this.good));
    const config = this.trainer.config();
    for (const name of ['lr', 'lr_g', 'lr_d']) this.trainer.set(name, Number(config[name]) / 2);
    return `Rolled back to step ${this.trainer.stats().step}, at half the learning rate.`;
  }

  /** Goes back to a state. @param {State} state */
  restore({ bytes }) {
    this.trainer.dispose();
    this.trainer = this.engine.loadTrainer(bytes);
    this.trainer.setDataset(this.dataset, { acceptOther: true });
    this.doctor.reset();
  }
}
