/** Scores in the features of a trained network, beside those of random-conv-1. */
import { quantile, shareError } from '../engine/statistics.js';
import { trainedFeatures } from './trained-features.js';

/** @typedef {import('../engine/dataset.js').Dataset} Dataset */
/** @typedef {import('../engine/evaluate.js').Evaluator} Evaluator */
/** @typedef {import('../engine/features.js').Features} Features */
/**
 * The Frechet distance is left out: of 500 or 2,000 samples in 1,280 dimensions it is mostly bias, and the kernel has none.
 * far: share of samples that are further from their nearest training picture than FAR of the real held-out pictures are from
 * theirs; farError: its standard error.
 * @typedef {{kernel: number, kernelSpread: number, precision: number, recall: number, density: number, coverage: number,
 *   far: number, farError: number}} Trained
 */

const SUBSETS = 100;
/** Beyond it are 20 of 50 drawn samples without two eyes, and 6 of 50 with two eyes (docs/metrics.md). */
const FAR = 0.9;

export class TrainedScores {
  /** @param {Evaluator} evaluator @param {import('./trained-features.js').TrainedFeatures} network @param {Features} all of the whole dataset */
  constructor(evaluator, network, all) {
    this.evaluator = evaluator;
    this.network = network;
    this.all = all;
    this.real = this.rows(0, evaluator.count);
    const [real, other] = this.floorSets();
    /** Distance beyond which a sample is far from the training pictures. */
    this.limit = quantile(other.nearest(real).distance, FAR);
    /** The scores of real pictures. */
    this.floor = this.compare(real, other);
    [real, other].filter((set) => set !== this.real).forEach((set) => set.dispose());
  }

  /** The real pictures' features take longest, and are kept for the next time. @param {Evaluator} evaluator @param {string} name of the network */
  static async create(evaluator, name) {
    const network = await trainedFeatures(evaluator.engine.heap, name);
    return new TrainedScores(evaluator, network, await network.of(evaluator.dataset, { keep: true }));
  }

  /** @param {number} first @param {number} count @param {number} step @returns {Features} of real pictures */
  rows(first, count, step = 1) {
    return this.all.pick(Array.from({ length: count }, (_, i) => first + i * step));
  }

  /** @param {Dataset} pictures @param {{keep?: boolean, count?: number}} options as TrainedFeatures.of @returns {Promise<Trained>} */
  async measure(pictures, options = {}) {
    const features = await this.network.of(pictures, options);
    const scores = this.compare(this.real, features);
    features.dispose();
    return scores;
  }

  /** @param {Features} real @param {Features} fake @returns {Trained} */
  compare(real, fake) {
    const half = Math.max(2, Math.floor(Math.min(real.count, fake.count) / 2));
    const scores = real.compare(fake, {
      which: ['kernel', 'neighbours'],
      subsets: SUBSETS,
      subsetSize: Math.min(1000, half),
      seed: this.evaluator.seed,
    });
    const far = fake.nearest(real).distance.filter((distance) => distance > this.limit).length / fake.count;
    return /** @type {Trained} */ ({ ...scores, far, farError: shareError(far, fake.count) });
  }

  /** Real pictures and others to compare them with, as Evaluator.floor chooses them. @returns {[Features, Features]} */
  floorSets() {
    const { count, heldOut, floorKind } = this.evaluator;
    if (floorKind === 'held-out') return [this.real, this.rows(count, heldOut)];
    return [this.rows(0, Math.ceil(count / 2), 2), this.rows(1, Math.floor(count / 2), 2)];
  }
}
