/** Pictures that are framed by hand: a square of the original file, which is read again for it. */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { replacePicture } from '../../../wasm/engine/places.js';
import { photosOf } from '../faces/photos.js';

/** @typedef {import('../collection.js').Collection} Collection */
/** A square of a photo. x, y: its middle, as shares of width and height; side: as a share of the shorter side @typedef {{x: number, y: number, side: number}} Frame */

/** The longer side of what is shown. */
const SHOWN = 1024;

/** @param {number} width @param {number} height */
function contextOf(width, height) {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  return context;
}

/** @param {Blob} blob @returns {Promise<ImageBitmap>} upright */
async function decode(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch {
    throw new SsdganError('unsupported', 'this browser cannot show the original file: convert it to JPEG or PNG');
  }
}

/** @param {Collection} pictures @param {string} origin @returns {Promise<ImageBitmap>} */
async function originalOf(pictures, origin) {
  for await (const photo of photosOf(pictures.files, [origin])) return decode(await photo.read());
  throw new SsdganError('bad_state', 'the original file is not here any more: drop it again');
}

/** The original, as it is shown. @param {Collection} pictures @param {string} origin @returns {Promise<ImageBitmap>} */
export async function showOriginal(pictures, origin) {
  const whole = await originalOf(pictures, origin);
  const scale = Math.min(1, SHOWN / Math.max(whole.width, whole.height));
  const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(scale * side)));
  const context = contextOf(width, height);
  context.drawImage(whole, 0, 0, width, height);
  whole.close();
  return /** @type {OffscreenCanvas} */ (context.canvas).transferToImageBitmap();
}

/** @param {Collection} pictures @param {ImageBitmap} photo @param {Frame} frame @returns {Uint8Array} the picture that is trained on */
function cut(pictures, photo, { x, y, side }) {
  const { width, height } = photo;
  const pixels = Math.max(1, Math.round(side * Math.min(width, height)));
  const within = (/** @type {number} */ middle, /** @type {number} */ length) =>
    Math.round(Math.max(0, Math.min(length - pixels, middle * length - pixels / 2)));
  const context = contextOf(pixels, pixels);
  context.drawImage(photo, -within(x, width), -within(y, height));
  const one = pictures.makeDataset();
  try {
    one.addRgba(context.getImageData(0, 0, pixels, pixels).data, pixels, pixels);
    return one.picture(0);
  } finally {
    one.dispose();
  }
}

/** @param {Collection} pictures @param {string} origin @param {Frame} frame @returns {Promise<Uint8Array>} */
export async function framed(pictures, origin, frame) {
  const photo = await originalOf(pictures, origin);
  try {
    return cut(pictures, photo, frame);
  } finally {
    photo.close();
  }
}

/** All have been read again: those that are framed by hand get their frames. @param {Collection} pictures */
export async function applyFrames(pictures) {
  const { origins, frames, files } = pictures;
  const wanted = new Map(origins.flatMap((origin, i) => (frames.has(origin) ? [[origin, i]] : [])));
  for await (const photo of photosOf(files, [...wanted.keys()])) {
    const bitmap = await decode(await photo.read()).catch(() => null);
    const index = wanted.get(photo.origin);
    const frame = frames.get(photo.origin);
    if (bitmap && frame && index !== undefined) replacePicture(pictures.dataset, index, cut(pictures, bitmap, frame));
    bitmap?.close();
  }
}
