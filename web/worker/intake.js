/** Files to pictures: what cannot be read is refused with a sentence, and everything else is kept. */
import { sentence } from '../protocol.js';
import { breathe, failure } from './session.js';
import { isZip, listZip, readEntry } from './zip.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../protocol.js').Requests} Requests */
/** @typedef {import('../protocol.js').Intake} Intake */
/** @typedef {import('../protocol.js').Refusal} Refusal */
/** @typedef {{path: string, read: () => Promise<Uint8Array>, bytes: number, inZip: boolean}} Source a file or an entry of a zip */

const PROGRESS_MS = 100;
const MAX_FILE = 256 * 1024 * 1024;
const MAX_SIDE = 16384;
const MAX_PIXELS = 64e6;
const DOODLES_AT_ONCE = 250;

/** @param {Session} session */
function unlocked(session) {
  if (session.trainer && session.attached) {
    throw failure('bad_state', 'the pictures are in use by the training run: start over to change them');
  }
}

/** @param {Session} session @param {Requests['pictures.open']['body']} body */
export function open(session, { size, crop, filter }) {
  unlocked(session);
  const dataset = session.theEngine.createDataset({
    size,
    crop: /** @type {any} */ (crop),
    filter: /** @type {any} */ (filter),
  });
  session.dataset?.dispose();
  session.dataset = dataset;
  return { count: 0 };
}

/** @param {Session} session @param {Requests['pictures.remove']['body']} body */
export function remove(session, { index }) {
  unlocked(session);
  session.theDataset.remove(index);
  return { count: session.theDataset.count };
}

/** @param {Session} session */
export function cancel(session) {
  session.cancelled = true;
  return {};
}

/** @param {Session} session @param {Requests['pictures.addDoodles']['body']} body @returns {Promise<Intake>} */
export async function addDoodles(session, { seed, count }) {
  unlocked(session);
  const dataset = session.theDataset;
  for (let first = 0; first < count; first += DOODLES_AT_ONCE) {
    dataset.addDoodles(seed, first, Math.min(DOODLES_AT_ONCE, count - first));
    await breathe();
  }
  return { added: count, count: dataset.count, refused: [] };
}

/** @param {string} path @returns {string} why this is no picture, by its name; '' otherwise */
function junk(path) {
  const name = path.split('/').at(-1) ?? '';
  if (path.split('/').includes('__MACOSX') || name.startsWith('._')) return 'a side file of macOS, not a picture';
  if (/^(\.DS_Store|Thumbs\.db|desktop\.ini)$/i.test(name))
    return "a folder's note of the operating system, not a picture";
  if (name.startsWith('.')) return 'a hidden file, not a picture';
  if (/\.(mp4|mov|avi|mkv|webm)$/i.test(name)) return 'a video: only still pictures can be used';
  if (/\.(txt|md|json|csv|html?|pdf|docx?|xml|ya?ml|log|js|py)$/i.test(name)) return 'a document, not a picture';
  if (/\.svgz?$/i.test(name)) return 'a drawing in vectors (SVG): save it as PNG first';
  return '';
}

/**
 * Formats that the core does not read, through the browser's own decoders.
 * @param {import('./session.js').Dataset} dataset @param {Uint8Array} bytes
 */
async function addThroughBrowser(dataset, bytes) {
  const bitmap = await createImageBitmap(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]), {
    premultiplyAlpha: 'none',
  });
  try {
    const { width, height } = bitmap;
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
      throw failure('too_large', `${width} x ${height} pixels are too many: make it smaller`);
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw failure('out_of_memory', 'not enough memory to decode this picture');
    context.drawImage(bitmap, 0, 0);
    dataset.addRgba(context.getImageData(0, 0, width, height).data, width, height);
  } finally {
    bitmap.close();
  }
}

/** @param {import('./session.js').Dataset} dataset @param {Source} source */
async function addOne(dataset, source) {
  if (source.bytes > MAX_FILE) throw failure('too_large', 'larger than 256 MB: hardly a picture');
  const bytes = await source.read();
  if (isZip(bytes)) throw failure('unsupported', 'a zip inside a zip: unpack it and add it by itself');
  try {
    dataset.addFile(bytes);
  } catch (error) {
    if (/** @type {any} */ (error)?.code !== 'unsupported') throw error;
    try {
      await addThroughBrowser(dataset, bytes);
    } catch (second) {
      // The browser's own message says little ("could not be decoded"): the core's reason is the better one.
      throw /** @type {any} */ (second)?.code === 'too_large' ? second : error;
    }
  }
}

/**
 * @param {Blob} zip @param {string} path @param {Refusal[]} refused
 * @returns {Promise<Source[]>}
 */
async function openZip(zip, path, refused) {
  const entries = await listZip(zip);
  const locked = entries.filter((entry) => entry.encrypted);
  if (locked.length) {
    const what = locked.length === entries.length ? 'the zip is' : `${locked.length} of ${entries.length} entries are`;
    refused.push({
      path,
      code: 'unsupported',
      reason: sentence(`${what} locked with a password: unpack it and add the pictures`),
    });
  }
  if (!entries.length) throw failure('bad_file', 'the zip is empty');
  return entries
    .filter((entry) => !entry.encrypted)
    .map((entry) => ({
      path: `${path}/${entry.name}`,
      read: () => readEntry(zip, entry),
      bytes: entry.size,
      inZip: true,
    }));
}

/** @param {Requests['pictures.addFiles']['body']['files']} files @param {Refusal[]} refused @returns {Promise<Source[]>} */
async function collect(files, refused) {
  /** @type {Source[]} */
  const sources = [];
  // In the order of the names, however they were dropped: the same pictures are then the same collection.
  for (const { file, path } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    try {
      const head = /\.zip$/i.test(path) ? new Uint8Array(await file.slice(0, 4).arrayBuffer()) : new Uint8Array(0);
      if (isZip(head)) {
        sources.push(...(await openZip(file, path, refused)));
      } else if (/\.zip$/i.test(path)) {
        throw failure('bad_file', file.size ? 'not a zip, whatever its name says' : 'the file is empty');
      } else {
        const read = async () => new Uint8Array(await file.arrayBuffer());
        sources.push({ path, read, bytes: file.size, inZip: false });
      }
    } catch (error) {
      refused.push(refusal(path, error));
    }
  }
  return sources;
}

/** @param {string} path @param {unknown} error @returns {Refusal} */
function refusal(path, error) {
  const { code, name, message } = /** @type {{code?: unknown, name?: string, message?: string}} */ (error ?? {});
  if (error instanceof WebAssembly.RuntimeError) throw error;
  if (name === 'NotReadableError' || name === 'NotFoundError') {
    return {
      path,
      code: 'bad_file',
      reason: 'The browser could not read this file: it was moved, changed or is protected.',
    };
  }
  return { path, code: typeof code === 'string' ? code : 'bad_file', reason: sentence(String(message ?? error)) };
}

/** @param {Session} session @param {Requests['pictures.addFiles']['body']} body @returns {Promise<Intake>} */
export async function addFiles(session, { files }) {
  unlocked(session);
  session.cancelled = false;
  const dataset = session.theDataset;
  const before = dataset.count;
  /** @type {Refusal[]} */
  const refused = [];
  const sources = await collect(files, refused);
  let next = 0;
  for (const [done, source] of sources.entries()) {
    if (session.cancelled) break;
    const why = junk(source.path);
    try {
      if (why) throw failure('unsupported', why);
      await addOne(dataset, source);
    } catch (error) {
      const { code } = /** @type {{code?: string}} */ (error ?? {});
      if (code === 'out_of_memory') {
        const rest = sources.length - done;
        refused.push({ path: source.path, code, reason: `Memory is full: this and ${rest - 1} more were left out.` });
        break;
      }
      refused.push(refusal(source.path, error));
    }
    const now = performance.now();
    if (now >= next) {
      next = now + PROGRESS_MS;
      const { path } = source;
      const progress = { done: done + 1, total: sources.length, path, count: dataset.count, refused: refused.length };
      session.send({ type: 'pictures.progress', ...progress });
      await breathe();
    }
  }
  return { added: dataset.count - before, count: dataset.count, refused };
}
