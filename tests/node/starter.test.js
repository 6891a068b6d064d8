/** Models as float16 (`ssdgan export`), and the starter model that comes with the page. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { STARTER } from '../../wasm/cli/files.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { readMetadata, readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { RECIPES } from '../../wasm/run/recipes.js';
import { folder, newestCheckpoint, ssdgan } from './terminal.js';

const SMALL = ['--size', '32', '--width', '4', '--batch', '4', '--doodles', '60'];
const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';

/** @param {string} name */
const read = (name) => fs.readFileSync(path.join(folder, name));
/** @param {string} name */
const json = (name) => JSON.parse(read(name).toString());

test('a run is exported as float16, with its history; its pictures are nearly the same', async () => {
  const absolute = path.join(folder, 'run');
  assert.equal(
    ssdgan('train', '--out', absolute, '--recipe', 'best', '--seed', '3', ...SMALL, '--steps', '20').status,
    0,
  );
  assert.equal(ssdgan('train', '--resume', 'run', '--steps', '25').status, 0);
  const evaluated = ssdgan('evaluate', 'run', '--doodles', '60', '--quick', '--json');
  assert.equal(evaluated.status, 0, evaluated.error);
  fs.writeFileSync(path.join(folder, 'scores.json'), evaluated.out);

  const { status, out, error } = ssdgan('export', 'run', 'out/half.safetensors', '--half', '--scores', 'scores.json');
  assert.equal(status, 0, error);
  assert.match(out, /^out\/half\.safetensors: [\d.]+ MB, float16; half\.json beside it\. 64 samples differ/);
  const about = json('out/half.json');
  assert.equal(
    about.command,
    `ssdgan train --out run --recipe best --seed 3 ${SMALL.join(' ')} --steps 20; ssdgan train --resume run --steps 25`,
    'without where the run lies',
  );
  const { recipe, seed, step, pictures, type, bytes, image_size: size } = about;
  assert.deepEqual(
    { recipe, seed, step, pictures, type, bytes, size },
    { recipe: 'best', seed: 3, step: 25, pictures: '60 doodles', type: 'float16', bytes: read('out/half.safetensors').length, size: 32 },
  ); // prettier-ignore
  assert.equal(about.scores.command, 'ssdgan evaluate run --doodles 60 --quick --json');
  assert.ok(about.scores.model.kernel > about.scores.floor.kernel);
  const { max, rms } = about.error_in_levels_of_255;
  assert.ok(max > 0 && max < 2 && rms < max, `${max} levels at most, ${rms} rms`);

  const [whole, half] = [readSafetensors(read('run/model.safetensors')), readSafetensors(read('out/half.safetensors'))];
  assert.deepEqual(Object.keys(half.tensors), Object.keys(whole.tensors));
  assert.equal(half.metadata.augment_translation, '1');
  for (const [name, { data }] of Object.entries(whole.tensors))
    half.tensors[name].data.forEach((value, i) =>
      assert.ok(Math.abs(value - data[i]) <= Math.max(Math.abs(data[i]) * 2 ** -11, 2 ** -25), `${name}[${i}]`),
    );

  const newest = newestCheckpoint('run');
  // With the discriminator, a training begins with both.
  const refused = ssdgan('export', newest, 'no.safetensors', '--discriminator', 'run');
  assert.equal(refused.status, 2);
  assert.match(refused.error, /--discriminator: run has none\. Name a checkpoint/);
  const both = [newest, 'both.safetensors', '--half', '--discriminator', newest];
  assert.equal(ssdgan('export', ...both).status, 0);
  const engine = await createEngine({ threads: 1 });
  const begun = engine.createTrainerFrom(read('both.safetensors'), { batch: 4 });
  const names = Object.keys(readSafetensors(begun.save()).tensors);
  const [state, file] = [begun.save({ checkpoint: true }), read('both.safetensors')].map(
    (f) => readSafetensors(f).tensors,
  );
  engine.dispose();
  assert.deepEqual(names.sort(), Object.keys(whole.tensors).sort());
  const others = Object.keys(file).filter((name) => !names.includes(name));
  assert.ok(others.length > 4 && others.every((name) => name.startsWith('discriminator.')));
  for (const name of others) assert.deepEqual(state[name].data, file[name].data, name);

  // A checkpoint gives the same model: its average.
  assert.equal(ssdgan('export', newest, 'c.safetensors').status, 0);
  assert.deepEqual(readSafetensors(read('c.safetensors')).tensors, whole.tensors);
  assert.equal(ssdgan('export', 'out/half.safetensors', 'again.safetensors', '--half').status, 0);
  assert.deepEqual(readSafetensors(read('again.safetensors')), half);

  assert.equal(ssdgan('generate', 'out/half.safetensors', '--n', '4', '--out', 'g.png').status, 0);
  const tuned = ssdgan(...'train --from out/half.safetensors --out tuned --batch 4 --doodles 60 --steps 2'.split(' '));
  assert.equal(tuned.status, 0, tuned.error);
});

test('what cannot be exported is told', () => {
  const { tensors, metadata } = readSafetensors(read('run/model.safetensors'));
  tensors['conv_l1.weight'].data[5] = 70000;
  fs.writeFileSync(path.join(folder, 'wild.safetensors'), writeSafetensors(tensors, metadata));
  fs.writeFileSync(path.join(folder, 'no-scores.json'), '{"about": {}}');
  /** @type {[RegExp, string[]][]} */
  const cases = [
    [/Conv_l1\.weight holds 70000, which float16 cannot hold/, ['wild.safetensors', 'w.safetensors', '--half']],
    [/Name a model .* and the \.safetensors or \.onnx file/, ['run']],
    [/Name a model .* and the \.safetensors or \.onnx file/, ['run', 'out.png']],
    [/holds no scores/, ['run', 'x.safetensors', '--scores', 'no-scores.json']],
    [/scores\.txt/, ['run', 'x.safetensors', '--scores', 'scores.txt']],
  ];
  for (const [sentence, args] of cases) {
    const { status, error } = ssdgan('export', ...args);
    assert.equal(status, 2, error);
    assert.match(error, sentence);
  }
  assert.ok(!fs.existsSync(path.join(folder, 'w.safetensors')));
});

test('the starter model is small, whole, and says how it was made', { skip: NO_STARTER }, async () => {
  const bytes = fs.readFileSync(STARTER);
  assert.ok(bytes.length < 3e6, `${bytes.length} bytes`);
  const about = JSON.parse(fs.readFileSync(STARTER.replace(/safetensors$/, 'json'), 'utf8'));
  assert.equal(about.bytes, bytes.length, 'model.json belongs to another model.safetensors');
  assert.equal(about.type, 'float16');
  assert.match(about.command, /^ssdgan train .*--doodles \d+/);
  assert.ok(Number.isInteger(about.seed) && about.recipe);
  assert.match(about.scores.command, /^ssdgan evaluate /);
  for (const row of ['model', 'floor', 'noise', 'mean_picture'])
    assert.ok(Number.isFinite(about.scores[row].kernel) && Number.isFinite(about.scores[row].swd), row);
  assert.ok(about.scores.model.kernel < about.scores.mean_picture.kernel, 'better than the mean picture');
  assert.doesNotMatch(JSON.stringify(about), /"\/|[ '=]\/\w/, 'no paths of the machine that made it');

  const names = Object.keys(readSafetensors(bytes).tensors);
  assert.ok(
    names.some((name) => name.startsWith('discriminator.')),
    'with its discriminator',
  );
  for (const name of ['width', 'first_input', 'mapping_layers', 'upsampling'])
    assert.equal(readMetadata(bytes)[name], String(RECIPES.best.settings[name]), `${name}: best can begin from it`);
  const engine = await createEngine({ threads: 1 });
  const generator = engine.loadGenerator(bytes);
  assert.equal(generator.imageSize, about.image_size);
  const rgba = generator.generateRgba([0, 1, 2, 3]);
  const one = rgba.length / 4;
  assert.notDeepEqual(rgba.subarray(0, one), rgba.subarray(one, 2 * one), 'different faces');
  engine.dispose();

  assert.equal(ssdgan('generate', 'starter', '--n', '4', '--out', 'starter.png').status, 0);
});
