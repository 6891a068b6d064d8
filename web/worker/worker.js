/** The worker: a small server with a table of handlers (protocol.js has the messages). */
import { createEngine, SsdganError } from '../../wasm/engine/engine.js';
import { epochsOf, RECIPES } from '../../wasm/run/recipes.js';
import { MemoryStore } from '../../wasm/run/store.js';
import { encodeGif, loadGifEncoder } from '../../wasm/engine/gif.js';
import { loadZipLibrary, writeZip } from '../../wasm/engine/zip.js';
import { readMetadata } from '../../wasm/engine/safetensors.js';
import { fetchLater, later } from '../later.js';
import { ALIVE_MS } from '../protocol.js';
import { findEngine } from './engine-files.js';
import { Collection } from './collection.js';
import { LatentWalk } from './latent-walk.js';
import { nextTurn } from '../../wasm/run/next-turn.js';
import { projectHandlers, Projects } from './projects.js';
import { notSaved } from './not-saved.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */

later(loadZipLibrary);
later(loadGifEncoder);
const loadEvaluation = later(() => import('./evaluation.js'));
const loadOnnx = later(() => import('./onnx.js'));

/** @type {Engine} */
let engine;
/** @type {Collection | null} */
let collection = null;
const projects = new Projects();
/** @type {{bytes: Uint8Array, generator: import('../../wasm/engine/engine.js').Generator} | null} */
let model = null;
/** Another one, beside it. @type {import('../../wasm/engine/engine.js').Generator | null} */
let second = null;
/** @type {{bytes: Uint8Array, generator: import('../../wasm/engine/engine.js').Generator} | null} */
let starter = null;
/** @type {import('./evaluation.js').Evaluation | null} */
let evaluation = null;
/** @type {import('./training.js').TrainHandlers | null} null: nothing has been trained yet */
let training = null;

/** @param {Record<string, unknown>} message @param {Transferable[]} transfer */
const send = (message, transfer = []) => self.postMessage(message, { transfer });

/** @param {string} code @param {string} message */
const refuse = (code, message) => {
  throw new SsdganError(code, message);
};

/** @returns {Collection} */
const picturesOf = () => collection ?? refuse('bad_state', 'there are no pictures yet');

/** The pictures, to be changed. @returns {Collection} */
function freePictures() {
  if (training?.run()) refuse('bad_state', 'the pictures are in use by the training; start over first');
  if (projects.open?.isReadOnly) refuse('bad_state', 'another tab has this project open; change it there');
  collection ??= new Collection(engine, { size: 64, crop: 'centre', filter: 'triangle' });
  return collection;
}

/** @param {number} done @param {number} total */
const tellIntake = (done, total) => send({ event: 'intake', done, total });

function picturesReply() {
  tellEpochs();
  const { count, doodles, refused, reading, isReadable, photos, changes } = picturesOf();
  return {
    count,
    doodles,
    refused,
    reading,
    isReadable,
    isExchanged: photos !== null,
    changes: changes.length,
    project: projects.open?.id ?? null,
  };
}

/** Pictures have changed. @param {Collection} pictures */
async function keepChange(pictures) {
  await kept(async () => projects.open?.changed(pictures));
  return picturesReply();
}

/** A project's first name: that of what was dropped. @param {File[]} files */
function projectName([file]) {
  const name = (file.webkitRelativePath || file.name).split('/')[0];
  return name.replace(/\.\w{1,5}$/, '') || projects.names.pictures;
}

/** Closes the open project. Everything in it is kept. */
async function leaveProject() {
  await training?.handlers['train.drop']({});
  if (collection) await kept(async () => projects.open?.keep(picturesOf()));
  projects.leave();
}

/** Storing may fail, the pictures are here all the same: that is told, and work goes on. @param {() => Promise<unknown>} store */
async function kept(store) {
  try {
    await store();
  } catch (error) {
    send(notSaved('pictures', error));
  }
}

/** @param {string} source @returns {import('../../wasm/engine/engine.js').Generator} */
function generatorOf(source) {
  const run = training?.run()?.trainer.generator;
  const generator = { model: model?.generator, second, starter: starter?.generator, run }[source];
  return generator ?? refuse('bad_state', 'there is no model yet: train one or load one');
}

/** @param {Record<string, any>} reply @param {Uint8Array | Uint8ClampedArray} bytes */
const withBytes = (reply, bytes) => ({ reply, transfer: [bytes.buffer] });

/** What each recipe makes of the pictures that are there. */
function tellEpochs() {
  const count = collection?.count ?? 0;
  const trainedOn = count > 1 ? count - engine.heldOut(count) : Infinity;
  const epochs = Object.entries(RECIPES).map(([name, recipe]) => [name, epochsOf(recipe, trainedOn)]);
  send({ event: 'epochs', epochs: Object.fromEntries(epochs) });
}

/** A training may have made a project. @param {Record<string, any>} reply */
const withProject = (reply) => ({ ...reply, project: projects.open?.id ?? null });

/** @type {Record<string, (request: any) => any>} */
const handlers = {
  async hello({ base, variant, threads, names, home }) {
    projects.names = names;
    await projects.begin(home);
    const beat = setInterval(() => send({ event: 'alive' }), ALIVE_MS);
    send({ event: 'alive' });
    engine = await createEngine({ variant, threads, moduleUrl: findEngine(base) }).finally(() => clearInterval(beat));
    const { variant: build, threads: count, notes, describe } = engine;
    const recipes = Object.entries(RECIPES).map(([name, { about, settings, comparison = false }]) => ({
      name,
      about,
      settings,
      comparison,
    }));
    tellEpochs();
    return { variant: build, threads: count, notes, describe, recipes, home: projects.place.kind };
  },

  async 'pictures.begin'(reading) {
    await leaveProject();
    collection?.dispose();
    collection = new Collection(engine, reading);
    return picturesReply();
  },
  async 'pictures.add'({ files }) {
    const pictures = freePictures();
    const wasDoodles = pictures.doodles > 0;
    await kept(async () => projects.open?.keep(pictures));
    const added = await pictures.add(files, tellIntake);
    if (added && wasDoodles) projects.leave(); // the doodles' project stays as it is
    if (added) await kept(async () => (await projects.ensure(projectName(files))).changed(pictures));
    return picturesReply();
  },
  async 'pictures.doodles'({ count }) {
    const pictures = freePictures();
    if (!pictures.doodles) await leaveProject();
    pictures.takeDoodles(count);
    return keepChange(pictures);
  },
  async 'pictures.read'(reading) {
    const pictures = freePictures();
    await pictures.readAgain(reading, tellIntake);
    return keepChange(pictures);
  },
  ...projectHandlers(projects, {
    leave: leaveProject,
    async enter(project) {
      const restored = await project.restore(engine);
      collection?.dispose();
      collection = restored;
      return restored ? picturesReply() : { count: 0 };
    },
  }),

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
  'model.load'({ bytes, isSecond = false }) {
    const generator = engine.loadGenerator(bytes);
    (isSecond ? second : model?.generator)?.dispose();
    if (isSecond) second = generator;
    else model = { bytes, generator };
    const { imageSize: size, latentSize, parameterCount: parameters } = generator;
    return { size, latentSize, parameters };
  },
  async evaluate({ source }) {
    const { Evaluation } = await loadEvaluation();
    const pictures = picturesOf().dataset;
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
    const heldOut = training?.run()?.trainer.stats().val_count ?? engine.heldOut(pictures.count);
    evaluation ??= new Evaluation(engine);
    const result = evaluation.evaluate(pictures, heldOut, generator);
    return withBytes(result, result.rgba);
  },
  async gif({ rgba, size, delay, scale }) {
    const bytes = await encodeGif(rgba, size, delay, scale);
    return withBytes({ bytes }, bytes);
  },
  async onnx({ source, ...options }) {
    const saved = source === 'run' && (await training?.handlers.save({ checkpoint: false }));
    const { bytes } = saved || (source === 'model' ? model : starter) || refuse('bad_state', 'there is no model yet: train one or load one'); // prettier-ignore
    const onnx = (await loadOnnx()).onnxFrom(bytes, options);
    return withBytes({ bytes: onnx }, onnx);
  },
  zip: async ({ entries }) => ({ blob: await writeZip(entries) }),
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

/** The open project's store, with the pictures kept in it. @returns {Promise<import('../../wasm/run/store.js').Store>} */
async function storeOfTraining() {
  if (projects.open?.isReadOnly) refuse('bad_state', 'another tab has this project open, and only one can train it');
  await kept(async () => {
    const project = await projects.ensure(projects.names.doodles);
    const { photos } = picturesOf();
    project.isDirty ||= project.isNew || photos !== null;
    picturesOf().photos = null; // their faces stay in their place
    await project.keep(picturesOf());
  });
  return projects.open?.store ?? new MemoryStore();
}

/** Handlers that are not needed until there are pictures: what their requests begin with, and what loads them. @type {[RegExp, () => Promise<Record<string, (request: any) => any>>][]} */
const laterHandlers = [
  [
    /^(train\.|save$)/,
    later(async () => {
      const { TrainHandlers } = await import('./training.js');
      training = new TrainHandlers({
        engineOf: () => engine,
        datasetOf: () => picturesOf().dataset,
        starterOf: () => starter?.bytes ?? refuse('bad_state', 'there is no starter model'),
        storeOf: storeOfTraining,
        send,
        nextTurn,
      });
      const { handlers } = training;
      return {
        ...handlers,
        'train.create': async (request) => withProject(await handlers['train.create'](request)),
        'train.load': async (request) => withProject(await handlers['train.load'](request)),
      };
    }),
  ],
  [
    /^(generate|interpolate|mix|project|project\.cancel)$/,
    later(async () => (await import('./face-handlers.js')).faceHandlers(() => engine, generatorOf, send)),
  ],
  [/^film/, later(async () => (await import('./film.js')).filmHandlers(() => projects.open?.store ?? null))],
  [
    /^picture\./,
    later(async () => (await import('./pictures/handlers.js')).pictureHandlers(picturesOf, freePictures, keepChange)),
  ],
  [
    /^report\./,
    later(async () => (await import('./report/handlers.js')).reportHandlers(picturesOf, () => !!training?.run(), send)),
  ],
  [
    /^faces\./,
    later(async () => (await import('./faces/handlers.js')).facesHandlers(freePictures, keepChange, send, tellIntake)),
  ],
];

/** @param {string} type */
async function handlerOf(type) {
  if (handlers[type]) return handlers[type];
  const [, load] = laterHandlers.find(([begin]) => begin.test(type)) ?? [];
  return (await load?.())?.[type] ?? refuse('bad_request', `there is no request ${type}`);
}

self.onmessage = async ({ data }) => {
  const { id, type, ...rest } = /** @type {import('../protocol.js').Request} */ (data);
  try {
    const handler = await handlerOf(type);
    const result = await handler(rest);
    const { reply, transfer } = result?.transfer ? result : { reply: result, transfer: [] };
    send({ id, ok: true, ...reply }, transfer);
  } catch (error) {
    const { code = 'unknown', message = String(error), stack } = /** @type {any} */ (error);
    send({ id, ok: false, error: { code: String(code), op: type, message, detail: stack } });
  }
};
