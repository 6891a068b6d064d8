/** The JavaScript reader and writer of safetensors, and interpolation between latents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lerp, slerp, interpolate } from '../../wasm/engine/latents.js';
import { floatToHalf, readMetadata, readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';

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

/** The value of a half, from its definition. @param {number} h 0..0x7bff */
const halfValue = (h) => (h < 1024 ? h * 2 ** -24 : (1 + (h % 1024) / 1024) * 2 ** ((h >> 10) - 15));

test('halves are the nearest, ties even: between all neighbours', () => {
  const bits = new DataView(new ArrayBuffer(4));
  /** The float32 beside a positive one. @param {number} value @param {number} by */
  const beside = (value, by) => {
    bits.setFloat32(0, value);
    bits.setUint32(0, bits.getUint32(0) + by);
    return bits.getFloat32(0);
  };
  for (let h = 0; h < 0x7bff; h++) {
    const middle = (halfValue(h) + halfValue(h + 1)) / 2; // a float32, exactly
    const even = h + (h % 2);
    const got = [halfValue(h), beside(middle, -1), middle, beside(middle, 1), -middle].map(floatToHalf);
    assert.deepEqual(got, [h, h, even, h + 1, 0x8000 | even], `half ${h}`);
  }
  // As numpy gives them: np.array([...], np.float32).astype(np.float16).view(np.uint16)
  const numpy = [
    [65504, 0x7bff], [65519.996, 0x7bff], [65520, 0x7c00], [-Infinity, 0xfc00], [NaN, 0x7e00], [-0, 0x8000],
    [0.1, 0x2e66], [1 / 3, 0x3555], [-2.718281828, 0xc170], [1e-7, 0x0002], [2 ** -25, 0], [6.097e-5, 0x03ff],
  ]; // prettier-ignore
  for (const [value, half] of numpy) assert.equal(floatToHalf(value), half, String(value));
});

test('halves are written, other types are kept, what does not fit is refused', () => {
  const tensors = { a: { shape: [3], data: Float32Array.of(1, -2.5, 2 ** -24) } };
  const bytes = writeSafetensors(tensors, { x: 'y' }, { half: true });
  assert.deepEqual(readSafetensors(bytes), { tensors, metadata: { x: 'y' } });
  assert.deepEqual(readMetadata(bytes), { x: 'y' });
  assert.match(new TextDecoder().decode(bytes), /"dtype":"F16","shape":\[3\],"data_offsets":\[0,6\]/);

  const count = file({ n: { dtype: 'I64', shape: [], data_offsets: [0, 8] } });
  count[count.length - 8] = 7;
  const again = writeSafetensors(readSafetensors(count).tensors, {}, { half: true });
  assert.deepEqual(readSafetensors(again), readSafetensors(count));
  assert.equal(again[again.length - 8], 7);

  for (const value of [65520, -1e30, NaN, Infinity]) {
    const wild = { wild: { shape: [1], data: Float32Array.of(value) } };
    assert.throws(() => writeSafetensors(wild, {}, { half: true }), /wild holds .* float16 cannot hold/, String(value));
    assert.equal(Object.is(readSafetensors(writeSafetensors(wild)).tensors.wild.data[0], Math.fround(value)), true);
  }
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
    assert.throws(() => readSafetensors(file(header)), /not a sound safetensors file/, JSON.stringify(header));
  }
  assert.deepEqual([...readSafetensors(file({ a: entry })).tensors.a.data], [0, 0]);
});

test('interpolations begin and end at their keys', () => {
  const [a, b, c] = [Float32Array.of(1, 0), Float32Array.of(0, 2), Float32Array.of(-1, 0)];
  const frames = interpolate([a, b, c], 5, lerp);
  assert.deepEqual([...frames], [1, 0, 0.5, 1, 0, 2, -0.5, 1, -1, 0]);
  const loop = interpolate([a, b], 4, lerp, { loop: true });
  assert.deepEqual([...loop.slice(4, 6)], [...b]);
  const middle = slerp([3, 0], [0, 3], 0.5);
  assert.ok(Math.abs(Math.hypot(...middle) - 3) < 1e-6, 'slerp keeps the length');
  assert.deepEqual([...slerp(a, a, 0.3)], [...a]);
});
