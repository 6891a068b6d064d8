/** The command line, as a user runs it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { makeZip } from '../zips.js';
import { folder, newestCheckpoint, refuses, ssdgan } from './terminal.js';

const GOLDEN = fileURLToPath(new URL('../golden/ssd.safetensors', import.meta.url));
const FACES = fileURLToPath(new URL('../../../shared/data/faces-128.zip', import.meta.url));
const SMALL = ['--size', '32', '--width', '4', '--batch', '4', '--doodles', '60'];

/** @param {string} name */
const read = (name) => fs.readFileSync(path.join(folder, name));
/** @param {string} name @returns {any[]} the value of every line */
const jsonLines = (name) => JSON.parse(`[${read(name).toString().trim().replaceAll('\n', ',')}]`);
const ppm = (/** @type {number} */ level) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, level)]);

test('every command has help', () => {
  const help = ssdgan('--help');
  assert.equal(help.status, 0);
  const commands = [
    ...help.out
      .split('Commands:')[1]
      .split('MODEL is')[0]
      .matchAll(/^ {2}([a-z]+) /gm),
  ].map(([, name]) => name);
  assert.ok(commands.includes('train') && commands.includes('experiment') && commands.length >= 12);
  for (const command of commands) {
    const { status, out } = ssdgan(command, '--help');
    assert.equal(status, 0);
    assert.match(out, /^Usage: ssdgan /);
  }
});

test('trains, resumes bit for bit, generates, interpolates, informs', () => {
  assert.equal(ssdgan('train', '--out', 'whole', ...SMALL, '--steps', '20').status, 0);
  assert.equal(ssdgan('train', '--out', 'parts', ...SMALL, '--steps', '9').status, 0);
  assert.equal(ssdgan('train', '--resume', 'parts', '--steps', '20', '--threads', '1').status, 0);
  for (const name of ['model.safetensors', 'log.jsonl', 'best.safetensors', 'samples/step-000020.png']) {
    assert.deepEqual(read(`parts/${name}`), read(`whole/${name}`), name);
  }
  assert.deepEqual(read(newestCheckpoint('parts')), read(newestCheckpoint('whole')));
  const log = jsonLines('parts/log.jsonl');
  assert.deepEqual(
    log.filter(({ event }) => event === 'step').map((entry) => entry.step),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );

  assert.equal(ssdgan('generate', 'whole', '--n', '4', '--seed', '5', '--out', 'g.png').status, 0);
  assert.equal(decode(read('g.png')).width, 66);
  assert.equal(ssdgan('generate', 'whole', '--n', '2', '--seed', '5', '--out', 'faces').status, 0);
  assert.deepEqual(fs.readdirSync(path.join(folder, 'faces')), ['seed-00005.png', 'seed-00006.png']);
  assert.equal(ssdgan('generate', 'whole', '--n', '3', '--out', 'x.safetensors').status, 0);
  const { images } = readSafetensors(read('x.safetensors')).tensors;
  assert.deepEqual(images.shape, [3, 3, 32, 32]);
  assert.ok(images.data.every((x) => Math.abs(x) <= 1));

  fs.writeFileSync(
    path.join(folder, 'z.safetensors'),
    writeSafetensors({ z: { shape: [2, 100], data: new Float32Array(200).fill(0.5) } }),
  );
  assert.equal(ssdgan('generate', 'whole', '--w', 'z.safetensors', '--out', 'y.safetensors').status, 0);
  assert.deepEqual(readSafetensors(read('y.safetensors')).tensors.images.shape, [2, 3, 32, 32]);

  assert.equal(ssdgan('interpolate', 'whole', '--from', '1', '--to', '2', '--out', 'strip.png').status, 0);
  assert.equal(ssdgan('interpolate', 'whole', '--space', 'z', '--frames', '6', '--out', 'x.gif').status, 0);
  assert.equal(read('x.gif').subarray(0, 6).toString(), 'GIF89a');
  assert.match(ssdgan('info', 'whole').out, /generator +[\d,]+ parameters/);
  assert.match(ssdgan('info', 'whole/checkpoint-a.safetensors').out, /discriminator/);
});

test('a recipe resumes bit for bit; its model is fine-tuned; trouble is told', () => {
  const best = ['--recipe', 'best', ...SMALL];
  assert.equal(ssdgan('train', '--out', 'best', ...best, '--steps', '20').status, 0);
  const model = read('best/model.safetensors');
  assert.equal(readSafetensors(model).metadata.augment_translation, '1');
  assert.equal(ssdgan('train', '--out', 'half', ...best, '--steps', '9').status, 0);
  assert.equal(ssdgan('train', '--resume', 'half', '--steps', '20', '--threads', '1').status, 0);
  assert.equal(ssdgan('train', '--out', 'again', ...best, '--steps', '20').status, 0);
  assert.deepEqual(read(newestCheckpoint('half')), read(newestCheckpoint('again')));

  const tuned = [
    '--out',
    'tuned',
    '--doodles',
    '60',
    '--batch',
    '4',
    '--steps',
    '3',
    '--freeze',
    'mapping,l1',
    '--freeze-d',
    '1',
  ];
  assert.equal(ssdgan('train', '--from', 'best', ...tuned).status, 0);
  const [before, after] = [readSafetensors(model).tensors, readSafetensors(read('tuned/model.safetensors')).tensors];
  assert.deepEqual(after['conv_l1.weight'], before['conv_l1.weight']);
  assert.notDeepEqual(after['conv_l2.weight'], before['conv_l2.weight']);

  const wild = ['--no-spectral-norm', '--lr', '0.1', '--on-trouble', 'stop', '--steps', '500'];
  const { status, out } = ssdgan('train', '--out', 'wild', ...SMALL, ...wild);
  assert.equal(status, 1);
  assert.match(out, /\(step \d+\)\. Remedy: /);
  assert.match(out, /^Stopped at step \d+ of 500/m);
});

test('unfit pictures are listed, the good ones kept', () => {
  const place = path.join(folder, 'mixed');
  fs.mkdirSync(path.join(place, 'deeper'), { recursive: true });
  const inner = makeZip([{ name: 'x.ppm', data: ppm(1) }]);
  const files = {
    'a.ppm': ppm(10),
    'deeper/b.ppm': ppm(200),
    'empty.jpg': '',
    'text.png': 'no picture',
    'huge.ppm': 'P6 30000 30000 255\n',
    'cut.ppm': ppm(3).subarray(0, 60),
    'zip.zip': makeZip([
      { name: 'c.ppm', data: ppm(90) },
      { name: 'in.zip', data: inner },
      { name: '__MACOSX/._c.ppm', data: ppm(1) },
      { name: 'damaged.ppm', data: ppm(2), crc: 1 },
      { name: 'bzip2.ppm', data: ppm(2), method: 12 },
    ]),
    'broken.zip': inner.subarray(0, 30),
    '.hidden': 'x',
  };
  for (const [name, data] of Object.entries(files)) fs.writeFileSync(path.join(place, name), data);
  const { status, out } = ssdgan('train', 'mixed', '--out', 'kept', ...SMALL, '--steps', '1');
  assert.equal(status, 0);
  assert.match(out, /^8 files were left out/m);
  for (const reason of [
    /empty\.jpg: the file is empty/,
    /huge\.ppm: .*30000 x 30000/,
    /in\.zip: a zip inside a zip/,
    /broken\.zip: .*damaged/,
    /damaged\.ppm: damaged in the zip/,
    /bzip2\.ppm: compressed by BZIP2/,
  ]) {
    assert.match(out, reason);
  }
  assert.match(out, /^3 pictures: 2 to train on, 1 held out/m);
});

test('bad usage is one clear sentence and status 2', () => {
  fs.mkdirSync(path.join(folder, 'nothing'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'one.ppm'), ppm(5));
  fs.writeFileSync(
    path.join(folder, 'no-model.safetensors'),
    writeSafetensors({ a: { shape: [1], data: new Float32Array(1) } }),
  );
  refuses(/no command "frob"/, 'frob');
  refuses(/^ssdgan: --size is 50, but must be 32, 64, 128 or 256\.\n$/, 'train', '--size', '50', '--out', 'o1');
  refuses(/^ssdgan: --g-norm batch needs --adain and --first-input /, 'train', '--no-adain', '--out', 'o2');
  refuses(/keeps its settings; leave out --ema/, 'train', '--resume', 'whole', '--ema', '5');
  refuses(/No such file|no file or folder/, 'train', 'missing-folder', '--out', 'o3');
  refuses(/No picture could be read/, 'train', 'nothing', '--out', 'o4');
  refuses(/Only one picture/, 'train', 'one.ppm', '--out', 'o5');
  refuses(/no run or checkpoint/, 'train', '--resume', 'missing');
  refuses(/is a file/, 'train', '--out', 'one.ppm');
  refuses(/No such file or folder|Not permitted/, 'train', '--out', '/proc/nowhere/run');
  refuses(/no file/, 'generate', 'missing.safetensors');
  refuses(/Name a model/, 'generate');
  refuses(/[Nn]ot a safetensors file/, 'generate', 'one.ppm');
  refuses(/no generator/, 'generate', 'no-model.safetensors');
  refuses(/must be z or w/, 'interpolate', 'no-model.safetensors', '--space', 'q');
  refuses(/from 1 to 100000/, 'doodles', '--n', '0');
});

test('verify exits with 0 within the tolerance, 1 beyond, 2 for a bad file', () => {
  assert.equal(ssdgan('verify', GOLDEN).status, 0);
  const beyond = ssdgan('verify', GOLDEN, '--tolerance', '1e-12');
  assert.equal(beyond.status, 1);
  assert.match(beyond.out, /BEYOND/);
  refuses(/format: ssdgan-verify/, 'verify', path.join(folder, 'no-model.safetensors'));
  refuses(/There is no file/, 'verify', 'missing');
});

test('doodles are written as pictures', () => {
  assert.equal(ssdgan('doodles', '--n', '3', '--size', '48', '--out', 'd').status, 0);
  const { width, height, channels } = decode(read('d/doodle-00002.png'));
  assert.deepEqual([width, height, channels], [48, 48, 3]);
});

test('real faces train', { skip: fs.existsSync(FACES) ? false : 'no ../shared/data beside the project' }, () => {
  const { status, out } = ssdgan('train', FACES, '--out', 'faces-run', '--size', '32', '--width', '4', '--steps', '4');
  assert.equal(status, 0);
  assert.match(out, /901 pictures: 811 to train on, 90 held out/);
});

test('evaluates a model and pictures, keeps the best by score', () => {
  const run = ['train', '--out', 'scored', ...SMALL];
  const { out: told } = ssdgan(...run, '--epochs', '2');
  assert.match(
    told,
    /epoch 1 scored \| kernel distance [\d.]+ SWD [\d.]+ \| copies [\d.]+ %\nbest\.safetensors is now the model of step 13/,
  );
  assert.match(told, /best\.safetensors is the model of step \d+: kernel distance × SWD/);
  assert.equal(ssdgan('train', '--resume', 'scored', '--epochs', '3').status, 0);
  const entries = jsonLines('scored/log.jsonl');
  const scored = entries.filter(({ event }) => event === 'scored');
  assert.equal(scored.length, 3, 'once an epoch, also after resuming');
  const best = Math.min(...scored.map((entry) => entry.kernel));
  const json = ssdgan('evaluate', 'scored/best.safetensors', 'reals', '--n', '40', '--json');
  assert.equal(json.status, 2, 'no such pictures');
  assert.equal(ssdgan('doodles', '--n', '60', '--size', '32', '--out', 'reals').status, 0);
  const quick = ['--held-out', '6', '--quick', '--json'];
  const { scores, about } = JSON.parse(
    ssdgan('evaluate', 'scored/best.safetensors', 'reals', '--n', '500', ...quick).out,
  );
  assert.ok(Math.abs(scores.kernel - best) <= 1e-4 * Math.abs(best), `${scores.kernel}, logged ${best}`);
  assert.deepEqual([about.pictures, about.floor, scores.count], [54, 'halves', 500]);

  const { out } = ssdgan('evaluate', 'scored', 'reals', '--n', '20', '--sheet', 'near.png');
  assert.match(out, /frechet .*\nprecision/);
  assert.match(out, /Careful: with 20 pictures/);
  assert.equal(decode(read('near.png')).height, 3 * 32 + 4);
  const same = JSON.parse(ssdgan('evaluate', 'reals', 'reals', '--size', '32', '--held-out', '0', '--json').out);
  assert.ok(same.scores.swd === 0 && same.scores.frechet < 1e-6 && same.scores.copying.share === 1);
  assert.match(same.summary.copying, /yes/);

  refuses(/Name a model/, 'evaluate', 'scored');
  refuses(/--keep-best is "fid", but must be kernel-swd or val-loss/, 'train', '--keep-best', 'fid');
  refuses(/--n is 3/, 'evaluate', 'scored', 'reals', '--n', '3');
});
