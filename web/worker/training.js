/** The worker's answers about training (protocol.js has the messages): a run, and its events on their way to the page. */
import { SsdganError } from '../../wasm/engine/engine.js';
import { SCORES } from '../../wasm/run/best-model.js';
import { updateProject } from '../../wasm/run/project.js';
import { loadPng, SAMPLE_SEEDS, storeSamples } from '../../wasm/run/samples.js';
import { clearRun, linesOf } from '../../wasm/run/store.js';
import { storyOf } from '../../wasm/run/story.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { later } from '../later.js';
import { STATS_INTERVAL } from '../protocol.js';
import { notSaved } from './not-saved.js';

/** @typedef {import('../../wasm/run/training-run.js').RunEvent} RunEvent */
/** @typedef {(message: Record<string, unknown>, transfer?: Transferable[]) => void} Send */

later(loadPng);
const loadExplain = later(() => import('../../wasm/run/explain.js'));
/** Rendering the live grid may take this share of the time. */
const SAMPLE_SHARE = 0.05;
const MIN_SAMPLE_INTERVAL = 500;
/** Steps over which the rate is measured. */
const RATE_STEPS = 30;

class Training {
  /** @param {TrainingRun} run @param {Send} send @param {() => Promise<void>} nextTurn */
  constructor(run, send, nextTurn) {
    this.run = run;
    this.send = send;
    this.nextTurn = nextTurn;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.dropped = false;
    /** The page has drawn the last samples. */
    this.credit = true;
    this.nextSamples = 0;
    this.lastStats = 0;
    /** @type {import('../../wasm/run/story.js').Score[]} */
    this.scores = [];
    /** @type {number[]} times at which the last steps were done */
    this.times = [];
  }

  /** @param {import('../../wasm/run/length.js').Length} length {}: as planned */
  start(length) {
    this.run.setLength(length);
    this.running ??= this.nextTurn() // the reply goes first
      .then(() => this.listen())
      .finally(() => {
        this.running = null;
      });
  }

  /** Reads the scores that were logged before the run was continued. */
  async readScores() {
    const { step: now } = this.run.trainer.stats();
    const scores = (await linesOf(this.run.store, 'scored')).map((line) => JSON.parse(line));
    this.scores = scores.filter(({ step }) => step <= now);
  }

  /** How the run has come along: in words, and its scores beside those of real pictures. */
  get course() {
    const scores = this.scores.map(({ step, swd }) => ({ step, swd }));
    return { story: storyOf(this.scores), scores, floor: this.run.best?.floor ?? null };
  }

  /** Resolves when the running step is done, and its state is kept. */
  async pause() {
    if (!this.running) return;
    this.run.stop();
    await this.running;
  }

  /** Ends the run, without a word to the page, and frees it. */
  async dispose() {
    this.dropped = true;
    await this.pause();
    this.run.dispose();
  }

  async listen() {
    this.times = [performance.now()];
    for await (const event of this.run.events(this.nextTurn)) if (!this.dropped) await this.tell(event);
  }

  /** One step to look at. @returns {Promise<import('../../wasm/run/explain.js').Explained | null>} null: the training is done */
  async explain() {
    if (this.running) throw new SsdganError('bad_state', 'pause the training first');
    const { explainStep } = await loadExplain();
    this.times = [performance.now()];
    const step = explainStep(this.run, (event) => this.tell(event), this.nextTurn);
    this.running = step.then(
      () => {},
      () => {},
    );
    try {
      return await step;
    } finally {
      this.running = null;
    }
  }

  /** The page has its own grid, as often as it can draw it; the plan's samples are stored. @param {RunEvent} event */
  async tell({ event, ...fields }) {
    const { run, send } = this;
    if (event === 'step') {
      this.tellStep();
    } else if (event === 'trouble' || event === 'planned') {
      if (fields.to !== undefined) this.scores = this.scores.filter(({ step }) => step <= fields.to);
      send({ event, ...fields });
    } else if (event === 'scored') {
      this.scores.push(/** @type {any} */ (fields));
      send({ event, ...this.course });
    } else if (event === 'checkpoint') {
      await this.note({ progress: { step: fields.step, total: run.total } });
      const { costs, began } = run.autosave;
      send({ event, step: fields.step, share: costs / (performance.now() - began) });
    } else if (event === 'samples') {
      await this.storeSamples(fields.step);
    } else if (event === 'not_saved') {
      this.tellNotSaved(fields.what, fields.error);
    } else if (event === 'finished') {
      const stats = run.trainer.stats();
      send({ event: 'stats', stats, rate: 0 });
      if (!run.isBad) this.tellSamples(stats.step);
      const { code = 'unknown', message = String(run.error) } = /** @type {any} */ (run.error ?? {});
      send({ event, ...fields, stats, error: run.error && { code: String(code), op: 'train.run', message } });
    }
  }

  /** For the list of projects. @param {Partial<import('../../wasm/run/project.js').Project>} fields */
  async note(fields) {
    try {
      await updateProject(this.run.store, fields);
    } catch (error) {
      this.tellNotSaved('project', error);
    }
  }

  /** @param {string} what @param {unknown} error */
  tellNotSaved(what, error) {
    this.send(notSaved(what, error));
  }

  /** A grid that cannot be stored is no reason to stop. @param {number} step */
  async storeSamples(step) {
    try {
      await storeSamples(this.run, step);
    } catch (error) {
      this.tellNotSaved('samples', error);
    }
  }

  tellStep() {
    const now = performance.now();
    this.times.push(now);
    if (this.times.length > RATE_STEPS + 1) this.times.shift();
    const stats = this.run.trainer.stats();
    if (now - this.lastStats >= STATS_INTERVAL) {
      this.lastStats = now;
      const steps = this.times.length - 1;
      const pictures = (steps * stats.pictures_seen) / stats.step;
      this.send({ event: 'stats', stats, rate: (1000 * pictures) / (now - this.times[0]) });
    }
    if (this.credit && now >= this.nextSamples) this.tellSamples(stats.step);
  }

  /** @param {number} step */
  tellSamples(step) {
    const began = performance.now();
    const { generator } = this.run.trainer;
    const rgba = generator.generateRgba(SAMPLE_SEEDS);
    const now = performance.now();
    this.nextSamples = now + Math.max(MIN_SAMPLE_INTERVAL, (now - began) / SAMPLE_SHARE);
    this.credit = false;
    this.send({ event: 'samples', step, seeds: SAMPLE_SEEDS, size: generator.imageSize, rgba }, [rgba.buffer]);
  }
}

export class TrainHandlers {
  /**
   * @param {{engineOf: () => import('../../wasm/engine/engine.js').Engine,
   *   datasetOf: () => import('../../wasm/engine/engine.js').Dataset, starterOf: () => Uint8Array,
   *   storeOf: () => Promise<import('../../wasm/run/store.js').Store>,
   *   send: Send, nextTurn: () => Promise<void>}} room what the worker has besides; all throw where it is not there.
   *   storeOf: that of the project, with its pictures kept
   */
  constructor({ engineOf, datasetOf, starterOf, storeOf, send, nextTurn }) {
    /** @type {Training | null} */
    let training = null;
    const present = () => {
      if (!training) throw new SsdganError('bad_state', 'there is no training yet');
      return training;
    };
    const drop = async () => {
      await training?.dispose();
      training = null;
    };
    /** @param {TrainingRun} run @param {boolean} acceptOther */
    const begin = async (run, acceptOther) => {
      try {
        await run.begin(datasetOf(), { acceptOther });
      } catch (error) {
        run.dispose();
        throw error;
      }
      await drop();
      training = new Training(run, send, nextTurn);
      const { trainer, plan } = run;
      if (run.resumed && run.trainer.stats().step > 0) training.tellSamples(run.trainer.stats().step);
      await training.note({ recipe: plan.recipe, config: trainer.config() });
      if (run.resumed) await training.readScores();
      const { notes, total } = run;
      const parameters = trainer.parameterCounts;
      return { stats: trainer.stats(), config: trainer.config(), parameters, plan, notes, total, ...training.course };
    };

    /** @type {Record<string, (request: any) => any>} */
    this.handlers = {
      async 'train.create'({ config, recipe, onTrouble, from = 'scratch' }) {
        datasetOf();
        await drop(); // before the memory of the next one is taken
        const model = from === 'starter' ? starterOf() : null;
        const wishes = { onTrouble };
        const run = TrainingRun.create(engineOf(), await storeOf(), {
          recipe,
          settings: config,
          from: model,
          wishes,
        });
        return begin(run, false);
      },
      async 'train.load'({ bytes = null, acceptOther = false, onTrouble }) {
        datasetOf();
        const store = await storeOf();
        const wishes = { onTrouble };
        return begin(await TrainingRun.resume(engineOf(), store, { checkpoint: bytes, wishes }), acceptOther);
      },
      'train.save'() {
        if (training) training.run.autosave.wanted = true;
        return {};
      },
      'train.run'({ epochs, minutes }) {
        const { run } = present();
        present().start({ epochs, minutes });
        return { total: run.total, stats: run.trainer.stats() };
      },
      async 'train.pause'() {
        await training?.pause();
        return { stats: training?.run.trainer.stats(), reason: training?.run.reason };
      },
      async 'train.explain'() {
        return { explained: await present().explain() };
      },
      'train.credit'() {
        if (training) training.credit = true;
        return {};
      },
      async 'train.forget'() {
        await drop();
        const store = await storeOf();
        await clearRun(store);
        await updateProject(store, { progress: undefined, favourites: undefined, keyframes: undefined });
        return {};
      },
      async 'train.drop'() {
        await drop();
        return {};
      },
      async save({ checkpoint }) {
        const { run } = present();
        if (checkpoint) return { bytes: run.checkpoint(), step: run.trainer.stats().step };
        const { best, keepBest } = run.plan;
        const bytes = best && (await run.files.best());
        if (!bytes) return { bytes: run.trainer.save(), step: run.trainer.stats().step };
        const { name, digits } = SCORES[keepBest];
        return { bytes, step: best.step, best: `${name} ${best.score.toFixed(digits)}` };
      },
    };
    /** The run, or null. @returns {TrainingRun | null} */
    this.run = () => training?.run ?? null;
  }
}
