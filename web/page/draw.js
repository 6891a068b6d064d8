/** What the panels share: the page's elements, pictures on canvases, downloads, lengths of time and errors in words. */
import { translated, withUnit } from './words.js';

/**
 * @template {Element} T
 * @param {string} id
 * @param {new (...args: any[]) => T} kind
 * @returns {T} the page's element of that id
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page lacks #${id}`);
  return found;
}

/** @param {string} id */
export const button = (id) => element(id, HTMLButtonElement);
/** @param {string} id */
export const canvas = (id) => element(id, HTMLCanvasElement);
/** @param {string} id */
export const byId = (id) => element(id, HTMLElement);

/** @typedef {{size: number, rgba: Uint8ClampedArray}} Picture size x size x 4 values */

/**
 * Takes one of several pictures that lie one after the other.
 * @param {Picture} pictures @param {number} index @returns {{size: number, rgba: Uint8ClampedArray<ArrayBuffer>}} a copy
 */
export function pictureOf({ size, rgba }, index) {
  const bytes = size * size * 4;
  return { size, rgba: new Uint8ClampedArray(rgba.subarray(index * bytes, (index + 1) * bytes)) };
}

/** @param {Picture} pictures @param {number} index of one of them @returns {ImageData} */
function imageOf(pictures, index) {
  const { size, rgba } = pictureOf(pictures, index);
  return new ImageData(rgba, size, size);
}

/**
 * Draws one picture, one picture pixel a canvas pixel.
 * @param {Picture} pictures one after the other @param {number} index of the one that is drawn
 * @param {HTMLCanvasElement} target @returns {HTMLCanvasElement} the target
 */
export function drawPicture(pictures, index = 0, target = document.createElement('canvas')) {
  const { size } = pictures;
  if (target.width !== size || target.height !== size) target.width = target.height = size; // it would be cleared
  target.getContext('2d')?.putImageData(imageOf(pictures, index), 0, 0);
  return target;
}

/**
 * Draws pictures as a grid, one picture pixel a canvas pixel; the page's style scales it.
 * @param {HTMLCanvasElement} target
 * @param {Uint8ClampedArray} rgba N x size x size x 4
 * @param {number} size
 * @param {number} columns
 * @param {number} gap pixels between
 */
export function drawGrid(target, rgba, size, columns, gap = 2) {
  const count = rgba.length / (size * size * 4);
  const rows = Math.ceil(count / columns);
  target.width = columns * size + (columns - 1) * gap;
  target.height = Math.max(1, rows * size + (rows - 1) * gap);
  const context = target.getContext('2d');
  for (let i = 0; context && i < count; i++) {
    context.putImageData(
      imageOf({ size, rgba }, i),
      (i % columns) * (size + gap),
      Math.floor(i / columns) * (size + gap),
    );
  }
}

/**
 * Which picture of a grid lies under the pointer, or -1.
 * @param {HTMLCanvasElement} target
 * @param {MouseEvent} event
 * @param {number} size
 * @param {number} columns
 * @param {number} count
 * @param {number} gap
 */
export function pictureAt(target, event, size, columns, count, gap = 2) {
  const box = target.getBoundingClientRect();
  const x = Math.floor((((event.clientX - box.left) / box.width) * target.width) / (size + gap));
  const y = Math.floor((((event.clientY - box.top) / box.height) * target.height) / (size + gap));
  const index = y * columns + x;
  return x >= 0 && x < columns && y >= 0 && index < count ? index : -1;
}

/** @param {Blob | Uint8Array} data @param {string} name offers a file for download */
export function download(data, name) {
  const blob = data instanceof Blob ? data : new Blob([/** @type {any} */ (data)]);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {number} seconds @returns {string} */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (whole < 60) return withUnit(whole, 'second');
  if (minutes < 60) return `${withUnit(minutes, 'minute')} ${withUnit(whole % 60, 'second')}`;
  return `${withUnit(Math.floor(minutes / 60), 'hour')} ${withUnit(minutes % 60, 'minute')}`;
}

/** @param {unknown} error @returns {string} a sentence */
export function sentence(error) {
  const text = translated(error instanceof Error ? error.message : String(error));
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
