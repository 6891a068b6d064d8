/** The JavaScript reader and writer of safetensors, and the ways between latents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lerp, slerp, walk } from '../../wasm/latents.js';
import { readSafetensors, writeSafetensors } from '../../wasm/safetensors.js';

/** @param {unknown} header @param {number} dataBytes */
function file(header, dataBytes = 8) {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

test('what is written is read again', () => {
  const tensors = {
    a: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 7) },
    b: { shape: [], data: Float32Array.of(9) },
  };
  const bytes = writeSafetensors(tensors, { format: 'x "quoted" ü' });
  assert.deepEqual(readSafetensors(bytes), { tensors, metadata: { format: 'x "quoted" ü' } });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => readSafetensors(bytes.slice(0, length)), /not a sound safetensors file/, `${length} bytes`);
  }
});

test('halves are read', () => {
  const bytes = file({ h: { dtype: 'F16', shape: [4], data_offsets: [0, 8] } });
  const halves = new DataView(bytes.buffer, bytes.length - 8);
  [0x3c00, 0xc000, 0x0001, 0x7c00].forEach((half, i) => halves.setUint16(2 * i, half, true));
  assert.deepEqual([...readSafetensors(bytes).tensors.h.data], [1, -2, 2 ** -24, Infinity]);
});

test('malformed headers are refused', () => {
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  for (const header of [
    '{',
    '[]',
    'null',
    { a: null },
    { a: { ...entry, shape: [-1] } },
    { a: { ...entry, shape: [3] } },
    { a: { ...entry, data_offsets: [0, 80] } },
    { a: { ...entry, data_offsets: [8, 0] } },
    { a: { ...entry, shape: 'x' } },
  ]) {
    // prettier-ignore
    assert.throws(() => readSafetensors(file(header)), /not a sound safetensors file/, JSON.stringify(header));
  }
  assert.deepEqual([...readSafetensors(file({ a: entry })).tensors.a.data], [0, 0]);
});

test('ways begin and end at their keys', () => {
  const [a, b, c] = [Float32Array.of(1, 0), Float32Array.of(0, 2), Float32Array.of(-1, 0)];
  const way = walk([a, b, c], 5, lerp);
  assert.deepEqual([...way], [1, 0, 0.5, 1, 0, 2, -0.5, 1, -1, 0]);
  const loop = walk([a, b], 4, lerp, true);
  assert.deepEqual([...loop.slice(4, 6)], [...b]);
  const middle = slerp([3, 0], [0, 3], 0.5);
  assert.ok(Math.abs(Math.hypot(...middle) - 3) < 1e-6, 'slerp keeps the length');
  assert.deepEqual([...slerp(a, a, 0.3)], [...a]);
});
