/**
 * Which model of a training run is the best one: that with the lowest score of its samples, or with the lowest loss on the
 * held-out pictures (the paper's). The run keeps it as best.safetensors.
 *
 * The score is the product of kernel distance and SWD. Against the kernel distance in trained features, over 11 models along a
 * run on photographs and 8 along one on drawn faces (Spearman), and over the last half of each: product 0.97, 1.00, 0.94, 1.00;
 * SWD 0.96, 0.98, 0.89, 1.00; kernel 0.95, 0.98, 0.89, 0.80. The kernel's choice on photographs was 1.29 times the best one's.
 */

/** @typedef {import('../engine/trainer.js').Trainer} Trainer */
/** @typedef {import('../engine/trainer.js').Stats} Stats */
/** @typedef {{step: number, epoch: number, kernel: number, swd: number, copies: number, diversity: object}} Scored */

/** The scores to choose from, their names, and the digits to print. @type {Record<string, {name: string, digits: number}>} */
export const SCORES = {
  'kernel-swd': { name: 'kernel distance × SWD', digits: 2 },
  'val-loss': { name: 'validation loss', digits: 3 },
};

const SAMPLES = 500;
/** A kernel distance below it is real pictures', and may be negative. */
const LEAST_KERNEL = 0.001;
/** @param {{kernel: number, swd: number}} scored @returns {number} lower is better */
export const distanceOf = ({ kernel, swd }) => Math.max(LEAST_KERNEL, kernel) * swd;
/** How many times per planned run the model is scored, at ends of epochs. */
export const TIMES = 20;
/** Milliseconds of a score, about: on one thread 2 s at width 24 and 3 s at 64, for 811 pictures and for 5,239. */
export const SCORE_MS = 2000;

export class BestModel {
  /**
   * @param {import('../engine/engine.js').Engine} engine
   * @param {import('../engine/dataset.js').Dataset} dataset
   * @param {string} kind a name of SCORES
   * @param {Stats} stats of the trainer, which has its pictures
   */
  constructor(engine, dataset, kind, { val_count: heldOut }) {
    this.kind = kind;
    this.isScored = kind !== 'val-loss';
    /** Made at the first score: its features take 5 processor seconds for 5,239 pictures, and a project should open at once. */
    this.makeEvaluator = () => engine.createEvaluator(dataset, { heldOut });
    /** @type {ReturnType<typeof this.makeEvaluator> | null} */
    this.evaluator = null;
    /** @type {number | null} */
    this.floorSwd = null;
    /** Without held-out pictures there is no validation loss: then the last model is the best. */
    this.isLast = kind === 'val-loss' && heldOut === 0;
  }

  /**
   * Scores the model at the end of an epoch, where it is due: whether it is depends on the state alone, so that a resumed
   * run scores the same models.
   * @param {Trainer} trainer
   * @param {Stats} stats
   * @param {number} planned steps in all
   * @returns {Scored | null}
   */
  score(trainer, { step, epoch, steps_per_epoch: steps }, planned) {
    const interval = planned / TIMES;
    if (!this.isScored || Math.floor(step / interval) === Math.floor((step - steps) / interval)) return null;
    this.evaluator ??= this.makeEvaluator();
    const { kernel, swd, copying, diversity } = this.evaluator.measureGenerator(trainer.generator, {
      n: SAMPLES,
      quick: true,
    });
    return { step, epoch, kernel, swd, copies: copying.share, diversity };
  }

  /**
   * @param {Trainer} trainer @param {number} planned steps in all @param {{score: number} | null} sofar the best so far
   * @returns {{scored: Scored | null, better: {step: number, score: number} | null}} better: this model is the best now
   */
  judge(trainer, planned, sofar) {
    const stats = trainer.stats();
    const scored = this.score(trainer, stats, planned);
    /** @type {number | null} null: nothing was measured */
    let score = this.isLast ? null : stats.val_loss_g;
    if (this.isScored) score = scored && distanceOf(scored);
    const isBetter = score !== null && score < (sofar?.score ?? Infinity);
    return { scored, better: isBetter ? { step: stats.step, score: Number(score) } : null };
  }

  /** The SWD of real pictures, which no model should be below; once a model was scored. @returns {number | null} null: not known */
  get floor() {
    if (this.floorSwd === null && this.evaluator) {
      try {
        this.floorSwd = this.evaluator.floor({ quick: true }).swd;
      } catch {
        return null; // too few pictures for two halves
      }
    }
    return this.floorSwd;
  }

  dispose() {
    this.evaluator?.dispose();
  }
}
