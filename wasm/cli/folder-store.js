/** The store of a training run (wasm/run/store.js, which has the names) as a folder. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder, makeFolderOf, PART, writeWhole } from './files.js';
import { CliError } from './usage.js';

/** @implements {Store} @typedef {import('../run/store.js').Store} Store */
export class FolderStore {
  /** Makes the folder, before the work and not after it. @param {string} directory */
  constructor(directory) {
    if (fs.statSync(directory, { throwIfNoEntry: false })?.isFile())
      throw new CliError(`${directory} is a file, but --out needs a folder.`);
    makeFolder(directory);
    this.directory = directory;
    for (const name of this.names()) if (name.endsWith(PART)) fs.rmSync(this.file(name)); // of a killed write
  }

  /** @param {string} name */
  file(name) {
    return path.join(this.directory, name);
  }

  /** Files of the folder and of samples/; other folders are not the run's. */
  names() {
    const samples = this.file('samples');
    return [
      ...fs.readdirSync(this.directory),
      ...(fs.existsSync(samples) ? fs.readdirSync(samples).map((name) => `samples/${name}`) : []),
    ];
  }

  /** @param {string} name @returns {Promise<Uint8Array | null>} */
  async read(name) {
    const file = this.file(name);
    return fs.existsSync(file) ? fs.readFileSync(file) : null;
  }

  /** @param {string} name @param {Uint8Array | string} data */
  async write(name, data) {
    makeFolderOf(this.file(name));
    writeWhole(this.file(name), data);
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

  /** @param {string} name */
  async remove(name) {
    fs.rmSync(this.file(name), { force: true });
  }
}
