/** Pictures to an animated GIF; the encoder is loaded at the first use. */
import { breathe } from './session.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../protocol.js').Requests} Requests */

/** Nearest-neighbour enlargement of palette indices. @param {Uint8Array} index @param {number} size @param {number} scale */
function enlarge(index, size, scale) {
  if (scale === 1) return index;
  const side = size * scale;
  const large = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / scale) * size;
    for (let x = 0; x < side; x++) large[y * side + x] = index[row + Math.floor(x / scale)];
  }
  return large;
}

/** @param {Session} _session @param {Requests['export.gif']['body']} body @returns {Promise<Requests['export.gif']['reply']>} */
export async function encodeGif(_session, { pictures: { size, count, pixels }, scale, delay }) {
  const { GIFEncoder, quantize, applyPalette } = await import('gifenc');
  const gif = GIFEncoder();
  const length = size * size * 4;
  for (let i = 0; i < count; i++) {
    const frame = pixels.slice(i * length, (i + 1) * length);
    const palette = quantize(frame, 256);
    const index = enlarge(applyPalette(frame, palette), size, scale);
    gif.writeFrame(index, size * scale, size * scale, { palette, delay, repeat: 0 });
    await breathe();
  }
  gif.finish();
  return { bytes: gif.bytes() };
}
