/** Square windows of a photo: where they lie, and their pixels. Pure functions on RGBA. */
import { lightOf, sharpnessWithin } from '../sharpness.js';

/** RGBA, 8 bits. @typedef {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} Image */
/**
 * A square of a photo. x, y: its middle; side: all in the photo's pixels; angle: of its upper edge, clockwise, in radians
 * @typedef {{x: number, y: number, side: number, angle: number}} Window
 */
/** @typedef {[number, number]} Point */

/** What is outside a photo, where it is not mirrored. */
const GREY = 128;

/** @param {Window} window @param {Point} point in the window: 0 to 1 @returns {Point} in the photo */
export function toPhoto({ x, y, side, angle }, [u, v]) {
  const [dx, dy] = [(u - 0.5) * side, (v - 0.5) * side];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x + dx * cos - dy * sin, y + dx * sin + dy * cos];
}

/** Whole blocks of pixels become their mean. @param {Image} image @param {number} factor @returns {Image} */
export function reduce({ data, width, height }, factor) {
  if (factor <= 1) return { data, width, height };
  const [columns, rows] = [Math.floor(width / factor), Math.floor(height / factor)];
  const out = new Uint8ClampedArray(columns * rows * 4);
  const share = 1 / (factor * factor);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let [r, g, b] = [0, 0, 0];
      for (let j = 0; j < factor; j++) {
        let at = 4 * ((y * factor + j) * width + x * factor);
        for (let i = 0; i < factor; i++, at += 4) {
          r += data[at];
          g += data[at + 1];
          b += data[at + 2];
        }
      }
      const to = 4 * (y * columns + x);
      out[to] = r * share;
      out[to + 1] = g * share;
      out[to + 2] = b * share;
      out[to + 3] = 255;
    }
  return { data: out, width: columns, height: rows };
}

/** @param {number} at @param {number} count @returns {number} mirrored at the edges into 0 … count - 1 */
function mirrored(at, count) {
  const period = 2 * count;
  const place = ((at % period) + period) % period;
  return place < count ? place : period - 1 - place;
}

/**
 * The pixels of a window. Each one is the mean of as many bilinear samples as the reduction needs.
 * @param {Image} image @param {Window} window @param {number} size of the result
 * @param {boolean} mirror what is outside the photo: its mirror image, otherwise grey
 * @returns {Uint8ClampedArray} size x size x 4
 */
export function pixelsOf({ data, width, height }, window, size, mirror) {
  const out = new Uint8ClampedArray(size * size * 4).fill(255);
  const each = Math.max(1, Math.round(window.side / size));
  const step = window.side / size / each;
  const [cos, sin] = [Math.cos(window.angle) * step, Math.sin(window.angle) * step];
  const [left, top] = toPhoto(window, [0, 0]);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let [r, g, b] = [0, 0, 0];
      for (let j = 0; j < each; j++)
        for (let i = 0; i < each; i++) {
          const [du, dv] = [column * each + i + 0.5, row * each + j + 0.5];
          const x = left + du * cos - dv * sin - 0.5;
          const y = top + du * sin + dv * cos - 0.5;
          if (!mirror && (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5)) {
            r += GREY;
            g += GREY;
            b += GREY;
            continue;
          }
          const [x0, y0] = [Math.floor(x), Math.floor(y)];
          const [a, c] = [x - x0, y - y0];
          const [west, east] = [mirrored(x0, width), mirrored(x0 + 1, width)];
          const [north, south] = [mirrored(y0, height) * width, mirrored(y0 + 1, height) * width];
          const [p, q] = [4 * (north + west), 4 * (north + east)];
          const [s, t] = [4 * (south + west), 4 * (south + east)];
          const [nw, ne, sw, se] = [(1 - a) * (1 - c), a * (1 - c), (1 - a) * c, a * c];
          r += data[p] * nw + data[q] * ne + data[s] * sw + data[t] * se;
          g += data[p + 1] * nw + data[q + 1] * ne + data[s + 1] * sw + data[t + 1] * se;
          b += data[p + 2] * nw + data[q + 2] * ne + data[s + 2] * sw + data[t + 2] * se;
        }
      const to = 4 * (row * size + column);
      out[to] = r / each ** 2;
      out[to + 1] = g / each ** 2;
      out[to + 2] = b / each ** 2;
    }
  return out;
}

/** How much of a window lies in the photo: 0 to 1. @param {Image} image @param {Window} window */
export function shareInside({ width, height }, window) {
  const STEPS = 16;
  let inside = 0;
  for (let j = 0; j < STEPS; j++)
    for (let i = 0; i < STEPS; i++) {
      const [x, y] = toPhoto(window, [(i + 0.5) / STEPS, (j + 0.5) / STEPS]);
      if (x >= 0 && y >= 0 && x <= width && y <= height) inside++;
    }
  return inside / STEPS ** 2;
}

/**
 * How sharp a face is, in the middle half: there is the face, and no ground that is blurred by depth. Of 64 x 64 pixels, so that all faces
 * are judged at the same size.
 * @param {Uint8ClampedArray} rgba 64 x 64 x 4
 * @returns {number} docs/faces.md has values
 */
export function sharpnessOf(rgba) {
  const SIZE = 64;
  return sharpnessWithin(lightOf(rgba, SIZE * SIZE, 4), SIZE, SIZE / 4);
}
