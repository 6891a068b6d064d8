/**
 * One training run, the same for terminal and page: its plan, its steps, the doctor, validation, scores, the best model,
 * checkpoints and the log. It knows neither files nor a screen; it writes to a store (store.js) and reports by events.
 *
 *   const run = TrainingRun.create(engine, store, { recipe: 'best', settings: { image_size: 64 } });
 *   await run.begin(dataset);                                  // the trainer's settings say at which size
 *   for await (const event of run.events()) ...                // run.stop() ends it after the present step
 *   for await (const event of run.events()) ...                // ... and this continues
 */
import { Autosave } from './autosave.js';
import { BestModel } from './best-model.js';
import { trouble } from './doctor.js';
import { notSaved, stepEvent } from './events.js';
import { changeLength, Deadline, totalOf } from './length.js';
import { checkWishes, intervalOf, makePlan, planFrom } from './plan.js';
import { loadNewest, otherVariant } from './load-newest.js';
import { DEFAULT_RECIPE, RECIPES } from './recipes.js';
import { RunFiles } from './run-files.js';
import { clearRun } from './store.js';
import { Supervisor } from './supervisor.js';
import { ThreadChoice } from './thread-choice.js';
import { SsdganError } from '../engine/engine.js';

/** @typedef {import('../engine/engine.js').Engine} Engine */
/** @typedef {import('../engine/engine.js').Trainer} Trainer */
/** @typedef {import('../engine/engine.js').Dataset} Dataset */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./plan.js').Wishes} Wishes */
/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {import('./events.js').RunEvent} RunEvent */
/** @typedef {'done' | 'stopped' | 'trouble' | 'failed'} Reason */

export class TrainingRun {
  /**
   * A new run. Nothing is written before begin.
   * @param {Engine} engine
   * @param {Store} store
   * @param {{recipe?: string, settings?: Record<string, any>, from?: Uint8Array | null, wishes?: Wishes}} options
   *   settings change the recipe's; from: a model or checkpoint whose weights and sizes are taken
   */
  static create(engine, store, { recipe = DEFAULT_RECIPE, settings = {}, from = null, wishes = {} } = {}) {
    checkWishes(wishes);
    if (!Object.hasOwn(RECIPES, recipe)) throw new SsdganError('bad_argument', `there is no recipe ${recipe}`);
    const all = { ...RECIPES[recipe].settings, ...settings };
    const trainer = from ? engine.createTrainerFrom(from, all) : engine.createTrainer(all);
    return new TrainingRun(engine, store, trainer, { recipe, wishes });
  }

  /**
   * Continues a run from the newest whole checkpoint of its store, or from one given.
   * @param {Engine} engine
   * @param {Store} store
   * @param {{checkpoint?: Uint8Array | null, wishes?: Wishes, earlier?: Partial<Plan>}} options wishes change the plan;
   *   earlier: the plan, where the checkpoint is of a version without plans
   */
  static async resume(engine, store, { checkpoint = null, wishes = {}, earlier = {} } = {}) {
    checkWishes(wishes);
    const { trainer, slot, note } = checkpoint
      ? { trainer: engine.loadTrainer(checkpoint), slot: null, note: null }
      : await loadNewest(engine, store);
    const plan = { ...earlier, ...planFrom(trainer.plan) };
    const run = new TrainingRun(engine, store, trainer, { recipe: DEFAULT_RECIPE, wishes, earlier: plan, slot });
    run.resumed = true;
    run.notes.push(...(note ? [note] : []), ...otherVariant(plan.variant, engine.variant));
    return run;
  }

  /**
   * @param {Engine} engine @param {Store} store @param {Trainer} trainer
   * @param {{recipe: string, wishes: Wishes, earlier?: Partial<Plan>, slot?: string | null}} options
   */
  constructor(engine, store, trainer, { recipe, wishes, earlier = {}, slot = null }) {
    this.engine = engine;
    this.store = store;
    this.recipe = recipe;
    this.wishes = wishes;
    this.resumed = false;
    /** @type {Supervisor | null} from begin on; it owns the trainer then */
    this.supervisor = null;
    this.firstTrainer = trainer;
    /** @type {Plan} made whole by begin */
    this.plan = /** @type {Plan} */ (earlier);
    /** @type {BestModel | null} */
    this.best = null;
    /** @type {Reason} why the events ended */
    this.reason = 'done';
    /** @type {unknown} what ended the run by itself */
    this.error = null;
    this.stopping = false;
    this.isBad = false; // the present state must not be saved
    this.files = new RunFiles(store, slot);
    this.autosave = new Autosave();
    this.threads = new ThreadChoice(engine);
    this.deadline = new Deadline();
    this.logMs = 1000; // from one writing of the log to the next
    this.flushed = 0;
    /** @type {string[]} sentences for the user about what was resumed */
    this.notes = [];
  }

  /** @returns {Trainer} another one after a rollback: not to be kept */
  get trainer() {
    return this.supervisor?.trainer ?? this.firstTrainer;
  }

  /** Steps planned in all; Infinity: not known yet. */
  get total() {
    return totalOf(this.plan, this.trainer.stats());
  }

  /**
   * Gives the run its pictures, and completes the plan. A new run removes what an earlier one left in the store; a resumed
   * one makes the store agree with its checkpoint.
   * @param {Dataset} dataset must live, unchanged, as long as the run
   * @param {{acceptOther?: boolean}} options acceptOther: other pictures than those that a checkpoint began with
   */
  async begin(dataset, { acceptOther = false } = {}) {
    const trainer = this.firstTrainer;
    trainer.setDataset(dataset, { acceptOther });
    const stats = trainer.stats();
    const earlier = this.plan;
    this.plan = makePlan(this.wishes, this.plan, this.recipe, stats, this.engine.variant);
    this.best = new BestModel(this.engine, dataset, this.plan.keepBest, stats);
    this.supervisor = new Supervisor(this.engine, trainer, dataset, this.plan.onTrouble, this.plan);
    if (this.resumed) {
      const log = await this.files.mend(trainer, this.plan);
      this.supervisor.remember(await this.files.memory(earlier, log));
    } else await clearRun(this.store);
  }

  /** How long to train; before events(). @param {import('./length.js').Length} length */
  setLength(length) {
    changeLength(this.plan, length);
  }

  /** Ends events() when the present step is done. */
  stop() {
    this.stopping = true;
  }

  /**
   * Trains up to the planned length. Whatever ends it, also a listener that goes away, the state is saved if it is good.
   * @param {() => Promise<void>} nextTurn lets waiting messages and signals in, between two steps; timers, which the default
   *   uses, are slow in hidden tabs
   * @returns {AsyncGenerator<RunEvent, void>}
   */
  async *events(nextTurn = () => new Promise((resolve) => setTimeout(resolve))) {
    this.reason = 'done';
    this.error = null;
    this.isBad = false;
    for (const clock of [this.autosave, this.threads, this.deadline]) clock.begin();
    let closed = false;
    try {
      yield* this.steps(nextTurn);
      closed = true;
      yield* this.close();
    } finally {
      this.stopping = false;
      this.threads.end();
      if (!closed) {
        this.reason = 'failed';
        const rest = this.close();
        while (!(await rest.next()).done);
      }
    }
  }

  /** @param {() => Promise<void>} nextTurn @returns {AsyncGenerator<RunEvent, void>} */
  async *steps(nextTurn) {
    try {
      yield* this.guarded(this.prepare());
      while (this.reason === 'done' && this.trainer.stats().step < this.total) {
        if (this.stopping) {
          this.reason = 'stopped';
          break;
        }
        yield* this.guarded(this.step());
        await nextTurn();
      }
    } catch (error) {
      this.reason = 'failed';
      this.error = error;
    }
  }

  /** The work, and the doctor's treatment where it meets a number that is not finite. @param {AsyncGenerator<RunEvent, void>} work @returns {AsyncGenerator<RunEvent, void>} */
  async *guarded(work) {
    try {
      yield* work;
    } catch (error) {
      if (/** @type {any} */ (error)?.code !== 'not_finite') throw error;
      yield* this.treat(trouble('not_finite'));
    }
  }

  /** @returns {AsyncGenerator<RunEvent, void>} */
  async *prepare() {
    if (this.watch.lacksGood) this.keep();
    if (this.trainer.stats().step === 0) yield* this.emit({ event: 'samples', step: 0 });
  }

  /** @returns {AsyncGenerator<RunEvent, void>} */
  async *step() {
    const { result: found, changes } = this.threads.timed(() => this.watch.step());
    yield* changes;
    if (this.plan.minutes && !this.threads.isMeasuring) yield* this.planMinutes(this.plan.minutes);
    if (found?.kind !== 'not_finite') yield* this.emit(stepEvent(this.trainer.stats()));
    if (found && (yield* this.treat(found))) return;
    const { step, step_in_epoch: inEpoch } = this.trainer.stats();
    if (inEpoch === 0) {
      const alike = this.watch.checkDiversity();
      if (alike && (yield* this.treat(alike))) return;
      yield* this.validate();
    }
    if (step % this.plan.sampleEvery === 0) yield* this.emit({ event: 'samples', step });
    const { saveEvery } = this.plan;
    const isKept = step % (saveEvery ?? intervalOf(this.trainer.stats())) === 0;
    if (isKept && this.watch.isGood) this.keep();
    if (this.autosave.due || (saveEvery && isKept)) yield* this.save();
    if (performance.now() - this.flushed >= this.logMs) yield* this.flushLog();
  }

  /** Once the time of a step is known. @param {number} minutes @returns {Generator<RunEvent, void>} */
  *planMinutes(minutes) {
    const epochs = this.deadline.epochs(minutes, this.trainer.stats(), Boolean(this.best?.isScored));
    if (!epochs) return;
    this.setLength({ epochs });
    yield { event: 'planned', minutes, epochs, total: this.total };
  }

  /** The end of an epoch: the loss on held-out pictures, a score where it is due, and is it the best so far? @returns {AsyncGenerator<RunEvent, void>} */
  async *validate() {
    const { trainer, plan, best } = this;
    if (!best) return;
    if (trainer.stats().val_count > 0) {
      trainer.validate();
      const { step, epoch, val_loss_g, val_loss_d, val_accuracy } = trainer.stats();
      yield* this.emit({ event: 'validated', step, epoch, val_loss_g, val_loss_d, val_accuracy });
    }
    const { scored, better } = best.judge(trainer, this.total, plan.best);
    if (scored) yield* this.emit({ event: 'scored', ...scored });
    if (!better) return;
    this.files.nextBest = trainer.save();
    plan.best = better;
    yield* this.emit({ event: 'best', ...better });
  }

  /**
   * @param {import('./doctor.js').Trouble} found
   * @returns {AsyncGenerator<RunEvent, boolean>} true: the state is another, or the run has ended
   */
  async *treat(found) {
    const { watch, plan } = this;
    const answer = watch.treat(found);
    if (!answer) return false;
    if (answer.action === 'stop') {
      this.reason = 'trouble';
      const state = watch.good ?? (await this.files.stateBefore(answer.step));
      if (state) watch.restore(state);
      this.isBad = !state;
      answer.to = state?.step;
      answer.sentence += state
        ? ` Went back to step ${state.step}, the last good one.`
        : ' There is no earlier state to go back to.';
    }
    plan.remedies = watch.remedies;
    plan.slowed = watch.slowed;
    yield* this.emit({ event: 'trouble', ...answer });
    if (answer.action === 'rollback') {
      this.keep(); // with the lower rate, also for a run that is killed now
      yield* this.save();
    }
    return answer.action === 'rollback' || answer.action === 'stop';
  }

  /** The whole state, with the plan. @returns {Uint8Array} */
  checkpoint() {
    const memory = { ...this.watch.memory, logLines: this.files.logLines };
    this.trainer.plan = JSON.stringify({ ...this.plan, ...memory });
    return this.trainer.save({ checkpoint: true });
  }

  /** The present state is the one to go back to. Which states are does not depend on the clock; save() writes it. */
  keep() {
    this.watch.keep(this.checkpoint());
  }

  /** Checkpoint and models. Throws not_finite, and has then written nothing. @returns {AsyncGenerator<RunEvent, void>} */
  async *save() {
    const began = this.autosave.now();
    const { step } = this.trainer.stats();
    const checkpoint = this.checkpoint();
    const model = this.trainer.save();
    yield* this.flushLog(); // no checkpoint knows of lines that are not there
    try {
      const also = { isBest: Boolean(this.best?.isLast), good: this.watch.good };
      await this.files.writeState(step, checkpoint, model, also);
    } catch (error) {
      yield notSaved('checkpoint', error);
      return;
    } finally {
      this.autosave.done(began);
    }
    yield { event: 'checkpoint', step };
  }

  /** The last save (after trouble always: the plan is another one then), the last samples, and how the run ended. @returns {AsyncGenerator<RunEvent, void>} */
  async *close() {
    const { step } = this.trainer.stats();
    try {
      if (!this.isBad && (this.files.savedStep !== step || this.reason === 'trouble')) yield* this.guarded(this.save());
    } catch (error) {
      yield notSaved('checkpoint', error);
    }
    if (this.trainer.stats().step !== step) this.reason = 'trouble'; // the state could not be saved, and was replaced by an earlier one
    const { step: last } = this.trainer.stats();
    const finished = { event: 'finished', reason: this.reason, step: last, saved: this.files.savedStep };
    if (this.reason !== 'stopped') {
      if (!this.isBad && last % this.plan.sampleEvery !== 0) yield* this.emit({ event: 'samples', step: last });
      this.files.log(finished);
    }
    yield* this.flushLog();
    yield finished;
  }

  /** An event, and its line in the log. @param {RunEvent} event @returns {AsyncGenerator<RunEvent, void>} */
  async *emit(event) {
    yield event;
    this.files.log(event);
  }

  /** @returns {AsyncGenerator<RunEvent, void>} */
  async *flushLog() {
    this.flushed = performance.now();
    const error = await this.files.flushLog();
    if (error) yield notSaved('log', error);
  }

  get watch() {
    if (!this.supervisor) throw new SsdganError('bad_state', 'the run has no pictures yet');
    return this.supervisor;
  }

  dispose() {
    this.best?.dispose();
    this.trainer.dispose();
  }
}
