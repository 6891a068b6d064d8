/** Projects in IndexedDB, for browsers without a private file system in workers (WebKitGTK on loopback, private windows). */
import { openDB } from 'idb';
import { queue } from '../../../wasm/run/queue.js';
import { piecesOf } from '../../../wasm/run/store.js';

/** @typedef {import('../../../wasm/run/store.js').Store} Store */
/** @typedef {import('../../../wasm/run/store.js').Content} Content */
/** @typedef {import('idb').IDBPObjectStore<any, string[], string, 'readwrite'>} Table */

const TABLES = ['sizes', 'pieces'];
/** A file is cut into pieces of this size, so that a part of it can be read by itself. */
const PIECE_BYTES = 4 << 20;
/** A database that has not answered after so many milliseconds never will (oneAtATime says why). */
const PATIENCE_MS = 8000;
const DURABLE = /** @type {const} */ ({ durability: 'strict' });

/** @param {Uint8Array[]} pieces */
const bytesOf = (pieces) => pieces.reduce((sum, { length }) => sum + length, 0);

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

/** Reads or writes in one transaction. @typedef {<T>(mode: 'readonly' | 'readwrite', body: (sizes: Table, pieces: Table) => Promise<T>) => Promise<T>} Transact */

/**
 * One transaction at a time. In WebKit a worker that ends in the middle of some leaves a database in which none begins any more, until the
 * browser is started again (https://bugs.webkit.org/show_bug.cgi?id=324094). One at a time makes that rarer: of reloads on a busy
 * machine 1 of 180 for 5 of 190.
 * @param {import('idb').IDBPDatabase} database
 * @returns {Transact}
 */
function oneAtATime(database) {
  const inTurn = queue();
  return (mode, body) =>
    inTurn(async () => {
      const change = database.transaction(TABLES, mode, DURABLE);
      const [sizes, pieces] = TABLES.map((name) => /** @type {any} */ (change.objectStore(name)));
      const [result] = await Promise.all([body(sizes, pieces), change.done]);
      return result;
    });
}

/** The files are `sizes` [id, name] -> bytes, and `pieces` [id, name, number] -> Uint8Array. @implements {Store} */
class DatabaseStore {
  /** @param {Transact} transact @param {string} id */
  constructor(transact, id) {
    this.transact = transact;
    this.id = id;
  }

  /** @param {string} name */
  size(name) {
    return this.transact('readonly', async (sizes) => (await sizes.get([this.id, name])) ?? null);
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  read(name, from = 0, to = Infinity) {
    return this.transact('readonly', async (sizes, pieces) => {
      const size = await sizes.get([this.id, name]);
      if (size === undefined) return null;
      const end = Math.max(from, Math.min(to, size));
      const first = Math.floor(from / PIECE_BYTES);
      const last = Math.floor(end / PIECE_BYTES);
      const range = IDBKeyRange.bound([this.id, name, first], [this.id, name, last]);
      const whole = new Uint8Array(end - from);
      let at = first * PIECE_BYTES - from;
      for (const piece of await pieces.getAll(range)) {
        const part = piece.subarray(Math.max(0, -at), Math.max(0, Math.min(piece.length, whole.length - at)));
        whole.set(part, Math.max(0, at));
        at += piece.length;
      }
      return whole;
    });
  }

  /** @param {string} name @param {Content} data */
  async write(name, data) {
    const made = await cut(data);
    await this.transact('readwrite', (sizes, pieces) =>
      Promise.all([
        pieces.delete(below(this.id, name)),
        ...made.map((piece, i) => pieces.put(piece, [this.id, name, i])),
        sizes.put(bytesOf(made), [this.id, name]),
      ]),
    );
  }

  /** @param {string} name @param {string} text */
  async append(name, text) {
    const first = Math.floor(((await this.size(name)) ?? 0) / PIECE_BYTES);
    const last = (await this.read(name, first * PIECE_BYTES)) ?? new Uint8Array();
    const made = await cut([last, new TextEncoder().encode(text)]);
    await this.transact('readwrite', (sizes, pieces) =>
      Promise.all([
        ...made.map((piece, i) => pieces.put(piece, [this.id, name, first + i])),
        sizes.put(first * PIECE_BYTES + bytesOf(made), [this.id, name]),
      ]),
    );
  }

  async list() {
    const keys = await this.transact('readonly', (sizes) => sizes.getAllKeys(below(this.id)));
    return keys.map((key) => key[1]).sort();
  }

  /** @param {string} name */
  async remove(name) {
    await this.transact('readwrite', (sizes, pieces) =>
      Promise.all([pieces.delete(below(this.id, name)), sizes.delete([this.id, name])]),
    );
  }
}

export class DatabaseHome {
  kind = 'database';

  /** @param {Transact} transact */
  constructor(transact) {
    this.transact = transact;
  }

  /** Throws where the browser refuses it, and a TimeoutError where it does not answer. @returns {Promise<DatabaseHome>} */
  static open() {
    const open = async () => {
      const database = await openDB('ssdgan', 1, {
        upgrade(made) {
          for (const name of TABLES) made.createObjectStore(name);
        },
      });
      const home = new DatabaseHome(oneAtATime(database));
      await home.remove(''); // nothing: a transaction that writes begins and ends
      return home;
    };
    /** @type {Promise<never>} */
    const silence = new Promise((_, reject) =>
      setTimeout(() => reject(new DOMException('the database does not answer', 'TimeoutError')), PATIENCE_MS),
    );
    return Promise.race([open(), silence]);
  }

  /** @returns {Promise<string[]>} ids of the projects */
  async list() {
    const keys = await this.transact('readonly', (sizes) => sizes.getAllKeys());
    return [...new Set(keys.map(([id]) => id))];
  }

  /** @param {string} id @returns {Promise<Store>} */
  async store(id) {
    return new DatabaseStore(this.transact, id);
  }

  /** @param {string} id */
  async remove(id) {
    await this.transact('readwrite', (...tables) => Promise.all(tables.map((table) => table.delete(below(id)))));
  }
}
