/** Samples as PNG files. */
import { encode } from 'fast-png';

/**
 * @param {Uint8ClampedArray | Uint8Array} rgba N x size x size x 4
 * @param {number} size
 * @param {number} columns
 * @param {number} gap white pixels between
 */
export function gridOf(rgba, size, columns, gap = 2) {
  const count = rgba.length / (size * size * 4);
  const rows = Math.ceil(count / columns);
  const width = columns * size + (columns - 1) * gap;
  const height = rows * size + (rows - 1) * gap;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * (size + gap);
    const top = Math.floor(i / columns) * (size + gap);
    for (let y = 0; y < size; y++) {
      const from = (i * size + y) * size * 4;
      data.set(rgba.subarray(from, from + size * 4), ((top + y) * width + left) * 4);
    }
  }
  return { width, height, data };
}

/** @param {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} image RGBA @returns {Uint8Array} PNG */
export function encodePng({ width, height, data }) {
  // The pictures are opaque: three channels are enough.
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return encode({ width, height, data: rgb, channels: 3 });
}

/** @param {Uint8ClampedArray} rgba @param {number} size @param {number} columns @returns {Uint8Array} PNG of the grid */
export const encodeGrid = (rgba, size, columns) => encodePng(gridOf(rgba, size, columns));
