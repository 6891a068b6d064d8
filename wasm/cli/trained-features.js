/**
 * Features by a trained network: MobileNetV2 or Inception v3 as the npm package nsfwjs carries them, run by TensorFlow.js in
 * WebAssembly on one thread. Both packages are development dependencies, asked for only here.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Features } from '../engine/features.js';
import { cleanResize } from '../engine/resize.js';
import { makeFolder, writeWhole } from './files.js';
import { contentOf, tensorFlow } from './tensor-flow.js';

/** @typedef {import('../engine/dataset.js').Dataset} Dataset */
/** @typedef {{name: string, of: (pictures: Dataset, options?: {keep?: boolean, count?: number}) => Promise<Features>}} TrainedFeatures */

/**
 * The networks, named by what they are: their distances are no FID, whose Inception has other weights. side: of the input in
 * pixels, RGB from 0 to 1; width: numbers a picture, the output of the last pooling layer.
 * @type {Record<string, {module: string, definition: string, side: number, width: number}>}
 */
export const NETWORKS = {
  'mobilenet-v2-nsfwjs': { module: 'mobilenet_v2', definition: 'MobileNetV2Model', side: 224, width: 1280 },
  'inception-v3-nsfwjs': { module: 'inception_v3', definition: 'InceptionV3Model', side: 299, width: 2048 },
};

const BATCH = 16;

/** The network, cut after its last pooling layer. @param {string} name @returns {Promise<(batch: Float32Array, count: number) => Promise<Float32Array>>} N x side x side x 3 to N x width */
async function load(name) {
  const { module, definition, side } = NETWORKS[name];
  const { tf, modules } = await tensorFlow('--features', [`nsfwjs/models/${module}`]);
  const { modelJson, weightBundles } = modules[0][definition];
  const json = contentOf(contentOf(await modelJson()));
  const parts = [];
  for (const bundle of weightBundles) parts.push(Buffer.from(contentOf(contentOf(await bundle())), 'base64'));
  const weightData = new Uint8Array(Buffer.concat(parts)).buffer;
  const weightSpecs = json.weightsManifest.flatMap((/** @type {any} */ group) => group.weights);
  const whole = await tf.loadLayersModel({
    load: async () => ({ modelTopology: json.modelTopology, weightSpecs, weightData }),
  });
  const pool = whole.layers.findLast((/** @type {any} */ layer) => /Pooling/.test(layer.getClassName()));
  const network = tf.model({ inputs: whole.inputs, outputs: pool.output });
  return async (batch, count) => {
    const result = tf.tidy(() => {
      const maps = network.predict(tf.tensor4d(batch, [count, side, side, 3]));
      return maps.rank === 4 ? maps.mean([1, 2]) : maps;
    });
    const rows = Float32Array.from(await result.data());
    result.dispose();
    return rows;
  };
}

/** @param {Dataset} pictures @param {number} i @param {number} side @param {Float32Array} batch side x side x 3 from 0 to 1, at `at` @param {number} at */
function putPicture(pictures, i, side, batch, at) {
  const planes = cleanResize(pictures.picture(i), pictures.size, side);
  const pixels = side * side;
  for (let c = 0; c < 3; c++) for (let p = 0; p < pixels; p++) batch[at + p * 3 + c] = planes[c * pixels + p] / 255;
}

/** Where features are kept: the user's cache folder. @returns {string} */
const cacheFolder = () =>
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'ssdgan', 'features');

/** By a hash of the pictures and the network. @param {Dataset} pictures @param {number} count @param {string} name */
function cacheFile(pictures, count, name) {
  const hash = createHash('sha256').update(`${name} 1 ${pictures.size} ${count}\n`);
  for (let i = 0; i < count; i++) hash.update(pictures.picture(i));
  return path.join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 32)}.f32`);
}

/** @param {string} file @param {number} length in numbers @returns {Float32Array | null} null: not there, or not whole */
function readRows(file, length) {
  try {
    const bytes = fs.readFileSync(file);
    return bytes.length === 4 * length ? new Float32Array(new Uint8Array(bytes).buffer) : null;
  } catch {
    return null;
  }
}

/** A cache that cannot be written costs time only. @param {string} file @param {Float32Array} rows */
function writeRows(file, rows) {
  try {
    makeFolder(path.dirname(file));
    const own = `${file}.${process.pid}`; // two processes may write the same one
    writeWhole(own, new Uint8Array(rows.buffer));
    fs.renameSync(own, file);
  } catch (error) {
    console.error(`The features could not be kept for the next time: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {import('../module/heap.js').WasmHeap} heap @param {string} name a name of NETWORKS
 * @returns {Promise<TrainedFeatures>} keep: in the cache folder, for pictures that come again (MobileNetV2 takes 0.06 s of
 *   processor time a picture, Inception v3 0.43); count: the first so many pictures
 */
export async function trainedFeatures(heap, name) {
  const { side, width } = NETWORKS[name];
  const network = await load(name);
  /** @param {Dataset} pictures @param {number} count */
  const rowsOf = async (pictures, count) => {
    const rows = new Float32Array(count * width);
    for (let done = 0; done < count; done += BATCH) {
      const now = Math.min(BATCH, count - done);
      const batch = new Float32Array(now * side * side * 3);
      for (let i = 0; i < now; i++) putPicture(pictures, done + i, side, batch, i * side * side * 3);
      rows.set(await network(batch, now), done * width);
    }
    return rows;
  };
  return {
    name,
    async of(pictures, { keep = false, count = pictures.count } = {}) {
      const file = keep ? cacheFile(pictures, count, name) : null;
      let rows = file && readRows(file, count * width);
      if (!rows) {
        rows = await rowsOf(pictures, count);
        if (file) writeRows(file, rows);
      }
      return Features.fromRows(heap, rows, width);
    },
  };
}
