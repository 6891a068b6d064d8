/** A generator as ONNX makes the same pictures in ONNX Runtime, and Debian's checker finds no fault. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import * as ort from 'onnxruntime-web';
import { createEngine } from '../../wasm/engine/engine.js';
import { onnxOf } from '../../wasm/engine/onnx.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { RECIPES } from '../../wasm/run/recipes.js';
import { folder, refuses, SMALL, ssdgan } from './terminal.js';

const PYTHON = '/usr/bin/python3';
const hasChecker = spawnSync(PYTHON, ['-c', 'import onnx']).status === 0;
/** Pictures are from -1 to 1; the largest difference that was seen is 1.6e-6. */
const SAME = 1e-5;

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
const engine = await createEngine({ threads: 1 });
const dataset = engine.createDataset({ size: 32 });
dataset.addDoodles(0, 0, 40);
after(() => engine.dispose());

/** Some steps from the initial values, so that statistics and biases are no longer 0 and 1. @param {object} settings @returns {Uint8Array} */
function modelOf(settings) {
  const trainer = engine.createTrainer({ ...settings, image_size: 32, width: 4, batch: 4, lr: 0.01 });
  trainer.setDataset(dataset);
  for (let i = 0; i < 5; i++) trainer.step();
  const bytes = trainer.save();
  trainer.dispose();
  return bytes;
}

/** @param {Uint8Array} file @param {string} input @param {Float32Array} data @param {number[]} shape @returns {Promise<{type: string, dims: readonly number[], data: ArrayLike<number>}>} */
async function imagesOf(file, input, data, shape) {
  const session = await ort.InferenceSession.create(file);
  const { images } = await session.run({ [input]: new ort.Tensor('float32', data, shape) });
  await session.release();
  return /** @type {any} */ (images);
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function furthest(a, b) {
  assert.equal(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

/** @type {Record<string, object>} */
const MODELS = {
  best: RECIPES.best.settings,
  paper: {},
  dcgan: { model: 'dcgan' },
  'no styles': { adain: 0 },
  'shared, equalised, bilinear': { shared_mapping: 1, equalised: 1, mapping_rate: 0.5, upsampling: 'bilinear' },
};

for (const [name, settings] of Object.entries(MODELS))
  test(`${name}: equal pictures from z, w and w+, for one and for 64`, async () => {
    const bytes = modelOf(settings);
    const generator = engine.loadGenerator(bytes);
    const model = readSafetensors(bytes);
    const { latentSize: latent, stages } = generator;
    for (const count of [1, 64]) {
      const seeds = Array.from({ length: count }, (_, i) => 7 + i);
      const wanted = generator.generate(seeds);
      const images = await imagesOf(onnxOf(model), 'z', generator.latents(seeds), [count, latent]);
      assert.deepEqual(images.dims, [count, 3, 32, 32]);
      assert.ok(furthest(images.data, wanted) < SAME);
      if (stages === 0) continue;
      const w = generator.styles(seeds);
      const fromW = await imagesOf(onnxOf(model, { input: 'w' }), 'w', w, [count, latent]);
      assert.ok(furthest(fromW.data, wanted) < SAME);
      // Other styles in the later stages: those of the next seed.
      const perStage = new Float32Array(count * stages * latent);
      for (let n = 0; n < count; n++)
        for (let stage = 0; stage < stages; stage++) {
          const from = (stage < 1 ? n : (n + 1) % count) * latent;
          perStage.set(w.subarray(from, from + latent), (n * stages + stage) * latent);
        }
      const mixed = await imagesOf(onnxOf(model, { input: 'w+' }), 'w+', perStage, [count, stages, latent]);
      assert.ok(furthest(mixed.data, generator.synthesise(perStage, true)) < SAME);
    }
    generator.dispose();
  });

test('a model with noise, and styles where there are none, are refused in words', () => {
  assert.throws(() => onnxOf(readSafetensors(modelOf({ noise: 1 }))), /adds noise to its layers/);
  assert.throws(
    () => onnxOf(readSafetensors(modelOf({ adain: 0 })), { input: 'w' }),
    /has no styles: its input is z, not w/,
  );
  assert.throws(() => onnxOf(readSafetensors(new Uint8Array(20))), /safetensors|header|file/);
});

test('ssdgan export writes ONNX: whole levels for tools that take bytes; the checker finds no fault', async (t) => {
  assert.equal(ssdgan('train', '--doodles', '60', '--out', 'run', '--steps', '4', ...SMALL).status, 0);
  for (const [file, ...options] of [
    ['z.onnx'],
    ['w.onnx', '--input', 'w'],
    ['w+.onnx', '--input', 'w+'],
    ['bytes.onnx', '--uint8'],
  ])
    assert.equal(ssdgan('export', 'run', `onnx/${file}`, ...options).status, 0);
  const read = (/** @type {string} */ name) => new Uint8Array(fs.readFileSync(path.join(folder, name)));
  const generator = engine.loadGenerator(read('run/model.safetensors'));
  const seeds = [3, 4];
  const images = await imagesOf(read('onnx/bytes.onnx'), 'z', generator.latents(seeds), [2, generator.latentSize]);
  assert.equal(images.type, 'uint8');
  const rgba = generator.generateRgba(seeds);
  const planes = Array.from(images.data, (_, i) => {
    const [picture, channel, pixel] = [Math.floor(i / 3072), Math.floor(i / 1024) % 3, i % 1024];
    return rgba[4 * (1024 * picture + pixel) + channel];
  });
  assert.ok(furthest(images.data, planes) <= 1, 'a level at most, where a number lies between two');
  const bytesOf = (/** @type {string} */ name) => fs.statSync(path.join(folder, name)).size;
  assert.equal(ssdgan('export', 'run', 'onnx/half.onnx', '--half').status, 0);
  assert.ok(bytesOf('onnx/half.onnx') < 0.7 * bytesOf('onnx/z.onnx'), 'weights as float16');
  const halves = await imagesOf(read('onnx/half.onnx'), 'z', generator.latents(seeds), [2, generator.latentSize]);
  assert.ok(furthest(halves.data, generator.generate(seeds)) < 0.02);
  refuses(/--input/, 'export', 'run', 'x.onnx', '--input', 'q');
  refuses(/--uint8 is for \.onnx, but a \.safetensors/, 'export', 'run', 'x.safetensors', '--uint8');
  refuses(/--discriminator is for \.safetensors, but a \.onnx/, 'export', 'run', 'x.onnx', '--discriminator', 'run');
  refuses(/--half is for \.safetensors or \.onnx, but a \.zip/, 'export', 'run', 'x.zip', '--half');
  if (!hasChecker) return t.diagnostic('python3-onnx is not installed: the checker was not run');
  const check = `import glob, onnx\nfor f in glob.glob("${folder}/onnx/*.onnx"): onnx.checker.check_model(f, full_check=True); print(f)`;
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', check], { encoding: 'utf8' });
  assert.equal(stdout.trim().split('\n').length, 5, stderr);
});

test('ssdgan evaluate scores an ONNX generator as its safetensors', () => {
  assert.equal(ssdgan('train', '--doodles', '60', '--out', 'scored', '--steps', '4', ...SMALL).status, 0);
  assert.equal(ssdgan('export', 'scored', 'scored.onnx').status, 0);
  assert.equal(ssdgan('export', 'scored', 'levels.onnx', '--uint8').status, 0);
  assert.equal(ssdgan('export', 'scored', 'w.onnx', '--input', 'w').status, 0);
  const options = ['--doodles', '60', '--n', '40', '--seed', '3', '--json'];
  const [ours, ...theirs] = ['scored', 'scored.onnx', 'levels.onnx'].map((name) => {
    const { status, out, error } = ssdgan('evaluate', name, ...options);
    assert.equal(status, 0, error);
    return JSON.parse(out).scores;
  });
  for (const scores of theirs)
    for (const name of ['swd', 'kernel', 'frechet', 'precision', 'recall'])
      assert.ok(
        Math.abs(scores[name] - ours[name]) <= 1e-3 * Math.abs(ours[name]),
        `${name}: ${scores[name]}, ${ours[name]}`,
      );
  refuses(/begins with w.*--input z/, 'evaluate', 'w.onnx', ...options);
  refuses(/--psi needs the model as \.safetensors/, 'evaluate', 'scored.onnx', ...options, '--psi', '0.5');
  fs.writeFileSync(path.join(folder, 'broken.onnx'), 'no network');
  refuses(/broken\.onnx cannot be read as ONNX/, 'evaluate', 'broken.onnx', ...options);
});
