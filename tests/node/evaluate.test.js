/** The scores through the engine, in every build: golden values, what they must tell apart, words, resizing. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, test } from 'node:test';
import { createEngine, Evaluator, SsdganError } from '../../wasm/engine/engine.js';
import { Features } from '../../wasm/engine/features.js';
import { cleanResize } from '../../wasm/engine/resize.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { position, summaryOf, warningsOf } from '../../wasm/engine/summary.js';

const { tensors } = readSafetensors(fs.readFileSync(new URL('../golden/metrics.safetensors', import.meta.url)));
const SCORES = /** @type {const} */ (['frechet', 'kernel', 'kernelSpread', 'precision', 'recall', 'density', 'coverage']); // prettier-ignore
const BUILDS = /** @type {const} */ ([['simd', 1], ['simd', 2], ['relaxed', 1], ['relaxed', 2]]); // prettier-ignore

/** @param {import('../../wasm/engine/engine.js').Engine} engine @param {number} first @param {number} count @param {(rgb: Uint8Array) => void} change */
function doodles(engine, first, count, change = () => {}) {
  const dataset = engine.createDataset({ size: 64 });
  for (let i = 0; i < count; i++) {
    const rgb = engine.doodle(1, first + i, 64);
    change(rgb);
    const rgba = new Uint8Array(64 * 64 * 4).fill(255);
    for (let p = 0; p < 64 * 64; p++) rgba.set(rgb.subarray(3 * p, 3 * p + 3), 4 * p);
    dataset.addRgba(rgba, 64, 64);
  }
  return dataset;
}

let word = 1;
const noisy = (/** @type {number} */ by) => (/** @type {Uint8Array} */ rgb) => {
  for (let i = 0; i < rgb.length; i++) {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    rgb[i] = Math.max(0, Math.min(255, rgb[i] + ((word >>> 16) / 65536 - 0.5) * 2 * by));
  }
};

/** @type {Map<string, string[]>} */
const bits = new Map();

for (const [variant, threads] of BUILDS) {
  test(`${variant} with ${threads} thread(s) gives the golden scores`, async () => {
    const engine = await createEngine({ variant, threads });
    for (const set of ['plain', 'few']) {
      const [a, b] = ['a', 'b'].map((name) => Features.fromRows(engine.heap, tensors[`${set}.${name}`].data, 20));
      const scores = a.compare(b, { subsets: 7, subsetSize: Math.floor(Math.min(a.count, b.count) / 2), seed: 3 });
      SCORES.forEach((name, i) => {
        const want = tensors[`${set}.scores`].data[i];
        assert.ok(
          Math.abs((scores[name] ?? NaN) - want) <= 2e-5 * Math.abs(want),
          `${set} ${name}: ${scores[name]}, ${want}`,
        );
      });
    }
    const real = doodles(engine, 0, 60);
    const evaluator = engine.createEvaluator(real, { heldOut: 10 });
    const scores = JSON.stringify(evaluator.measure(doodles(engine, 100, 33, noisy(9))));
    word = 1;
    bits.set(variant, [...(bits.get(variant) ?? []), scores]);
    engine.dispose();
  });
}

test('one and two threads score the same bits', () => {
  for (const variant of ['simd', 'relaxed']) {
    const [one, two] = bits.get(variant) ?? [];
    assert.ok(one.length > 500);
    assert.equal(two, one, variant);
  }
});

const engine = await createEngine({ threads: 1 });
after(() => engine.dispose());
const real = doodles(engine, 0, 260);
const evaluator = engine.createEvaluator(real, { heldOut: 60 });
const floor = evaluator.floor();
const ceilings = evaluator.ceilings();

test('scores put held-out, slightly noisy, very noisy pictures, the mean picture and noise in this order', () => {
  const little = evaluator.measure(doodles(engine, 300, 60, noisy(12)));
  const much = evaluator.measure(doodles(engine, 300, 60, noisy(50)));
  for (const score of /** @type {const} */ (['kernel', 'frechet', 'swd'])) {
    const values = [floor, little, much, ceilings.mean].map((scores) => scores[score] ?? NaN);
    for (let i = 1; i < values.length; i++) assert.ok(values[i - 1] < values[i], `${score}: ${values}`);
    assert.ok((ceilings.noise[score] ?? NaN) > values[2], `${score}: noise`);
  }
  assert.ok((floor.precision ?? 0) > 0.6 && (floor.recall ?? 0) > 0.5 && (much.precision ?? 1) < 0.2);
  assert.equal(evaluator.floorKind, 'held-out');
  assert.ok(Math.abs(floor.kernel) < 4 * floor.kernelSpread, `${floor.kernel} around 0`);
});

test('copies are told, fresh pictures are not', () => {
  const copies = evaluator.measure(real, { first: 50, count: 30, quick: true });
  assert.equal(copies.copying.share, 1);
  assert.deepEqual(
    [...copies.copying.pixels.index],
    Array.from({ length: 30 }, (_, i) => 50 + i),
  );
  assert.match(summaryOf(copies, floor, ceilings).copying, /^Copying: yes, 30 of 30/);
  assert.ok(floor.copying.share <= 0.05, `${floor.copying.share}`);
  assert.match(summaryOf(floor, floor, ceilings).copying, /^Copying: none seen/);
  assert.equal(
    evaluator.measure(doodles(engine, 0, 40, noisy(6)), { quick: true }).copying.share,
    1,
    'and retouched copies',
  );
});

test('collapse is told', () => {
  const one = doodles(engine, 500, 1);
  const same = engine.createDataset({ size: 64 });
  for (let i = 0; i < 40; i++) {
    const rgba = new Uint8Array(64 * 64 * 4).fill(255);
    const rgb = one.picture(0);
    noisy(3)(rgb);
    for (let p = 0; p < 64 * 64; p++) rgba.set(rgb.subarray(3 * p, 3 * p + 3), 4 * p);
    same.addRgba(rgba, 64, 64);
  }
  const scores = evaluator.measure(same, { quick: true });
  assert.ok(scores.diversity.features < 0.3 && scores.diversity.pixels < 0.1);
  assert.match(summaryOf(scores, floor, ceilings).diversity, /collapsed/);
  assert.ok(Math.abs(floor.diversity.features - 1) < 0.1 && Math.abs(floor.diversity.nearest - 1) < 0.1);
  assert.match(summaryOf(floor, floor, ceilings).diversity, /good/);
});

test('few pictures: the floor is one half against the other, and a warning says how little they tell', () => {
  const few = new Evaluator(engine, doodles(engine, 0, 40), { heldOut: 4 });
  assert.equal(few.floorKind, 'halves');
  const scores = few.floor();
  assert.equal(scores.count, 18);
  assert.equal(warningsOf(scores, scores, few.count, { frechet: 1000, other: 50 }).length, 2);
  assert.throws(() => engine.createEvaluator(doodles(engine, 0, 5)), SsdganError);
  few.dispose();
});

test('a generator is measured on the pictures of its seeds', () => {
  const trainer = engine.createTrainer({ image_size: 64, width: 4, width_max: 16, batch: 4 });
  const a = evaluator.measureGenerator(trainer.generator, { n: 70, seed: 3, quick: true });
  assert.equal(a.count, 70);
  const pictures = evaluator.samples(trainer.generator, { n: 70, seed: 3 });
  assert.deepEqual(evaluator.measure(pictures, { quick: true }), a);
  assert.equal(a.frechet, undefined);
});

test('a score lies between floor and ceiling on a logarithmic scale', () => {
  assert.deepEqual([position(1, 1, 100), position(10, 1, 100), position(500, 1, 100)], [0, 0.5, 1]);
  assert.deepEqual([position(-0.1, -0.2, 100), position(5, 5, 5)], [0, 1]);
});

test("resizes as clean-fid's Pillow does", () => {
  const from = Uint8Array.from(tensors['resize.from'].data);
  for (const size of [39, 11]) {
    const want = tensors[`resize.${size}`].data;
    const got = cleanResize(from, 16, size);
    assert.equal(got.length, want.length);
    const worst = got.reduce((most, x, i) => Math.max(most, Math.abs(x - want[i])), 0);
    assert.ok(worst < 1e-4, `${size}: ${worst} of 255`);
  }
});
