/** Zip files of pictures: fflate unpacks; what it does not tell (encryption) is read from the directory. */
import { unzipSync } from 'fflate';

/** @typedef {{name: string, bytes: Uint8Array}} NamedBytes */
/** @typedef {{name: string, reason: string}} Refused */

const MAX_ENTRY_BYTES = 256e6;
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/** @param {string} name @returns {boolean} files that systems leave behind, not pictures anybody meant */
export function isJunk(name) {
  const base = name.split('/').pop() ?? '';
  return name.includes('__MACOSX/') || base.startsWith('.') || base === 'Thumbs.db' || base === 'desktop.ini';
}

/** @param {Uint8Array} bytes @returns {boolean} */
export function isZip(bytes) {
  return (
    bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
  );
}

/** @param {Uint8Array} bytes @returns {Set<string>} names of the encrypted entries */
function encryptedNames(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set();
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 66000 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY) return names;
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= bytes.length && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    const nameLength = view.getUint16(at + 28, true);
    if (view.getUint16(at + 8, true) & 1) {
      names.add(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)));
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}

/**
 * Unpacks the files of a zip. Never throws: what cannot be read is refused with a reason.
 * @param {Uint8Array} bytes
 * @param {string} zipName
 * @returns {{files: NamedBytes[], refused: Refused[]}}
 */
export function readZip(bytes, zipName) {
  /** @type {Refused[]} */
  const refused = [];
  const encrypted = encryptedNames(bytes);
  try {
    const unpacked = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (name.endsWith('/') || isJunk(name)) return false;
        if (encrypted.has(name))
          refused.push({ name: `${zipName}/${name}`, reason: 'encrypted: unpack it with its password first' });
        else if (originalSize > MAX_ENTRY_BYTES)
          refused.push({ name: `${zipName}/${name}`, reason: 'larger than 256 MB unpacked' });
        else return true;
        return false;
      },
    });
    const files = [];
    for (const [name, data] of Object.entries(unpacked)) {
      if (isZip(data)) refused.push({ name: `${zipName}/${name}`, reason: 'a zip inside a zip: unpack it first' });
      else files.push({ name: `${zipName}/${name}`, bytes: data });
    }
    return { files, refused };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { files: [], refused: [{ name: zipName, reason: `the zip is damaged or cut off (${why})` }] };
  }
}
