/** Finds, among what was noted of all pictures, those that a training is better without. Pure functions. */
import { BLOCKS } from './look.js';

/**
 * What is noted of a picture (look.js). row: its features of random-conv-1; side: of its file, the shorter and the longer one, or null
 * @typedef {{small: Float32Array, hash: Uint32Array, sharpness: number, row: Float32Array | null, side: [number, number] | null}} Look
 */

/**
 * Two pictures are nearly the same: at most so many of the 128 bits of their hashes differ, and their small versions correlate
 * so much. Measured on 150 faces and 150 drawings: copies with noise, brighter, from a third of the pixels, or without a border of
 * 2.5 % have at most 19 bits and at least 0.94 (four of 1,500 brighter ones less); of 901 faces no two have more than 0.91.
 */
const MOST_BITS = 18;
const LEAST_CORRELATION = 0.94;

/**
 * Blurred: half as sharp as the middle one, and below this. Faces from a third of the pixels have at most 0.20, sharp ones 0.37 in
 * the middle, and one of a thousand less than 0.19.
 */
const SHARPNESS_SHARE = 0.5;
const LEAST_SHARPNESS = 0.2;

/** Odd: so many deviations farther than the middle one from its nearest others. */
const ODD = 4;
/** The third to fifth nearest others of so many. */
const NEAR = [2, 5];
const SAMPLE = 256;
/** Fewer pictures than this have no odd one: nothing is usual. */
const LEAST_FOR_ODD = 30;

/** @param {number} word */
function bitsOf(word) {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** @param {Float32Array} a @param {Float32Array} b @returns {number} correlation of the two, over all colours */
function correlation(a, b) {
  const count = BLOCKS * BLOCKS * 3;
  let [sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    sa += a[i];
    sb += b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  const [va, vb] = [aa - (sa * sa) / count, bb - (sb * sb) / count];
  // Two plain pictures are the same where they have the same colour.
  if (va < count || vb < count) return va < count && vb < count && Math.abs(sa - sb) < 2 * count ? 1 : 0;
  return (ab - (sa * sb) / count) / Math.sqrt(va * vb);
}

/**
 * Groups of pictures that are nearly the same; of each the one with the most pixels is kept, or else the sharpest.
 * @param {Look[]} looks @param {() => Promise<void>} pause called often
 * @returns {Promise<{index: number, of: number}[]>} those that are not kept, and which one is
 */
export async function findSame(looks, pause) {
  const hashes = new Uint32Array(looks.length * 4);
  looks.forEach(({ hash }, i) => hashes.set(hash, 4 * i));
  const parent = looks.map((_, i) => i);
  const rootOf = (/** @type {number} */ i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (let i = 1; i < looks.length; i++) {
    if (i % 64 === 0) await pause();
    const [a, b, c, d] = hashes.subarray(4 * i, 4 * i + 4);
    for (let j = 0, at = 0; j < i; j++, at += 4) {
      const first = bitsOf(a ^ hashes[at]) + bitsOf(b ^ hashes[at + 1]);
      if (first > MOST_BITS || first + bitsOf(c ^ hashes[at + 2]) + bitsOf(d ^ hashes[at + 3]) > MOST_BITS) continue;
      if (correlation(looks[i].small, looks[j].small) >= LEAST_CORRELATION) parent[rootOf(i)] = rootOf(j);
    }
  }
  /** @type {Map<number, number>} root -> the best of its group */
  const best = new Map();
  const worth = (/** @type {number} */ i) => [looks[i].side?.[0] ?? 0, looks[i].sharpness];
  looks.forEach((_, i) => {
    const old = best.get(rootOf(i));
    if (old === undefined) return best.set(i, i);
    const [[side, sharpness], [oldSide, oldSharpness]] = [worth(i), worth(old)];
    if (side > oldSide || (side === oldSide && sharpness > 1.05 * oldSharpness)) best.set(rootOf(i), i);
  });
  return looks.flatMap((_, i) => {
    const of = best.get(rootOf(i)) ?? i;
    return of === i ? [] : [{ index: i, of }];
  });
}

/** @param {number[]} values @returns {number} */
const middleOf = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** @param {Look[]} looks @returns {number[]} */
export function findBlurred(looks) {
  const least = Math.min(LEAST_SHARPNESS, SHARPNESS_SHARE * middleOf(looks.map(({ sharpness }) => sharpness)));
  return looks.flatMap(({ sharpness }, i) => (sharpness < least ? [i] : []));
}

/** @param {Float32Array} a @param {Float32Array} b @returns {number} */
function squaredDistance(a, b) {
  let even = 0; // two sums: each addition waits for the one before it
  let odd = 0;
  for (let k = 0; k < a.length; k += 2) {
    const d = a[k] - b[k];
    const e = a[k + 1] - b[k + 1];
    even += d * d;
    odd += e * e;
  }
  return even + odd;
}

/**
 * Pictures that lie far from their nearest others in the features of random-conv-1. The distance to the mean finds fewer:
 * tests/node/report.test.js plants some.
 * @param {Look[]} looks with rows @param {() => Promise<void>} pause called often
 * @returns {Promise<number[]>} the oddest first
 */
export async function findOdd(looks, pause) {
  const count = looks.length;
  const size = looks[0]?.row?.length ?? 0;
  if (count < LEAST_FOR_ODD || !size) return [];
  const rows = looks.map(({ row }) => /** @type {Float32Array} */ (row));
  const [mean, deviation] = [new Float64Array(size), new Float64Array(size)];
  for (const row of rows) for (let k = 0; k < size; k++) mean[k] += row[k] / count;
  for (const row of rows) for (let k = 0; k < size; k++) deviation[k] += (row[k] - mean[k]) ** 2 / count;
  const weight = deviation.map((variance) => 1 / Math.sqrt(variance + 1e-6));
  const sample = Array.from({ length: Math.min(SAMPLE, count) }, (_, i) => Math.floor((i * count) / Math.min(SAMPLE, count))); // prettier-ignore
  const others = sample.map((j) => rows[j].map((value, k) => value * weight[k]));
  /** @type {number[]} */
  const far = [];
  for (let i = 0; i < count; i++) {
    if (i % 32 === 0) await pause();
    const row = rows[i].map((value, k) => value * weight[k]);
    const distances = new Float64Array(sample.length);
    for (let j = 0; j < sample.length; j++) distances[j] = sample[j] === i ? Infinity : squaredDistance(row, others[j]);
    const near = distances.sort().slice(...NEAR);
    far.push(Math.sqrt(near.reduce((a, b) => a + b, 0) / near.length));
  }
  const middle = middleOf(far);
  const spread = 1.4826 * middleOf(far.map((value) => Math.abs(value - middle)));
  return far
    .map((value, i) => ({ i, value: (value - middle) / (spread + 1e-9) }))
    .filter(({ value }) => value > ODD)
    .sort((a, b) => b.value - a.value)
    .map(({ i }) => i);
}
