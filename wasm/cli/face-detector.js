/**
 * The share of photographs in which a face is found: by the SSD detector of @vladmandic/face-api (MobileNet, trained on
 * photographs), a development dependency, asked for only here.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { cleanResize } from '../engine/resize.js';
import { shareError } from '../engine/statistics.js';
import { tensorFlow } from './tensor-flow.js';

/** @typedef {import('../engine/dataset.js').Dataset} Dataset */
/** found: share of the pictures; error: its standard error. @typedef {{found: number, error: number, count: number}} Found */

/** The picture fills half of the side: the detector wants room around a face. Without, it finds 6 of 16 real ones, with, all. */
const SIDE = 256;
const INNER = 128;
/** The lowest score of 90 held-out photographs at 64 pixels is 0.64, the fifth lowest 0.94; the highest of blurred ones is 0.11. */
const THRESHOLD = 0.8;
/** A picture takes 0.3 s of processor time, and of 500 the standard error is at most 0.022. */
export const MOST_FACES = 500;

const PACKAGE = '@vladmandic/face-api';

/** @returns {Promise<(pictures: Dataset, first?: number, count?: number) => Promise<Found>>} of the first MOST_FACES of them */
export async function faceDetector() {
  const { tf, modules } = await tensorFlow('--faces', [`${PACKAGE}/dist/face-api.node-wasm.js`]);
  const [api] = modules;
  const folder = path.dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  await api.nets.ssdMobilenetv1.loadFromDisk(path.join(folder, 'model'));
  const options = new api.SsdMobilenetv1Options({ minConfidence: THRESHOLD, maxResults: 1 });
  const margin = (SIDE - INNER) / 2;
  return async (pictures, first = 0, count = pictures.count - first) => {
    const looked = Math.min(count, MOST_FACES);
    let found = 0;
    for (let i = first; i < first + looked; i++) {
      const planes = cleanResize(pictures.picture(i), pictures.size, INNER);
      const image = tf.tidy(() => {
        const inner = tf.tensor3d(planes, [3, INNER, INNER]).transpose([1, 2, 0]);
        return tf.pad(inner, [[margin, margin], [margin, margin], [0, 0]], 128); // prettier-ignore
      });
      found += (await api.detectAllFaces(image, options)).length > 0 ? 1 : 0;
      image.dispose();
    }
    return { found: found / looked, error: shareError(found / looked, looked), count: looked };
  };
}
