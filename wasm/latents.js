/** Paths between latents: shared by command line and page. */

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

/**
 * Frames of a walk through keyframes, each latentSize long, one after the other.
 * @param {Float32Array[]} keys at least two
 * @param {number} frames in all, both ends included
 * @param {(a: ArrayLike<number>, b: ArrayLike<number>, t: number) => Float32Array} path lerp or slerp
 * @param {boolean} loop also back from the last to the first
 * @returns {Float32Array} frames x latentSize
 */
export function walk(keys, frames, path, loop = false) {
  const size = keys[0].length;
  const stops = loop ? [...keys, keys[0]] : keys;
  const result = new Float32Array(frames * size);
  const last = loop ? frames : Math.max(1, frames - 1);
  for (let frame = 0; frame < frames; frame++) {
    const at = (frame / last) * (stops.length - 1);
    const leg = Math.min(stops.length - 2, Math.floor(at));
    result.set(path(stops[leg], stops[leg + 1], at - leg), frame * size);
  }
  return result;
}
