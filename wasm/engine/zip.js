/**
 * Zips, read an entry at a time and written. The libraries are loaded when the first zip comes. What is not read has its
 * true reason: one bad entry spoils no other.
 */
import { isJunk } from './junk.js';

/** @typedef {{name: string, bytes: Uint8Array}} NamedBytes */
/** @typedef {{name: string, reason: string}} Refused */

/**
 * Bytes that can be read in any order: a Blob or File, an array, or a file of Node (which has no File on a disk).
 * @typedef {Blob | Uint8Array | {size: number, read: (offset: number, length: number) => Promise<Uint8Array>}} Source
 */

/**
 * A file in a zip. The name has / between folders, no leading / and no "..". read() unpacks it, and throws an Error whose
 * message is the reason (damaged, ...).
 * @typedef {{name: string, size: number, read: () => Promise<Uint8Array>}} ZipFile
 */

/** What a picture may have, in a zip or not. */
export const MAX_FILE_BYTES = 256e6;
/**
 * What a file may grow by, above a size that does no harm. Deflate's limit is 1,032; photos stay near 1, and drawings saved
 * without compression reach about 50.
 */
const MAX_RATIO = 100;
const HARMLESS_BYTES = 32e6;

/** The compression methods that archivers use beside 0 and 8, by number (APPNOTE.TXT 4.4.5). @type {Record<number, string>} */
const METHODS = {
  1: 'Shrink', 6: 'Implode', 9: 'Deflate64', 12: 'BZIP2', 14: 'LZMA', 20: 'Zstandard', 93: 'Zstandard', 94: 'MP3', 95: 'XZ',
  96: 'JPEG', 97: 'WavPack', 98: 'PPMd', 99: 'AES',
}; // prettier-ignore

/**
 * @param {Uint8Array} bytes the first 4 are enough
 * @param {string} [name] a zip may have a program before it, that unpacks it; its name tells then
 * @returns {boolean}
 */
export function isZip(bytes, name = '') {
  const [p, k, a, b] = bytes;
  const marked = p === 0x50 && k === 0x4b && ((a === 3 && b === 4) || (a === 5 && b === 6) || (a === 7 && b === 8));
  return marked || /\.zip$/i.test(name);
}

/** Loads the libraries: zip.js lists and writes, without workers (this code runs in one already), fflate unpacks. */
export async function loadZipLibrary() {
  const [zip, { readEntry }] = await Promise.all([
    import('@zip.js/zip.js/lib/zip-core-custom.js'),
    import('./zip-entry.js'),
  ]);
  zip.configure({ useWebWorkers: false });
  return { zip, readEntry };
}

/** @param {Source} source @returns {{size: number, read: import('./zip-entry.js').Read}} */
function readable(source) {
  if (source instanceof Blob) {
    const read = async (/** @type {number} */ offset, /** @type {number} */ length) =>
      new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
    return { size: source.size, read };
  }
  if (source instanceof Uint8Array)
    return { size: source.length, read: async (offset, length) => source.slice(offset, offset + length) };
  return source;
}

/** Bytes that are read ahead. */
const AHEAD = 1 << 20;

/**
 * The files of a zip are mostly read in their order. Each reading of a Blob passes through three processes of a browser: one for
 * each of 5,239 small pictures took 2.2 of 7 processor seconds.
 * @param {import('./zip-entry.js').Read} read @returns {import('./zip-entry.js').Read} copies of what was read together
 */
function readAhead(read) {
  let [from, to] = [0, 0];
  /** @type {Promise<Uint8Array>} */
  let window = Promise.resolve(new Uint8Array());
  return async (offset, length) => {
    if (length > AHEAD / 2) return read(offset, length);
    if (offset < from || offset + length > to) {
      [from, to] = [offset, offset + AHEAD];
      window = read(offset, AHEAD);
      window.catch(() => (to = from)); // the next one tries again
    }
    const at = offset - from;
    return (await window).slice(at, at + length);
  };
}

/** Two Japanese characters in a row: one alone is often an accented letter of cp437 and the letter behind it. */
const JAPANESE = /[\u3041-\u30fe\u4e00-\u9fff]{2}/;

/**
 * Names that are not marked as UTF-8 and are not valid UTF-8: Shift-JIS where Japanese comes out, otherwise cp437, the
 * library's own choice.
 * @param {Uint8Array} raw @param {string} encoding
 */
function decodeName(raw, encoding) {
  if (encoding !== 'cp437') return undefined;
  try {
    const text = new TextDecoder('shift_jis', { fatal: true }).decode(raw);
    return JAPANESE.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} name @returns {string} with / between folders, and nothing that leads out of a folder */
function plainName(name) {
  const path = name.replaceAll('\\', '/').replace(/^[a-z]:(?=\/)/i, '');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.join('/') + (path.endsWith('/') ? '/' : '');
}

/** @param {number} bytes @returns {string} */
const megabytes = (bytes) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;

/** @param {number} size bytes @returns {string} */
export const tooLarge = (size, most = MAX_FILE_BYTES) => `${megabytes(size)}; a file may have ${megabytes(most)}`;

/** What can be told of an entry before it is read. @param {import('@zip.js/zip.js').Entry} entry @param {number} maxBytes @returns {string | null} */
function unfit(entry, maxBytes) {
  const { compressionMethod: method, compressedSize, uncompressedSize: size } = entry;
  if (entry.encrypted) return 'encrypted: unpack it with its password first';
  if (/** @type {any} */ (entry).symlink) return 'a link to another file, not a file';
  if (method !== 0 && method !== 8)
    return `compressed by ${METHODS[method] ?? `method ${method}`}, which is not supported: zip it anew with Deflate`;
  if (size > maxBytes) return tooLarge(size, maxBytes);
  if (size > HARMLESS_BYTES && size > MAX_RATIO * compressedSize)
    return `would unpack to ${Math.round(size / Math.max(1, compressedSize)).toLocaleString('en')} times its size (${megabytes(size)}), which no photo does`;
  return null;
}

/** Why no list could be had. @param {any} zip the library @param {unknown} error @returns {string} */
function reasonOf(zip, error) {
  const message = error instanceof Error ? error.message : String(error);
  if (message === zip.ERR_SPLIT_ZIP_FILE) return 'one part of a split zip: join the parts first';
  if (message === zip.ERR_ENCRYPTED_CENTRAL_DIRECTORY) return 'encrypted: unpack it with its password first';
  return 'the zip is damaged or cut off';
}

/**
 * Lists a zip. Never throws: what is not offered is refused with a reason. Folders and junk are left out silently.
 * @param {Source} source is read where it is needed, never whole
 * @param {string} zipName stands before the names, with a /
 * @param {{maxBytes?: number}} [options] of one file in it
 * @returns {Promise<{files: ZipFile[], refused: Refused[]}>}
 */
export async function openZip(source, zipName, { maxBytes = MAX_FILE_BYTES } = {}) {
  const { zip, readEntry } = await loadZipLibrary();
  const { size, read: readPart } = readable(source);
  /** @type {ZipFile[]} */
  const files = [];
  /** @type {Refused[]} */
  const refused = [];
  try {
    const reader = /** @type {any} */ (new zip.Reader(source));
    Object.assign(reader, { size, readUint8Array: readPart });
    // Tolerant: takes what any archiver would, data before and behind the zip included.
    const listing = new zip.ZipReader(reader, { strictness: 'tolerant', decodeText: decodeName });
    // The files of a zip lie one behind the other: together they are smaller than the zip, unless it is a bomb.
    let left = size;
    const readNear = readAhead(readPart);
    for await (const entry of listing.getEntriesGenerator()) {
      const plain = plainName(entry.filename);
      if (plain === '' || plain.endsWith('/') || (entry.directory && !entry.uncompressedSize) || isJunk(plain))
        continue;
      const name = `${zipName}/${plain}`;
      const reason = unfit(entry, maxBytes);
      let counted = false;
      const read = async () => {
        if (!counted && entry.compressedSize > left) throw new Error('lies where other files lie, as in a zip bomb');
        const bytes = await readEntry(entry, readNear);
        if (!counted) left -= entry.compressedSize;
        counted = true;
        return bytes;
      };
      if (reason) refused.push({ name, reason });
      else files.push({ name, size: entry.uncompressedSize, read });
    }
  } catch (error) {
    const reason = reasonOf(zip, error);
    refused.push({ name: zipName, reason: files.length ? `${reason}: its list of files ends early` : reason });
  }
  return { files, refused };
}

/**
 * The files of a zip one after the other, each read when its turn comes.
 * @param {ZipFile[]} files
 * @param {Refused[]} refused grows by what cannot be read
 * @returns {AsyncGenerator<NamedBytes>}
 */
export async function* unpack(files, refused) {
  for (const { name, read } of files) {
    try {
      const bytes = await read();
      if (isZip(bytes)) refused.push({ name, reason: 'a zip inside a zip: unpack it first' });
      else yield { name, bytes };
    } catch (error) {
      refused.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
}

/**
 * Writes a zip, without compression: pictures and weights do not get smaller. The same entries give the same bytes.
 * @param {Iterable<{name: string, data: Uint8Array | Blob}> | AsyncIterable<{name: string, data: Uint8Array | Blob}>} entries
 * @param {WritableStream<Uint8Array>} [sink] takes the zip as it grows; without it the result is the zip
 * @returns {Promise<Blob | null>}
 */
export async function writeZip(entries, sink) {
  const { zip } = await loadZipLibrary();
  const target = sink ?? new zip.BlobWriter('application/zip');
  // The time is a local one, so it is the same bytes in every time zone.
  const writer = new zip.ZipWriter(target, {
    level: 0,
    lastModDate: new Date(1980, 0, 1),
    extendedTimestamp: false,
    dataDescriptor: false,
  });
  for await (const { name, data } of entries) {
    await writer.add(name, data instanceof Blob ? new zip.BlobReader(data) : new zip.Uint8ArrayReader(data));
  }
  const result = await writer.close();
  return result instanceof Blob ? result : null;
}
