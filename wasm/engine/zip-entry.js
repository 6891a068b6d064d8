/**
 * Reads one entry of a zip in a single piece. zip.js could, but passes every entry through a chain of streams: 0.75 ms
 * each in Node, 3.9 s for 5,239 small pictures, where this takes 0.2 s.
 */
import { inflateSync } from 'fflate';

/** @typedef {(offset: number, length: number) => Promise<Uint8Array>} Read gives fewer bytes at the end only */
/** @typedef {Pick<import('@zip.js/zip.js').Entry, 'offset' | 'compressionMethod' | 'compressedSize' | 'uncompressedSize' | 'crc32' | 'rawFilename'>} Entry */

const HEADER = 30;
/** Room for the extra fields of most archivers, so that one reading is enough. */
const EXTRA = 128;

const DAMAGED = 'damaged in the zip: wrong checksum or size';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** The checksum of zip and PNG. @param {Uint8Array} bytes @returns {number} */
function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/** @param {Uint8Array} packed @param {number} size @returns {Uint8Array} */
function inflate(packed, size) {
  try {
    // One byte more than there should be, which shows where there is more.
    return inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw new Error(DAMAGED, { cause: error });
  }
}

/**
 * @param {Entry} entry stored or deflated, not encrypted
 * @param {Read} read
 * @returns {Promise<Uint8Array>} the whole entry; throws an Error whose message is a reason
 */
export async function readEntry(entry, read) {
  const { offset, compressedSize, uncompressedSize: size } = entry;
  let bytes = await read(offset, HEADER + entry.rawFilename.length + EXTRA + compressedSize);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER || header.getUint32(0, true) !== 0x04034b50)
    throw new Error('damaged in the zip: nothing is where the zip says');
  const start = HEADER + header.getUint16(26, true) + header.getUint16(28, true);
  if (bytes.length < start + compressedSize) bytes = await read(offset, start + compressedSize);
  if (bytes.length < start + compressedSize) throw new Error('cut off in the zip');
  const packed = bytes.subarray(start, start + compressedSize);
  const unpacked = entry.compressionMethod === 0 ? packed : inflate(packed, size);
  if (unpacked.length !== size || crc32(unpacked) !== entry.crc32) throw new Error(DAMAGED);
  return unpacked;
}
