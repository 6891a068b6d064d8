/** The benchmark's plumbing: sections, rows and their fields. Nothing here asserts a time. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { compare, keyOf, means, readRows } from '../../scripts/bench-against.js';
import { ROOT } from '../../scripts/shell.js';
import { STEP_FLOPS } from '../../wasm/engine/bench.js';
import { convFlops, SHAPES, stepParts } from '../bench/parts.js';
import { inTurn, sameImages } from '../peers/compare.js';

/** @param {string} options with spaces between */
const bench = (options) => spawnSync('node', ['scripts/bench.js', ...options.split(' ')], { encoding: 'utf8' });
/** @param {string} text @returns {any[]} a value from every line */
const jsonLines = (text) => JSON.parse(`[${text.trim().replaceAll('\n', ',')}]`);

test('the parts of a step make up the work that docs/method.md counts', () => {
  const flops = (/** @type {boolean} */ reuse) =>
    stepParts(32, reuse).reduce((sum, part) => sum + part.flops * part.calls, 0);
  // Section 5 counts twelve passes of every layer; two of the first layer's are for a gradient that nobody needs.
  assert.equal(flops(false), STEP_FLOPS - 2 * convFlops(SHAPES[3], 32));
  assert.equal(flops(true), (STEP_FLOPS * 10) / 12 - 2 * convFlops(SHAPES[3], 32));
});

test('bench gives JSON rows of the sections asked for', () => {
  const { status, stdout, stderr } = bench(
    '--json --quick --runtime node --variant simd --threads 1 --only kernels,startup,modules',
  );
  assert.equal(status, 0, stderr);
  const rows = jsonLines(stdout);
  assert.deepEqual([...new Set(rows.map(({ section }) => section))], ['peak', 'kernels', 'startup', 'modules']);
  const kernels = rows.filter(({ section }) => section === 'kernels');
  assert.equal(kernels.length, 2 * 4 * 3 * 2); // batches, shapes, passes, methods
  for (const row of kernels) {
    assert.deepEqual([row.runtime, row.variant, row.threads], ['node', 'simd', 1]);
    assert.ok(row.median_ms > 0 && row.gflops > 0 && row.of_peak > 0 && row.error < 1e-4, JSON.stringify(row));
  }
  for (const row of rows.filter(({ section }) => section === 'modules')) assert.ok(row.gzipped_kb > 0);
});

test('kept rows are compared by shares of the peak, else by times or sizes; above 1 is better', () => {
  const row = {
    section: 'step',
    task: 'train_step',
    variant: 'simd',
    threads: 1,
    batch: 32,
    median_ms: 5,
    of_peak: 0.5,
  };
  assert.deepEqual(compare(row, { ...row, median_ms: 1, of_peak: 0.4 }), { field: 'of_peak', ratio: 1.25 });
  const { of_peak, ...timed } = row;
  assert.deepEqual(compare(timed, { ...row, median_ms: 10 }), { field: 'median_ms', ratio: 2 });
  assert.deepEqual(compare({ section: 'modules', gzipped_kb: 50 }, { gzipped_kb: 40 }), {
    field: 'gzipped_kb',
    ratio: 0.8,
  });
  assert.equal(compare(row, undefined), undefined);
  assert.notEqual(keyOf(row), keyOf({ ...row, threads: 2 }));
  assert.equal(keyOf(row), keyOf({ ...timed, of_peak: of_peak / 2 }));
  assert.match(means([2, 0.5].map((ratio) => ({ section: 'step', ratio })))[0], /^step: 1\.000 /);
});

test('bench keeps rows, and prints how it compares with them', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-bench-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'kept.json');
  assert.equal(bench(`--only modules --save ${file}`).status, 0);
  const { machine, date, commit, rows } = readRows(file);
  assert.ok(machine && /^\d{4}-\d\d-\d\d$/.test(date) && commit && rows.length === 4);
  rows[0].gzipped_kb *= 2;
  fs.writeFileSync(file, JSON.stringify({ rows }));
  const { status, stdout } = bench(`--only modules --against ${file}`);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /RATIO (?:1\.999|2\.00[01]) \(gzipped_kb\)[^]*RATIO 1\.000[^]*modules: 1\.189 \(geometric mean of 4 rows/,
  );
});

test('docs/bench.json holds rows that a benchmark of today would find', () => {
  const { rows, load } = readRows(path.join(ROOT, 'docs/bench.json'));
  assert.ok(load >= 0);
  const sections = new Set(rows.map(({ section }) => section));
  assert.deepEqual([...sections].sort(), ['generation', 'kernels', 'modules', 'peak', 'step']);
  assert.equal(new Set(rows.map(keyOf)).size, rows.length, 'no row twice');
  const step = { section: 'step', task: 'train_step', runtime: 'node', variant: 'relaxed', threads: 2, batch: 32 };
  assert.ok(rows.some((row) => keyOf(row) === keyOf({ ...step, reuse_fake: false })));
});

test('bench runs beside another checkout', () => {
  const options = '--json --quick --only generation --variant relaxed --threads 1';
  const { status, stdout, stderr } = bench(`${options} --against-folder ${ROOT}`);
  assert.equal(status, 0, stderr);
  const rows = jsonLines(stdout);
  assert.deepEqual(
    rows.map(({ batch }) => batch),
    [1, 64],
  );
  for (const { against } of rows) assert.ok(against.field === 'processor_ms' && against.ratio > 0);
  assert.match(bench(`--against-folder ${os.tmpdir()}`).stderr, /is not a checkout of ssdgan/);
});

test('bench refuses a section that is not there', () => {
  const { status, stderr } = bench('--only kernals');
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
