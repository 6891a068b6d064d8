/**
 * A store keeps the files of one project. It has one interface and several homes: a folder in Node (cli/folder-store.js),
 * the private storage of the browser (web/worker/stores), and the memory of this class. The names are the same in all:
 *
 *   project.json               name, dates, settings, where the pictures came from (project.js)
 *   pictures.safetensors       the exact bytes that train (project.js). Both have a second name too (…-next) while they are
 *                              written
 *   originals/000001 a.jpg     the files that they were made from, where there is room (the page)
 *   checkpoint-a.safetensors   two slots with the whole state and the run's plan (plan.js). The newest whole one counts;
 *   checkpoint-b.safetensors   only the other one is written
 *   good-a.safetensors         two slots with the state that the doctor goes back to
 *   good-b.safetensors
 *   model.safetensors          the generator of that state
 *   best.safetensors           the best generator so far (best-model.js)
 *   best-next.safetensors      the next one, until the checkpoint that knows of it is written
 *   samples/step-000020.png    the same 64 latents through training; beside some of them the model, as float16
 *   log.jsonl                  the run's events, one JSON object a line, without times: equal runs have equal logs
 */

/** @typedef {Uint8Array | string | Iterable<Uint8Array> | Blob} Content in pieces where the whole is large */
/**
 * @typedef {object} Store
 * @property {(name: string, from?: number, to?: number) => Promise<Uint8Array | null>} read the file, or these bytes of
 *   it; null: there is no such file
 * @property {(name: string, data: Content) => Promise<void>} write the whole file, and flushes it. A write that is cut
 *   off may leave half a file, but only of this name
 * @property {(name: string, text: string) => Promise<void>} append makes the file where there is none
 * @property {() => Promise<string[]>} list all names, those in folders as samples/step-000020.png
 * @property {(name: string) => Promise<number | null>} size in bytes; null: there is no such file
 * @property {(name: string) => Promise<void>} remove does nothing where there is no such file
 */

export const SLOTS = ['checkpoint-a.safetensors', 'checkpoint-b.safetensors'];
export const GOOD_SLOTS = ['good-a.safetensors', 'good-b.safetensors'];
/** The one checkpoint of runs of version 0.1.0. */
export const OLD_CHECKPOINT = 'checkpoint.safetensors';
export const MODEL = 'model.safetensors';
export const BEST = 'best.safetensors';
export const NEXT_BEST = 'best-next.safetensors';
export const LOG = 'log.jsonl';

const SAMPLES = /^samples\/step-(\d+)\.(png|safetensors)$/;

/** @param {number} step @param {'png' | 'safetensors'} [kind] of the sample grid, or of its model @returns {string} */
export const samplesName = (step, kind = 'png') => `samples/step-${String(step).padStart(6, '0')}.${kind}`;

/** @param {string} name @returns {{step: number, kind: string} | null} null: neither a sample grid nor its model */
export function samplesIn(name) {
  const [, step, kind] = SAMPLES.exec(name) ?? [];
  return kind ? { step: Number(step), kind } : null;
}

/** Bytes of a Blob that are read at once. */
const PIECE_BYTES = 16e6;

/** @param {Content} data @returns {AsyncGenerator<Uint8Array>} */
export async function* piecesOf(data) {
  if (typeof data === 'string') yield new TextEncoder().encode(data);
  else if (data instanceof Uint8Array) yield data;
  else if (!(data instanceof Blob)) yield* data;
  else
    for (let at = 0; at < data.size; at += PIECE_BYTES)
      yield new Uint8Array(await data.slice(at, at + PIECE_BYTES).arrayBuffer());
}

/** @param {Content} data @returns {Promise<Uint8Array[]>} */
export async function allPieces(data) {
  const pieces = [];
  for await (const piece of piecesOf(data)) pieces.push(piece);
  return pieces;
}

/** Lines of a run's log. @param {Store} store @param {string} event @returns {Promise<string[]>} JSON */
export async function linesOf(store, event) {
  const lines = new TextDecoder().decode((await store.read(LOG)) ?? new Uint8Array()).split('\n');
  return lines.filter((line) => line.startsWith(`{"event":"${event}"`));
}

/** Removes what an earlier run left, the checkpoints first: no half of it can be resumed. @param {Store} store */
export async function clearRun(store) {
  for (const name of [...SLOTS, ...GOOD_SLOTS, OLD_CHECKPOINT, MODEL, BEST, NEXT_BEST, LOG]) await store.remove(name);
  for (const name of await store.list()) if (samplesIn(name)) await store.remove(name);
}

/** @implements {Store} */
export class MemoryStore {
  constructor() {
    /** @type {Map<string, Uint8Array[]>} pieces of each file */
    this.files = new Map();
  }

  /** @param {string} name @param {number} [from] @param {number} [to] @returns {Promise<Uint8Array | null>} the bytes themselves, not a copy */
  async read(name, from, to) {
    const pieces = this.files.get(name);
    if (!pieces) return null;
    if (pieces.length > 1) {
      const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
      this.files.set(name, [whole]);
    }
    const [whole] = /** @type {Uint8Array[]} */ (this.files.get(name));
    return from === undefined ? whole : whole.subarray(from, to);
  }

  /** @param {string} name @param {Content} data kept, not copied */
  async write(name, data) {
    const pieces = await allPieces(data);
    this.files.set(name, pieces.length ? pieces : [new Uint8Array()]);
  }

  /** @param {string} name @param {string} text */
  async append(name, text) {
    const pieces = this.files.get(name) ?? [];
    pieces.push(new TextEncoder().encode(text));
    this.files.set(name, pieces);
  }

  async list() {
    return [...this.files.keys()].sort();
  }

  /** @param {string} name */
  async size(name) {
    return this.files.get(name)?.reduce((sum, { length }) => sum + length, 0) ?? null;
  }

  /** @param {string} name */
  async remove(name) {
    this.files.delete(name);
  }
}
