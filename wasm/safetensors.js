/** A small reader and writer of safetensors files, for what JavaScript itself needs of them. */
import { SsdganError } from './bridge.js';

/** @typedef {{shape: number[], data: Float32Array}} Tensor */

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

/**
 * @param {Uint8Array} bytes
 * @returns {{tensors: Record<string, Tensor>, metadata: Record<string, string>}} F32 and F16 tensors with their data;
 *   others with empty data
 */
export function readSafetensors(bytes) {
  if (bytes.length < 10) throw bad('too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) throw bad('the header is longer than the file');
  let header;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw bad('the header is no JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad('the header is no object');
  const { __metadata__: metadata = {}, ...entries } = header;
  const start = 8 + length;
  /** @type {Record<string, Tensor>} */
  const tensors = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const whole = (/** @type {unknown} */ x) => Number.isSafeInteger(x) && Number(x) >= 0;
    if (!Array.isArray(shape) || !shape.every(whole)) throw bad(`tensor ${name} has no shape`);
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
      throw bad(`tensor ${name} has no place`);
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
  }
  return { tensors, metadata };
}

/** @param {Record<string, Tensor>} tensors @param {Record<string, string>} metadata @returns {Uint8Array} */
export function writeSafetensors(tensors, metadata = {}) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.length * 4] };
    offset += data.length * 4;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  let at = 8 + padded;
  for (const { data } of Object.values(tensors)) {
    data.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    at += data.length * 4;
  }
  return bytes;
}
