/** The worker's answers about single pictures (protocol.js has the messages). */
import { rgbaFromRgb } from '../../../wasm/engine/pixels.js';
import { fileOf } from '../intake.js';
import { setFrame, takeOut, undo } from './changes.js';
import { showOriginal } from './frames.js';

/** @typedef {import('../collection.js').Collection} Collection */

/** A thumbnail has from this many pixels a side to twice as many. */
const THUMBNAIL = 64;

/** Blocks of pixels become their mean. @param {Uint8Array} rgb @param {number} size @param {number} factor @param {Uint8ClampedArray} rgba @param {number} first pixel of `rgba` */
function reduceInto(rgb, size, factor, rgba, first) {
  const side = Math.floor(size / factor);
  const share = 1 / factor ** 2;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const to = 4 * (first + y * side + x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < factor; j++)
          for (let i = 0; i < factor; i++) sum += rgb[3 * ((y * factor + j) * size + x * factor + i) + c];
        rgba[to + c] = sum * share;
      }
      rgba[to + 3] = 255;
    }
}

/** @param {Collection} pictures @param {number} index @returns {string} the name of its file */
function nameOf({ files, origins }, index) {
  const origin = origins[index] ?? '';
  const path = origin.split('/').slice(1).join('/');
  return path || files[fileOf(origin)]?.name || origin;
}

/**
 * @param {() => Collection} picturesOf @param {() => Collection} freePictures that may be changed
 * @param {(pictures: Collection) => Promise<any>} changed keeps them; the reply of pictures.add
 * @returns {Record<string, (request: any) => any>}
 */
export function pictureHandlers(picturesOf, freePictures, changed) {
  return {
    'picture.thumbnails'({ indices }) {
      const pictures = picturesOf();
      const there = indices.filter((/** @type {number} */ index) => index < pictures.count);
      const dataset = pictures.firstOnes(1 + Math.max(-1, ...there));
      const { size } = dataset;
      const factor = Math.max(1, Math.floor(size / THUMBNAIL));
      const side = Math.floor(size / factor);
      const rgba = new Uint8ClampedArray(there.length * side * side * 4);
      for (let i = 0; i < there.length; i++) {
        const rgb = dataset.picture(there[i]);
        if (factor === 1) rgbaFromRgb(rgb, rgba, i * side * side);
        else reduceInto(rgb, size, factor, rgba, i * side * side);
      }
      return { reply: { size: side, rgba }, transfer: [rgba.buffer] };
    },
    'picture.about': ({ index }) => ({ name: nameOf(picturesOf(), index) }),
    'picture.remove'({ indices }) {
      const pictures = freePictures();
      takeOut(pictures, indices);
      return changed(pictures);
    },
    async 'picture.original'({ index }) {
      const pictures = picturesOf();
      const origin = pictures.origins[index];
      const bitmap = await showOriginal(pictures, origin);
      const reply = { bitmap, name: nameOf(pictures, index), frame: pictures.frames.get(origin) ?? null };
      return { reply, transfer: [bitmap] };
    },
    async 'picture.frame'({ index, frame }) {
      const pictures = freePictures();
      await setFrame(pictures, index, frame);
      return changed(pictures);
    },
    async 'picture.undo'() {
      const pictures = freePictures();
      await undo(pictures);
      return changed(pictures);
    },
  };
}
