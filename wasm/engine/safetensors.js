/** A small reader and writer of safetensors files, for what JavaScript itself needs of them. */
import { SsdganError } from '../module/heap.js';

/** @typedef {{shape: number[], data: Float32Array, other?: {dtype: string, bytes: Uint8Array}}} Tensor other: not F32, F16 */

/** @param {string} why */
const bad = (why) => new SsdganError('bad_file', `not a sound safetensors file: ${why}`);

/** @param {number} half @returns {number} */
function halfToFloat(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/**
 * The float16 nearest to a float32, ties to the even one (IEEE 754, as numpy and PyTorch round). From 65520 on it is
 * infinite.
 * @param {number} value
 * @returns {number} its 16 bits
 */
export function floatToHalf(value) {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00;
  // A carry out of the fraction goes into the exponent, as it should.
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  const steps = Math.abs(value) * 2 ** 24; // subnormal: exact in float64
  const whole = Math.floor(steps);
  const rest = steps - whole;
  return sign | (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole);
}

/** @param {Uint8Array} bytes @returns {{header: Record<string, any>, start: number}} start: where the data begin */
function readHeader(bytes) {
  if (bytes.length < 10) throw bad('too short');
  const length = metadataLength(bytes) - 8;
  if (length > bytes.length - 8) throw bad('the header is longer than the file');
  let header;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw bad('the header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad('the header is not an object');
  return { header, start: 8 + length };
}

/** How many of a file's bytes readMetadata needs. @param {Uint8Array} start its first 8 bytes at least @returns {number} */
export function metadataLength(start) {
  if (start.length < 8) throw bad('too short');
  return 8 + Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

/** What a file says about itself, without its tensors. @param {Uint8Array} bytes @returns {Record<string, string>} */
export function readMetadata(bytes) {
  return readHeader(bytes).header.__metadata__ ?? {};
}

/** How long a whole file is. @param {Uint8Array} bytes its header at least @returns {number} */
export function fileLength(bytes) {
  const { header, start } = readHeader(bytes);
  const ends = Object.values(header).map((entry) => Number(entry?.data_offsets?.[1] ?? 0));
  return ends.reduce((most, end) => Math.max(most, end), 0) + start;
}

/**
 * @param {Uint8Array} bytes
 * @returns {{tensors: Record<string, Tensor>, metadata: Record<string, string>}} F32 and F16 tensors with their data;
 *   others with empty data, and their bytes as `other`
 */
export function readSafetensors(bytes) {
  const { header, start } = readHeader(bytes);
  const { __metadata__: metadata = {}, ...entries } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Record<string, Tensor>} */
  const tensors = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const whole = (/** @type {unknown} */ x) => Number.isSafeInteger(x) && Number(x) >= 0;
    if (!Array.isArray(shape) || !shape.every(whole)) throw bad(`tensor ${name} has no shape`);
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
      throw bad(`tensor ${name} does not say where its numbers are`);
    const [from, to] = offsets;
    const count = shape.reduce((a, b) => a * b, 1);
    if (from > to || to > bytes.length - start) throw bad(`tensor ${name} lies outside the file`);
    const width = dtype === 'F32' ? 4 : dtype === 'F16' ? 2 : 0;
    if (width && to - from !== count * width) throw bad(`tensor ${name} has the wrong size`);
    const data = new Float32Array(width ? count : 0);
    for (let i = 0; i < data.length; i++) {
      const at = start + from + i * width;
      data[i] = width === 4 ? view.getFloat32(at, true) : halfToFloat(view.getUint16(at, true));
    }
    tensors[name] = { shape, data };
    if (!width) tensors[name].other = { dtype: String(dtype), bytes: bytes.slice(start + from, start + to) };
  }
  return { tensors, metadata };
}

/** @param {string} name of a tensor @param {Float32Array} data @returns {Uint16Array<ArrayBuffer>} in float16; refuses what is not finite or above 65,504 */
export function halvesOf(name, data) {
  return Uint16Array.from(data, (value) => {
    const bits = floatToHalf(value);
    if ((bits & 0x7c00) === 0x7c00)
      throw new SsdganError('bad_argument', `${name} holds ${value}, which float16 cannot hold: leave it in float32`);
    return bits;
  });
}

/**
 * A tensor's bytes in the file. @param {string} name @param {Tensor} tensor @param {boolean} half
 * @returns {{dtype: string, bytes: Uint8Array}}
 */
function encode(name, { data, other }, half) {
  if (other) return other;
  const bytes = new Uint8Array(data.length * (half ? 2 : 4));
  const view = new DataView(bytes.buffer);
  if (half) halvesOf(name, data).forEach((bits, i) => view.setUint16(2 * i, bits, true));
  else data.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return { dtype: half ? 'F16' : 'F32', bytes };
}

/**
 * The first part of a file: length and header. The tensors' bytes follow, one after the other.
 * @param {{name: string, dtype: string, shape: number[], bytes: number}[]} tensors bytes: how many
 * @param {Record<string, string>} metadata
 * @returns {Uint8Array}
 */
export function headerOf(tensors, metadata) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors)
    header[name] = { dtype, shape, data_offsets: [offset, (offset += bytes)] };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const start = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(text, 8);
  return start;
}

/**
 * Writes a file. A checkpoint's `checksum` is that of the file which was read, so it is left out.
 * @param {Record<string, Tensor>} tensors
 * @param {Record<string, string>} metadata
 * @param {{half?: boolean}} options half: as float16, half the size; refuses what is not finite or above 65,504
 * @returns {Uint8Array}
 */
export function writeSafetensors(tensors, metadata = {}, { half = false } = {}) {
  const parts = Object.entries(tensors).map(([name, tensor]) => {
    const { dtype, bytes } = encode(name, tensor, half);
    return { name, dtype, shape: tensor.shape, data: bytes, bytes: bytes.length };
  });
  const header = headerOf(parts, /** @type {any} */ ({ ...metadata, checksum: undefined }));
  const file = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes, header.length));
  file.set(header);
  parts.reduce((at, { data }) => (file.set(data, at), at + data.length), header.length);
  return file;
}
