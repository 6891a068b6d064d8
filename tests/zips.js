/** A writer of zips for tests: plain ones, and such as archivers, systems and faults leave. */
import zlib from 'node:zlib';

/**
 * One entry. All but name and data may say something else than is true.
 * @typedef {{name: string | Uint8Array, data?: Uint8Array | string, method?: number, flags?: number, crc?: number,
 *   size?: number, packed?: Uint8Array, packedSize?: number, offset?: number, mode?: number, descriptor?: boolean,
 *   zip64?: boolean}} Entry
 */

const UTF8 = 1 << 11;
const DESCRIPTOR = 1 << 3;

/** @param {string} layout of bytes: 2, 4 or 8 for each number @param {number[]} numbers @returns {Buffer} little-endian */
function little(layout, ...numbers) {
  return Buffer.concat(
    [...layout].map((width, i) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(numbers[i]));
      return bytes.subarray(0, Number(width));
    }),
  );
}

/**
 * @param {Entry[]} entries
 * @param {{prefix?: string | Uint8Array, suffix?: string | Uint8Array, comment?: string, zip64?: boolean}} [options]
 * @returns {Uint8Array}
 */
export function makeZip(entries, { prefix = '', suffix = '', comment = '', zip64 = false } = {}) {
  /** @type {Buffer[]} */
  const parts = [Buffer.from(prefix)];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  const push = (/** @type {Uint8Array[]} */ ...pieces) => {
    for (const piece of pieces) {
      parts.push(Buffer.from(piece));
      at += piece.length;
    }
  };
  for (const entry of entries) {
    const data = Buffer.from(entry.data ?? '');
    const name = Buffer.from(entry.name);
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? zlib.deflateRawSync(data) : data);
    const flags = (entry.flags ?? (typeof entry.name === 'string' ? UTF8 : 0)) | (entry.descriptor ? DESCRIPTOR : 0);
    const crc = entry.crc ?? zlib.crc32(data);
    const size = entry.size ?? data.length;
    const packedSize = entry.packedSize ?? packed.length;
    const offset = entry.offset ?? at;
    const extra = entry.zip64 ? little('22888', 1, 24, size, packedSize, offset) : Buffer.alloc(0);
    const [size4, packed4, offset4] = entry.zip64 ? [0xffffffff, 0xffffffff, 0xffffffff] : [size, packedSize, offset];
    const common = little('22222', 20, flags, method, 0, 0x21);
    const late = entry.descriptor ? [0, 0, 0] : [crc, packedSize, size];
    push(little('4', 0x04034b50), common, little('44422', ...late, name.length, 0), name, packed);
    if (entry.descriptor) push(little('4444', 0x08074b50, crc, packedSize, size));
    directory.push(
      little('42', 0x02014b50, 0x0314), common,
      little('444222224', crc, packed4, size4, name.length, extra.length, 0, 0, 0, (entry.mode ?? 0o100644) * 65536),
      little('4', offset4), name, extra,
    ); // prettier-ignore
  }
  const start = at;
  for (const piece of directory) push(piece);
  const length = at - start;
  const count = entries.length;
  if (zip64) {
    const end = at;
    push(little('482244888', 0x06064b50, 44, 45, 45, 0, 0, count, count, length), little('8', start));
    push(little('4484', 0x07064b50, 0, end, 1));
  }
  const [count2, length4, start4] = zip64 ? [0xffff, 0xffffffff, 0xffffffff] : [count, length, start];
  push(little('422', 0x06054b50, 0, 0), little('22442', count2, count2, length4, start4, comment.length));
  push(Buffer.from(comment), Buffer.from(suffix));
  return new Uint8Array(Buffer.concat(parts));
}
