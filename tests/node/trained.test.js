/** Features and scores by trained networks: TensorFlow.js's plain backend as witness, the cache, and what evaluate says. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { faceDetector } from '../../wasm/cli/face-detector.js';
import { tensorFlow } from '../../wasm/cli/tensor-flow.js';
import { NETWORKS, trainedFeatures } from '../../wasm/cli/trained-features.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { cleanResize } from '../../wasm/engine/resize.js';
import { folder, refuses, ssdgan } from './terminal.js';

const NAME = 'mobilenet-v2-nsfwjs';
process.env.XDG_CACHE_HOME = path.join(folder, 'cache'); // for the program in tests too

const engine = await createEngine({ threads: 1 });
after(() => engine.dispose());
const network = await trainedFeatures(engine.heap, NAME);

/** @param {number} first @param {number} count */
function doodles(first, count) {
  const dataset = engine.createDataset({ size: 64 });
  dataset.addDoodles(0, first, count);
  return dataset;
}

/** A face as a photograph shows it, for the detector: no photograph is needed. @param {number} u @param {number} v from -1 to 1 @returns {number[]} */
function portrait(u, v) {
  const within = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ a, /** @type {number} */ b) =>
    ((u - x) / a) ** 2 + ((v - y) / b) ** 2;
  const shade = 1 - 0.25 * within(-0.15, 0, 0.8, 1);
  const skin = [222, 172, 142].map((c) => c * shade);
  if (within(0, 0.08, 0.56, 0.76) > 1 || v < -0.5 + 0.3 * u * u) {
    return within(0, -0.1, 0.72, 0.86) < 1 && v < 0.3 ? [52, 36, 28] : [120, 138, 150];
  }
  for (const side of [-1, 1]) {
    if (within(side * 0.24, -0.08, 0.05, 0.05) < 1) return [28, 20, 18];
    if (within(side * 0.24, -0.08, 0.12, 0.06) < 1) return [235, 230, 226];
    if (within(side * 0.24, -0.22, 0.16, 0.035) < 1) return [66, 44, 34];
    if (within(side * 0.06, 0.24, 0.035, 0.025) < 1) return [120, 70, 60];
  }
  if (within(0, 0.46, 0.2, 0.035) < 1) return [120, 40, 44];
  if (within(0, 0.47, 0.24, 0.09) < 1) return [186, 84, 84];
  if (within(0.05, 0.1, 0.06, 0.16) < 1) return skin.map((c) => 0.88 * c);
  return skin;
}

const cached = () => fs.readdirSync(path.join(folder, 'cache/ssdgan/features'));

test('the features are those of the same network in plain JavaScript, on cleanly resized pictures', async () => {
  const dataset = doodles(0, 19); // more than a batch
  const rows = (await network.of(dataset)).rows();
  const { tf, modules } = await tensorFlow('test', ['nsfwjs/core', 'nsfwjs/models/mobilenet_v2']);
  await tf.setBackend('cpu');
  const { load } = modules[0];
  const nsfw = await load('MobileNetV2', { modelDefinitions: [modules[1].MobileNetV2Model] });
  const side = NETWORKS[NAME].side;
  const planes = cleanResize(dataset.picture(17), 64, side);
  const input = tf.tensor3d(planes, [3, side, side]).transpose([1, 2, 0]);
  const wanted = await nsfw.infer(input, 'flatten_1').data();
  await tf.setBackend('wasm');
  assert.equal(wanted.length, NETWORKS[NAME].width);
  const largest = wanted.reduce((/** @type {number} */ most, /** @type {number} */ x) => Math.max(most, x), 0);
  assert.ok(largest > 0.5);
  for (let i = 0; i < wanted.length; i++)
    assert.ok(Math.abs(rows[17 * wanted.length + i] - wanted[i]) < 1e-4 * largest, `feature ${i}`);
});

test('kept features return; half a file does not; other pictures have their own', async () => {
  const once = (await network.of(doodles(0, 3), { keep: true })).rows();
  const [file] = cached();
  const whole = path.join(folder, 'cache/ssdgan/features', file);
  const marked = Float32Array.from(once);
  marked[7] = 42;
  fs.writeFileSync(whole, new Uint8Array(marked.buffer));
  assert.deepEqual((await network.of(doodles(0, 3), { keep: true })).rows(), marked, 'read, not computed');
  assert.deepEqual((await network.of(doodles(0, 3))).rows(), once);
  fs.truncateSync(whole, 4 * once.length - 4);
  assert.deepEqual((await network.of(doodles(0, 3), { keep: true })).rows(), once);
  assert.equal(fs.statSync(whole).size, 4 * once.length);
  await network.of(doodles(1, 3), { keep: true });
  assert.equal(cached().length, 2);
});

test('a cache that cannot be written is told, and costs no scores', async () => {
  const was = process.env.XDG_CACHE_HOME;
  fs.writeFileSync(path.join(folder, 'file'), '');
  process.env.XDG_CACHE_HOME = path.join(folder, 'file');
  const { error } = console;
  /** @type {string[]} */
  const said = [];
  console.error = (line) => said.push(line);
  assert.equal((await network.of(doodles(0, 2), { keep: true })).count, 2);
  console.error = error;
  process.env.XDG_CACHE_HOME = was;
  assert.match(said.join(), /could not be kept/);
});

test('evaluate prints them beside the random features', () => {
  assert.equal(ssdgan('doodles', '--n', '24', '--size', '32', '--out', 'real').status, 0);
  assert.equal(ssdgan('doodles', '--n', '12', '--size', '32', '--seed', '9', '--out', 'other').status, 0);
  const common = ['evaluate', 'other', 'real', '--size', '32', '--held-out', '4', '--quick', '--features', NAME];
  const { status, out, error } = ssdgan(...common, '--json');
  assert.equal(status, 0, error);
  const { about, scores, floor, ceilings } = JSON.parse(out);
  assert.deepEqual([about.features, about.trained], ['random-conv-1', NAME]);
  for (const each of [scores, floor, ceilings.noise, ceilings.mean])
    assert.ok(Number.isFinite(each.trained.kernel) && each.kernel !== each.trained.kernel);
  assert.ok(scores.trained.kernel < ceilings.noise.trained.kernel);
  assert.deepEqual([ceilings.noise.trained.far, ceilings.noise.trained.farError], [1, 0]);
  assert.ok(floor.trained.far <= 0.1 && scores.trained.far >= floor.trained.far, 'one in ten of the others at most');
  assert.equal(scores.faces, undefined);
  const table = ssdgan(...common).out;
  assert.match(table, /features random-conv-1, trained mobilenet-v2-nsfwjs/);
  assert.match(table, new RegExp(`^trained kernel x 1000 +${(1000 * scores.trained.kernel).toFixed(1)} `, 'm'));
  assert.match(table, /^kernel /m);
});

test('a face is found where there is one', async () => {
  const found = await faceDetector();
  const dataset = engine.createDataset({ size: 64 });
  const face = new Uint8ClampedArray(64 * 64 * 4).fill(255);
  /** @param {(u: number, v: number) => number[]} colour of a place, both from -1 to 1 */
  const draw = (colour) => {
    for (let i = 0; i < 64 * 64; i++) face.set(colour((i % 64) / 32 - 1, Math.floor(i / 64) / 32 - 1), 4 * i);
    dataset.addRgba(face, 64, 64);
  };
  draw(portrait);
  draw(() => [128, 128, 128]);
  draw((u, v) => portrait(v, u)); // lies on its side
  assert.deepEqual(await found(dataset, 0, 1), { found: 1, error: 0, count: 1 });
  const { found: share, error, count } = await found(dataset);
  assert.deepEqual([share, count], [1 / 3, 3]);
  assert.ok(Math.abs(error - Math.sqrt(2 / 27)) < 1e-12);
});

test('what is missing, and what networks there are, is said', async () => {
  await assert.rejects(tensorFlow('--features', ['no-such-package']), /--features needs .* npm install .*nsfwjs/);
  refuses(/--features is "fid", but must be mobilenet-v2-nsfwjs or inception-v3-nsfwjs/, 'evaluate', 'a', 'b', '--features', 'fid'); // prettier-ignore
});
