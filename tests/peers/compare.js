/** Two engines side by side, in Node or a browser: the same result first, then times in turn. */

/**
 * @typedef {{name: string, run: () => any}} Contestant run: one whole call; may be a promise
 * @typedef {{our_ms: number, peer_ms: number, ratio: number}} Times ratio: how often ours fits into the peer's
 */

/** Rest between blocks, so that the other engine's threads have stopped spinning. Milliseconds. */
const REST = 60;
const BLOCK = 150;

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length % 2
    ? sorted[(sorted.length - 1) / 2]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}

export const rest = () => new Promise((resolve) => setTimeout(resolve, REST));

/** @param {() => any} run @param {number} calls @returns {Promise<number[]>} milliseconds of each call */
async function block(run, calls) {
  const times = [];
  for (let i = 0; i < calls; i++) {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  }
  return times;
}

/** Runs until its code is compiled well: half a second and three calls. @param {() => any} run @returns {Promise<number>} calls that fill a block */
async function warm(run) {
  const times = [];
  for (const began = performance.now(); performance.now() - began < 500 || times.length < 3;) {
    times.push(...(await block(run, 1)));
  }
  return Math.max(1, Math.min(20, Math.round(BLOCK / median(times))));
}

/**
 * @param {() => any} ours
 * @param {() => any} peer
 * @param {number} rounds blocks of each
 * @returns {Promise<Times>} medians
 */
export async function inTurn(ours, peer, rounds) {
  const calls = [await warm(ours), await warm(peer)];
  /** @type {number[][]} */
  const times = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of [ours, peer].entries()) {
      await rest();
      times[i].push(...(await block(run, calls[i])));
    }
  }
  return ratioOf(median(times[0]), median(times[1]));
}

/** @param {number} our_ms @param {number} peer_ms @returns {Times} */
export const ratioOf = (our_ms, peer_ms) => ({ our_ms, peer_ms, ratio: peer_ms / our_ms });

/**
 * Largest difference of two sets of pictures as a share of the largest value; throws beyond a thousandth.
 * @param {ArrayLike<number>} ours @param {ArrayLike<number>} theirs @param {string} name
 */
export function sameImages(ours, theirs, name) {
  if (ours.length !== theirs.length)
    throw new Error(`${name} made ${theirs.length} numbers, but ${ours.length} were expected`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    largest = Math.max(largest, Math.abs(ours[i]));
  }
  const error = difference / largest;
  if (!(error < 1e-3)) throw new Error(`${name} makes other pictures than ours: they differ by ${error}`);
  return error;
}
