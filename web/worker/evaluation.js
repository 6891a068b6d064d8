/** How good a generator is, measured inside the worker: scores, where they lie, and the samples nearest to pictures. */
import { FEW } from '../../wasm/engine/evaluate.js';
import { rgbaFromRgb } from '../../wasm/engine/pixels.js';
import { placeOf, summaryOf, warningsOf } from '../../wasm/engine/summary.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */
/** @typedef {import('../../wasm/engine/engine.js').Dataset} Dataset */
/** @typedef {import('../../wasm/engine/evaluate.js').Scores} Scores */

const SHOWN = 8;

export class Evaluation {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
    /** @type {{evaluator: import('../../wasm/engine/engine.js').Evaluator, floor: Scores, ceilings: {noise: Scores, mean: Scores}} | null} */
    this.known = null;
    this.key = '';
  }

  /** What does not depend on the model, once for these pictures. @param {Dataset} dataset @param {number} heldOut */
  learn(dataset, heldOut) {
    const key = `${dataset.fingerprint} ${heldOut}`;
    if (this.known?.evaluator.dataset === dataset && key === this.key) return this.known;
    this.known?.evaluator.dispose();
    this.known = null;
    const evaluator = this.engine.createEvaluator(dataset, { heldOut });
    evaluator.requireVariety();
    const quick = { quick: true, neighbours: true };
    this.known = { evaluator, floor: evaluator.floor(quick), ceilings: evaluator.ceilings(quick) };
    this.key = key;
    return this.known;
  }

  /**
   * @param {Dataset} dataset @param {number} heldOut
   * @param {import('../../wasm/engine/engine.js').Generator} generator
   */
  evaluate(dataset, heldOut, generator) {
    const { evaluator, floor, ceilings } = this.learn(dataset, heldOut);
    const pictures = evaluator.samples(generator, { n: Math.min(500, Math.max(100, floor.count)) });
    const scores = evaluator.measure(pictures, { quick: true, neighbours: true });
    const distance = (/** @type {'swd' | 'kernel'} */ name) => placeOf(name, scores, floor, ceilings);
    const share = (/** @type {'precision' | 'coverage'} */ name) => {
      const [value, best] = [scores[name] ?? 0, floor[name] ?? 1];
      return { value, floor: best, ceiling: 0, ceilingOf: 'noise', place: Math.min(1, value / (best || 1)) };
    };
    const near = this.nearest(pictures, dataset, scores);
    pictures.dispose();
    return {
      count: scores.count,
      training: evaluator.count,
      bars: { detail: distance('swd'), look: distance('kernel'), real: share('precision'), variety: share('coverage') },
      summary: summaryOf(scores, floor, ceilings),
      warnings: warningsOf(scores, floor, evaluator.count, FEW),
      ...near,
    };
  }

  /**
   * The samples nearest to training pictures, each above that picture.
   * @param {Dataset} pictures @param {Dataset} dataset
   * @param {Scores} scores
   */
  nearest(pictures, dataset, { copying: { pixels, features } }) {
    const near = Array.from(pixels.distances, (d, i) =>
      Math.max(d / pixels.threshold, features.distances[i] / features.threshold),
    );
    const order = near.map((_, i) => i).sort((a, b) => near[a] - near[b]);
    // No sample twice: where a model repeats itself, one of them is enough.
    const seen = new Set();
    const chosen = order.filter((i) => !seen.has(pixels.index[i]) && seen.add(pixels.index[i])).slice(0, SHOWN);
    const size = dataset.size;
    const rgba = new Uint8ClampedArray(2 * chosen.length * size * size * 4);
    chosen.forEach((i, column) => {
      rgbaFromRgb(pictures.picture(i), rgba, column * size * size);
      rgbaFromRgb(dataset.picture(pixels.index[i]), rgba, (chosen.length + column) * size * size);
    });
    return { size, columns: chosen.length, rgba };
  }
}
