/** How sharp pictures are: of faces that were found, and of the pictures in the report. */

/** @param {ArrayLike<number>} pixels @param {number} count of pixels @param {number} stride numbers of a pixel: 3 or 4 @returns {Float32Array} */
export function lightOf(pixels, count, stride) {
  const light = new Float32Array(count);
  for (let i = 0, at = 0; i < count; i++, at += stride)
    light[i] = 0.3 * pixels[at] + 0.59 * pixels[at + 1] + 0.11 * pixels[at + 2];
  return light;
}

/**
 * The mean size of a picture's second differences, by its contrast.
 * @param {Float32Array} light side x side @param {number} side @param {number} border that is left out, in pixels, at least 1
 * @returns {number}
 */
export function sharpnessWithin(light, side, border) {
  let [sum, squares, second, count] = [0, 0, 0, 0];
  for (let y = border; y < side - border; y++)
    for (let x = border; x < side - border; x++) {
      const at = y * side + x;
      const value = light[at];
      sum += value;
      squares += value * value;
      second += Math.abs(4 * value - light[at - 1] - light[at + 1] - light[at - side] - light[at + side]);
      count++;
    }
  const deviation = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  return second / count / (deviation + 2);
}
