/**
 * Forty made photos with faces in them, as people have photos: groups, far away, tilted, lying on their side; some without a
 * face. The faces are aligned crops (128 × 128); where each one's eyes are in its photo is known.
 */

import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '../scripts/shell.js';
import { createEngine } from '../wasm/engine/engine.js';
import { openZip } from '../wasm/engine/zip.js';

/** Where the middle of the eyes is, and how far apart they are, as shares of a crop's side (mean of 901 crops: faces-128.zip). */
const EYES = { x: 0.5, y: 0.47, apart: 0.25 };
/** The crop fades out over this share of its half side. */
const FADE = 0.25;

/**
 * A face in a photo. x, y: middle between its eyes; side: of the pasted crop; angle: clockwise, in degrees; fault: why it is left out
 * @typedef {{x: number, y: number, side: number, angle: number, fault: '' | 'small' | 'blurred' | 'cut'}} Pasted
 */
/** @typedef {{name: string, width: number, height: number, rgb: Uint8Array, faces: Pasted[]}} Photo */

/** Random numbers in [0, 1), the same for a seed (mulberry32). @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Smooth noise in [0, 1]. @param {() => number} random @param {number} width @param {number} height @param {number} cell in pixels */
function noiseOf(random, width, height, cell) {
  const columns = Math.ceil(width / cell) + 2;
  const values = Float32Array.from({ length: columns * (Math.ceil(height / cell) + 2) }, random);
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    const [u, v] = [x / cell, y / cell];
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [u - i, v - j].map((t) => t * t * (3 - 2 * t));
    const at = j * columns + i;
    const top = values[at] * (1 - a) + values[at + 1] * a;
    return top * (1 - b) + (values[at + columns] * (1 - a) + values[at + columns + 1] * a) * b;
  };
}

/** A ground: gradient, clouds, tiles or stripes, with grain. @param {() => number} random @param {number} width @param {number} height */
function groundOf(random, width, height) {
  const rgb = new Uint8Array(width * height * 3);
  const from = [random(), random(), random()];
  const to = [random(), random(), random()];
  const kind = Math.floor(4 * random());
  const coarse = noiseOf(random, width, height, 40 + 200 * random());
  const fine = noiseOf(random, width, height, 4 + 12 * random());
  const tile = 20 + Math.floor(80 * random());
  const turn = 2 * Math.PI * random();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const along = (x * Math.cos(turn) + y * Math.sin(turn)) / Math.hypot(width, height);
      let t = 0.5 + 0.5 * along;
      if (kind === 1) t = 0.7 * coarse(x, y) + 0.3 * fine(x, y);
      if (kind === 2)
        t = 0.6 * coarse(x, y) + (x % tile < 3 || (y + (Math.floor(x / tile) % 2) * tile) % (2 * tile) < 3 ? 0.4 : 0);
      if (kind === 3) t = 0.5 + 0.3 * Math.sin((2 * Math.PI * along * width) / tile) + 0.2 * fine(x, y);
      const grain = 12 * (random() - 0.5);
      for (let c = 0; c < 3; c++) rgb[3 * (y * width + x) + c] = 30 + 190 * (from[c] * (1 - t) + to[c] * t) + grain;
    }
  return rgb;
}

/** Enlarges a crop into a photo, turned, with soft edges. @param {{width: number, height: number, rgb: Uint8Array}} photo @param {Uint8Array} crop @param {number} size of the crop @param {Pasted} face */
function paste({ width, height, rgb }, crop, size, { x, y, side, angle }) {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const reach = Math.ceil(side);
  for (let py = Math.max(0, Math.floor(y - reach)); py < Math.min(height, y + reach); py++)
    for (let px = Math.max(0, Math.floor(x - reach)); px < Math.min(width, x + reach); px++) {
      const [dx, dy] = [(px - x) / side, (py - y) / side];
      const u = dx * cos + dy * sin + EYES.x;
      const v = -dx * sin + dy * cos + EYES.y;
      const out = Math.hypot(2 * u - 1, 2 * v - 1);
      const square = Math.max(Math.abs(2 * u - 1), Math.abs(2 * v - 1));
      const near = Math.max(0, Math.min(1, (1 - square) / FADE, (1.2 - out) / FADE));
      const weight = near * near * (3 - 2 * near);
      if (!weight) continue;
      const [sx, sy] = [u, v].map((t) => Math.max(0, Math.min(size - 1.001, t * size - 0.5)));
      const [i, j] = [Math.floor(sx), Math.floor(sy)];
      const [a, b] = [sx - i, sy - j];
      for (let c = 0; c < 3; c++) {
        const at = (/** @type {number} */ column, /** @type {number} */ row) => crop[3 * (row * size + column) + c];
        const top = at(i, j) * (1 - a) + at(i + 1, j) * a;
        const value = top * (1 - b) + (at(i, j + 1) * (1 - a) + at(i + 1, j + 1) * a) * b;
        const to = 3 * (py * width + px) + c;
        rgb[to] = rgb[to] * (1 - weight) + value * weight;
      }
    }
}

/** Blocks of pixels become their mean. @param {Uint8Array} crop @param {number} size @param {number} factor */
function coarse(crop, size, factor) {
  const side = Math.floor(size / factor);
  const out = new Float32Array(side * side * 3);
  for (let y = 0; y < side * factor; y++)
    for (let x = 0; x < side * factor; x++)
      for (let c = 0; c < 3; c++)
        out[3 * (Math.floor(y / factor) * side + Math.floor(x / factor)) + c] +=
          crop[3 * (y * size + x) + c] / factor ** 2;
  return { crop: Uint8Array.from(out), side };
}

/** A photo turned by a quarter, clockwise, as from a camera that was held on its side. @param {Photo} photo @returns {Photo} */
function quarterTurn({ name, width, height, rgb, faces }) {
  const turned = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) turned[3 * (x * height + height - 1 - y) + c] = rgb[3 * (y * width + x) + c];
  const moved = faces.map((face) => ({ ...face, x: height - 1 - face.y, y: face.x, angle: face.angle + 90 }));
  return { name, width: height, height: width, rgb: turned, faces: moved };
}

const SIZES = [[640, 480], [800, 600], [1024, 768], [1280, 720], [600, 800], [1200, 900]]; // prettier-ignore

/** What is special about a photo; the others have one face. @type {(n: number) => '' | 'none' | 'lying' | 'group' | 'far' | 'small' | 'blurred' | 'cut'} */
export function kindOf(n) {
  if (n < 6) return 'none';
  if (n < 11) return 'lying';
  if (n < 19) return 'group';
  return /** @type {const} */ (['far', 'far', 'small', 'blurred', 'blurred', 'cut'])[n - 19] ?? '';
}

/**
 * @param {number} n photo, 0 to 39
 * @param {(index: number) => Uint8Array} cropOf RGB of an aligned face @param {number} size its side
 * @returns {Photo}
 */
export function makePhoto(n, cropOf, size) {
  const random = randomOf(1000 + n);
  const [width, height] = SIZES[Math.floor(SIZES.length * random())];
  /** @type {Photo} */
  const photo = { name: `photo ${n}.bmp`, width, height, rgb: groundOf(random, width, height), faces: [] };
  const short = Math.min(width, height);
  const kind = kindOf(n);
  const wanted = kind === 'none' ? 0 : kind === 'group' ? 2 + Math.floor(3 * random()) : 1;
  const shares = { far: [0.14, 0.14], small: [0, 0], group: [0.2, 0.4] }[/** @type {string} */ (kind)] ?? [0.25, 0.75];
  for (let tries = 0; photo.faces.length < wanted && tries < 200; tries++) {
    const side = kind === 'small' ? 54 : short * (shares[0] + (shares[1] - shares[0]) * random());
    /** @type {Pasted['fault']} */
    const fault = kind === 'small' || kind === 'blurred' || kind === 'cut' ? kind : '';
    const x = side * 0.6 + (width - 1.2 * side) * random();
    const face = {
      x: kind === 'cut' ? width - 0.16 * side : x,
      y: side * 0.6 + (height - 1.2 * side) * random(),
      side,
      angle: 80 * (random() - 0.5) * (kind === 'cut' ? 0.2 : 1),
      fault,
    };
    if (photo.faces.some((other) => Math.hypot(other.x - face.x, other.y - face.y) < 0.6 * (other.side + side)))
      continue;
    photo.faces.push(face);
    const crop = cropOf(4 * n + photo.faces.length);
    const blurred = fault === 'blurred' ? coarse(crop, size, 6) : { crop, side: size };
    paste(photo, blurred.crop, blurred.side, face);
  }
  return kind === 'lying' ? quarterTurn(photo) : photo;
}

/** A photo as a BMP file. @param {Photo} photo @returns {Uint8Array} */
export function bmpOf({ width, height, rgb }) {
  const row = Math.ceil((3 * width) / 4) * 4;
  const bytes = new Uint8Array(54 + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, -height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  view.setUint32(34, row * height, true);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) bytes[54 + y * row + 3 * x + c] = rgb[3 * (y * width + x) + 2 - c];
  return bytes;
}

/** Real pictures beside the project; tests that need them skip where they are absent. */
const FACES = path.join(ROOT, '../shared/data/faces-128.zip');
export const NO_FACES = fs.existsSync(FACES) ? false : 'no ../shared/data beside the project';

/** @returns {Promise<(index: number) => Uint8Array>} RGB of aligned faces, 128 x 128 */
export async function cropsOfFaces() {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 128 });
  const { files } = await openZip(new Uint8Array(fs.readFileSync(FACES)), 'faces');
  dataset.addFiles(await Promise.all(files.slice(0, 170).map((file) => file.read())));
  const crops = Array.from({ length: dataset.count }, (_, i) => Uint8Array.from(dataset.picture(i)));
  engine.dispose();
  return (index) => crops[index % crops.length];
}
