/** A generator in an ONNX file, run by ONNX Runtime, an optional dependency: to score what other programs will compute. */
import { latentsOf } from '../engine/generator.js';
import { readFile } from './files.js';
import { CliError } from './usage.js';

/** The native one is faster; the other runs wherever Node does. */
const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'];
const BATCH = 16;

/** @returns {Promise<any>} */
async function runtime() {
  for (const name of RUNTIMES) {
    try {
      const ort = await import(name);
      ort.env.logLevel = 'error';
      if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1; // Node has not the workers that it starts
      return ort;
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  throw new CliError('Scores of an ONNX file need ONNX Runtime. Install it: npm install onnxruntime-web');
}

export class OnnxGenerator {
  /** @param {string} file @param {import('../engine/engine.js').Engine} engine */
  static async load(file, engine) {
    const bytes = readFile(file);
    const ort = await runtime();
    let session;
    try {
      session = await ort.InferenceSession.create(bytes);
    } catch (error) {
      throw new CliError(
        `${file} cannot be read as ONNX: ${String(/** @type {any} */ (error)?.message).split('\n')[0]}`,
      );
    }
    const [input, ...others] = session.inputMetadata;
    const [, latentSize] = input.shape ?? [];
    if (others.length || input.type !== 'float32' || input.shape.length !== 2 || typeof latentSize !== 'number')
      throw new CliError(`The input of ${file} must be N latents of one length, as float32.`);
    if (input.name === 'w')
      throw new CliError(`${file} begins with w, which has no seeds: export it with --input z to score it.`);
    const generator = new OnnxGenerator(engine, ort, session, file, latentSize);
    const { dims } = await generator.images([0]);
    if (dims.length !== 4 || dims[1] !== 3 || dims[2] !== dims[3])
      throw new CliError(
        `${file} makes ${dims.slice(1).join(' x ')}, but square pictures of three colours are needed.`,
      );
    generator.imageSize = dims[2];
    return generator;
  }

  /** @param {import('../engine/engine.js').Engine} engine @param {any} ort @param {any} session @param {string} file @param {number} latentSize */
  constructor(engine, ort, session, file, latentSize) {
    this.engine = engine;
    this.ort = ort;
    this.session = session;
    this.file = file;
    this.latentSize = latentSize;
    this.imageSize = 0;
  }

  /** @param {number[]} seeds @returns {Promise<{type: string, dims: number[], data: any}>} N x 3 x S x S */
  async images(seeds) {
    const z = latentsOf(this.engine.heap, seeds, this.latentSize);
    const [input] = this.session.inputNames;
    const [output] = this.session.outputNames;
    const result = await this.session.run({
      [input]: new this.ort.Tensor('float32', z, [seeds.length, this.latentSize]),
    });
    return result[output];
  }

  /** @param {number[]} seeds @returns {Promise<Uint8ClampedArray>} N x S x S x 4 */
  async rgba(seeds) {
    const { type, data } = await this.images(seeds);
    if (type === 'float32') return this.engine.toRgba(data, this.imageSize);
    if (type !== 'uint8')
      throw new CliError(`${this.file} makes pictures of type ${type}, but must make float32 or uint8.`);
    const pixels = this.imageSize ** 2;
    const rgba = new Uint8ClampedArray(seeds.length * pixels * 4).fill(255);
    for (let n = 0; n < seeds.length; n++)
      for (let c = 0; c < 3; c++)
        for (let p = 0; p < pixels; p++) rgba[4 * (n * pixels + p) + c] = data[(3 * n + c) * pixels + p];
    return rgba;
  }

  /** As Evaluator.samples. @param {{n: number, seed: number}} options @returns {Promise<import('../engine/dataset.js').Dataset>} */
  async samples({ n, seed }) {
    const size = this.imageSize;
    const dataset = this.engine.createDataset({ size });
    for (let done = 0; done < n; done += BATCH) {
      const seeds = Array.from({ length: Math.min(BATCH, n - done) }, (_, i) => seed + done + i);
      const rgba = await this.rgba(seeds);
      const bytes = size * size * 4;
      seeds.forEach((_, i) => dataset.addRgba(rgba.subarray(i * bytes, (i + 1) * bytes), size, size));
    }
    return dataset;
  }
}
