/** A project as one zip, as the page exports and takes it: how a run goes to another machine, and comes back. */
import fs from 'node:fs';
import { openZip, writeZip } from '../engine/zip.js';
import { filesToExport, projectIn } from '../run/project.js';
import { SLOTS } from '../run/store.js';
import { makeFolderOf, PART, readPart } from './files.js';
import { CliError, sentence } from './usage.js';

/** @typedef {import('../run/store.js').Store} Store */

/** Pictures as they train may be many: 1 GB is 5,000 of 256 x 256. */
const MAX_FILE_BYTES = 2 ** 31;
/** Without these a run goes on all the same. */
const EXTRA = /^(samples|originals)\//;

/** @param {string} zipFile @returns {Promise<(store: Store) => Promise<string[]>>} writes the project into a store, and returns what was left out; a zip without a project is a CliError */
export async function projectZip(zipFile) {
  const { size } = fs.statSync(zipFile);
  const read = async (/** @type {number} */ from, /** @type {number} */ length) => readPart(zipFile, from, length);
  const { files, refused } = await openZip({ size, read }, '', { maxBytes: MAX_FILE_BYTES });
  const found = projectIn(files);
  if (!found) {
    const why = refused.length
      ? ` ${sentence(`${refused[0].name}: ${refused[0].reason}`.replace(/^(\/|: )/, ''))}`
      : '';
    throw new CliError(`${zipFile} holds no project to resume.${why}`);
  }
  // The checkpoint last: what is cut off before cannot be taken for a run.
  const isLast = (/** @type {{name: string}} */ { name }) => Number(SLOTS.includes(name));
  found.sort((a, b) => isLast(a) - isLast(b));
  return async (store) => {
    const left = refused.map(({ name, reason }) => `${name.slice(1)}: ${reason}`);
    for (const { name, file } of found) {
      try {
        await store.write(name, await file.read());
      } catch (error) {
        const told = `${name}: ${/** @type {Error} */ (error).message}`;
        if (!EXTRA.test(name)) throw new CliError(`${zipFile} cannot be resumed: ${told}.`);
        left.push(told);
      }
    }
    return left;
  };
}

/** Writes the zip whole or not at all. @param {Store & {file: (name: string) => string}} store a folder's @param {string} zipFile @returns {Promise<number>} bytes */
export async function writeProjectZip(store, zipFile) {
  const names = await filesToExport(store);
  async function* entries() {
    for (const name of names) yield { name, data: (await store.read(name)) ?? new Uint8Array() };
  }
  makeFolderOf(zipFile);
  const temporary = `${zipFile}${PART}`;
  const handle = fs.openSync(temporary, 'w');
  try {
    await writeZip(entries(), new WritableStream({ write: (chunk) => void fs.writeFileSync(handle, chunk) }));
    fs.fsyncSync(handle);
    fs.renameSync(temporary, zipFile);
    return fs.fstatSync(handle).size;
  } finally {
    fs.closeSync(handle);
    fs.rmSync(temporary, { force: true });
  }
}
