/**
 * A store keeps the files of one training run. It has one interface and several homes: a folder in Node
 * (cli/folder-store.js), and the memory of this class. The names are the same in all of them:
 *
 *   checkpoint.safetensors     the whole state with the run's plan (plan.js); a run is resumed from it
 *   model.safetensors          the generator of that state
 *   best.safetensors           the best generator so far (best-model.js)
 *   samples/step-000020.png    the same 64 latents through training
 *   log.jsonl                  the run's events, one JSON object a line, without times: equal runs have equal logs
 *   run.json                   the terminal's own note: paths of the pictures, settings, commands
 */

/**
 * @typedef {object} Store
 * @property {(name: string) => Promise<Uint8Array | null>} read null: there is no such file
 * @property {(name: string, data: Uint8Array | string) => Promise<void>} write the whole file, or nothing on failure
 * @property {(name: string, text: string) => Promise<void>} append makes the file where there is none
 * @property {() => Promise<string[]>} list all names, those in folders as samples/step-000020.png
 * @property {(name: string) => Promise<void>} remove does nothing where there is no such file
 */

export const CHECKPOINT = 'checkpoint.safetensors';
export const MODEL = 'model.safetensors';
export const BEST = 'best.safetensors';
export const LOG = 'log.jsonl';

/** @param {number} step @returns {string} */
export const samplesName = (step) => `samples/step-${String(step).padStart(6, '0')}.png`;

/** Removes what an earlier run left, the checkpoint first: no half of it can be resumed. @param {Store} store */
export async function clearRun(store) {
  for (const name of [CHECKPOINT, MODEL, BEST, LOG]) await store.remove(name);
  for (const name of await store.list()) if (/^samples\/step-\d+\.png$/.test(name)) await store.remove(name);
}

/** @implements {Store} */
export class MemoryStore {
  constructor() {
    /** @type {Map<string, Uint8Array[]>} pieces of each file */
    this.files = new Map();
  }

  /** @param {string} name @returns {Promise<Uint8Array | null>} the bytes themselves, not a copy */
  async read(name) {
    const pieces = this.files.get(name);
    if (!pieces) return null;
    if (pieces.length === 1) return pieces[0];
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
    this.files.set(name, [whole]);
    return whole;
  }

  /** @param {string} name @param {Uint8Array | string} data kept, not copied */
  async write(name, data) {
    this.files.set(name, [typeof data === 'string' ? new TextEncoder().encode(data) : data]);
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
  async remove(name) {
    this.files.delete(name);
  }
}
