/** Reading and writing files of the command line. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from './usage.js';

/** Ending of a file that is being written. */
export const PART = '.part';

/** Writes whole or not at all: to a temporary name beside it, then renamed. @param {string} file @param {Uint8Array | string | Uint8Array[]} data */
export function writeWhole(file, data) {
  const temporary = `${file}${PART}`;
  try {
    const handle = fs.openSync(temporary, 'w');
    try {
      for (const piece of Array.isArray(data) ? data : [data]) fs.writeFileSync(handle, piece);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** @param {string} file @returns {Uint8Array} */
export function readFile(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new CliError(`There is no file ${file}.`);
  if (stat.isDirectory()) throw new CliError(`${file} is a folder, but a file is needed.`);
  return fs.readFileSync(file);
}

/** The model that is shipped with the page, and what is known about it beside it (model.json). */
export const STARTER = fileURLToPath(new URL('../../web/public/starter/model.safetensors', import.meta.url));

/**
 * A model file, or a run's folder, whose model it then is. "starter" is the shipped one, unless something here has that
 * name.
 * @param {string | undefined} name
 * @returns {{file: string, bytes: Uint8Array}}
 */
export function readModel(name) {
  if (name === undefined)
    throw new CliError('Name a model: a .safetensors file, the folder of a training run, or starter.');
  if (name === 'starter' && !fs.existsSync(name)) {
    if (!fs.existsSync(STARTER)) throw new CliError('There is no starter model in this copy (web/public/starter).');
    return { file: STARTER, bytes: readFile(STARTER) };
  }
  const folder = fs.statSync(name, { throwIfNoEntry: false })?.isDirectory();
  const file = folder ? path.join(name, 'model.safetensors') : name;
  return { file, bytes: readFile(file) };
}

/**
 * Makes a folder and those above it, one by one: Node's own recursive mkdir never returns where a parent refuses
 * children without saying why (/proc, Node 20).
 * @param {string} folder
 */
export function makeFolder(folder) {
  const stat = fs.statSync(folder, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) throw new CliError(`${folder} is a file, but a folder is needed.`);
  if (stat) return;
  makeFolder(path.dirname(path.resolve(folder)));
  fs.mkdirSync(folder);
}

/** Makes sure that a file can be written there. @param {string} file */
export function makeFolderOf(file) {
  makeFolder(path.dirname(path.resolve(file)));
}
