/** Changes of single pictures, which can be undone, the last one first. */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { insertPictures, removePictures, replacePicture } from '../../../wasm/engine/places.js';
import { photosOf } from '../faces/photos.js';
import { addOne } from '../intake.js';
import { framed } from './frames.js';

/** @typedef {import('../collection.js').Collection} Collection */
/** @typedef {import('./frames.js').Frame} Frame */
/**
 * Pictures that were taken out. indices: the places that they had, ascending; pixels: null where the size has changed since; or
 * one that got another frame: frame: that of before, null where it was not framed by hand
 * @typedef {{indices: number[], origins: string[], pixels: Uint8Array[] | null, frame?: Frame | null}} Change
 */

/** @param {Collection} pictures @param {number[]} indices in any order */
export function takeOut(pictures, indices) {
  const { dataset, origins, removed, changes, count } = pictures;
  const wanted = [...new Set(indices)].filter((index) => index >= 0 && index < count).sort((a, b) => a - b);
  if (!wanted.length) return;
  const pixels = wanted.map((index) => dataset.picture(index));
  const out = wanted.map((index) => origins[index]);
  removePictures(dataset, wanted);
  const gone = new Set(wanted);
  pictures.origins = origins.filter((_, index) => !gone.has(index));
  for (const origin of out) removed.add(origin);
  changes.push({ indices: wanted, origins: out, pixels });
}

/** @param {Collection} pictures */
export async function undo(pictures) {
  const change = pictures.changes.at(-1);
  if (!change) throw new SsdganError('bad_state', 'there is nothing to undo');
  const { origins } = change;
  const framesThen = change.frame === undefined ? pictures.frames : new Map([[origins[0], change.frame]]);
  const pixels = change.pixels ?? (await read(pictures, origins, framesThen));
  pictures.changes.pop();
  if (change.frame !== undefined) return void putFrame(pictures, origins[0], change.frame, pixels[0]);
  const { dataset, removed } = pictures;
  // Pictures that are read again may be fewer than they were: those behind the last one come to the end.
  const indices = change.indices.map((index, i) => Math.min(index, pictures.count + i));
  insertPictures(dataset, indices, pixels);
  pictures.origins = [...pictures.origins]; // another list, as for every change
  for (const [i, origin] of origins.entries()) {
    pictures.origins.splice(indices[i], 0, origin);
    removed.delete(origin);
  }
}

/** @param {Collection} pictures @param {string} origin @param {Frame | null} frame @param {Uint8Array} pixels */
function putFrame(pictures, origin, frame, pixels) {
  const index = pictures.origins.indexOf(origin);
  if (index >= 0) replacePicture(pictures.dataset, index, pixels);
  if (frame) pictures.frames.set(origin, frame);
  else pictures.frames.delete(origin);
}

/** @param {Collection} pictures @param {number} index @param {Frame | null} frame null: as all others */
export async function setFrame(pictures, index, frame) {
  const origin = pictures.origins[index];
  const [pixels] = await read(pictures, [origin], new Map([[origin, frame]]));
  const before = pictures.dataset.picture(index);
  const last = pictures.frames.get(origin) ?? null;
  putFrame(pictures, origin, frame, pixels);
  pictures.changes.push({ indices: [index], origins: [origin], pixels: [before], frame: last });
}

/** Reads pictures from their files. @param {Collection} pictures @param {string[]} origins @param {Map<string, Frame | null>} frames @returns {Promise<Uint8Array[]>} */
async function read(pictures, origins, frames) {
  const one = pictures.makeDataset();
  try {
    /** @type {Map<string, Uint8Array>} */
    const found = new Map();
    /** @param {string} origin */
    const take = (origin) => {
      found.set(origin, one.picture(0));
      one.remove(0);
    };
    if (pictures.doodles)
      for (const origin of origins) {
        one.addDoodles(0, Number(origin.replace('doodle ', '')), 1);
        take(origin);
      }
    else
      for await (const photo of photosOf(pictures.files, origins)) {
        const frame = frames.get(photo.origin);
        if (frame) {
          found.set(photo.origin, await framed(pictures, photo.origin, frame));
          continue;
        }
        const bytes = new Uint8Array(await (await photo.read()).arrayBuffer());
        await addOne(one, photo.name, bytes);
        if (one.count) take(photo.origin);
      }
    return origins.map((origin) => {
      const pixels = found.get(origin);
      if (!pixels) throw new SsdganError('bad_state', 'the original file is not here any more: drop it again');
      return pixels;
    });
  } finally {
    one.dispose();
  }
}
