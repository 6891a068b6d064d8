/**
 * Bicubic resizing as clean-fid does it (Parmar et al. 2022): each channel as floats, antialiased, by Pillow's
 * definition: Keys' kernel with a = -0.5, widened by the scale where the picture shrinks, weights normalised, rows
 * first, then columns, rounded to float32 after each; then clipped to 0..255.
 */

/** @param {number} x */
function cubic(x) {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

/** For each output pixel: the first input pixel, and the weights from there. @param {number} from @param {number} to */
function weightsOf(from, to) {
  const scale = from / to;
  const wide = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * wide + 0.5));
    const last = Math.min(from, Math.trunc(centre + 2 * wide + 0.5));
    const weights = Array.from({ length: last - first }, (_, k) => cubic((first + k - centre + 0.5) / wide));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / sum) };
  });
}

/**
 * @param {Uint8Array} rgb size x size x 3 @param {number} size @param {number} to
 * @returns {Float32Array} 3 x to x to, 0..255
 */
export function cleanResize(rgb, size, to) {
  const plan = weightsOf(size, to);
  const rows = new Float32Array(size * to);
  const out = new Float32Array(3 * to * to);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < size; y++) {
      plan.forEach(({ first, weights }, x) => {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * rgb[(y * size + first + k) * 3 + c];
        rows[y * to + x] = sum;
      });
    }
    plan.forEach(({ first, weights }, y) => {
      for (let x = 0; x < to; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * rows[(first + k) * to + x];
        out[(c * to + y) * to + x] = Math.min(255, Math.max(0, Math.fround(sum)));
      }
    });
  }
  return out;
}
