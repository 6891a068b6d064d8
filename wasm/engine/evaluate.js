/**
 * How good pictures are, measured against real ones: the scores of src/eval as objects.
 *
 *   const evaluator = engine.createEvaluator(dataset, { heldOut: 50 });
 *   const row = evaluator.measureGenerator(trainer.generator, { n: 500, quick: true });   // under a second
 *   row.kernel, row.swd, row.copying.share, row.diversity.features
 *   evaluator.floor();      // the same numbers for held-out real pictures
 *   evaluator.ceilings();   // ... for noise and for the mean picture
 */
import { SsdganError } from '../module/heap.js';
import { Features } from './features.js';
import { rgbaFromRgb } from './pixels.js';
import { quantile } from './statistics.js';

export { Features };
/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./dataset.js').Dataset} Dataset */
/**
 * @typedef {{distance: number, usual: number, threshold: number, share: number, index: Int32Array, distances: Float32Array}} Nearness
 *   medians of the samples' and of the training pictures' own nearest distance; the 1 % quantile of the latter; the
 *   share of samples nearer than that; each sample's nearest training picture
 */
/**
 * @typedef {{count: number, swd: number, swdLevels: number[], kernel: number, kernelSpread: number, frechet?: number,
 *   precision?: number, recall?: number, density?: number, coverage?: number,
 *   copying: {share: number, copies: number[], pixels: Nearness, features: Nearness},
 *   diversity: {pixels: number, features: number, nearest: number}}} Scores
 *   swd: mean of the levels, times 1,000 as Karras et al. print it
 */

/** Name of the built-in features; a new version gets a new name. */
export const FEATURES = 'random-conv-1';

/** Below these numbers of pictures scores are little more than chance (Frechet's bias goes with 1 / n). */
export const FEW = { frechet: 1000, other: 50 };

/** Pictures to train on that scores need at least. */
export const MIN_PICTURES = 6;

const QUICK = { patches: 32, directions: 128, subsets: 20 };
const FULL = { patches: 128, directions: 512, subsets: 100 };
const MOST_FOR_SWD = 1000; // pictures: 330 MB of patches
const CEILING_PICTURES = 200;
const LEAST_FOR_FLOOR = 50;

/** Whole numbers from 0 below 2^32, the same everywhere. @param {number} seed */
function randomWords(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

export class Evaluator {
  /**
   * Holds what does not change: the real pictures' features and their distances among each other.
   * @param {Engine} engine
   * @param {Dataset} dataset must live, unchanged, as long as this
   * @param {{heldOut?: number, count?: number, seed?: number, features?: Features | null}} options
   *   heldOut: the last so many pictures are no training pictures (as ssdgan train holds them out); count: take the
   *   first so many of the others only; features: of the whole dataset, instead of random-conv-1
   */
  constructor(engine, dataset, { heldOut = 0, count = dataset.count - heldOut, seed = 0, features = null } = {}) {
    if (count < MIN_PICTURES || heldOut < 0 || count + heldOut > dataset.count) {
      throw new SsdganError(
        'bad_argument',
        `${count} training and ${heldOut} held-out of ${dataset.count} pictures: scores need at least ${MIN_PICTURES} training pictures`,
      );
    }
    this.engine = engine;
    this.dataset = dataset;
    this.seed = seed;
    this.count = count;
    this.heldOut = heldOut;
    this.given = features;
    /** @type {Features} */
    this.conv = this.part(0, count);
    this.pixels = Features.extract(engine.heap, dataset, 0, count, 'pixels');
    /** @type {{pixels: Float32Array, features: Float32Array, pixelSpread: number, featureSpread: number} | null} */
    this.own = null;
  }

  /** Throws where all training pictures are the same: every score divides by how much they differ. */
  requireVariety() {
    const [size, first] = [this.dataset.size ** 2 * 3, this.dataset.picture(0)];
    for (let i = 1; i < this.count; i++) {
      const picture = this.dataset.picture(i);
      for (let j = 0; j < size; j++) if (picture[j] !== first[j]) return;
    }
    throw new SsdganError(
      'bad_argument',
      `all ${this.count} training pictures are the same picture: there is nothing to score against`,
    );
  }

  /** Features of real pictures. @param {number} first @param {number} count @returns {Features} */
  part(first, count) {
    if (this.given) return this.given.pick(Array.from({ length: count }, (_, i) => first + i));
    return Features.extract(this.engine.heap, this.dataset, first, count, 'random-conv', first ? this.conv : null);
  }

  /**
   * Scores pictures against the training pictures.
   * @param {Dataset} pictures of the same size, at least 6
   * @param {{quick?: boolean, neighbours?: boolean, features?: Features | null, first?: number, count?: number}} options quick: no Frechet
   *   distance, coarser SWD, neighbours only where asked for; features: theirs, where the evaluator was given such
   * @returns {Scores}
   */
  measure(
    pictures,
    { quick = false, neighbours = !quick, features = null, first = 0, count = pictures.count - first } = {},
  ) {
    const { heap } = this.engine;
    const conv = features ?? Features.extract(heap, pictures, first, count, 'random-conv', this.conv);
    const pixels = Features.extract(heap, pictures, first, count, 'pixels');
    try {
      return this.compare({ conv, pixels, pictures, first, count, quick, neighbours });
    } finally {
      if (!features) conv.dispose();
      pixels.dispose();
    }
  }

  /**
   * @param {{conv: Features, pixels: Features, pictures: Dataset, first: number,
   *   count: number, quick: boolean, neighbours: boolean}} sets
   * @returns {Scores}
   */
  compare({ conv, pixels, pictures, first, count, quick, neighbours }) {
    const effort = quick ? QUICK : FULL;
    const half = Math.max(2, Math.floor(Math.min(this.conv.count, count) / 2));
    const scores = this.conv.compare(conv, {
      which: ['kernel', ...(quick ? [] : ['frechet']), ...(neighbours ? ['neighbours'] : [])],
      subsets: effort.subsets,
      subsetSize: Math.min(1000, half),
      seed: this.seed,
    });
    const swdLevels = this.engine
      .swd(
        { pictures: this.dataset, first: 0, count: this.count },
        { pictures, first, count: Math.min(count, MOST_FOR_SWD) },
        { ...effort, seed: this.seed },
      )
      .map((level) => 1000 * level);
    return {
      count,
      swd: swdLevels.reduce((a, b) => a + b, 0) / swdLevels.length,
      swdLevels,
      ...scores,
      copying: this.copying(conv, pixels),
      diversity: {
        pixels: pixels.spread() / this.ownDistances().pixelSpread,
        features: conv.spread() / this.ownDistances().featureSpread,
        nearest: this.nearestWithin(conv),
      },
    };
  }

  /** Distances of the training pictures to their nearest others, and their spread. */
  ownDistances() {
    this.own ??= {
      pixels: this.pixels.nearest(this.pixels).distance,
      features: this.conv.nearest(this.conv).distance,
      pixelSpread: this.pixels.spread() || 1,
      featureSpread: this.conv.spread() || 1,
    };
    return this.own;
  }

  /**
   * How near the samples are to training pictures, against how near those are to each other. A copy is nearer than all
   * but 1 % of the training pictures are to their nearest other one, in pixels and in features; of fresh real pictures
   * about 1 % or fewer are. Repeated training pictures do not count as near.
   * @param {Features} conv @param {Features} pixels @returns {Scores['copying']}
   */
  copying(conv, pixels) {
    /** @param {Features} samples @param {Features} real @param {Float32Array} own @returns {Nearness} */
    const nearness = (samples, real, own) => {
      const { index, distance } = samples.nearest(real);
      const usual = quantile(own, 0.5);
      const apart = own.filter((d) => d > 0.01 * usual);
      const threshold = quantile(apart.length ? apart : own, 0.01);
      const share = distance.filter((d) => d < threshold).length / distance.length;
      return { distance: quantile(distance, 0.5), usual, threshold, share, index, distances: distance };
    };
    const own = this.ownDistances();
    const inPixels = nearness(pixels, this.pixels, own.pixels);
    const inFeatures = nearness(conv, this.conv, own.features);
    const copies = Array.from({ length: conv.count }, (_, i) => i).filter(
      (i) => inPixels.distances[i] < inPixels.threshold && inFeatures.distances[i] < inFeatures.threshold,
    );
    return { share: copies.length / conv.count, copies, pixels: inPixels, features: inFeatures };
  }

  /** Median distance to the nearest other sample, over that among as many training pictures: near 0 where a model makes
   * the same few pictures again and again. @param {Features} conv @returns {number} */
  nearestWithin(conv) {
    const n = Math.min(conv.count, this.conv.count);
    /** @param {Features} features */
    const median = (features) => {
      const some = features.pick(Array.from({ length: n }, (_, i) => Math.floor((i * features.count) / n)));
      const result = quantile(some.nearest(some).distance, 0.5);
      some.dispose();
      return result;
    };
    return median(conv) / (median(this.conv) || 1);
  }

  /**
   * The pictures of seeds seed .. seed+n-1, rounded to bytes as they are saved.
   * @param {import('./generator.js').Generator} generator @param {{n?: number, seed?: number, psi?: number}} options
   * @returns {Dataset} to be disposed
   */
  samples(generator, { n = 500, seed = 0, psi = 1 } = {}) {
    const { engine } = this;
    const size = generator.imageSize;
    const dataset = engine.createDataset({ size });
    for (let done = 0; done < n; done += 64) {
      const seeds = Array.from({ length: Math.min(64, n - done) }, (_, i) => seed + done + i);
      const rgba = engine.toRgba(generator.generate(seeds, psi), size);
      seeds.forEach((_, i) =>
        dataset.addRgba(rgba.subarray(i * size * size * 4, (i + 1) * size * size * 4), size, size),
      );
    }
    return dataset;
  }

  /**
   * @param {import('./generator.js').Generator} generator
   * @param {{n?: number, seed?: number, psi?: number, quick?: boolean}} options
   * @returns {Scores}
   */
  measureGenerator(generator, { quick = false, ...options } = {}) {
    const pictures = this.samples(generator, options);
    try {
      return this.measure(pictures, { quick });
    } finally {
      pictures.dispose();
    }
  }

  /** What the floor is taken from: held-out pictures, or, where these are too few, every second training picture
   * against the others. @returns {'held-out' | 'halves'} */
  get floorKind() {
    return this.heldOut >= LEAST_FOR_FLOOR ? 'held-out' : 'halves';
  }

  /** The scores of real pictures: no model does better but by copying.
   * @param {{quick?: boolean, neighbours?: boolean}} options @returns {Scores} */
  floor(options = {}) {
    if (this.floorKind === 'held-out') {
      const features = this.part(this.count, this.heldOut);
      const scores = this.measure(this.dataset, { ...options, features, first: this.count, count: this.heldOut });
      features.dispose();
      return scores;
    }
    // SWD takes ranges: both halves as datasets of their own.
    const halves = [0, 1].map((odd) => {
      const half = this.engine.createDataset({ size: this.dataset.size });
      for (let i = odd; i < this.count; i += 2)
        half.addRgba(rgbaFromRgb(this.dataset.picture(i)), half.size, half.size);
      return half;
    });
    const rows = [0, 1].map((odd) => Array.from({ length: halves[odd].count }, (_, i) => 2 * i + odd));
    const evaluator = new Evaluator(this.engine, halves[0], { seed: this.seed, features: this.conv.pick(rows[0]) });
    const features = this.conv.pick(rows[1]);
    const scores = evaluator.measure(halves[1], { ...options, features });
    features.dispose();
    evaluator.given?.dispose();
    evaluator.dispose();
    halves.forEach((half) => half.dispose());
    return scores;
  }

  /** Pictures of noise and of the mean training picture, to be measured as ceilings and disposed.
   * @param {number} count @returns {{noise: Dataset, mean: Dataset}} */
  ceilingPictures(count = CEILING_PICTURES) {
    const { engine, dataset } = this;
    const size = dataset.size;
    const mean = engine.createDataset({ size });
    const noise = engine.createDataset({ size });
    const sum = new Float64Array(size * size * 4);
    for (let i = 0; i < this.count; i++) rgbaFromRgb(this.dataset.picture(i)).forEach((value, j) => (sum[j] += value));
    const picture = Uint8ClampedArray.from(sum, (value) => value / this.count);
    const word = randomWords(this.seed);
    for (let i = 0; i < count; i++) {
      mean.addRgba(picture, size, size);
      noise.addRgba(
        Uint8ClampedArray.from(sum, (_, j) => (j % 4 === 3 ? 255 : word() >>> 24)),
        size,
        size,
      );
    }
    return { noise, mean };
  }

  /** The scores of noise and of the mean picture: what knows nothing of the pictures, or of their variety.
   * @param {{quick?: boolean, neighbours?: boolean}} options @returns {{noise: Scores, mean: Scores}} */
  ceilings(options = {}) {
    const { noise, mean } = this.ceilingPictures();
    const scores = { noise: this.measure(noise, options), mean: this.measure(mean, options) };
    noise.dispose();
    mean.dispose();
    return scores;
  }

  dispose() {
    this.conv.dispose();
    this.pixels.dispose();
  }
}
