/** Pictures among which a health report finds something. */
import { createEngine } from '../wasm/engine/engine.js';
import { bmpOf, randomOf } from './photos.js';
import { makeZip } from './zips.js';

const SIZE = 64;
const COUNT = 150;

/** A format that every browser can show. @param {number} width @param {number} height @param {Uint8Array} rgb */
const bmp = (width, height, rgb) => bmpOf(/** @type {any} */ ({ width, height, rgb }));

/** Doodles, and among them what a report should find. */
export async function plantedZip() {
  const engine = await createEngine({ threads: 1 });
  const random = randomOf(11);
  const doodle = (/** @type {number} */ n, /** @type {number} */ size) => engine.doodle(0, n, size);
  const noisy = (/** @type {Uint8Array} */ rgb) => rgb.map((value) => Math.max(0, Math.min(255, value + 12 * (random() - 0.5)))); // prettier-ignore
  const long = new Uint8Array(SIZE * 200 * 3);
  for (let i = 0; i < 3; i++) long.set(doodle(300 + i, SIZE), i * SIZE * SIZE * 3);
  const files = [
    ...Array.from({ length: COUNT }, (_, n) => bmp(SIZE, SIZE, doodle(n, SIZE))),
    ...[0, 1, 2, 2].map((n) => bmp(SIZE, SIZE, noisy(doodle(n, SIZE)))), // four copies
    bmp(
      SIZE,
      SIZE,
      Uint8Array.from({ length: SIZE * SIZE * 3 }, () => 256 * random()),
    ), // odd
    bmp(
      SIZE,
      SIZE,
      Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 255 * (Math.floor(i / 3 / SIZE / 5) % 2)),
    ), // odd
    bmp(48, 48, doodle(200, 48)), // small
    bmp(48, 48, doodle(201, 48)),
    bmp(SIZE, 200, long),
  ];
  engine.dispose();
  return makeZip(files.map((data, n) => ({ name: `set/${String(n).padStart(3, '0')}.bmp`, data })));
}
