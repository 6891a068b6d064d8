/** Projects in IndexedDB, for browsers without a private file system in workers (WebKitGTK on loopback, private windows). */
import { openDB } from 'idb';
import { piecesOf } from '../../../wasm/run/store.js';

/** @typedef {import('../../../wasm/run/store.js').Store} Store */
/** @typedef {import('../../../wasm/run/store.js').Content} Content */
/** @typedef {import('idb').IDBPDatabase} Database */

/** A file is cut into pieces of this size, so that a part of it can be read by itself. */
const PIECE_BYTES = 4 << 20;
const DURABLE = /** @type {const} */ ({ durability: 'strict' });

/** All keys that begin so. @param {string[]} start */
const below = (...start) => IDBKeyRange.bound(start, [...start, []]);

/** Cuts into pieces of one size, but for the last. @param {Content} data @returns {Promise<Uint8Array[]>} */
async function cut(data) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for await (let rest of piecesOf(data)) {
    while (rest.length) {
      const part = rest.subarray(0, PIECE_BYTES - filled);
      piece.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < PIECE_BYTES) continue;
      pieces.push(piece);
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
  }
  return [...pieces, piece.slice(0, filled)];
}

/** The files are `sizes` [id, name] -> bytes, and `pieces` [id, name, number] -> Uint8Array. @implements {Store} */
class DatabaseStore {
  /** @param {Database} database @param {string} id */
  constructor(database, id) {
    this.database = database;
    this.id = id;
  }

  /** @param {string} name */
  async size(name) {
    return (await this.database.get('sizes', [this.id, name])) ?? null;
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from = 0, to = Infinity) {
    const size = await this.size(name);
    if (size === null) return null;
    const end = Math.max(from, Math.min(to, size));
    const first = Math.floor(from / PIECE_BYTES);
    const last = Math.floor(end / PIECE_BYTES);
    const range = IDBKeyRange.bound([this.id, name, first], [this.id, name, last]);
    const whole = new Uint8Array(end - from);
    let at = first * PIECE_BYTES - from;
    for (const piece of await this.database.getAll('pieces', range)) {
      const part = piece.subarray(Math.max(0, -at), Math.max(0, Math.min(piece.length, whole.length - at)));
      whole.set(part, Math.max(0, at));
      at += piece.length;
    }
    return whole;
  }

  /** @param {string} name @param {Content} data */
  async write(name, data) {
    const pieces = await cut(data);
    const change = this.database.transaction(['sizes', 'pieces'], 'readwrite', DURABLE);
    change.objectStore('pieces').delete(below(this.id, name));
    pieces.forEach((piece, i) => change.objectStore('pieces').put(piece, [this.id, name, i]));
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    change.objectStore('sizes').put(size, [this.id, name]);
    await change.done;
  }

  /** @param {string} name @param {string} text */
  async append(name, text) {
    const size = (await this.size(name)) ?? 0;
    const start = Math.floor(size / PIECE_BYTES) * PIECE_BYTES;
    const last = (await this.read(name, start)) ?? new Uint8Array();
    const pieces = await cut([last, new TextEncoder().encode(text)]);
    const change = this.database.transaction(['sizes', 'pieces'], 'readwrite', DURABLE);
    const first = start / PIECE_BYTES;
    pieces.forEach((piece, i) => change.objectStore('pieces').put(piece, [this.id, name, first + i]));
    const grown = start + pieces.reduce((sum, { length }) => sum + length, 0);
    change.objectStore('sizes').put(grown, [this.id, name]);
    await change.done;
  }

  async list() {
    const keys = await this.database.getAllKeys('sizes', below(this.id));
    return keys.map((key) => /** @type {string[]} */ (key)[1]).sort();
  }

  /** @param {string} name */
  async remove(name) {
    const change = this.database.transaction(['sizes', 'pieces'], 'readwrite', DURABLE);
    change.objectStore('pieces').delete(below(this.id, name));
    change.objectStore('sizes').delete([this.id, name]);
    await change.done;
  }
}

export class DatabaseHome {
  kind = 'database';

  /** @param {Database} database */
  constructor(database) {
    this.database = database;
  }

  /** Throws where the browser refuses it. @returns {Promise<DatabaseHome>} */
  static async open() {
    const database = await openDB('ssdgan', 1, {
      upgrade(made) {
        made.createObjectStore('sizes');
        made.createObjectStore('pieces');
      },
    });
    return new DatabaseHome(database);
  }

  /** @returns {Promise<string[]>} ids of the projects */
  async list() {
    const keys = await this.database.getAllKeys('sizes');
    return [...new Set(keys.map((key) => /** @type {string[]} */ (key)[0]))];
  }

  /** @param {string} id @returns {Promise<Store>} */
  async store(id) {
    return new DatabaseStore(this.database, id);
  }

  /** @param {string} id */
  async remove(id) {
    const change = this.database.transaction(['sizes', 'pieces'], 'readwrite', DURABLE);
    for (const name of ['sizes', 'pieces']) change.objectStore(name).delete(below(id));
    await change.done;
  }
}
