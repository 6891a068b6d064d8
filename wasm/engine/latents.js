/** Paths between latents, and styles stage by stage: shared by command line and page. */
import { SsdganError } from '../module/heap.js';

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} t @returns {Float32Array} straight line */
export function lerp(a, b, t) {
  return Float32Array.from({ length: a.length }, (_, i) => a[i] + (b[i] - a[i]) * t);
}

/** @param {ArrayLike<number>} a @returns {number} */
function norm(a) {
  return Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));
}

/**
 * Along the great circle, at even speed. The generator sees only the direction of z, and the straight line takes the
 * same path at another speed; it falls back to that where the two are (nearly) parallel or opposite.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} t @returns {Float32Array}
 */
export function slerp(a, b, t) {
  const lengths = norm(a) * norm(b);
  const cosine = Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0) / (lengths || 1);
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  const sine = Math.sin(angle);
  if (sine < 1e-4) return lerp(a, b, t);
  const from = Math.sin((1 - t) * angle) / sine;
  const to = Math.sin(t * angle) / sine;
  return Float32Array.from({ length: a.length }, (_, i) => from * a[i] + to * b[i]);
}

/** Progress between two keyframes, 0 to 1, from the time between them, 0 to 1. @type {Record<string, (t: number) => number>} */
export const EASINGS = {
  linear: (t) => t,
  // Slow at each keyframe, so that the eye can rest on it: 3 t^2 - 2 t^3.
  smooth: (t) => t * t * (3 - 2 * t),
};

/**
 * Interpolates through keyframes, which are all of one length.
 * @param {ArrayLike<number>[]} keys at least two
 * @param {number} frames in all, both ends included; in a loop, the last one is a step short of the first
 * @param {(a: ArrayLike<number>, b: ArrayLike<number>, t: number) => Float32Array} path lerp or slerp
 * @param {{loop?: boolean, ease?: string}} options loop: also back from the last to the first
 * @returns {Float32Array} one after the other
 */
export function interpolate(keys, frames, path, { loop = false, ease = 'linear' } = {}) {
  const size = keys[0].length;
  const stops = loop ? [...keys, keys[0]] : keys;
  const result = new Float32Array(frames * size);
  const last = loop ? frames : Math.max(1, frames - 1);
  for (let frame = 0; frame < frames; frame++) {
    const at = (frame / last) * (stops.length - 1);
    const leg = Math.min(stops.length - 2, Math.floor(at));
    result.set(path(stops[leg], stops[leg + 1], EASINGS[ease](at - leg)), frame * size);
  }
  return result;
}

/**
 * Truncation for each stage from a few numbers, coarse to fine, evenly between them.
 * @param {number[]} psis one or more @param {number} stages @returns {number[]}
 */
export function psiOfStages(psis, stages) {
  return Array.from({ length: stages }, (_, stage) => {
    const at = stages > 1 ? (stage / (stages - 1)) * (psis.length - 1) : 0;
    const left = Math.min(Math.floor(at), psis.length - 1);
    const right = Math.min(left + 1, psis.length - 1);
    return psis[left] + (psis[right] - psis[left]) * (at - left);
  });
}

/**
 * The stages that a name stands for, from 0: all, coarse (the first half), fine (the others), or numbers from 1 like
 * "1,2".
 * @param {string} name @param {number} stages @returns {number[]}
 */
export function stagesNamed(name, stages) {
  const half = Math.ceil(stages / 2);
  const all = Array.from({ length: stages }, (_, stage) => stage);
  /** @type {Record<string, number[]>} */
  const named = { all, coarse: all.slice(0, half), fine: all.slice(half) };
  const chosen = named[name] ?? all.filter((stage) => name.split(',').includes(String(stage + 1)));
  if (!named[name] && chosen.length !== name.split(',').length) {
    const numbers = `numbers from 1 to ${stages} with commas between`;
    throw new SsdganError('bad_argument', `the stages are "${name}", but must be all, coarse, fine, or ${numbers}`);
  }
  return chosen;
}

/**
 * Style mixing: the first `stage` stages of a, the others of b (Karras et al. 2019, 1812.04948).
 * @param {Float32Array} a S x L @param {Float32Array} b S x L @param {number} stage 0 all of b, S all of a
 * @param {number} latentSize
 */
export function mix(a, b, stage, latentSize) {
  const mixed = b.slice();
  mixed.set(a.subarray(0, stage * latentSize));
  return mixed;
}
