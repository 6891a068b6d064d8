/** Features by a network given as ONNX, through onnxruntime-node: an optional dependency, asked for only here. */
import { Features } from '../engine/features.js';
import { cleanResize } from '../engine/resize.js';
import { readFile } from './files.js';
import { CliError } from './usage.js';

/** @typedef {import('../engine/dataset.js').Dataset} Dataset */

const BATCH = 16;

/** Any one of the runtime's two packages: the second is WebAssembly and runs everywhere. @returns {Promise<any>} */
async function runtime() {
  for (const name of ['onnxruntime-node', 'onnxruntime-web']) {
    try {
      const module = await import(name);
      return module.InferenceSession ? module : module.default;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  throw new CliError(
    '--features needs the ONNX runtime, which is not installed. Install it with: npm install onnxruntime-node',
  );
}

/**
 * The network must take one input, N x 3 x size x size, and give N x features (further dimensions are flattened).
 * @param {import('../engine/engine.js').Engine} engine
 * @param {Record<string, any>} values the options features, features-size, features-resize, features-range
 * @returns {Promise<(pictures: Dataset) => Promise<Features>>}
 */
export async function onnxFeatures(engine, values) {
  const { features: file, 'features-size': size = 299, 'features-resize': resize = 'clean', 'features-range': range = '255' } = values; // prettier-ignore
  const bytes = readFile(file);
  const { InferenceSession, Tensor } = await runtime();
  let session;
  try {
    session = await InferenceSession.create(bytes);
  } catch (error) {
    throw new CliError(`${file} cannot be run as an ONNX network: ${/** @type {Error} */ (error).message}`);
  }
  const scale = { 255: [1, 0], 1: [1 / 255, 0], '-1': [1 / 127.5, -1] }[/** @type {'255' | '1' | '-1'} */ (range)];

  return async (pictures) => {
    if (resize === 'none' && pictures.size !== size) {
      throw new CliError(
        `--features-resize none, but the pictures have ${pictures.size} pixels and --features-size is ${size}.`,
      );
    }
    /** @type {Float32Array[]} */
    const parts = [];
    let width = 0;
    for (let done = 0; done < pictures.count; done += BATCH) {
      const count = Math.min(BATCH, pictures.count - done);
      const input = new Float32Array(count * 3 * size * size);
      for (let i = 0; i < count; i++) {
        const picture = cleanResize(pictures.picture(done + i), pictures.size, size);
        input.set(
          picture.map((x) => x * scale[0] + scale[1]),
          i * 3 * size * size,
        );
      }
      const result = await session.run({
        [session.inputNames[0]]: new Tensor('float32', input, [count, 3, size, size]),
      });
      const { data } = result[session.outputNames[0]];
      if (!(data instanceof Float32Array) || data.length % count)
        throw new CliError(
          `${file} gives ${data.length} numbers for ${count} pictures; it must give as many for each.`,
        );
      width = data.length / count;
      parts.push(Float32Array.from(data));
    }
    const rows = new Float32Array(pictures.count * width);
    parts.forEach((part, i) => rows.set(part, i * BATCH * width));
    return Features.fromRows(engine.heap, rows, width);
  };
}
