/** The worker's answers about training (protocol.js has the messages): a run, and its events on their way to the page. */
import { SsdganError } from '../../wasm/engine/engine.js';
import { SCORES } from '../../wasm/run/best-model.js';
import { BEST, MemoryStore } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { SAMPLE_SEEDS, STATS_INTERVAL } from '../protocol.js';

/** @typedef {import('../../wasm/run/training-run.js').RunEvent} RunEvent */
/** @typedef {(message: Record<string, unknown>, transfer?: Transferable[]) => void} Send */

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
    /** @type {number[]} times at which the last steps were done */
    this.times = [];
  }

  /** @param {number | undefined} epochs in all; undefined: as planned */
  start(epochs) {
    this.run.setLength({ epochs });
    this.running ??= this.nextTurn() // the reply goes first
      .then(() => this.listen())
      .finally(() => {
        this.running = null;
      });
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

  /** The page has its own grid, as often as it can draw it: the plan's samples are not asked for here. @param {RunEvent} event */
  async tell({ event, ...fields }) {
    const { run, send } = this;
    if (event === 'step') {
      this.tellStep();
    } else if (event === 'trouble') {
      send({ event, ...fields });
    } else if (event === 'checkpoint') {
      send({ event, step: fields.step, bytes: await run.store.read(run.files.slot ?? '') });
    } else if (event === 'best') {
      send({ event, step: fields.step, bytes: await run.files.best() });
    } else if (event === 'finished') {
      const stats = run.trainer.stats();
      send({ event: 'stats', stats, rate: 0 });
      if (!run.isBad) this.tellSamples(stats.step);
      const { code = 'unknown', message = String(run.error) } = /** @type {any} */ (run.error ?? {});
      send({ event, ...fields, stats, error: run.error && { code: String(code), op: 'train.run', message } });
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
    this.send({ event: 'samples', step, size: generator.imageSize, rgba }, [rgba.buffer]);
  }
}

export class TrainHandlers {
  /**
   * @param {{engineOf: () => import('../../wasm/engine/engine.js').Engine,
   *   datasetOf: () => import('../../wasm/engine/engine.js').Dataset, starterOf: () => Uint8Array,
   *   send: Send, nextTurn: () => Promise<void>}} room what the worker has besides; all throw where it is not there
   */
  constructor({ engineOf, datasetOf, starterOf, send, nextTurn }) {
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
      return { stats: trainer.stats(), config: trainer.config(), parameters: trainer.parameterCounts, plan };
    };

    /** @type {Record<string, (request: any) => any>} */
    this.handlers = {
      async 'train.create'({ config, recipe, onTrouble, from = 'scratch' }) {
        datasetOf();
        await drop(); // before the memory of the next one is taken
        const model = from === 'starter' ? starterOf() : null;
        const wishes = { onTrouble };
        const run = TrainingRun.create(engineOf(), new MemoryStore(), {
          recipe,
          settings: config,
          from: model,
          wishes,
        });
        return begin(run, false);
      },
      async 'train.load'({ bytes, best, acceptOther, onTrouble }) {
        datasetOf();
        const store = new MemoryStore();
        if (best) await store.write(BEST, best);
        return begin(
          await TrainingRun.resume(engineOf(), store, { checkpoint: bytes, wishes: { onTrouble } }),
          acceptOther,
        );
      },
      'train.run'({ epochs }) {
        const { run } = present();
        present().start(epochs);
        return { total: run.total, stats: run.trainer.stats() };
      },
      async 'train.pause'() {
        await training?.pause();
        return { stats: training?.run.trainer.stats(), reason: training?.run.reason };
      },
      'train.credit'() {
        if (training) training.credit = true;
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
