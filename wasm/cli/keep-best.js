/** Which model of a training run is kept as best.safetensors: by a score of its samples, or by the paper's validation loss. */
import fs from 'node:fs';
import { CliError } from './usage.js';

const KINDS = ['kernel', 'swd', 'val-loss'];
const SAMPLES = 500;

export class BestKeeper {
  /**
   * @param {string | undefined} kind kernel, swd or val-loss (default)
   * @param {import('../engine.js').Engine} engine
   * @param {import('../trainer.js').Trainer} trainer with its pictures
   * @param {import('../dataset.js').Dataset} dataset
   * @param {import('./run-folder.js').RunFolder} folder
   */
  constructor(kind = 'val-loss', engine, trainer, dataset, folder) {
    BestKeeper.check(kind);
    this.kind = kind;
    this.folder = folder;
    this.evaluator =
      kind === 'val-loss' ? null : engine.createEvaluator(dataset, { heldOut: trainer.stats().val_count });
    this.best = this.evaluator ? this.lowestLogged() : Infinity;
  }

  /** @param {string | undefined} kind */
  static check(kind) {
    if (kind !== undefined && !KINDS.includes(kind))
      throw new CliError(`--keep-best is "${kind}", but must be one of ${KINDS.join(', ')}.`);
  }

  /** The lowest score so far of a run that goes on. */
  lowestLogged() {
    const file = this.folder.file('log.jsonl');
    if (!fs.existsSync(file)) return Infinity;
    const lines = fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"scores":true'));
    return Math.min(...lines.map((line) => JSON.parse(line)[this.kind]), Infinity);
  }

  /**
   * After a validation: keeps the model if it is the best so far.
   * @param {import('../trainer.js').Trainer} trainer
   * @param {import('../trainer.js').Stats} stats
   */
  consider(trainer, stats) {
    if (!this.evaluator) {
      if (stats.best_step === stats.step) this.folder.writeBest(trainer);
      return;
    }
    const { kernel, swd, copying, diversity } = this.evaluator.measureGenerator(trainer.generator, { n: SAMPLES, quick: true }); // prettier-ignore
    this.folder.log({ scores: true, step: stats.step, kernel, swd, copies: copying.share, diversity });
    const score = this.kind === 'kernel' ? kernel : swd;
    if (!(score < this.best)) return;
    this.best = score;
    this.folder.writeBest(trainer);
  }
}
