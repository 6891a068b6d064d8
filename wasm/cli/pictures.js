/** Pictures in: files, folders and zips into a dataset. Pictures out: PNG, GIF. */
import path from 'node:path';
import { inChunks } from '../engine/engine.js';
import { isPictureName } from '../engine/junk.js';
import { unpack } from '../engine/zip.js';
import { encodePng } from '../engine/png.js';
import { escaped } from './escape.js';
import { makeFolder, makeFolderOf, writeWhole } from './files.js';
import { pictureFiles } from './picture-files.js';
import { CliError, sentence } from './usage.js';

/** @typedef {import('../engine/zip.js').Refused} Refused */

/**
 * Adds all pictures to the dataset, in the order of the names; what is unfit is told, never fatal.
 * @param {import('../engine/engine.js').Dataset} dataset
 * @param {string[]} names files, folders, zips
 * @returns {Promise<{names: string[], refused: Refused[]}>} names of the pictures that were added
 */
export async function addPictures(dataset, names) {
  const { files, refused } = await pictureFiles(names);
  /** @type {string[]} */
  const added = [];
  dataset.expect(files.filter(({ name }) => isPictureName(name)).length);
  for (const chunk of inChunks(files, ({ size }) => size)) {
    /** @type {import('../engine/zip.js').NamedBytes[]} */
    const read = [];
    for await (const file of unpack(chunk, refused)) read.push(file);
    dataset.addFiles(read.map(({ bytes }) => bytes)).forEach((error, i) => {
      if (error) refused.push({ name: read[i].name, reason: error.message });
      else added.push(path.basename(read[i].name));
    });
  }
  return { names: added, refused };
}

/** @param {Refused[]} refused @returns {string[]} lines: a count, then the first of them */
export function refusedLines(refused, most = 20) {
  if (refused.length === 0) return [];
  const lines = refused.slice(0, most).map(({ name, reason }) => escaped(`  ${name}: ${reason}`));
  if (refused.length > most) lines.push(`  ... and ${refused.length - most} more`);
  const noun = refused.length === 1 ? 'file was' : 'files were';
  return [`${refused.length} ${noun} left out:`, ...lines];
}

/** @param {import('../engine/engine.js').Dataset} dataset @param {Refused[]} refused throws where nothing can be trained on */
export function requirePictures(dataset, refused) {
  if (dataset.count >= 2) return;
  const found = dataset.count === 0 ? 'No picture could be read' : 'Only one picture could be read';
  throw new CliError([`${found}; training needs at least 2.`, ...refusedLines(refused)].join('\n'));
}

/** In one PNG or GIF: half a gigabyte of RGBA. */
const MOST_PIXELS = 128e6;

/** Throws where so many pictures are too many for one file. @param {number} count @param {number} size */
export function requireRoom(count, size) {
  if (count * size * size > MOST_PIXELS)
    throw new CliError(`${count} pictures of ${size} x ${size} are too many for one file: name a folder with --out.`);
}

/** @param {string} file @param {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} image RGBA */
export function writePng(file, image) {
  makeFolderOf(file);
  writeWhole(file, encodePng(image));
}

/** @param {string} folder @param {Uint8ClampedArray} rgba @param {number} size @param {(i: number) => string} nameOf */
export function writeFolder(folder, rgba, size, nameOf) {
  makeFolder(folder);
  const bytes = size * size * 4;
  for (let i = 0; i * bytes < rgba.length; i++) {
    writePng(path.join(folder, `${nameOf(i)}.png`), {
      width: size,
      height: size,
      data: rgba.subarray(i * bytes, (i + 1) * bytes),
    });
  }
}

/** One palette for all frames, so that colours do not flicker. @param {string} file @param {Uint8ClampedArray} rgba @param {number} size @param {number} delay ms a frame @param {number} scale */
export async function writeGif(file, rgba, size, delay, scale = 1) {
  const { encodeGif } = await import('../engine/gif.js');
  makeFolderOf(file);
  writeWhole(file, await encodeGif(rgba, size, delay, scale));
}

export { sentence };
