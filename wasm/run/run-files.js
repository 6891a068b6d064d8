/** A run's files in its store: what is written when, and what a run that was killed between two writes needs. */
import { fileLength, metadataLength, readMetadata } from '../engine/safetensors.js';
import { planFrom } from './plan.js';
import { BEST, GOOD_SLOTS, LOG, MODEL, NEXT_BEST, OLD_CHECKPOINT, SLOTS } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../engine/trainer.js').Trainer} Trainer */
/** @typedef {import('./supervisor.js').State} State */
/** @typedef {{name: string, step: number}} Stored a checkpoint in the store */

/** What a file says about itself, in its first bytes. @param {Store} store @param {string} name @returns {Promise<Record<string, string> | null>} null: not there, cut off, or another kind of file */
export async function metadataOf(store, name) {
  try {
    const start = await store.read(name, 0, 8);
    const header = start && (await store.read(name, 0, metadataLength(start)));
    return header && fileLength(header) === (await store.size(name)) ? readMetadata(header) : null;
  } catch {
    return null;
  }
}

/** The checkpoints that are there, the newest first. Whether they are whole tells their checksum. @param {Store} store @returns {Promise<Stored[]>} */
export async function checkpointsIn(store) {
  /** @type {Stored[]} */
  const found = [];
  for (const name of [...SLOTS, OLD_CHECKPOINT]) {
    const step = Number((await metadataOf(store, name))?.step);
    if (Number.isFinite(step)) found.push({ name, step });
  }
  return found.sort((a, b) => b.step - a.step);
}

/**
 * Where the state lies that a run would go back to: that of the plan's step. After a rollback both slots may hold that step,
 * the later one with more remedies used.
 * @param {Store} store @param {Partial<import('./plan.js').Plan>} plan @returns {Promise<string | null>} null: it was not kept
 */
export async function goodOf(store, { good, remedies = 0 }) {
  /** @type {{name: string, used: number}[]} */
  const found = [];
  for (const name of GOOD_SLOTS) {
    const metadata = await metadataOf(store, name);
    const used = planFrom(metadata?.plan ?? '').remedies ?? 0;
    if (metadata && Number(metadata.step) === good && used <= remedies) found.push({ name, used });
  }
  return found.sort((a, b) => b.used - a.used)[0]?.name ?? null;
}

export class RunFiles {
  /** @param {Store} store @param {string | null} slot the stored checkpoint that the run goes on from */
  constructor(store, slot = null) {
    this.store = store;
    this.slot = slot;
    /** @type {number | null} the step of the stored checkpoint, where it is this run's */
    this.savedStep = null;
    this.logLines = 0;
    /** Lines of the log that are not written yet. */
    this.waiting = '';
    this.failing = false;
    /** @type {{name: string | null, state: State | null}} where the state lies that the stored checkpoint would go back to */
    this.good = { name: null, state: null };
    /** @type {Uint8Array | null} a new best model, until the checkpoint that knows of it is written */
    this.nextBest = null;
  }

  /** Adds an event to the log. It is written by flushLog. @param {object} event */
  log(event) {
    this.logLines++;
    this.waiting += `${JSON.stringify(event)}\n`;
  }

  /** Writes the lines that wait. What cannot be written waits on. @returns {Promise<unknown>} why they could not be written, when that is new; else null */
  async flushLog() {
    if (!this.waiting) return null;
    const wasFailing = this.failing;
    try {
      await this.store.append(LOG, this.waiting);
      this.waiting = '';
      this.failing = false;
      return null;
    } catch (error) {
      this.failing = true;
      return wasFailing ? null : error;
    }
  }

  /**
   * Writes checkpoint and model. The checkpoint goes into the slot that does not hold the newest one, and so does the state
   * to go back to. A best model stands beside the old one until the checkpoint that knows of it is there. A kill at any
   * moment leaves files that belong together.
   * @param {number} step @param {Uint8Array} checkpoint @param {Uint8Array} model
   * @param {{isBest?: boolean, good?: State | null}} also isBest: the model is the best one too; good: the state that the
   *   checkpoint would go back to
   */
  async writeState(step, checkpoint, model, { isBest = false, good = null } = {}) {
    const { store } = this;
    const best = isBest ? model : this.nextBest;
    if (best) await store.write(NEXT_BEST, best);
    let { name } = this.good;
    if (good && good !== this.good.state) {
      name = GOOD_SLOTS[name === GOOD_SLOTS[0] ? 1 : 0];
      await store.write(name, good.bytes);
    }
    const slot = this.slot === SLOTS[0] ? SLOTS[1] : SLOTS[0];
    await store.write(slot, checkpoint);
    const other = SLOTS[slot === SLOTS[0] ? 1 : 0];
    this.slot = slot;
    this.savedStep = step;
    this.good = { name, state: good };
    // A run that went back to an earlier step has left the later ones.
    if (Number((await metadataOf(store, other))?.step) >= step) await store.remove(other);
    await store.remove(OLD_CHECKPOINT);
    if (best) {
      await store.write(BEST, best);
      await store.remove(NEXT_BEST);
      this.nextBest = null;
    }
    await store.write(MODEL, model);
  }

  /**
   * What the doctor of a run that is resumed needs: the state to go back to, and the steps since its log began.
   * @param {Partial<import('./plan.js').Plan>} plan of the checkpoint @param {string[]} lines of the log
   * @returns {Promise<{good: State | null, events: any[], grids: (number | null)[]}>}
   */
  async memory(plan, lines) {
    const name = await goodOf(this.store, plan);
    const bytes = name && (await this.store.read(name));
    const good = bytes ? { step: Number(plan.good), bytes } : null;
    this.good = { name, state: good };
    const events = lines.filter((line) => /^\{"event":"(step|trouble)"/.test(line)).map((line) => JSON.parse(line));
    return { good, events, grids: plan.grids ?? [] };
  }

  /** The stored checkpoint, where it is this run's and older than the step. @param {number} step @returns {Promise<State | null>} */
  async stateBefore(step) {
    if (this.savedStep === null || this.savedStep >= step || !this.slot) return null;
    const bytes = await this.store.read(this.slot);
    return bytes && { step: this.savedStep, bytes };
  }

  /** The best model so far. @returns {Promise<Uint8Array | null>} */
  async best() {
    return this.nextBest ?? this.store.read(BEST);
  }

  /**
   * Makes the files agree with the checkpoint that a run goes on from.
   * @param {Trainer} trainer as loaded
   * @param {import('./plan.js').Plan} plan its best model is forgotten where the file is not there
   * @returns {Promise<string[]>} lines of the log
   */
  async mend(trainer, plan) {
    const { store } = this;
    const { step, best_step: bestStep, best_val_loss_g: bestLoss } = trainer.stats();
    if (!plan.best && plan.keepBest === 'val-loss' && bestStep > 0) plan.best = { step: bestStep, score: bestLoss };
    if (plan.best && (await this.stepOf(NEXT_BEST)) === plan.best.step)
      await store.write(BEST, /** @type {Uint8Array} */ (await store.read(NEXT_BEST)));
    await store.remove(NEXT_BEST);
    if ((await this.stepOf(BEST)) === null) plan.best = null;
    this.slot ??= (await checkpointsIn(store)).find((stored) => stored.step === step)?.name ?? null;
    if (this.slot) {
      this.savedStep = step;
      if ((await this.stepOf(MODEL)) !== step) await store.write(MODEL, trainer.save());
    }
    return this.cutLog(plan.logLines);
  }

  /** @param {string} name @returns {Promise<number | null>} null: no such file */
  async stepOf(name) {
    const metadata = await metadataOf(this.store, name);
    return metadata && Number(metadata.step);
  }

  /** The lines of steps that will be made again go. @param {number | null} most lines that stay; null: all @returns {Promise<string[]>} they */
  async cutLog(most) {
    const text = new TextDecoder().decode((await this.store.read(LOG)) ?? new Uint8Array());
    const lines = text.split('\n').slice(0, -1); // after the last end of line there is nothing, or half a line
    const kept = lines.slice(0, most ?? lines.length);
    this.logLines = kept.length;
    const whole = kept.map((line) => `${line}\n`).join('');
    if (whole !== text) await this.store.write(LOG, whole);
    return kept;
  }
}
