/**
 * Reads zips without holding them: the directory at the end, then one entry at a time. The inflating is fflate's,
 * loaded at the first zip.
 */
import { failure } from './session.js';

/**
 * @typedef {{name: string, method: number, encrypted: boolean, crc: number, packed: number, size: number, offset: number}} Entry
 */

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_ENTRY = 256 * 1024 * 1024;

/** @param {Uint8Array} bytes first bytes of a file */
export function isZip(bytes) {
  return (
    bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
  );
}

/** @param {Blob} blob @param {number} from @param {number} to */
async function view(blob, from, to) {
  return new DataView(await blob.slice(from, to).arrayBuffer());
}

/** @param {Blob} zip @returns {Promise<{at: number, count: number, bytes: number}>} where the directory is */
async function findDirectory(zip) {
  const tailAt = Math.max(0, zip.size - 65557);
  const tail = await view(zip, tailAt, zip.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw failure('bad_file', 'the zip is cut off or damaged: its directory is missing');
  const found = {
    count: tail.getUint16(end + 10, true),
    bytes: tail.getUint32(end + 12, true),
    at: tail.getUint32(end + 16, true),
  };
  if (found.at !== 0xffffffff && found.count !== 0xffff) return found;
  if (end < 20 || tail.getUint32(end - 20, true) !== LOCATOR_64) return found;
  const at = Number(tail.getBigUint64(end - 20 + 8, true));
  const end64 = await view(zip, at, at + 56);
  if (end64.byteLength < 56 || end64.getUint32(0, true) !== END_64) {
    throw failure('bad_file', 'the zip is damaged: its large directory is missing');
  }
  return {
    count: Number(end64.getBigUint64(32, true)),
    bytes: Number(end64.getBigUint64(40, true)),
    at: Number(end64.getBigUint64(48, true)),
  };
}

/** @param {Uint8Array} bytes */
function decodeName(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

/**
 * Sizes above 4 GB stand in an extra field.
 * @param {DataView} data @param {number} at @param {number} length @param {Entry} entry
 */
function readZip64Extra(data, at, length, entry) {
  for (let p = at; p + 4 <= at + length; p += 4 + data.getUint16(p + 2, true)) {
    if (data.getUint16(p, true) !== 1) continue;
    let q = p + 4;
    for (const field of /** @type {const} */ (['size', 'packed', 'offset'])) {
      if (entry[field] !== 0xffffffff) continue;
      entry[field] = Number(data.getBigUint64(q, true));
      q += 8;
    }
  }
}

/** @param {Blob} zip @returns {Promise<Entry[]>} files, not folders, by name */
export async function listZip(zip) {
  const where = await findDirectory(zip);
  const data = await view(zip, where.at, where.at + where.bytes);
  const bytes = new Uint8Array(data.buffer);
  /** @type {Entry[]} */
  const entries = [];
  let at = 0;
  for (let i = 0; i < where.count; i++) {
    if (at + 46 > data.byteLength || data.getUint32(at, true) !== CENTRAL) {
      throw failure('bad_file', 'the zip is cut off or damaged: its directory cannot be read');
    }
    const nameLength = data.getUint16(at + 28, true);
    const extraLength = data.getUint16(at + 30, true);
    const entry = {
      name: decodeName(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: data.getUint16(at + 10, true),
      encrypted: (data.getUint16(at + 8, true) & 1) !== 0,
      crc: data.getUint32(at + 16, true),
      packed: data.getUint32(at + 20, true),
      size: data.getUint32(at + 24, true),
      offset: data.getUint32(at + 42, true),
    };
    if (extraLength) readZip64Extra(data, at + 46 + nameLength, extraLength, entry);
    if (!entry.name.endsWith('/')) entries.push(entry);
    at += 46 + nameLength + extraLength + data.getUint16(at + 32, true);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @type {Uint32Array | undefined} */
let crcTable;

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  crcTable ??= Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {Blob} zip @param {Entry} entry @returns {Promise<Uint8Array>} */
export async function readEntry(zip, entry) {
  if (entry.method !== 0 && entry.method !== 8) {
    throw failure('unsupported', 'packed in a way that is not read here: make the zip anew with ordinary compression');
  }
  if (entry.size > MAX_ENTRY) throw failure('too_large', 'larger than 256 MB: hardly a picture');
  const head = await view(zip, entry.offset, entry.offset + 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) {
    throw failure('bad_file', 'the zip is damaged here: this entry is not where it should be');
  }
  const at = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  let bytes = new Uint8Array(await zip.slice(at, at + entry.packed).arrayBuffer());
  if (entry.method === 8) {
    const { inflateSync } = await import('fflate');
    try {
      bytes = inflateSync(bytes, { out: new Uint8Array(entry.size) });
    } catch {
      throw failure('bad_file', 'the zip is damaged here: this entry cannot be unpacked');
    }
  }
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc) {
    throw failure('bad_file', 'the zip is damaged here: what it holds is not what was put in');
  }
  return bytes;
}
