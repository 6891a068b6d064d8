/** Everything that comes out as pictures: doodles, thumbnails, generated faces, morphs. */
import { lerp, slerp, walk } from '../../wasm/latents.js';
import { breathe, failure } from './session.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../protocol.js').Requests} Requests */
/** @typedef {import('../protocol.js').Pictures} Pictures */
/** @typedef {import('../protocol.js').Key} Key */

const CHUNK = 16; // pictures drawn between two breaths
const MAX_PICTURES = 1024;

/** @param {Uint8Array} rgb @param {Uint8ClampedArray} rgba @param {number} at pixel of `rgba` to start at */
function spread(rgb, rgba, at) {
  for (let from = 0, to = at * 4; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
}

/** @param {Session} session @param {Requests['doodles.draw']['body']} body @returns {Pictures} */
export function doodles(session, { seed, first, count, size }) {
  const pixels = new Uint8ClampedArray(count * size * size * 4);
  for (let i = 0; i < count; i++) spread(session.theEngine.doodle(seed, first + i, size), pixels, i * size * size);
  return { size, count, pixels };
}

/** @param {Session} session @param {Requests['pictures.thumbs']['body']} body */
export function thumbs(session, { first, count }) {
  const dataset = session.theDataset;
  const size = dataset.size;
  const there = Math.max(0, Math.min(count, dataset.count - first));
  const pixels = new Uint8ClampedArray(there * size * size * 4);
  for (let i = 0; i < there; i++) spread(dataset.picture(first + i), pixels, i * size * size);
  return { first, size, count: there, pixels };
}

/** @param {Session} session @param {Requests['model.load']['body']} body */
export function loadModel(session, { bytes }) {
  const model = session.theEngine.loadGenerator(bytes);
  session.model?.dispose();
  session.model = model;
  return session.modelInfo(model);
}

/** @param {Session} session */
export function closeModel(session) {
  session.model?.dispose();
  session.model = null;
  return { model: session.trainer ? session.modelInfo(session.trainer.generator) : null };
}

/**
 * Styles to pictures, some at a time.
 * @param {Session} session @param {number} count @param {(first: number, count: number) => Float32Array} styles
 * @returns {Promise<Pictures>}
 */
async function synthesise(session, count, styles) {
  if (count < 1 || count > MAX_PICTURES) {
    throw failure('bad_argument', `${count} pictures were asked for; from 1 to ${MAX_PICTURES} can be drawn at once`);
  }
  const generator = session.theGenerator;
  const size = generator.imageSize;
  const pixels = new Uint8ClampedArray(count * size * size * 4);
  for (let first = 0; first < count; first += CHUNK) {
    const some = Math.min(CHUNK, count - first);
    const images = generator.synthesise(styles(first, some));
    pixels.set(session.theEngine.toRgba(images, size), first * size * size * 4);
    await breathe();
  }
  return { size, count, pixels };
}

/** z of these keys to w, each with its own truncation. @param {Session} session @param {Key[]} keys @returns {Float32Array} */
function stylesOf(session, keys) {
  const generator = session.theGenerator;
  const { latentSize } = generator;
  const w = new Float32Array(keys.length * latentSize);
  for (const psi of new Set(keys.map((key) => key.psi))) {
    const places = keys.flatMap((key, i) => (key.psi === psi ? [i] : []));
    const z = session.theEngine.latents(
      places.map((i) => keys[i].seed),
      latentSize,
    );
    const mapped = generator.map(z, psi);
    places.forEach((place, i) => {
      w.set(mapped.subarray(i * latentSize, (i + 1) * latentSize), place * latentSize);
    });
  }
  return w;
}

/** @param {Session} session @param {Requests['model.pictures']['body']} body @returns {Promise<Pictures>} */
export function pictures(session, { keys }) {
  const { latentSize } = session.theGenerator;
  const w = stylesOf(session, keys);
  return synthesise(session, keys.length, (first, count) => w.slice(first * latentSize, (first + count) * latentSize));
}

/** @param {Session} session @param {Requests['model.morph']['body']} body @returns {Promise<Pictures>} */
export async function morph(session, { keys, space, loop, frames }) {
  if (keys.length < 2) throw failure('bad_argument', 'a morph needs at least two faces');
  const generator = session.theGenerator;
  const { latentSize } = generator;
  /** @param {Float32Array} all @returns {Float32Array[]} */
  const split = (all) => keys.map((_, i) => all.slice(i * latentSize, (i + 1) * latentSize));
  /** @type {Float32Array} */
  let path;
  if (space === 'w') {
    path = walk(split(stylesOf(session, keys)), frames, lerp, loop);
  } else {
    const seeds = keys.map((key) => key.seed);
    const z = walk(split(session.theEngine.latents(seeds, latentSize)), frames, slerp, loop);
    const psi = walk(
      keys.map((key) => Float32Array.of(key.psi)),
      frames,
      lerp,
      loop,
    );
    path = mapEach(generator, z, psi);
  }
  return synthesise(session, frames, (first, count) => path.slice(first * latentSize, (first + count) * latentSize));
}

/**
 * w = mean + psi (w - mean) with a psi for each row, from two calls: w at psi 1, and the mean, which is w at psi 0.
 * @param {import('./session.js').Generator} generator @param {Float32Array} z @param {Float32Array} psi
 */
function mapEach(generator, z, psi) {
  const { latentSize } = generator;
  const w = generator.map(z, 1);
  if (psi.every((p) => p === 1)) return w;
  const mean = generator.map(z.slice(0, latentSize), 0);
  return w.map((value, i) => mean[i % latentSize] + psi[Math.floor(i / latentSize)] * (value - mean[i % latentSize]));
}
