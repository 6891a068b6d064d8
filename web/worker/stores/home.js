/** Where this browser keeps projects: its private file system, else IndexedDB, else nowhere but in memory. */
import { MemoryStore } from '../../../wasm/run/store.js';
import { FileSystemHome } from './file-system.js';

/** @typedef {import('../../../wasm/run/store.js').Store} Store */
/**
 * @typedef {object} Home
 * @property {string} kind 'file system', 'database', 'memory', or 'no answer': in memory, because the database does not answer
 * @property {() => Promise<string[]>} list ids of the projects
 * @property {(id: string) => Promise<Store>} store makes it where there is none
 * @property {(id: string) => Promise<void>} remove
 */

/** @implements {Home} */
class MemoryHome {
  /** @param {'memory' | 'no answer'} kind */
  constructor(kind) {
    this.kind = kind;
  }

  /** @type {Map<string, Store>} */
  stores = new Map();

  async list() {
    return [...this.stores.keys()];
  }

  /** @param {string} id */
  async store(id) {
    const store = this.stores.get(id) ?? new MemoryStore();
    this.stores.set(id, store);
    return store;
  }

  /** @param {string} id */
  async remove(id) {
    this.stores.delete(id);
  }
}

/** @param {string} [only] for tests: the kind to take @returns {Promise<Home>} */
export async function openHome(only) {
  const wanted = (/** @type {string} */ kind) => only === undefined || only === kind;
  if (wanted('file system')) {
    try {
      return await FileSystemHome.open();
    } catch {
      // Not in this browser, or not now: the next one.
    }
  }
  if (wanted('database')) {
    try {
      const { DatabaseHome } = await import('./database.js');
      return await DatabaseHome.open();
    } catch (error) {
      if (/** @type {any} */ (error)?.name === 'TimeoutError') return new MemoryHome('no answer');
      // Else as above.
    }
  }
  return new MemoryHome('memory');
}
