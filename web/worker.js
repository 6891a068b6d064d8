/** The worker: serves the requests of protocol.js. */
import { IMMEDIATE, toFailure } from './protocol.js';
import { Session } from './worker/session.js';
import * as intake from './worker/intake.js';
import * as training from './worker/training.js';
import * as drawing from './worker/drawing.js';
import { encodeGif } from './worker/gif.js';

/** @typedef {(session: Session, body: any) => any} Handler */

/** @type {Record<string, Handler>} */
const HANDLERS = {
  start: (session, body) => session.start(body),
  'doodles.draw': drawing.doodles,
  'pictures.open': intake.open,
  'pictures.addFiles': intake.addFiles,
  'pictures.addDoodles': intake.addDoodles,
  'pictures.remove': intake.remove,
  'pictures.thumbs': drawing.thumbs,
  'pictures.cancel': intake.cancel,
  'train.create': training.create,
  'train.load': training.load,
  'train.attach': training.attach,
  'train.run': training.run,
  'train.goal': training.goal,
  'train.pause': training.pause,
  'train.discard': training.discard,
  'train.save': training.save,
  'model.load': drawing.loadModel,
  'model.close': drawing.closeModel,
  'model.pictures': drawing.pictures,
  'model.morph': drawing.morph,
  'export.gif': encodeGif,
};

/** @type {{postMessage: (message: any, transfer?: Transferable[]) => void, onmessage: any}} */
const scope = /** @type {any} */ (globalThis);

/** @param {any} result @returns {Transferable[]} the buffers that go over without a copy */
function buffersOf(result) {
  const found = new Set();
  for (const value of [result, result?.samples].flatMap((part) => Object.values(part ?? {}))) {
    if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  }
  return [...found];
}

/** @param {any} message */
function send(message) {
  scope.postMessage(message, buffersOf(message));
}

const session = new Session(send);
let queue = Promise.resolve();
let dead = false;

/** @param {import('./protocol.js').Failure} error */
function die(error) {
  if (dead) return;
  dead = true;
  session.running = false;
  send({ type: 'fatal', error });
}
session.onCrash = (error, op) => die(toFailure(error, op));

/** @param {{id: number, type: string}} request */
async function serve({ id, type, ...body }) {
  try {
    const handler = HANDLERS[type];
    if (!handler) throw Object.assign(new Error(`there is no request "${type}"`), { code: 'bad_request' });
    if (type !== 'start' && !session.engine) {
      throw Object.assign(new Error('the engine has not started'), { code: 'no_engine' });
    }
    const result = await handler(session, body);
    send({ id, ok: true, ...result });
  } catch (thrown) {
    const error = toFailure(thrown, type);
    send({ id, ok: false, error });
    if (error.code === 'crashed') die(error);
  }
}

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  if (dead) return;
  if (data.id === undefined) {
    if (data.type === 'credit') session.credits++;
  } else if (IMMEDIATE.has(data.type)) {
    void serve(data);
  } else {
    queue = queue.then(() => serve(data));
  }
};
