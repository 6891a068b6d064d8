/** The store of a project (wasm/run/store.js, which has the names) as a folder. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder, makeFolderOf, PART, writeWhole } from './files.js';
import { LOCK } from './lock.js';
import { allPieces } from '../run/store.js';
import { CliError } from './usage.js';

const FOLDERS = ['samples', 'originals'];

/** @implements {Store} @typedef {import('../run/store.js').Store} Store */
export class FolderStore {
  /** Makes the folder, before the work and not after it. @param {string} directory @param {{readOnly?: boolean}} [options] */
  constructor(directory, { readOnly = false } = {}) {
    if (fs.statSync(directory, { throwIfNoEntry: false })?.isFile())
      throw new CliError(`${directory} is a file, but --out needs a folder.`);
    makeFolder(directory);
    this.directory = directory;
    if (readOnly) return;
    for (const name of this.names()) if (name.endsWith(PART)) fs.rmSync(this.file(name)); // of a killed write
  }

  /** @param {string} name */
  file(name) {
    return path.join(this.directory, name);
  }

  /** Files of the folder, and of those folders that are the project's. */
  names() {
    return ['', ...FOLDERS].flatMap((folder) => {
      if (folder && !fs.existsSync(this.file(folder))) return [];
      return fs
        .readdirSync(this.file(folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith(LOCK))
        .map(({ name }) => (folder ? `${folder}/${name}` : name));
    });
  }

  /** @param {string} name @param {number} [from] @param {number} [to] @returns {Promise<Uint8Array | null>} */
  async read(name, from, to) {
    const file = this.file(name);
    if (!fs.existsSync(file)) return null;
    if (from === undefined) return fs.readFileSync(file);
    const handle = fs.openSync(file, 'r');
    try {
      const { size } = fs.fstatSync(handle);
      const bytes = new Uint8Array(Math.max(0, Math.min(to ?? size, size) - from));
      const read = fs.readSync(handle, bytes, 0, bytes.length, from);
      return bytes.subarray(0, read);
    } finally {
      fs.closeSync(handle);
    }
  }

  /** @param {string} name @param {import('../run/store.js').Content} data */
  async write(name, data) {
    makeFolderOf(this.file(name));
    writeWhole(this.file(name), await allPieces(data));
  }

  /** @param {string} name @param {string} text */
  async append(name, text) {
    const handle = fs.openSync(this.file(name), 'a');
    const { size } = fs.fstatSync(handle);
    try {
      fs.writeFileSync(handle, text);
    } catch (error) {
      fs.ftruncateSync(handle, size); // a full disk takes half a line
      throw error;
    } finally {
      fs.closeSync(handle);
    }
  }

  async list() {
    return this.names().sort();
  }

  /** @param {string} name @returns {Promise<number | null>} */
  async size(name) {
    return fs.statSync(this.file(name), { throwIfNoEntry: false })?.size ?? null;
  }

  /** @param {string} name */
  async remove(name) {
    fs.rmSync(this.file(name), { force: true });
  }
}
