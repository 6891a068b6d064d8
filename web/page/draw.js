/** Pictures on canvases. */
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

/**
 * Draws pictures as a grid, one picture pixel a canvas pixel; the page's style scales it.
 * @param {HTMLCanvasElement} target
 * @param {Uint8ClampedArray} rgba N x size x size x 4
 * @param {number} size
 * @param {number} columns
 * @param {number} gap pixels between
 */
export function drawGrid(target, rgba, size, columns, gap = 2) {
  const bytes = size * size * 4;
  const count = rgba.length / bytes;
  const rows = Math.ceil(count / columns);
  target.width = columns * size + (columns - 1) * gap;
  target.height = Math.max(1, rows * size + (rows - 1) * gap);
  const context = target.getContext('2d');
  for (let i = 0; context && i < count; i++) {
    const image = new ImageData(new Uint8ClampedArray(rgba.subarray(i * bytes, (i + 1) * bytes)), size, size);
    context.putImageData(image, (i % columns) * (size + gap), Math.floor(i / columns) * (size + gap));
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

/** @param {HTMLCanvasElement} source @param {string} name */
export function downloadCanvas(source, name) {
  source.toBlob((blob) => blob && download(blob, name), 'image/png');
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
