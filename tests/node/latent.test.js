/** The latent space: faces, truncation stage by stage, mixtures, moves, interpolations, projections; the engine and the commands. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { decode } from 'fast-png';
import { createEngine, Projection } from '../../wasm/engine/engine.js';
import { mixtures, rows, stylesOf, interpolateFaces } from '../../wasm/engine/styles.js';
import { psiOfStages, stagesNamed, interpolate, lerp } from '../../wasm/engine/latents.js';
import { psnr } from '../../wasm/engine/projection.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { folder, ssdgan } from './terminal.js';

const file = (/** @type {string} */ name) => path.join(folder, name);

const engine = await createEngine();
const SIZES = { image_size: 32, width: 4, width_max: 16, pixel_norm: 1, equalised: 1, batch: 4 };
const trainer = engine.createTrainer(SIZES);
fs.writeFileSync(file('model.safetensors'), trainer.save());
const generator = engine.loadGenerator(trainer.save());
const L = generator.latentSize;
const dcganTrainer = engine.createTrainer({ ...SIZES, model: 'dcgan', pixel_norm: 0 });
fs.writeFileSync(file('dcgan.safetensors'), dcganTrainer.save());

test('one psi for all stages gives the bits of the core', () => {
  assert.equal(generator.stages, 3);
  for (const psi of [1, 0.7, 0, -0.3]) {
    const styles = stylesOf(generator, [
      { seed: 4, psis: [psi] },
      { seed: 9, psis: [psi] },
    ]);
    const w = rows(generator.styles([4, 9], psi), L);
    rows(styles, L).forEach((row, i) => assert.deepEqual(row, w[Math.floor(i / 3)]));
    assert.deepEqual(generator.synthesiseRgba(styles, true), generator.generateRgba([4, 9], psi));
  }
});

test('truncation goes from coarse to fine', () => {
  assert.deepEqual(psiOfStages([0.5, 1], 3), [0.5, 0.75, 1]);
  assert.deepEqual(psiOfStages([0.5], 2), [0.5, 0.5]);
  assert.deepEqual(psiOfStages([0, 1, 0.5], 5), [0, 0.5, 1, 0.75, 0.5]);
  const [coarse, , fine] = rows(stylesOf(generator, [{ seed: 4, psis: [0, 1] }]), L);
  assert.deepEqual(coarse, generator.typical());
  assert.deepEqual(fine, generator.styles([4]));
});

test('mixtures take coarse styles of the row, fine ones of the column', () => {
  const [a, b, c] = [1, 2, 3].map((seed) => ({ seed }));
  const { grid, down, across } = mixtures(generator, [a], [b, c], 1);
  const [one, two] = [rows(grid, 3 * L)[1], rows(across, 3 * L)[1]];
  assert.deepEqual(one.subarray(0, L), down.subarray(0, L));
  assert.deepEqual(one.subarray(L), two.subarray(L));
  assert.deepEqual(mixtures(generator, [a], [b], 0).grid, stylesOf(generator, [b]));
  assert.deepEqual(mixtures(generator, [a], [b], 3).grid, stylesOf(generator, [a]));
  assert.throws(() => mixtures(generator, [a], [b], 4), /from 0 to 3/);
});

test('directions are unit vectors, and moves follow them in the chosen stages only', () => {
  const { eigenvalues, vectors } = generator.directions();
  assert.ok(eigenvalues.every((value, i) => i === 0 || value <= eigenvalues[i - 1]));
  for (const v of rows(vectors, L).slice(0, 5)) assert.ok(Math.abs(v.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5);
  // The eigenvalue is what the styles change by along the vector.
  const { tensors } = readSafetensors(trainer.save());
  let squares = 0;
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!/^ada_l\d\.style_(scale|bias)\.weight$/.test(name)) continue;
    for (const row of rows(data, L)) squares += row.reduce((sum, x, i) => sum + x * vectors[i], 0) ** 2;
  }
  assert.ok(Math.abs(squares / eigenvalues[0] - 1) < 1e-5);

  assert.deepEqual(stagesNamed('coarse', 3), [0, 1]);
  assert.deepEqual(stagesNamed('fine', 3), [2]);
  assert.deepEqual(stagesNamed('1,3', 3), [0, 2]);
  const still = rows(stylesOf(generator, [{ seed: 1 }]), L);
  const moved = rows(stylesOf(generator, [{ seed: 1, moves: { stages: '1,2', amounts: [0, 2] } }]), L);
  const second = generator.directions([0, 1]).vectors.subarray(L, 2 * L);
  const unit = generator.deviation();
  for (let i = 0; i < L; i++) assert.ok(Math.abs(moved[0][i] - still[0][i] - 2 * unit * second[i]) < 1e-5);
  assert.deepEqual(moved[2], still[2]);
  assert.throws(() => generator.directions([3]), /3 stages/);
});

test('interpolations are eased, looped, in z or w, and go through styles too', () => {
  const [a, b] = [Float32Array.of(0), Float32Array.of(1)];
  assert.deepEqual([...interpolate([a, b], 5, lerp, { ease: 'smooth' })], [0, 0.15625, 0.5, 0.84375, 1]);
  assert.deepEqual([...interpolate([a, b], 4, lerp, { loop: true })], [0, 0.5, 1, 0.5]);
  const faces = [{ seed: 1 }, { seed: 2, psis: [0.5], moves: { amounts: [1] } }];
  const ends = rows(stylesOf(generator, faces), 3 * L);
  for (const space of ['w', 'z']) {
    const frames = rows(interpolateFaces(generator, faces, { space, frames: 5 }), 3 * L);
    for (const [got, want] of [
      [frames[0], ends[0]],
      [frames[4], ends[1]],
    ]) {
      got.forEach((x, i) => assert.ok(Math.abs(x - want[i]) < 1e-5, space));
    }
  }
  const found = { styles: ends[1].slice() };
  assert.deepEqual(rows(interpolateFaces(generator, [{ seed: 1 }, found], { frames: 3 }), 3 * L)[2], ends[1]);
  assert.throws(() => interpolateFaces(generator, [{ seed: 1 }, found], { space: 'z', frames: 3 }), /has no z/);
  assert.throws(() => stylesOf(generator, [{ styles: new Float32Array(7) }]), /another model/);
});

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
const cosine = (a, b) =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0) /
  (Math.hypot(...Array.from(a)) * Math.hypot(...Array.from(b)));

test('where the first layer sees w, truncation and interpolation stay on the sphere', () => {
  const own = { first_input: 'latent', g_norm: 'batch' };
  for (const mapping of [
    { mapping_layers: 0, w_norm: 0 },
    { mapping_layers: 2, w_norm: 1 },
  ]) {
    const spherical = engine.createTrainer({ ...SIZES, ...own, ...mapping }).generator;
    assert.equal(spherical.hasConstant, false);
    const typical = spherical.typical();
    const w = spherical.styles([4]);
    const lengths = [typical, w].map((x) => Math.hypot(...x));
    const angle = Math.acos(cosine(typical, w));
    const faces = [0, 0.5, 1, 1.5].map((psi) => ({ seed: 4, psis: [psi, 1, 0] }));
    for (const [i, all] of rows(stylesOf(spherical, faces), 3 * L).entries()) {
      const [coarse, middle, fine] = rows(all, L);
      const [psi] = faces[i].psis;
      assert.ok(Math.abs(cosine(typical, coarse) - Math.cos(psi * angle)) < 1e-5, String(psi));
      const length = lengths[0] + Math.min(psi, 1) * (lengths[1] - lengths[0]);
      assert.ok(Math.abs(Math.hypot(...coarse) / length - 1) < 1e-5);
      assert.ok(middle.every((x, l) => Math.abs(x - w[l]) < 1e-5));
      assert.deepEqual(fine, typical);
    }
    for (const frame of rows(interpolateFaces(spherical, [{ seed: 1 }, { seed: 2 }], { frames: 5 }), L))
      assert.ok(
        Math.hypot(...frame) > 0.99 * Math.min(...[1, 2].map((seed) => Math.hypot(...spherical.styles([seed])))),
      );
    const one = spherical.deviation(); // 10 is the distance from the mean
    assert.ok(mapping.mapping_layers ? one > 0.5 : Math.abs(one - 1) < 0.05, String(one));
  }
});

test('a projection runs in slices, and one of its own pictures is found', () => {
  const own = generator.generateRgba([77]);
  const rgb = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => own[Math.floor(i / 3) * 4 + (i % 3)]);
  const projection = new Projection(generator, rgb, { samples: 64, starts: 3, steps: 80 });
  assert.equal(projection.rounds, 5 + 80);
  assert.equal(projection.run(5), 80);
  const early = projection.result().errors;
  assert.equal(projection.run(80), 0);
  const { styles, errors } = projection.result();
  projection.dispose();
  assert.ok(errors.found < 0.5 * errors.nearest, JSON.stringify(errors));
  assert.equal(errors.nearest, early.nearest);
  assert.ok(Math.abs(psnr(255) - 0) < 1e-9 && psnr(2.55) === 40);
  // The error is that of the styles.
  const got = generator.synthesise(styles, true);
  const squares = got.reduce(
    (sum, x, i) => sum + (127.5 * (x + 1) - rgb[(i % 1024) * 3 + Math.floor(i / 1024)]) ** 2,
    0,
  );
  assert.ok(Math.abs(Math.sqrt(squares / got.length) - errors.found) < 1e-2);
});

test('a DCGAN can be interpolated and truncated, and says what it has no styles for', () => {
  const dcgan = engine.loadGenerator(dcganTrainer.save());
  assert.deepEqual([dcgan.stages, dcgan.styleCount], [0, 1]);
  const faces = [{ seed: 1, psis: [0.5] }, { seed: 2 }];
  assert.deepEqual(dcgan.synthesiseRgba(stylesOf(dcgan, [faces[0]]), true), dcgan.generateRgba([1], 0.5));
  assert.equal(interpolateFaces(dcgan, faces, { frames: 3 }).length, 3 * L);
  assert.throws(() => mixtures(dcgan, faces, faces, 1), /AdaIN/);
  assert.throws(() => dcgan.directions(), /AdaIN/);
  assert.throws(() => new Projection(dcgan, new Uint8Array(32 * 32 * 3)), /AdaIN/);
  assert.throws(() => stylesOf(dcgan, [{ seed: 1, moves: { amounts: [1] } }]), /AdaIN/);
});

test('the commands', () => {
  const done = (/** @type {string[]} */ ...args) => {
    const { status, out, error } = ssdgan(...args);
    assert.equal(status, 0, error);
    return out;
  };
  assert.match(done('directions', 'model.safetensors', '--n', '2', '--columns', '5'), /1 +[\d.]+ +[\d.]+ %\n +2 /);
  const sheet = decode(fs.readFileSync(file('directions.png')));
  assert.deepEqual([sheet.width, sheet.height], [5 * 34 - 2, 2 * 34 - 2]);
  done('generate', 'model.safetensors', '--mix', '1,2:5-7', '--stage', '1', '--out', 'mix.png');
  const mixed = decode(fs.readFileSync(file('mix.png')));
  assert.deepEqual([mixed.width, mixed.height], [4 * 34 - 2, 3 * 34 - 2]);
  assert.deepEqual([...mixed.data.subarray(0, 3)], [255, 255, 255]);
  done('generate', 'model.safetensors', '--n', '2', '--psi', '0.5,1', '--move', '2:1', '--stages', 'fine');
  done('doodles', '--n', '2', '--size', '32', '--out', 'doodles');
  for (const plus of [true, false]) {
    const told = done(
      ...'project model.safetensors doodles --samples 40 --steps 20 --out p'.split(' '),
      ...(plus ? ['--w-plus'] : []),
    );
    assert.match(told, /picture-0001.png: error [\d.]+ \([\d.]+ dB\); typical face [\d.]+, nearest of 40 [\d.]+/);
    const { w } = readSafetensors(fs.readFileSync(file('p/w.safetensors'))).tensors;
    assert.deepEqual(w.shape, plus ? [2, 3, L] : [2, L]);
    assert.deepEqual([decode(fs.readFileSync(file('p/picture-0000.png'))).width], [66]);
    for (const name of ['p/w.safetensors', 'p/w.json']) {
      done('generate', 'model.safetensors', '--w', name, '--out', `${name}.safetensors`);
    }
    assert.deepEqual(
      fs.readFileSync(file('p/w.json.safetensors')),
      fs.readFileSync(file('p/w.safetensors.safetensors')),
    );
  }
  const told = done(
    ...'interpolate model.safetensors --keys 1,2 --w p/w.json --loop --ease smooth --out loop.gif'.split(' '),
  );
  assert.match(told, /^120 frames through 4 samples/);
});

test('the commands refuse in a sentence', () => {
  fs.writeFileSync(
    file('short.safetensors'),
    writeSafetensors({ w: { shape: [1, 2, L], data: new Float32Array(2 * L) } }),
  );
  fs.writeFileSync(file('ragged.json'), '{"w": [[1, 2], [3]]}');
  const model = 'model.safetensors';
  for (const [sentence, ...args] of /** @type {[RegExp, ...string[]][]} */ ([
    [/--psi has 3/, 'generate', model, '--psi', '1,3'],
    [/--move has "1"/, 'generate', model, '--move', '1'],
    [/stages are "9"/, 'generate', model, '--move', '1:1', '--stages', '9'],
    [/--mix is "1"/, 'generate', model, '--mix', '1', '--out', 'x.png'],
    [/must be N x 100 or N x 3 x 100/, 'generate', model, '--w', 'short.safetensors'],
    [/differ in length/, 'generate', model, '--w', 'ragged.json'],
    [/neither/, 'generate', model, '--w', model],
    [/--ease is "x"/, 'interpolate', model, '--ease', 'x'],
    [/at least two samples/, 'interpolate', model, '--keys', '4'],
    [/--keys has "4-"/, 'interpolate', model, '--keys', '4-'],
    [/has no z/, 'interpolate', model, '--space', 'z', '--w', 'p/w.json'],
    [/1 to 16 starts/, 'project', model, 'doodles', '--starts', '17'],
    [/pictures to project/, 'project', model],
    [/AdaIN/, 'project', 'dcgan.safetensors', 'doodles'],
    [/AdaIN/, 'directions', 'dcgan.safetensors'],
    [/AdaIN/, 'generate', 'dcgan.safetensors', '--mix', '1:2'],
  ])) {
    const { status, error } = ssdgan(...args);
    assert.equal(status, 2, `${args.join(' ')}: ${error}`);
    assert.match(error, sentence);
    assert.doesNotMatch(error, /\n\s+at /, 'no stack trace');
  }
});

after(() => engine.dispose());
