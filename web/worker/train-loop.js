/**
 * Training inside the worker: step after step, answering messages between any two. It yields through a MessageChannel,
 * which browsers do not throttle in hidden tabs as they do timers.
 */
import { growInTime } from '../../wasm/run/recipes.js';
import { Supervisor } from '../../wasm/run/supervisor.js';
import { CHECKPOINT_INTERVAL, SAMPLE_SEEDS, STATS_INTERVAL } from '../protocol.js';

/** Rendering the live grid may take this share of the time. */
const SAMPLE_SHARE = 0.05;

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** @returns {Promise<void>} after the messages that wait now */
export const nextTurn = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });

export class TrainLoop {
  /**
   * @param {import('../../wasm/engine/engine.js').Engine} engine
   * @param {import('../../wasm/engine/engine.js').Trainer} trainer
   * @param {import('../../wasm/engine/engine.js').Dataset} dataset
   * @param {import('../../wasm/run/supervisor.js').Action} onTrouble
   * @param {(message: Record<string, unknown>, transfer?: Transferable[]) => void} send
   */
  constructor(engine, trainer, dataset, onTrouble, send) {
    this.supervisor = new Supervisor(engine, trainer, dataset, onTrouble);
    this.send = send;
    this.until = 0;
    this.stopping = false;
    this.dropped = false;
    this.credits = 1;
    this.nextSamples = 0;
    this.lastStats = 0;
    this.lastCheckpoint = 0;
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  get trainer() {
    return this.supervisor.trainer;
  }

  /** @param {number} until step number to train up to */
  start(until) {
    this.until = until;
    this.stopping = false;
    this.running ??= this.loop().finally(() => {
      this.running = null;
    });
  }

  /** Resolves when the running step is done. */
  async pause() {
    this.stopping = true;
    await this.running;
  }

  credit() {
    this.credits = 1;
  }

  /** Ends the run, without a word to the page, and frees it. */
  async dispose() {
    this.dropped = true;
    await this.pause();
    this.trainer.dispose();
  }

  async loop() {
    const batch = Number(this.trainer.config().batch);
    /** @type {number[]} times of the last steps */
    const recent = [];
    this.lastCheckpoint = performance.now();
    try {
      this.trainer.set('schedule_pictures', this.until * batch);
      growInTime(this.trainer, this.until * batch);
      this.supervisor.doctor.reset();
      let stats = this.trainer.stats();
      while (!this.stopping && stats.step < this.until) {
        const began = performance.now();
        const endsEpoch = stats.step_in_epoch + 1 >= stats.steps_per_epoch;
        const answer = this.supervisor.step() ?? (endsEpoch ? this.supervisor.epoch() : null);
        const { trainer } = this; // another one after a rollback
        stats = trainer.stats();
        if (answer) this.send({ event: 'trouble', ...answer });
        if (answer?.action === 'stop') this.stopping = true;
        if (answer?.action !== 'rollback' && stats.step_in_epoch === 0 && stats.val_count > 0) {
          trainer.validate();
          stats = trainer.stats();
        }
        recent.push(performance.now() - began);
        if (recent.length > 30) recent.shift();
        const rate = (1000 * batch * recent.length) / recent.reduce((a, b) => a + b, 0);
        this.tell(stats, rate);
        await nextTurn();
      }
      if (this.dropped) return;
      this.tell(stats, 0, true);
      this.samples(stats.step);
      this.checkpoint(stats.step);
      if (!this.stopping) this.send({ event: 'finished', stats });
    } catch (error) {
      const { code = 'unknown', message = String(error) } = /** @type {any} */ (error);
      this.send({ event: 'failed', error: { code: String(code), op: 'train.run', message } });
    }
  }

  /** @param {import('../../wasm/engine/trainer.js').Stats} stats @param {number} rate @param {boolean} always */
  tell(stats, rate, always = false) {
    const now = performance.now();
    if (always || now - this.lastStats >= STATS_INTERVAL) {
      this.lastStats = now;
      this.send({ event: 'stats', stats, rate });
    }
    if (this.credits > 0 && now >= this.nextSamples) this.samples(stats.step);
    if (now - this.lastCheckpoint >= CHECKPOINT_INTERVAL) this.checkpoint(stats.step);
  }

  /** @param {number} step */
  samples(step) {
    const began = performance.now();
    const { generator } = this.trainer;
    const rgba = generator.generateRgba(SAMPLE_SEEDS);
    const now = performance.now();
    this.nextSamples = now + Math.max(500, (now - began) / SAMPLE_SHARE);
    this.credits = 0;
    this.send({ event: 'samples', step, size: generator.imageSize, rgba }, [rgba.buffer]);
  }

  /** @param {number} step */
  checkpoint(step) {
    this.lastCheckpoint = performance.now();
    const bytes = this.trainer.save({ checkpoint: true });
    this.supervisor.keep(bytes);
    this.send({ event: 'checkpoint', step, bytes }, [bytes.buffer]);
  }
}
