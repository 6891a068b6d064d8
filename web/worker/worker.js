/** The worker: a small server with a table of handlers (protocol.js has the messages). */
import { createEngine, SsdganError } from '../../wasm/engine/engine.js';
import { epochsOf, RECIPES } from '../../wasm/run/recipes.js';
import { encodeGif, loadGifEncoder } from '../../wasm/engine/gif.js';
import { loadZipLibrary } from '../../wasm/engine/zip.js';
import { rgbaFromRgb } from '../../wasm/engine/pixels.js';
import { readMetadata } from '../../wasm/engine/safetensors.js';
import { fetchLater, later } from '../later.js';
import { findEngine } from './engine-files.js';
import { faceHandlers } from './face-handlers.js';
import { addFiles } from './intake.js';
import { Evaluation } from './evaluation.js';
import { LatentWalk } from './latent-walk.js';
import { nextTurn } from './next-turn.js';
import { TrainHandlers } from './training.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */

later(loadZipLibrary);
later(loadGifEncoder);

/** @type {Engine} */
let engine;
/** @type {import('../../wasm/engine/engine.js').Dataset | null} */
let dataset = null;
/** @type {import('../../wasm/engine/engine.js').Generator | null} */
let model = null;
/** @type {{bytes: Uint8Array, generator: import('../../wasm/engine/engine.js').Generator} | null} */
let starter = null;
/** @type {Evaluation | null} */
let evaluation = null;

/** @param {Record<string, unknown>} message @param {Transferable[]} transfer */
const send = (message, transfer = []) => self.postMessage(message, { transfer });

/** @param {string} code @param {string} message */
const refuse = (code, message) => {
  throw new SsdganError(code, message);
};

const training = new TrainHandlers({
  engineOf: () => engine,
  datasetOf: () => dataset ?? refuse('bad_state', 'there are no pictures yet'),
  starterOf: () => starter?.bytes ?? refuse('bad_state', 'there is no starter model'),
  send,
  nextTurn,
});

/** @param {string} source @returns {import('../../wasm/engine/engine.js').Generator} */
function generatorOf(source) {
  const generator = { model, starter: starter?.generator, run: training.run()?.trainer.generator }[source];
  return generator ?? refuse('bad_state', 'there is no model yet: train one or load one');
}

/** @param {Record<string, any>} reply @param {Uint8Array | Uint8ClampedArray} bytes */
const withBytes = (reply, bytes) => ({ reply, transfer: [bytes.buffer] });

/** What each recipe makes of the pictures that are there. */
function tellEpochs() {
  const count = dataset?.count ?? 0;
  const trainedOn = count > 1 ? count - engine.heldOut(count) : Infinity;
  const epochs = Object.entries(RECIPES).map(([name, recipe]) => [name, epochsOf(recipe, trainedOn)]);
  send({ event: 'epochs', epochs: Object.fromEntries(epochs) });
}

/** @type {Record<string, (request: any) => any>} */
const handlers = {
  async hello({ base, variant, threads }) {
    engine = await createEngine({ variant, threads, moduleUrl: findEngine(base) });
    const { variant: build, threads: count, notes, describe } = engine;
    const recipes = Object.entries(RECIPES).map(([name, { about, settings, comparison = false }]) => ({
      name,
      about,
      settings,
      comparison,
    }));
    tellEpochs();
    return { variant: build, threads: count, notes, describe, recipes };
  },

  'pictures.reset'({ size, crop, filter }) {
    if (training.run()) refuse('bad_state', 'the pictures are in use by the training; start over first');
    dataset?.dispose();
    dataset = engine.createDataset({ size, crop, filter });
    return { count: 0 };
  },
  async 'pictures.add'({ files }) {
    const pictures = dataset ?? refuse('bad_state', 'there are no pictures yet');
    const { added, refused } = await addFiles(pictures, files, (done, total) => send({ event: 'intake', done, total }));
    tellEpochs();
    return { count: pictures.count, added, refused };
  },
  'pictures.doodles'({ seed, count }) {
    const pictures = dataset ?? refuse('bad_state', 'there are no pictures yet');
    pictures.addDoodles(seed, 0, count);
    tellEpochs();
    return { count: pictures.count };
  },
  'pictures.remove'({ index }) {
    const pictures = dataset ?? refuse('bad_state', 'there are no pictures yet');
    if (training.run()) refuse('bad_state', 'the pictures are in use by the training; start over first');
    pictures.remove(index);
    tellEpochs();
    return { count: pictures.count };
  },
  'pictures.thumbnails'({ first, count }) {
    const pictures = dataset ?? refuse('bad_state', 'there are no pictures yet');
    const size = pictures.size;
    const number = Math.max(0, Math.min(count, pictures.count - first));
    const rgba = new Uint8ClampedArray(number * size * size * 4);
    for (let i = 0; i < number; i++) rgbaFromRgb(pictures.picture(first + i), rgba, i * size * size);
    return withBytes({ size, rgba }, rgba);
  },

  ...training.handlers,

  'starter.load'({ bytes }) {
    const generator = engine.loadGenerator(bytes);
    starter?.generator.dispose();
    starter = { bytes, generator };
    return { metadata: readMetadata(bytes) };
  },
  'starter.faces'({ time, count }) {
    const { generator } = starter ?? refuse('bad_state', 'there is no starter model');
    const { seeds, rgba } = new LatentWalk(generator, count).at(time);
    return withBytes({ size: generator.imageSize, seeds, rgba }, rgba);
  },
  'model.load'({ bytes }) {
    const loaded = engine.loadGenerator(bytes);
    model?.dispose();
    model = loaded;
    const { imageSize: size, latentSize, hasMapping, parameterCount: parameters } = loaded;
    return { size, latentSize, hasMapping, parameters };
  },
  ...faceHandlers(() => engine, generatorOf, send),
  evaluate({ source }) {
    const pictures = dataset ?? refuse('bad_state', 'there are no pictures yet');
    const generator = generatorOf(source);
    if (generator.imageSize !== pictures.size) {
      const [made, here] = [generator.imageSize, pictures.size];
      refuse(
        'bad_state',
        `the model makes samples of ${made} × ${made} pixels, but your pictures are read at ${here} × ${here}: set Size to ${made}`,
      );
    }
    if (pictures.count < 20)
      refuse('bad_state', `there are ${pictures.count} pictures; an evaluation needs at least 20`);
    const heldOut = training.run()?.trainer.stats().val_count ?? engine.heldOut(pictures.count);
    evaluation ??= new Evaluation(engine);
    const result = evaluation.evaluate(pictures, heldOut, generator);
    return withBytes(result, result.rgba);
  },
  async gif({ rgba, size, delay, scale }) {
    const bytes = await encodeGif(rgba, size, delay, scale);
    return withBytes({ bytes }, bytes);
  },
  async 'fetch.later'() {
    await fetchLater();
    return {};
  },
  crash() {
    setTimeout(() => {
      throw new Error('crash, as asked for');
    });
    return {};
  },
};

/** A sentence of the core with its names of settings, which are in backticks, as the page's labels. @param {string} message */
const withLabels = (message) =>
  message.replace(
    /`(\w+)`/g,
    (all, name) => engine?.describe.config.find((field) => field.name === name)?.label ?? all,
  );

self.onmessage = async ({ data }) => {
  const { id, type, ...rest } = /** @type {import('../protocol.js').Request} */ (data);
  try {
    const handler = handlers[type];
    if (!handler) refuse('bad_request', `there is no request ${type}`);
    const result = await handler(rest);
    const { reply, transfer } = result?.transfer ? result : { reply: result, transfer: [] };
    send({ id, ok: true, ...reply }, transfer);
  } catch (error) {
    const { code = 'unknown', message = String(error), stack } = /** @type {any} */ (error);
    send({ id, ok: false, error: { code: String(code), op: type, message: withLabels(message), detail: stack } });
  }
};
