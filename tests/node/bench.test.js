/** The benchmark's plumbing: sections, rows and their fields. Nothing here asserts a time. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { STEP_FLOPS } from '../../wasm/engine/bench.js';
import { convFlops, SHAPES, stepParts } from '../bench/parts.js';
import { inTurn, sameImages } from '../peers/compare.js';

/** @param {string[]} options */
const bench = (...options) => spawnSync('node', ['scripts/bench.js', ...options], { encoding: 'utf8' });

test('the parts of a step make up the work that docs/method.md counts', () => {
  const flops = (/** @type {boolean} */ reuse) => stepParts(32, reuse).reduce((sum, part) => sum + part.flops * part.calls, 0); // prettier-ignore
  // Section 5 counts twelve passes of every layer; two of the first layer's are for a gradient that nobody needs.
  assert.equal(flops(false), STEP_FLOPS - 2 * convFlops(SHAPES[3], 32));
  assert.ok(flops(true) < flops(false));
});

test('bench gives JSON rows of the sections asked for', () => {
  const { status, stdout, stderr } = bench('--json', '--quick', '--runtime', 'node', '--variant', 'simd', '--threads', '1', '--only', 'kernels,startup,modules'); // prettier-ignore
  assert.equal(status, 0, stderr);
  const rows = stdout.trim().split('\n').map((text) => JSON.parse(text)); // prettier-ignore
  assert.deepEqual([...new Set(rows.map(({ section }) => section))], ['peak', 'kernels', 'startup', 'modules']);
  const kernels = rows.filter(({ section }) => section === 'kernels');
  assert.equal(kernels.length, 2 * 4 * 3 * 2); // batches, shapes, passes, methods
  for (const row of kernels) {
    assert.deepEqual([row.runtime, row.variant, row.threads], ['node', 'simd', 1]);
    assert.ok(row.median_ms > 0 && row.gflops > 0 && row.of_peak > 0 && row.error < 1e-4, JSON.stringify(row));
  }
  for (const row of rows.filter(({ section }) => section === 'modules')) assert.ok(row.gzipped_kb > 0);
});

test('bench refuses a section that is not there', () => {
  const { status, stderr } = bench('--only', 'kernals');
  assert.equal(status, 2);
  assert.match(stderr, /no section kernals; there are kernels,/);
});

test('peers must make the same pictures, and are timed in turn', async () => {
  assert.equal(sameImages([1, 2], [1, 2], 'peer'), 0);
  assert.throws(() => sameImages([1, 2], [1, 2.01], 'peer'), /peer makes other pictures/);
  assert.throws(() => sameImages([1, 2], [1, NaN], 'peer'), /peer makes other pictures/);
  assert.throws(() => sameImages([1, 2], [1], 'peer'), /made 1 numbers/);
  const calls = [0, 0];
  const { our_ms, peer_ms, ratio } = await inTurn(() => calls[0]++, async () => calls[1]++, 1); // prettier-ignore
  assert.ok(calls[0] > 3 && calls[1] > 3);
  assert.ok(our_ms >= 0 && peer_ms >= 0 && !(ratio < 0));
});
