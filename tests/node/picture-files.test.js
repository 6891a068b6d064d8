/** Folders as people have them: what is no picture is left out with a word, the rest is read. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, mock, test } from 'node:test';
import { pictureFiles } from '../../wasm/cli/picture-files.js';
import { addPictures } from '../../wasm/cli/pictures.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { firstFolder, isPictureName, withoutRuns } from '../../wasm/engine/junk.js';
import { makeZip } from '../zips.js';

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-'));
const folder = path.join(place, 'photos');
after(() => fs.rmSync(place, { recursive: true, force: true }));
beforeEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
});

/** @param {string} name @param {string | Uint8Array} data */
function write(name, data = name) {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, data);
  return file;
}

/** Names below the folder, and reasons by such names. @param {string[]} names */
async function list(...names) {
  const { files, refused } = await pictureFiles(names.length ? names : [folder]);
  const relative = (/** @type {string} */ name) => path.relative(folder, name);
  return {
    files,
    names: files.map(({ name }) => relative(name)),
    refused: Object.fromEntries(refused.map(({ name, reason }) => [relative(name), reason])),
  };
}

const ppm = (/** @type {number} */ level) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, level)]);

test('any kind of entry: links, loops, pipes, sockets, devices, names that are no UTF-8, huge files', async () => {
  write('a.jpg');
  write('deep/er/b.jpg');
  fs.symlinkSync('a.jpg', path.join(folder, 'c.jpg'));
  fs.symlinkSync('gone', path.join(folder, 'dangling.jpg'));
  fs.symlinkSync('self.jpg', path.join(folder, 'self.jpg'));
  fs.symlinkSync('..', path.join(folder, 'deep/loop'));
  fs.symlinkSync('deep', path.join(folder, 'other'));
  fs.symlinkSync('/dev/null', path.join(folder, 'null.jpg'));
  execFileSync('mkfifo', [path.join(folder, 'pipe.jpg')]);
  const server = net.createServer().listen(path.join(folder, 'socket.jpg'));
  await new Promise((resolve) => server.once('listening', resolve));
  fs.writeFileSync(Buffer.concat([Buffer.from(folder), Buffer.from([0x2f, 0x4b, 0xe4, 0x2e, 0x6a])]), 'latin');
  fs.truncateSync(write('video.mp4', ''), 3e9);
  const { names, files, refused } = await list();
  assert.deepEqual(names, ['K\\xe4.j', 'a.jpg', 'c.jpg', 'deep/er/b.jpg', 'other/er/b.jpg']);
  assert.equal(Buffer.from(await files[0].read()).toString(), 'latin');
  assert.deepEqual(refused, {
    'dangling.jpg': 'a link to nothing, or removed meanwhile',
    'deep/loop': 'a link to a folder that it lies in',
    'null.jpg': 'a device, not a file',
    'other/loop': 'a link to a folder that it lies in',
    'pipe.jpg': 'a pipe, not a file',
    'self.jpg': 'a link that leads to itself',
    'socket.jpg': 'a socket, not a file',
    'video.mp4': '3,000 MB; a file may have 256 MB',
  });
  server.close();
});

test('what may not be read, or goes away meanwhile, is told', async () => {
  write('a.jpg');
  const gone = write('gone.jpg');
  write('closed/c.jpg');
  const forbidden = Object.assign(new Error('EACCES'), { code: 'EACCES' });
  const { readdirSync } = fs;
  const readdir = mock.method(fs, 'readdirSync', (/** @type {any[]} */ ...args) => {
    if (String(args[0]).endsWith('closed')) throw forbidden;
    return Reflect.apply(readdirSync, fs, args);
  });
  const { names, files, refused } = await list();
  readdir.mock.restore();
  assert.deepEqual(names, ['a.jpg', 'gone.jpg']);
  assert.deepEqual(refused, { closed: 'it may not be read (no permission)' });
  fs.rmSync(gone);
  await assert.rejects(files[1].read(), /removed meanwhile/);
});

test('the run of a training is no picture, where it lies deeper and where it lies beside the pictures', async () => {
  write('a.jpg');
  for (const at of ['ssdgan-run', 'deep/project']) {
    write(`${at}/${at === 'deep/project' ? 'checkpoint-a' : 'checkpoint'}.safetensors`);
    write(`${at}/samples/step-000020.png`);
    write(`${at}/log.jsonl`);
  }
  const nested = await list();
  assert.deepEqual(nested.names, ['a.jpg']);
  const reason = 'the folder of a training, not pictures';
  assert.deepEqual(nested.refused, { 'ssdgan-run': reason, 'deep/project': reason });

  write('checkpoint-b.safetensors');
  write('model.safetensors');
  write('project.json');
  write('samples/step-000020.png');
  write('originals/000001 b.jpg');
  const beside = await list();
  assert.deepEqual(beside.names, ['a.jpg', 'originals/000001 b.jpg']);
  assert.equal(beside.refused.samples, 'samples of a training, not pictures');
  const here = process.cwd();
  process.chdir(folder);
  assert.deepEqual((await pictureFiles(['.'])).files.map(({ name }) => name), ['a.jpg', 'originals/000001 b.jpg']); // prettier-ignore
  process.chdir(here);
  assert.deepEqual((await list(path.join(folder, 'samples'))).names, ['samples/step-000020.png'], 'asked for by name');

  write('run.zip', makeZip([{ name: 'checkpoint.safetensors' }, { name: 'samples/a.png' }, { name: 'b.jpg' }]));
  assert.deepEqual((await list(path.join(folder, 'run.zip'))).names, ['run.zip/b.jpg']);
  const dropped = ['photos/a.jpg', 'photos/run/checkpoint.safetensors', 'photos/run/samples/b.png', 'c.jpg'];
  const files = dropped.map((name) => ({ name }));
  assert.deepEqual(withoutRuns(files, firstFolder, []).map(({ name }) => name), ['photos/a.jpg', 'c.jpg']); // prettier-ignore
});

test('room is kept for what may be a picture', () => {
  for (const name of ['a.jpg', 'a.JPEG', 'b/c.png', 'IMG_0001', 'x.webp', 'y.ppm'])
    assert.ok(isPictureName(name), name);
  for (const name of ['a.txt', 'a.jpg.json', 'b.c/notes.md', 'v.mp4', 'x.NEF']) assert.ok(!isPictureName(name), name);
});

test('20 pictures beside 12,000 text files train at 256 pixels', async () => {
  // One listing instead of 12,000 files: the names decide about the room.
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 256 });
  const entries = Array.from({ length: 12000 }, (_, i) => ({ name: `c${i}.txt`, data: 'x', method: 0 }));
  write('all.zip', makeZip([...entries, ...[1, 2, 3].map((i) => ({ name: `p${i}.ppm`, data: ppm(i) }))]));
  const { names, refused } = await addPictures(dataset, [folder]);
  assert.deepEqual([names, refused.length, dataset.count], [['p1.ppm', 'p2.ppm', 'p3.ppm'], 12000, 3]);
  dataset.expect(1e6); // never fatal
  engine.dispose();
});

test('a picture that finds no memory is one refused file; a full memory ends the reading', async () => {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 1024 });
  const large = Buffer.concat([Buffer.from('P6 7000 7000 255\n'), Buffer.alloc(7000 * 7000 * 3, 90)]);
  const { module } = engine.heap;
  /** Takes all memory, in blocks of so many bytes. @param {number} bytes */
  const fill = (bytes) => {
    const blocks = [];
    for (let block = module._malloc(bytes); block; block = module._malloc(bytes)) blocks.push(block);
    return blocks;
  };
  const blocks = fill(64e6);
  fill(1e6);
  module._free(blocks[0]);
  const [first, second, third] = dataset.addFiles([ppm(1), large, ppm(2)]);
  assert.deepEqual([first, second?.code, third, dataset.count], [null, 'out_of_memory', null, 2]);
  fill(1e5);
  fill(100);
  assert.throws(() => dataset.addFiles(Array.from({ length: 64 }, () => ppm(3))), { code: 'out_of_memory' });
  engine.dispose();
});
