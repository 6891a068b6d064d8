/** Which model of a training run is kept as best.safetensors: by a score of its samples, or by the paper's validation loss. */
import fs from 'node:fs';
import { CliError } from './usage.js';

const KINDS = ['kernel', 'swd', 'val-loss'];
/** @type {Record<string, string>} */
const NAMES = { kernel: 'kernel distance', swd: 'SWD' };
const SAMPLES = 500;
/** So often in all that is planned a model is scored, at ends of epochs: 500 samples take 2 to 4 s, a training minutes. */
const TIMES = 20;

export class BestKeeper {
  /**
   * @param {string | undefined} kind kernel, swd or val-loss (default)
   * @param {{engine: import('../engine/engine.js').Engine, trainer: import('../engine/trainer.js').Trainer,
   *   dataset: import('../engine/dataset.js').Dataset, folder: import('./run-folder.js').RunFolder,
   *   planned: number}} training with its pictures; planned: pictures to be shown
   */
  constructor(kind = 'val-loss', { engine, trainer, dataset, folder, planned }) {
    BestKeeper.check(kind);
    this.kind = kind;
    this.folder = folder;
    this.interval = planned / TIMES;
    this.evaluator =
      kind === 'val-loss' ? null : engine.createEvaluator(dataset, { heldOut: trainer.stats().val_count });
    this.best = this.evaluator ? this.lowestLogged() : { score: Infinity, step: 0 };
  }

  /** @param {string | undefined} kind */
  static check(kind) {
    if (kind !== undefined && !KINDS.includes(kind))
      throw new CliError(`--keep-best is "${kind}", but must be one of ${KINDS.join(', ')}.`);
  }

  /** The lowest score so far of a run that goes on. */
  lowestLogged() {
    const file = this.folder.file('log.jsonl');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    return lines
      .filter((line) => line.includes('"scores":true'))
      .map((line) => JSON.parse(line))
      .reduce((best, entry) => this.lower(best, entry), { score: Infinity, step: 0 });
  }

  /** @param {{score: number, step: number}} best @param {Record<string, any>} entry of the log */
  lower(best, entry) {
    return entry[this.kind] < best.score ? { score: entry[this.kind], step: entry.step } : best;
  }

  /** Which model was kept, where it was by score. @returns {string | null} */
  verdict() {
    const { score, step } = this.best;
    if (score === Infinity) return null;
    return `best.safetensors is the model of step ${step}: ${NAMES[this.kind]} ${score.toFixed(this.kind === 'swd' ? 1 : 3)}.`;
  }

  /**
   * After a validation: keeps the model if it is the best so far.
   * @param {import('../engine/trainer.js').Trainer} trainer
   * @param {import('../engine/trainer.js').Stats} stats
   * @returns {string | null} its score, in a sentence, where it was had
   */
  consider(trainer, stats) {
    if (!this.evaluator) {
      if (stats.best_step === stats.step) this.folder.writeBest(trainer);
      return null;
    }
    const epoch = (stats.pictures_seen / stats.step) * stats.steps_per_epoch;
    // Not a count of its own, so that a resumed run scores the same models.
    if (Math.floor(stats.pictures_seen / this.interval) === Math.floor((stats.pictures_seen - epoch) / this.interval))
      return null;
    const { kernel, swd, copying, diversity } = this.evaluator.measureGenerator(trainer.generator, { n: SAMPLES, quick: true }); // prettier-ignore
    const entry = { scores: true, step: stats.step, kernel, swd, copies: copying.share, diversity };
    this.folder.log(entry);
    const best = this.lower(this.best, entry);
    const lowest = best !== this.best;
    if (lowest) this.folder.writeBest(trainer);
    this.best = best;
    return (
      `epoch ${stats.epoch} scored | kernel distance ${kernel.toFixed(3)} SWD ${swd.toFixed(1)} | ` +
      `copies ${(100 * copying.share).toFixed(1)} %${lowest ? ' | the best so far' : ''}`
    );
  }
}
