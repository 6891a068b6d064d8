/** Pictures into the dataset, inside the worker: files and zips; formats that only the browser reads go through it. */
import { inChunks, SsdganError } from '../../wasm/engine/engine.js';
import { firstFolder, isJunk, isPictureName, withoutRuns } from '../../wasm/engine/junk.js';
import { isZip, MAX_FILE_BYTES, openZip, tooLarge, unpack } from '../../wasm/engine/zip.js';
import { sidesOf } from './sides.js';

/** @typedef {import('../../wasm/engine/engine.js').Dataset} Dataset */
/** @typedef {{name: string, reason: string}} Refused */
/** A file's bytes; origin: which file it was, so that it can be left out when all are read again. @typedef {{name: string, bytes: Uint8Array, origin: string}} Found */

/** Of a file's picture: the shorter and the longer one, in pixels. @typedef {[number, number]} Sides */
/** sides: null: not known. @typedef {{sides: Sides | null}} Added */

/** How the core's sentences begin about what browsers may decode: other formats, and kinds of JPEG and BMP. */
const BROWSER_FORMATS =
  /^a (?:(?:WebP|AVIF|HEIC|JPEG XL) file|(?:CMYK|lossless|hierarchical) JPEG|JPEG (?:with|of) |BMP with )/;

/** @param {Dataset} dataset @param {Uint8Array} bytes the browser's decoder, upright, to plain pixels @returns {Promise<Added>} */
async function addThroughBrowser(dataset, bytes) {
  const bitmap = await createImageBitmap(new Blob([/** @type {any} */ (bytes)]), {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'default',
  });
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    dataset.addRgba(data, width, height);
    return { sides: [Math.min(width, height), Math.max(width, height)] };
  } finally {
    bitmap.close();
  }
}

/**
 * What the core refused, where a browser may do better.
 * @param {Dataset} dataset @param {string} name @param {Uint8Array} bytes @param {SsdganError} error the core's
 * @returns {Promise<Refused | Added>}
 */
async function tryBrowser(dataset, name, bytes, error) {
  if (!BROWSER_FORMATS.test(error.message)) return { name, reason: error.message };
  try {
    return await addThroughBrowser(dataset, bytes);
  } catch (second) {
    const better = second instanceof SsdganError && second.code !== 'unsupported';
    return { name, reason: better ? second.message : error.message };
  }
}

/** @param {Dataset} dataset @param {string} name @param {Uint8Array} bytes @returns {Promise<Refused | Added>} */
export async function addOne(dataset, name, bytes) {
  try {
    dataset.addFile(bytes);
    return { sides: sidesOf(bytes) };
  } catch (error) {
    if (!(error instanceof SsdganError)) throw error;
    if (error.code === 'out_of_memory') dataset.reserve(1); // throws where no further picture has room
    return tryBrowser(dataset, name, bytes, error);
  }
}

/** Pictures that may have to go through the browser, which takes them one by one. @param {Uint8Array} bytes */
function mayBeForeign(bytes) {
  const text = String.fromCharCode(...bytes.subarray(0, 8));
  return text.startsWith('RIFF') || /ftyp$|JXL $/.test(text) || (bytes[0] === 0xff && bytes[1] === 0x0a);
}

/** A file of an earlier visit, which is read from the store when its turn comes. @typedef {{name: string, load: () => Promise<File>}} Stored */

/** @param {File | Stored} file */
const nameOf = (file) => (file instanceof File && file.webkitRelativePath) || file.name;

/** Bytes that a stored file is taken for, until it is read. */
const USUAL_BYTES = 2e6;

/** @typedef {Awaited<ReturnType<typeof openZip>>} Zip */

/** @typedef {{name: string, number: number, file: File | Stored}} Given */

/**
 * The name of one picture among all that were given, the same when the files are read again.
 * @param {number} number of the file @param {string} [path] in the zip
 */
const originOf = (number, path = '') => (path ? `${number}/${path}` : `${number}`);

/** @param {string} origin @returns {number} of the file */
export const fileOf = (origin) => Number.parseInt(origin, 10);

/** A zip is listed, not read. @param {Given} given @returns {Promise<Found | {name: string, number: number, zip: Zip} | Refused>} */
async function readFile({ name, number, file: given }) {
  try {
    const file = given instanceof File ? given : await given.load();
    const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
    if (isZip(head, name)) return { name, number, zip: await openZip(file, name) };
    if (file.size > MAX_FILE_BYTES) return { name, reason: tooLarge(file.size) };
    return { name, bytes: new Uint8Array(await file.arrayBuffer()), origin: originOf(number) };
  } catch {
    return { name, reason: 'the file cannot be read; was it moved or changed?' };
  }
}

/**
 * Adds pictures and the pictures in zips, in the order of the files. Files are read a chunk at a time, the next while
 * one is decoded.
 * @param {Dataset} dataset
 * @param {(File | Stored | null)[]} files null: one that is not there any more
 * @param {(done: number, total: number) => void} progress
 * @param {{first?: number, removed?: Set<string>, sides?: Map<string, Sides>}} options first: number of the first file;
 *   removed: origins of pictures that are left out; sides: grows by those of the pictures that were added, by origin
 * @returns {Promise<{origins: string[], refused: Refused[]}>} origins of the pictures that were added
 */
export async function addFiles(dataset, files, progress, { first = 0, removed = new Set(), sides = new Map() } = {}) {
  /** @type {Refused[]} */
  const refused = [];
  /** @type {string[]} */
  const origins = [];
  const named = files.flatMap((file, i) => (file ? [{ name: nameOf(file), number: first + i, file }] : []));
  const sound = named.filter(({ name, number }) => !isJunk(name) && !removed.has(originOf(number)));
  const wanted = withoutRuns(sound, firstFolder, refused);
  let total = wanted.length;
  let done = 0;
  dataset.expect(wanted.filter(({ name }) => isPictureName(name)).length);

  /** @param {Found} found @param {Refused | Added} result */
  const note = ({ origin }, result) => {
    if ('reason' in result) return void refused.push(result);
    origins.push(origin);
    if (result.sides) sides.set(origin, result.sides);
  };

  /** Decodes what has gathered; what only the browser can decode comes behind it. @param {Found[]} entries */
  const addTogether = async (entries) => {
    for (const chunk of inChunks(entries, ({ bytes }) => bytes.length)) {
      const errors = dataset.addFiles(chunk.map(({ bytes }) => bytes));
      for (const [i, found] of chunk.entries()) if (!errors[i]) note(found, { sides: sidesOf(found.bytes) });
      for (const [i, error] of errors.entries())
        if (error) note(chunk[i], await tryBrowser(dataset, chunk[i].name, chunk[i].bytes, error));
      done += chunk.length;
      progress(done, total);
    }
  };
  /** @param {Found[]} entries */
  const add = async (entries) => {
    let from = 0;
    for (let i = 0; i < entries.length; i++) {
      if (!mayBeForeign(entries[i].bytes)) continue;
      await addTogether(entries.slice(from, i));
      note(entries[i], await addOne(dataset, entries[i].name, entries[i].bytes));
      progress(++done, total);
      from = i + 1;
    }
    await addTogether(entries.slice(from));
  };

  /** @param {string} name @param {number} number @param {Zip} zip */
  const addZip = async (name, number, zip) => {
    for (const each of zip.refused) refused.push(each);
    const originIn = (/** @type {string} */ path) => originOf(number, path.slice(name.length + 1));
    const kept = zip.files.filter((file) => !removed.has(originIn(file.name)));
    const inZip = withoutRuns(kept, () => name, refused);
    total += inZip.length - 1;
    dataset.expect(inZip.filter((file) => isPictureName(file.name)).length);
    for (const chunk of inChunks(inZip, ({ size }) => size)) {
      /** @type {Found[]} */
      const entries = [];
      for await (const entry of unpack(chunk, refused)) entries.push({ ...entry, origin: originIn(entry.name) });
      done += chunk.length - entries.length;
      await add(entries);
    }
  };

  const chunks = [...inChunks(wanted, ({ file }) => (file instanceof File ? file.size : USUAL_BYTES))];
  /** @param {number} i */
  const read = (i) => Promise.all((chunks[i] ?? []).map(readFile));
  let next = read(0);
  for (let i = 0; i < chunks.length; i++) {
    const found = await next;
    next = read(i + 1);
    /** @type {Found[]} */
    let entries = [];
    for (const file of found) {
      if ('reason' in file) {
        refused.push(file);
        done++;
      } else if ('zip' in file) {
        await add(entries);
        entries = [];
        await addZip(file.name, file.number, file.zip);
      } else {
        entries.push(file);
      }
    }
    await add(entries);
  }
  progress(total, total);
  return { origins, refused };
}
