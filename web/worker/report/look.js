/** What is noted of a picture, to compare it with the others. Pure functions on RGB bytes. */
import { lightOf, sharpnessWithin } from '../sharpness.js';

/** Blocks a side of the small picture. */
export const BLOCKS = 16;
/** Words of 32 bits of a hash. */
const HASH_WORDS = 4;
/** Sharpness is judged at this size, whatever that of the pictures is. */
const SHARP_SIZE = 64;

/** Means of blocks. @param {Uint8Array} rgb @param {number} size @param {number} blocks a side; at most `size` @returns {Float32Array} blocks x blocks x 3 */
export function blocksOf(rgb, size, blocks) {
  const out = new Float32Array(blocks * blocks * 3);
  for (let by = 0; by < blocks; by++) {
    const [top, bottom] = [Math.floor((by * size) / blocks), Math.floor(((by + 1) * size) / blocks)];
    for (let bx = 0; bx < blocks; bx++) {
      const [left, right] = [Math.floor((bx * size) / blocks), Math.floor(((bx + 1) * size) / blocks)];
      let [r, g, b] = [0, 0, 0];
      for (let y = top; y < bottom; y++)
        for (let x = left, at = 3 * (y * size + left); x < right; x++, at += 3) {
          r += rgb[at];
          g += rgb[at + 1];
          b += rgb[at + 2];
        }
      const share = 1 / ((bottom - top) * (right - left));
      out.set([r * share, g * share, b * share], 3 * (by * blocks + bx));
    }
  }
  return out;
}

/**
 * A difference hash: whether each of 8 x 8 blocks is lighter than the one to its right, and the one below; the last ones
 * compare with the first. (N. Krawetz, "Kind of like that", 2013, has the first half.)
 * @param {Float32Array} small 16 x 16 x 3 @returns {Uint32Array} 4 words
 */
export function hashOf(small) {
  const SIDE = 8;
  const fine = lightOf(small, BLOCKS * BLOCKS, 3);
  const light = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const at = 2 * Math.floor(i / SIDE) * BLOCKS + 2 * (i % SIDE);
    return fine[at] + fine[at + 1] + fine[at + BLOCKS] + fine[at + BLOCKS + 1];
  });
  const hash = new Uint32Array(HASH_WORDS);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const right = light[y * SIDE + ((x + 1) % SIDE)];
    const below = light[((y + 1) % SIDE) * SIDE + x];
    if (light[i] > right) hash[i >> 5] |= 1 << (i & 31);
    if (light[i] > below) hash[2 + (i >> 5)] |= 1 << (i & 31);
  }
  return hash;
}

/** Judges at most 64 x 64 pixels, without the border. @param {Uint8Array} rgb @param {number} size @returns {number} how sharp a picture is */
export function sharpnessOf(rgb, size) {
  const side = Math.min(size, SHARP_SIZE);
  return sharpnessWithin(lightOf(size === side ? rgb : blocksOf(rgb, size, side), side * side, 3), side, side >> 3);
}
