/** A run's files in its store: what is written when, and what a run that was killed between two writes needs. */
import { readMetadata } from '../engine/safetensors.js';
import { BEST, CHECKPOINT, LOG, MODEL } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../engine/trainer.js').Trainer} Trainer */

export class RunFiles {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {number | null} the step of the stored checkpoint, where it is this run's */
    this.savedStep = null;
    this.logLines = 0;
    /** Lines of the log that could not be written yet. */
    this.waiting = '';
  }

  /**
   * Adds an event to the log. What cannot be written waits for the next event.
   * @param {object} event
   * @returns {Promise<unknown>} why it could not be written, when that is new; else null
   */
  async log(event) {
    const isNew = this.waiting === '';
    this.logLines++;
    this.waiting += `${JSON.stringify(event)}\n`;
    try {
      await this.store.append(LOG, this.waiting);
      this.waiting = '';
      return null;
    } catch (error) {
      return isNew ? error : null;
    }
  }

  /** @param {number} step @param {Uint8Array} checkpoint @param {Uint8Array} model @param {boolean} isBest the model is the best one too */
  async writeState(step, checkpoint, model, isBest) {
    await this.store.write(CHECKPOINT, checkpoint);
    await this.store.write(MODEL, model);
    if (isBest) await this.store.write(BEST, model);
    this.savedStep = step;
  }

  /** The stored checkpoint, where it is this run's and older than the step. @param {number} step @returns {Promise<import('./supervisor.js').State | null>} */
  async stateBefore(step) {
    if (this.savedStep === null || this.savedStep >= step) return null;
    const bytes = await this.store.read(CHECKPOINT);
    return bytes && { step: this.savedStep, bytes };
  }

  /**
   * Makes the files agree with the checkpoint that a run goes on from.
   * @param {Trainer} trainer as loaded
   * @param {import('./plan.js').Plan} plan its best model is forgotten where the file is not there
   */
  async mend(trainer, plan) {
    const { step, best_step: bestStep, best_val_loss_g: bestLoss } = trainer.stats();
    if (!(await this.store.list()).includes(BEST)) plan.best = null;
    else if (!plan.best && plan.keepBest === 'val-loss' && bestStep > 0)
      plan.best = { step: bestStep, score: bestLoss };
    if ((await this.stepOf(CHECKPOINT)) === step) {
      this.savedStep = step;
      if ((await this.stepOf(MODEL)) !== step) await this.store.write(MODEL, trainer.save());
    }
    await this.cutLog(plan.logLines);
  }

  /** @param {string} name @returns {Promise<number | null>} null: no such file */
  async stepOf(name) {
    const bytes = await this.store.read(name);
    return bytes && Number(readMetadata(bytes).step);
  }

  /** The lines of steps that will be made again go. @param {number | null} most lines that stay; null: all */
  async cutLog(most) {
    const text = new TextDecoder().decode((await this.store.read(LOG)) ?? new Uint8Array());
    const lines = text.split('\n').slice(0, -1); // after the last end of line there is nothing, or half a line
    const kept = lines.slice(0, most ?? lines.length);
    this.logLines = kept.length;
    const whole = kept.map((line) => `${line}\n`).join('');
    if (whole !== text) await this.store.write(LOG, whole);
  }
}
