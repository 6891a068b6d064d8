/** Features by an ONNX network: a tiny one, written here, against its definition; skipped where the runtime is absent. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onnxFeatures } from '../../wasm/cli/onnx-features.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { cleanResize } from '../../wasm/engine/resize.js';

const MAIN = fileURLToPath(new URL('../../wasm/cli/main.js', import.meta.url));
const SIZE = 24;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-onnx-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const installed = ['onnxruntime-node', 'onnxruntime-web'].some((name) => {
  try {
    return Boolean(createRequire(import.meta.url).resolve(name));
  } catch {
    return false;
  }
});
const skip = installed ? false : 'no onnxruntime-node; npm install --no-save onnxruntime-node brings it';

// Protocol buffers: a key (field << 3 | kind), then a number, or a length and bytes.
/** @param {number} n @returns {number[]} */
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const number = (/** @type {number} */ field, /** @type {number} */ n) => [...varint(field << 3), ...varint(n)];
const bytes = (/** @type {number} */ field, /** @type {number[]} */ body) => [...varint((field << 3) | 2), ...varint(body.length), ...body]; // prettier-ignore
const text = (/** @type {number} */ field, /** @type {string} */ s) => bytes(field, [...Buffer.from(s)]);

/** The mean and the largest value of each channel: N x 3 x S x S -> N x 6. */
function network() {
  const node = (/** @type {string} */ op, /** @type {string[]} */ from, /** @type {string} */ to, /** @type {number[]} */ attribute = []) =>
    bytes(1, [...from.flatMap((name) => text(1, name)), ...text(2, to), ...text(4, op), ...attribute]); // prettier-ignore
  const axis = bytes(5, [...text(1, 'axis'), ...number(3, 1), ...number(20, 2)]);
  const value = (/** @type {number} */ field, /** @type {string} */ name, /** @type {(number | string)[]} */ shape) =>
    bytes(field, [
      ...text(1, name),
      ...bytes(2, bytes(1, [...number(1, 1), ...bytes(2, shape.flatMap((d) => bytes(1, typeof d === 'string' ? text(2, d) : number(1, d))))])),
    ]); // prettier-ignore
  const graph = [
    ...node('GlobalAveragePool', ['x'], 'mean'),
    ...node('GlobalMaxPool', ['x'], 'most'),
    ...node('Concat', ['mean', 'most'], 'both', axis),
    ...node('Flatten', ['both'], 'y', axis),
    ...text(2, 'means'),
    ...value(11, 'x', ['N', 3, SIZE, SIZE]),
    ...value(12, 'y', ['N', 6]),
  ];
  return Uint8Array.from([...number(1, 7), ...bytes(7, graph), ...bytes(8, number(2, 13))]);
}

const file = path.join(folder, 'means.onnx');
fs.writeFileSync(file, network());

test('the features are those of the network on cleanly resized pictures', { skip }, async () => {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(2, 0, 19); // more than a batch
  for (const [range, scale, shift] of /** @type {const} */ ([
    ['255', 1, 0],
    ['1', 1 / 255, 0],
    ['-1', 2 / 255, -1],
  ])) {
    const extract = await onnxFeatures(engine, { features: file, 'features-size': SIZE, 'features-range': range });
    const features = await extract(dataset);
    assert.deepEqual([features.count, features.size], [19, 6]);
    const rows = features.rows();
    for (let i = 0; i < 19; i++) {
      const picture = cleanResize(dataset.picture(i), 32, SIZE);
      for (let c = 0; c < 3; c++) {
        const plane = picture.subarray(c * SIZE * SIZE, (c + 1) * SIZE * SIZE).map((x) => x * scale + shift);
        const mean = plane.reduce((a, b) => a + b, 0) / plane.length;
        assert.ok(Math.abs(rows[i * 6 + c] - mean) < 1e-5 * (1 + Math.abs(mean)));
        assert.ok(Math.abs(rows[i * 6 + 3 + c] - Math.max(...plane)) < 1e-5 * (1 + Math.abs(mean)));
      }
    }
  }
  engine.dispose();
});

test('evaluate takes it, and says what is wrong with it', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
  assert.equal(run('doodles', '--n', '70', '--size', '32', '--out', 'real').status, 0);
  assert.equal(run('doodles', '--n', '20', '--size', '32', '--seed', '9', '--out', 'other').status, 0);
  const common = ['evaluate', 'other', 'real', '--size', '32', '--quick', '--json', '--features-size', String(SIZE)];
  const { status, stdout, stderr } = run(...common, '--features', file);
  if (!installed) {
    assert.equal(status, 2);
    assert.match(stderr, /npm install onnxruntime-node/);
    return;
  }
  assert.equal(status, 0, stderr);
  const { about, scores, floor } = JSON.parse(stdout);
  assert.equal(about.features, file);
  assert.ok(Number.isFinite(scores.kernel) && floor.count > 10);
  assert.match(run(...common, '--features', 'real/doodle-00000.png').stderr, /cannot be run as an ONNX network/);
  assert.match(
    run(...common, '--features', file, '--features-resize', 'none').stderr,
    /32 pixels and --features-size is 24/,
  );
});
