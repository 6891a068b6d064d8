/** A project as one zip: packed, continued elsewhere, and brought back, with the same bits. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { openZip, unpack } from '../../wasm/engine/zip.js';
import { makeZip } from '../zips.js';
import { folder, ssdgan } from './terminal.js';

const SMALL = [
  ...['--size', '32', '--width', '4', '--batch', '4', '--threads', '1', '--recipe', 'paper', '--on-trouble', 'ignore'],
  ...['--save-every', '6', '--sample-every', '6'],
];

/** @param {string[]} args */
function must(...args) {
  const { status, out, error } = ssdgan(...args);
  assert.equal(status, 0, `${args.join(' ')}: ${error}`);
  return out;
}

/** The files of a zip. @param {string} name @returns {Promise<{name: string, data: Uint8Array}[]>} */
async function entriesOf(name) {
  const { files, refused } = await openZip(new Uint8Array(fs.readFileSync(path.join(folder, name))), 'z');
  assert.deepEqual(refused, []);
  const entries = [];
  for await (const { name: inZip, bytes } of unpack(files, refused))
    entries.push({ name: inZip.slice(2), data: bytes });
  return entries;
}

/** Name -> content of what a run leaves, but for the note of how it was called. @param {string} name */
async function projectOf(name) {
  const entries = await entriesOf(name);
  return Object.fromEntries(
    entries
      .filter((entry) => entry.name !== 'project.json')
      .map((entry) => [entry.name.replace(/checkpoint-[ab]/, 'checkpoint'), entry.data]),
  );
}

fs.mkdirSync(path.join(folder, 'photos'));
for (let i = 0; i < 12; i++) {
  const pixels = Buffer.alloc(3072, `${i} of these`);
  fs.writeFileSync(path.join(folder, `photos/${i}.ppm`), Buffer.concat([Buffer.from('P6 32 32 255\n'), pixels]));
}
must('train', 'photos', '--out', 'begun', ...SMALL, '--steps', '12');
assert.match(
  must('export', 'begun', 'begun.zip'),
  /^begun\.zip: \d\.\d+ MB\. Continue it with: ssdgan train --resume begun\.zip/,
);

test('a project that travels as a zip twice ends with the bits of one that stayed', async () => {
  must('train', 'photos', '--out', 'whole', ...SMALL, '--steps', '24');
  must('export', 'whole', 'whole.zip');
  fs.rmSync(path.join(folder, 'photos'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'away'));
  fs.copyFileSync(path.join(folder, 'begun.zip'), path.join(folder, 'away/My cats.zip'));
  const out = must('train', '--resume', 'away/My cats.zip', '--steps', '18');
  assert.match(out, /^Unpacked away\/My cats\.zip into My cats\.$/m);
  assert.match(out, /^12 pictures: /m);
  must('export', 'My cats', 'back.zip');
  must('train', '--resume', 'back.zip', '--out', 'home', '--steps', '24');
  must('export', 'home', 'home.zip');
  const [wanted, found] = [await projectOf('whole.zip'), await projectOf('home.zip')];
  assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort());
  assert.ok('pictures.safetensors' in found && 'checkpoint.safetensors' in found && 'samples/step-000024.png' in found);
  for (const [name, data] of Object.entries(wanted)) {
    // Models say how long the run was planned to be when they were saved: 12 steps, and 24.
    const isModel = /^best|^samples.*safetensors$/.test(name);
    const compared = (/** @type {Uint8Array} */ bytes) => (isModel ? readSafetensors(bytes).tensors : bytes);
    assert.deepEqual(compared(found[name]), compared(data), name);
  }
});

test('what is not whole is told: a checkpoint ends it, a sample is left out', async () => {
  const entries = await entriesOf('begun.zip');
  const damaged = (/** @type {RegExp} */ which) => makeZip(entries.map((entry) => (which.test(entry.name) ? { ...entry, crc: 1 } : entry))); // prettier-ignore
  fs.writeFileSync(path.join(folder, 'no-checkpoint.zip'), damaged(/^checkpoint/));
  fs.writeFileSync(path.join(folder, 'no-sample.zip'), damaged(/^samples.*12\.png/));
  fs.writeFileSync(path.join(folder, 'photos.zip'), makeZip([{ name: 'a.jpg', data: 'a' }]));
  fs.writeFileSync(path.join(folder, 'cut.zip'), makeZip(entries).subarray(0, 5000));
  /** @type {[RegExp, string[]][]} */
  const refusals = [
    [
      /^ssdgan: no-checkpoint\.zip cannot be resumed: checkpoint-[ab]\.safetensors: damaged in the zip/,
      ['no-checkpoint.zip'],
    ],
    [/^ssdgan: photos\.zip holds no project to resume\.\n$/, ['photos.zip']],
    [/^ssdgan: cut\.zip holds no project to resume\. The zip is damaged or cut off\.\n$/, ['cut.zip']],
    [/^ssdgan: begun already holds a run\. .*name another --out/, ['begun.zip']],
  ];
  for (const [sentence, args] of refusals) {
    const { status, error } = ssdgan('train', '--resume', ...args, '--steps', '18');
    assert.match(error, sentence);
    assert.equal(status, 2);
  }
  assert.match(ssdgan('train', '--resume', 'no-checkpoint').error, /holds no checkpoint/, 'half a project is no run');
  const out = must('train', '--resume', 'no-sample.zip', '--steps', '13');
  assert.match(out, /^Left out of the project: samples\/step-000012\.png: damaged in the zip/m);
  assert.match(
    ssdgan('export', 'photos.zip', 'x.zip').error,
    /^ssdgan: photos\.zip holds no run, which a \.zip is made of\.\n$/,
  );
});
