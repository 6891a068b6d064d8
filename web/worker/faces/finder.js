/**
 * A worker that finds the faces of photos, one at a time. Several of them work side by side; ending one cancels it. Its first
 * message brings a port, through which the engine's worker gives it photos.
 */
import { LEAST_SCORE, findFaces, isFacePicture } from './find.js';
import { loadDetector } from './load-detector.js';
import { pixelsOf } from './window.js';

/** Sides of what is shown, and the most that a training uses. */
export const THUMBNAIL = 96;
const LARGEST = 256;

/** @typedef {{window: import('./window.js').Window, fault: import('./find.js').Fault, share: number, png: Blob | null, thumbnail: Uint8ClampedArray}} FoundFace share: side of the window by the photo's shorter side; png: null where the photo stays as it is */

let detector = loadDetector(LEAST_SCORE);

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  return { canvas, context };
}

/** @param {Blob} photo @returns {Promise<ImageData>} upright, as its camera says */
async function pixelsOfPhoto(photo) {
  const bitmap = await createImageBitmap(photo, { imageOrientation: 'from-image' });
  const { width, height } = bitmap;
  const { context } = canvasOf(width, height);
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** @param {Uint8ClampedArray} rgba @param {number} size @returns {Promise<Blob>} */
function pngOf(rgba, size) {
  const { canvas, context } = canvasOf(size, size);
  context.putImageData(new ImageData(/** @type {any} */ (rgba), size, size), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** @param {Blob} photo @returns {Promise<FoundFace[]>} */
async function facesOf(photo) {
  const detect = await detector;
  const image = await pixelsOfPhoto(photo);
  const faces = findFaces(image, detect);
  const { width, height } = image;
  const shorter = Math.min(width, height);
  if (isFacePicture(image, faces)) {
    const whole = { x: width / 2, y: height / 2, side: shorter, angle: 0 };
    return [{ window: whole, share: 1, fault: '', png: null, thumbnail: pixelsOf(image, whole, THUMBNAIL, true) }];
  }
  return Promise.all(
    faces.map(async ({ window, fault }) => {
      const size = Math.min(LARGEST, Math.max(1, Math.round(window.side)));
      const png = await pngOf(pixelsOf(image, window, size, true), size);
      return { window, share: window.side / shorter, fault, png, thumbnail: pixelsOf(image, window, THUMBNAIL, true) };
    }),
  );
}

/** @param {Blob} photo @returns {Promise<[import('./search.js').Answer, Transferable[]]>} */
async function answer(photo) {
  try {
    await detector;
  } catch (error) {
    detector = loadDetector(LEAST_SCORE);
    detector.catch(() => {});
    return [{ missing: String(/** @type {any} */ (error)?.message ?? error) }, []];
  }
  try {
    const faces = await facesOf(photo);
    return [{ faces }, faces.map(({ thumbnail }) => thumbnail.buffer)];
  } catch (error) {
    return [{ unreadable: String(/** @type {any} */ (error)?.message ?? error) }, []];
  }
}

self.onmessage = ({ ports: [port] }) => {
  port.onmessage = async ({ data: photo }) => port.postMessage(...(await answer(photo)));
};
