/**
 * A worker that trains, so that the page stays free: start it, post it one message, and listen.
 *
 *   const worker = new Worker('ssdgan/browser/worker.js', { type: 'module' });   // a plain page
 *   worker.postMessage({ type: 'train', pictures: fileInput.files, wishes: { minutes: 15 } });
 *   worker.onmessage = ({ data }) => {
 *     if (data.event === 'finished') save(data.model); // bytes of model.safetensors
 *   };
 *
 * Messages to it:
 *
 *   {type: 'train', pictures, doodles, recipe, settings, wishes, seeds}
 *                    pictures: files (Blob) of PNG, JPEG, ...; without any, `doodles` drawn faces (500). recipe, settings and
 *                    wishes are those of TrainingRun.create; seeds: of the faces that it sends while it trains (16)
 *   {type: 'stop'}   ends the training after the present step: `finished` comes as at the end
 *
 * Messages from it are the run's events (TrainingRun.events). Besides:
 *
 *   {event: 'pictures', count, refused: [{name, reason}]}   what was read
 *   {event: 'samples', step, seeds, size, rgba}             the faces as bytes, one after the other
 *   {event: 'finished', reason, step, model, best}          model and best model as bytes; best: null where none was kept
 *   {event: 'error', code, message}                         nothing was trained
 *
 * @module ssdgan/worker
 */
import { createEngine, MemoryStore, SsdganError, TrainingRun } from './index.js';
import { inChunks } from '../engine/dataset.js';
import { nextTurn } from '../run/next-turn.js';
import { BEST, MODEL } from '../run/store.js';

/** @typedef {{pictures?: Iterable<File>, doodles?: number, recipe?: string, settings?: Record<string, any>,
 *   wishes?: import('../run/plan.js').Wishes, seeds?: number[]}} Task */

/** @type {TrainingRun | null} */
let run = null;

/** @param {Record<string, unknown>} message */
const send = (message) => globalThis.postMessage(message);

/** @param {import('../engine/dataset.js').Dataset} dataset @param {File[]} files */
async function addPictures(dataset, files) {
  /** @type {{name: string, reason: string}[]} */
  const refused = [];
  for (const chunk of inChunks(files, ({ size }) => size)) {
    const bytes = await Promise.all(chunk.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    dataset
      .addFiles(bytes)
      .forEach((error, i) => error && refused.push({ name: chunk[i].name, reason: error.message }));
  }
  send({ event: 'pictures', count: dataset.count, refused });
}

/** @param {Task} task */
async function train({ pictures = [], doodles = 500, seeds = Array.from({ length: 16 }, (_, i) => i), ...options }) {
  const { recipe, settings, wishes } = options;
  const engine = await createEngine();
  const store = new MemoryStore();
  run = TrainingRun.create(engine, store, { recipe, settings, wishes });
  const { trainer } = run;
  try {
    const { image_size, crop, filter } = trainer.config();
    const dataset = engine.createDataset(/** @type {any} */ ({ size: Number(image_size), crop, filter }));
    const files = [...pictures];
    if (files.length) await addPictures(dataset, files);
    else dataset.addDoodles(0, 0, doodles);
    await run.begin(dataset);
    for await (const event of run.events(nextTurn)) {
      if (event.event === 'finished') {
        const [model, best] = [await store.read(MODEL), await store.read(BEST)];
        send({ ...event, error: /** @type {any} */ (run.error)?.message, model, best });
      } else if (event.event === 'samples') {
        const { generator } = run.trainer;
        send({ ...event, seeds, size: generator.imageSize, rgba: generator.generateRgba(seeds) });
      } else send(event);
    }
  } finally {
    run.dispose();
    engine.dispose();
    run = null;
  }
}

/** The training of this worker. @type {Promise<void> | null} */
let running = null;

/** @param {Task} task */
async function start(task) {
  try {
    if (running)
      throw new SsdganError('bad_state', 'this worker trains already: stop it first, or start another worker');
    running = train(task);
    await running.finally(() => (running = null));
  } catch (error) {
    const { code = 'unknown', message } = /** @type {SsdganError} */ (error);
    send({ event: 'error', code, message });
  }
}

globalThis.addEventListener('message', ({ data }) => {
  if (data?.type === 'train') start(data);
  if (data?.type === 'stop') run?.stop();
});
