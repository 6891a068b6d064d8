/** What the commands write: looked at before the work, in pieces, and fit for a terminal. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { escaped } from '../../wasm/cli/escape.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { serveFolder } from '../../scripts/serve.js';
import { makeZip } from '../zips.js';
import { folder, refuses, ssdgan } from './terminal.js';

const ENGINE = new URL('../../wasm/engine/engine.js', import.meta.url).href;
const at = (/** @type {string} */ name) => path.join(folder, name);

const engine = await createEngine({ threads: 1 });
fs.writeFileSync(at('model.safetensors'), engine.createTrainer({ image_size: 32, width: 4, batch: 2 }).save());
const MODEL = ['model.safetensors', '--threads', '1'];

test('what a terminal obeys is escaped, in names, metadata and messages', () => {
  assert.equal(escaped('a\u001b[2J\n\u009b\u202e\u2028\ud800\u007f'), 'a\\u001b[2J\\u000a\\u009b\\u202e\\u2028\\ud800\\u007f'); // prettier-ignore
  assert.equal(escaped('Käse 写真 👨‍👩‍👧.jpg'), 'Käse 写真 👨‍👩‍👧.jpg');
  const names = ['a\u001b[2J.txt', 'x\nDone: fake.txt', 'b\u009b31m.txt'];
  fs.writeFileSync(at('names.zip'), makeZip(names.map((name) => ({ name, data: 'no picture' }))));
  fs.mkdirSync(at('names'));
  for (const name of names) fs.writeFileSync(path.join(at('names'), name), 'no picture');
  const metadata = { format: 'x\u001b]0;title\u0007', 'key\u001b': 'line\nDone: all is well' };
  fs.writeFileSync(at('meta.safetensors'), writeSafetensors({ 'a\u001b': { shape: [1], data: new Float32Array(1) } }, metadata)); // prettier-ignore
  for (const args of [
    ['train', 'names.zip', '--out', 'o'],
    ['train', 'names', '--out', 'o'],
    ['info', 'meta.safetensors', '--tensors'],
    ['info', 'no\u001bfile'],
    ['fr\u001bob'],
  ]) {
    const { out, error } = ssdgan(...args);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(out + error, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/, args.join(' '));
    assert.doesNotMatch(out + error, /^Done: /m, args.join(' '));
  }
  const { out } = ssdgan('info', 'meta.safetensors', '--json');
  assert.equal(JSON.parse(out).metadata.format, metadata.format, 'JSON reads as what it was');
});

test('--out is looked at before the work; an existing folder is a folder, whatever its name', () => {
  refuses(/^ssdgan: --out is x\.jpg, but must end in \.png or \.safetensors, or be a folder\.\n$/, 'generate', ...MODEL, '--n', '100000', '--out', 'x.jpg'); // prettier-ignore
  refuses(/--out is x\.jpg, but must end in \.png or \.gif, or/, 'interpolate', ...MODEL, '--out', 'x.jpg');
  refuses(/--out is x\.jpg, but must end in \.png\./, 'generate', ...MODEL, '--mix', '1:2', '--out', 'x.jpg');
  refuses(/--out is x, but must end in \.png\./, 'directions', ...MODEL, '--out', 'x');
  refuses(/--sheet is x\.jpg, but must end in \.png\./, 'evaluate', 'model.safetensors', 'none', '--sheet', 'x.jpg');
  refuses(
    /model\.safetensors is a file, but a folder is needed/,
    'project',
    ...MODEL,
    'p',
    '--out',
    'model.safetensors',
  );
  refuses(/is a file, but a folder is needed/, 'doodles', '--out', 'model.safetensors');
  refuses(/A file stands where a folder is needed/, 'generate', ...MODEL, '--out', 'model.safetensors/x.png');
  fs.mkdirSync(at('d.v1'));
  fs.mkdirSync(at('d.png'));
  refuses(/--out is d\.png, a folder, but must end in \.png\./, 'directions', ...MODEL, '--out', 'd.png');
  assert.equal(ssdgan('generate', ...MODEL, '--n', '2', '--out', 'd.v1').status, 0);
  assert.deepEqual(fs.readdirSync(at('d.v1')), ['seed-00000.png', 'seed-00001.png']);
  assert.equal(ssdgan('interpolate', ...MODEL, '--frames', '130', '--out', 'd.png').status, 0);
  assert.deepEqual([fs.readdirSync(at('d.png')).length, fs.existsSync(at('d.png/frame-00129.png'))], [130, true]);
});

test('more samples than the memory holds at once are made in pieces', () => {
  // 5,300 of 32 x 32 are more than one piece; the samples on both sides of the cut are those that come by themselves.
  const { status, error } = ssdgan('generate', ...MODEL, '--n', '5300', '--out', 'many.safetensors');
  assert.equal(status, 0, error);
  const { images } = readSafetensors(new Uint8Array(fs.readFileSync(at('many.safetensors')))).tensors;
  assert.deepEqual(images.shape, [5300, 3, 32, 32]);
  for (const seed of [0, 5207, 5298]) {
    assert.equal(
      ssdgan('generate', ...MODEL, '--n', '2', '--seed', String(seed), '--out', 'two.safetensors').status,
      0,
    );
    const two = readSafetensors(new Uint8Array(fs.readFileSync(at('two.safetensors')))).tensors.images;
    // A batch of another size is summed in another order.
    const far = two.data.findIndex((value, i) => Math.abs(value - images.data[seed * 3072 + i]) > 1e-6);
    assert.equal(far, -1, `${seed}: number ${far}`);
  }
  refuses(/100000 pictures of 64 x 64 are too many for one file: name a folder/, 'generate', 'starter', '--n', '100000', '--threads', '1'); // prettier-ignore
});

test('pictures that are all the same are told, not scored', () => {
  fs.mkdirSync(at('same'));
  const black = Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192)]);
  for (let i = 0; i < 12; i++) fs.writeFileSync(at(`same/${i}.ppm`), black);
  refuses(/^ssdgan: All \d+ training pictures are the same picture: there is nothing to score against\.\n$/, 'evaluate', ...MODEL, 'same'); // prettier-ignore
});

test('engine.dispose() ends its threads: nothing keeps the process alive', () => {
  const script = `import { createEngine } from '${ENGINE}';
    for (let i = 0; i < 3; i++) (await createEngine({ threads: 3 })).dispose();
    console.log('disposed');`;
  fs.writeFileSync(at('dispose.mjs'), script);
  const out = execFileSync(process.execPath, [at('dispose.mjs')], { timeout: 60000, encoding: 'utf8' });
  assert.equal(out, 'disposed\n');
});

test('the server of the tests gives files below its folder only, and no request ends it', async () => {
  fs.mkdirSync(at('site'));
  fs.mkdirSync(at('site-secret'));
  fs.mkdirSync(at('site/folder.js'));
  fs.writeFileSync(at('site/a.js'), 'a');
  fs.writeFileSync(at('site-secret/b.js'), 'b');
  const { url, close } = await serveFolder(at('site'));
  /** As it stands: fetch would tidy the path. @param {string} target @returns {Promise<number | undefined>} */
  const statusOf = (target) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      http
        .get({ hostname, port, path: target }, (response) => resolve(response.resume().statusCode))
        .on('error', reject);
    });
  assert.equal(await statusOf('/a.js'), 200);
  for (const target of ['/..%2fsite-secret/b.js', '/%2e%2e/site-secret/b.js', '/%zz.js', '/%', '//', '/folder.js', '/a.js%00', '/none.js'])
    assert.equal(await statusOf(target), 404, target); // prettier-ignore
  assert.equal(await statusOf('/a.js'), 200);
  close();
});
