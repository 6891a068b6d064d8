/** Reading and writing files of the command line. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, orList } from './usage.js';

/** Ending of a file that is being written. */
export const PART = '.part';

/** Writes whole or not at all: to a temporary name beside it, then renamed. @param {string} file @param {Uint8Array | string | Iterable<Uint8Array>} data in pieces where the whole is large */
export function writeWhole(file, data) {
  const temporary = `${file}${PART}`;
  try {
    const handle = fs.openSync(temporary, 'w');
    try {
      const whole = typeof data === 'string' || data instanceof Uint8Array;
      for (const piece of whole ? [data] : data) fs.writeFileSync(handle, piece);
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

/** @param {string | Buffer} file @param {number} offset @param {number} length @returns {Uint8Array} shorter at the end of the file */
export function readPart(file, offset, length) {
  const bytes = new Uint8Array(length);
  const handle = fs.openSync(file, 'r');
  try {
    return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, offset));
  } finally {
    fs.closeSync(handle);
  }
}

/** The model that is shipped with the page, and what is known about it beside it (model.json). */
export const STARTER = fileURLToPath(new URL('../../web/public/starter/model.safetensors', import.meta.url));

/** @returns {string} the starter model's file: of the page, else of the package ssdgan-starter */
function starterFile() {
  if (fs.existsSync(STARTER)) return STARTER;
  try {
    return createRequire(import.meta.url).resolve('ssdgan-starter/model.safetensors');
  } catch {
    throw new CliError(
      'The starter model is a package of its own. Install it beside this one: npm install ssdgan-starter',
    );
  }
}

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
    const file = starterFile();
    return { file, bytes: readFile(file) };
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

/**
 * What --out names, looked at before the work. An existing folder is one, whatever its name; its own or the file's folder is
 * made, and has to be writable.
 * @param {string} out
 * @param {string[]} endings of the files that it may be, as .png; '' where it may be a folder
 * @param {string} option its name
 * @returns {string} the ending, in lower case; '' for a folder
 */
export function outputKind(out, endings, option = 'out') {
  const files = endings.filter(Boolean);
  const must = [
    ...(files.length ? [`end in ${orList(files)}`] : []),
    ...(endings.includes('') ? [files.length ? 'be a folder' : 'a folder'] : []),
  ].join(', or ');
  const isFolder = fs.statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? /[/\\]$/.test(out);
  const ending = isFolder ? '' : path.extname(out).toLowerCase();
  if (!endings.includes(ending)) {
    if (isFolder) throw new CliError(`--${option} is ${out}, a folder, but must ${must}.`);
    if (files.length) throw new CliError(`--${option} is ${out}, but must ${must}.`);
  }
  const kind = endings.includes(ending) ? ending : '';
  if (kind) makeFolderOf(out);
  else makeFolder(out);
  fs.accessSync(kind ? path.dirname(path.resolve(out)) : out, fs.constants.W_OK);
  return kind;
}

/** Makes sure that a file can be written there. @param {string} file */
export function makeFolderOf(file) {
  makeFolder(path.dirname(path.resolve(file)));
}
