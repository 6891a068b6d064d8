/**
 * The protocol between the page and its worker, a small server: everything heavy happens there.
 *
 *   page → worker   {id, type, ...body}          a request; exactly one reply comes back, whatever happens
 *   worker → page   {id, ok: true, ...result}    the reply
 *                   {id, ok: false, error}       ... or why not: {code, op, message, detail}
 *   worker → page   {type, ...}                  an event, without id
 *   page → worker   {type: 'credit'}             a note, without id and without reply
 *
 * Order   Requests are served one after the other, except those of IMMEDIATE, which are served at once: between two
 *         training steps, or between two pictures that are being read.
 * Credits A run starts with CREDITS credits. Each `train.progress` event takes one, and the page gives it back when
 *         it has drawn. With none left the worker trains on and sends nothing, so a slow page piles up nothing; the
 *         next event then carries all that has happened since. Checkpoints and `train.stopped` need no credit.
 * Death   When the engine cannot go on (trap, out of memory) the worker sends `fatal` and serves no more. The client
 *         then rejects all that is pending with code `worker_died`.
 * Bytes   Pictures travel as one transferred RGBA buffer, count x size x size x 4; files as transferred Uint8Arrays.
 *
 * Error codes: those of the core (bad_argument, out_of_memory, bad_file, unsupported, too_large, bad_state,
 * not_finite) and here: no_engine, bad_request, cancelled, crashed, worker_died.
 */

/** Progress events that may be under way to the page at once. */
export const CREDITS = 2;

/** Requests that do not wait for the one being served. */
export const IMMEDIATE = new Set(['train.pause', 'train.goal', 'pictures.cancel', 'pictures.thumbs']);

/** The samples shown during training are always those of these seeds. */
export const SAMPLE_SEEDS = Array.from({ length: 64 }, (_, seed) => seed);

/** @typedef {{code: string, op: string, message: string, detail: string}} Failure */
/** @typedef {import('../wasm/engine.js').ConfigField} ConfigField */
/** @typedef {import('../wasm/trainer.js').Stats} Stats */
/** @typedef {Record<string, number | string | boolean>} Config */
/** @typedef {{seed: number, psi: number}} Key a face: the latent of a seed, truncated */
/** @typedef {{size: number, count: number, pixels: Uint8ClampedArray<ArrayBuffer>}} Pictures RGBA, one after the other */
/** @typedef {{file: Blob, path: string}} PictureFile */
/** @typedef {{path: string, code: string, reason: string}} Refusal */
/** @typedef {{added: number, count: number, refused: Refusal[]}} Intake */
/** @typedef {{imageSize: number, latentSize: number, hasMapping: boolean, parameters: number}} ModelInfo */
/** @typedef {{stats: Stats, config: Record<string, number | string>, parameters: {generator: number, discriminator: number}, model: ModelInfo}} Run */
/** @typedef {{step: number[], lossG: number[], lossD: number[], dReal: number[], dFake: number[]}} History */

/**
 * Requests: what each takes and what it answers.
 * @typedef {object} Requests
 * @property {{body: {wasmUrl: string, variant: string, threads: number | 'auto', checkpointSeconds: number}, reply:
 *   {version: string, variant: string, threads: number, notes: string[], fields: ConfigField[]}}} start
 *   loads the engine; the first request
 * @property {{body: {seed: number, first: number, count: number, size: number}, reply: Pictures}} doodles.draw
 *   doodles as pictures, without adding them
 * @property {{body: {size: number, crop: string, filter: string}, reply: {count: number}}} pictures.open
 *   begins an empty collection; bad_state while a run uses the present one
 * @property {{body: {files: PictureFile[]}, reply: Intake}} pictures.addFiles  pictures and zips of pictures
 * @property {{body: {seed: number, count: number}, reply: Intake}} pictures.addDoodles
 * @property {{body: {index: number}, reply: {count: number}}} pictures.remove
 * @property {{body: {first: number, count: number}, reply: Pictures & {first: number}}} pictures.thumbs
 * @property {{body: {}, reply: {}}} pictures.cancel  ends the reading of files; what was read is kept
 * @property {{body: {config: Config}, reply: Run}} train.create  a fresh run on the present pictures
 * @property {{body: {bytes: Uint8Array}, reply: Run}} train.load  a checkpoint; it has no pictures yet
 * @property {{body: {acceptOther: boolean}, reply: Run}} train.attach  gives a loaded run the present pictures
 * @property {{body: {untilStep: number}, reply: {}}} train.run  starts or continues; events follow
 * @property {{body: {untilStep: number}, reply: {}}} train.goal  moves the end of a run
 * @property {{body: {}, reply: {stats: Stats | null}}} train.pause  answers when the step being done is done
 * @property {{body: {}, reply: {}}} train.discard  gives the run up
 * @property {{body: {checkpoint: boolean}, reply: {bytes: Uint8Array, step: number}}} train.save
 * @property {{body: {bytes: Uint8Array}, reply: ModelInfo}} model.load  draw with this file, not with the run
 * @property {{body: {}, reply: {model: ModelInfo | null}}} model.close  draw with the run again
 * @property {{body: {keys: Key[]}, reply: Pictures}} model.pictures
 * @property {{body: {keys: Key[], space: 'z' | 'w', loop: boolean, frames: number}, reply: Pictures}} model.morph
 *   `frames` in all, from the first key through the others
 * @property {{body: {pictures: Pictures, scale: number, delay: number}, reply: {bytes: Uint8Array<ArrayBuffer>}}} export.gif
 */

/**
 * Events.
 * @typedef {object} Events
 * @property {{done: number, total: number, path: string, count: number, refused: number}} pictures.progress
 * @property {{stats: Stats, history: History, picturesPerSecond: number, secondsLeft: number, samples: Pictures | null}} train.progress
 * @property {{why: 'paused' | 'done' | 'failed', stats: Stats, history: History, samples: Pictures | null, error: Failure | null}} train.stopped
 * @property {{bytes: Uint8Array, step: number}} train.checkpoint  kept by the page in case the worker dies
 * @property {{error: Failure}} fatal
 */

/** @returns {History} */
export function emptyHistory() {
  return { step: [], lossG: [], lossD: [], dReal: [], dFake: [] };
}

/** A failure as an Error, on the page's side. */
export class RequestError extends Error {
  /** @param {Failure} failure */
  constructor({ code, op, message, detail }) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.op = op;
    this.detail = detail;
  }
}

/** @param {string} text @returns {string} a sentence: capital first, full stop last */
export function sentence(text) {
  const trimmed = text.trim();
  if (!trimmed) return '';
  const capital = /^[a-z]+[ ,:;.]/.test(trimmed) ? trimmed[0].toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** @param {unknown} error @param {string} op the request it came from @returns {Failure} */
export function toFailure(error, op) {
  const { code, message, stack } = /** @type {{code?: unknown, message?: string, stack?: string}} */ (error ?? {});
  const crashed = error instanceof WebAssembly.RuntimeError || /^Aborted\(/.test(message ?? '');
  if (crashed) {
    return { code: 'crashed', op, message: 'The engine crashed.', detail: stack ?? String(error) };
  }
  return {
    code: typeof code === 'string' ? code : 'crashed',
    op,
    message: sentence(message ?? String(error)),
    detail: stack ?? '',
  };
}
