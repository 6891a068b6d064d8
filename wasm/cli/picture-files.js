/** The files that may be pictures, below folders and in zips. Whatever else lies there is told, and stops nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { isJunk, withoutRuns } from '../engine/junk.js';
import { isZip, MAX_FILE_BYTES, openZip, tooLarge } from '../engine/zip.js';
import { readPart } from './files.js';
import { CliError } from './usage.js';

/** @typedef {import('../engine/zip.js').Refused} Refused */
/** @typedef {import('../engine/zip.js').ZipFile} PictureFile */
/** @typedef {string | Buffer} Path a Buffer, because a name need not be UTF-8 */

/** @type {Record<string, string>} */
const REASONS = {
  EACCES: 'it may not be read (no permission)',
  EPERM: 'it may not be read (no permission)',
  ENOENT: 'a link to nothing, or removed meanwhile',
  ENOTDIR: 'a link to nothing, or removed meanwhile',
  ELOOP: 'a link that leads to itself',
  EIO: 'the disk cannot read it',
  ENAMETOOLONG: 'its name is too long',
};

/** @param {unknown} error of the file system @returns {string} */
function reasonOf(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  return REASONS[code ?? ''] ?? message;
}

/** @param {Buffer} bytes @returns {string} bytes that are no UTF-8 as \xE4 */
function shown(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
}

/** @param {fs.Stats} stat @returns {string} */
function kindOf(stat) {
  if (stat.isFIFO()) return 'a pipe, not a file';
  if (stat.isSocket()) return 'a socket, not a file';
  return 'a device, not a file';
}

class Listing {
  constructor() {
    /** @type {Refused[]} */
    this.refused = [];
    /** @type {{name: string, file: Path, size: number}[]} */
    this.found = [];
  }

  /** @param {string} name @param {unknown} error */
  refuse(name, error) {
    this.refused.push({ name, reason: typeof error === 'string' ? error : reasonOf(error) });
  }

  /** @param {Path} file @param {string} name as it is shown @param {string[]} above folders that it lies in, as device and inode */
  add(file, name, above = []) {
    try {
      const stat = fs.statSync(file);
      const id = `${stat.dev}:${stat.ino}`;
      if (stat.isFile()) this.found.push({ name, file, size: stat.size });
      else if (!stat.isDirectory()) this.refuse(name, kindOf(stat));
      else if (above.includes(id)) this.refuse(name, 'a link to a folder that it lies in');
      else this.addFolder(file, name, [...above, id]);
    } catch (error) {
      this.refuse(name, error);
    }
  }

  /** In the order of the names. @param {Path} folder @param {string} name @param {string[]} above */
  addFolder(folder, name, above) {
    const entries = fs
      .readdirSync(folder, { encoding: 'buffer' })
      .map((bytes) => ({ bytes, base: shown(bytes) }))
      .filter(({ base }) => !isJunk(base))
      .sort((a, b) => (a.base < b.base ? -1 : 1));
    for (const { bytes, base } of entries) {
      const below = Buffer.concat([Buffer.from(folder), Buffer.from(path.sep), bytes]);
      this.add(below, path.join(name, base), above);
    }
  }
}

/**
 * @param {string[]} names files, folders, zips
 * @returns {Promise<{files: PictureFile[], refused: Refused[]}>} in the order of the names, the files of a zip in its place
 */
export async function pictureFiles(names) {
  /** @type {Refused[]} */
  const refused = [];
  /** @type {PictureFile[]} */
  const files = [];
  const push = (/** @type {PictureFile[]} */ more) => more.forEach((file) => files.push(file));
  for (const name of names) {
    if (!fs.lstatSync(name, { throwIfNoEntry: false })) throw new CliError(`There is no file or folder ${name}.`);
    const listing = new Listing();
    listing.add(name, name);
    for (const each of listing.refused) refused.push(each);
    for (const { name: shownName, file, size } of withoutRuns(listing.found, () => path.join(name), refused)) {
      try {
        if (isZip(readPart(file, 0, 4), shownName)) {
          const zip = await openZip({ size, read: async (from, length) => readPart(file, from, length) }, shownName);
          for (const each of zip.refused) refused.push(each);
          push(withoutRuns(zip.files, () => shownName, refused));
        } else if (size > MAX_FILE_BYTES) {
          refused.push({ name: shownName, reason: tooLarge(size) });
        } else {
          push([{ name: shownName, size, read: async () => readWhole(file) }]);
        }
      } catch (error) {
        refused.push({ name: shownName, reason: reasonOf(error) });
      }
    }
  }
  return { files, refused };
}

/** @param {Path} file @returns {Uint8Array} */
function readWhole(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}
