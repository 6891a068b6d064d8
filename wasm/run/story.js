/** How far a training has come, for people who do not read curves: from the scores that the run gives its models (best-model.js). */
import { distanceOf } from './best-model.js';

/** @typedef {{step: number, kernel: number, swd: number, copies: number}} Score the event scored */
/**
 * begins: there is no score yet. copies: the newest samples copy pictures, `share` of them. better: the best score is among
 * the last ones. level: it is a little older. enough: none has been better for long, since `step`.
 * @typedef {{state: 'begins' | 'better' | 'level'} | {state: 'enough', step: number} | {state: 'copies', share: number}} Story
 */

/** Real pictures that were not trained on have 0.01 by definition, and recipes' samples 0.000 to 0.003 (docs/experiments.md). */
const COPIES = 0.05;
/**
 * Two scores of the same model, of 500 samples, differ by some per cent, so that the newest is seldom the best one: in three
 * logged trainings that still got better, up to two scores after the best were worse.
 */
const RECENT = 3;
/** A planned training has 20 scores: these are 30 % of it. */
const LONG = 6;

/** @param {Score[]} scores in the order of their steps @returns {Story} */
export function storyOf(scores) {
  const newest = scores.at(-1);
  if (!newest) return { state: 'begins' };
  if (newest.copies > COPIES) return { state: 'copies', share: newest.copies };
  const distances = scores.map(distanceOf);
  const best = distances.indexOf(Math.min(...distances));
  const since = scores.length - 1 - best;
  if (since < RECENT) return { state: 'better' };
  return since < LONG ? { state: 'level' } : { state: 'enough', step: scores[best].step };
}
