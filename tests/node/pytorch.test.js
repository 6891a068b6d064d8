/** scripts/pytorch: a training goes from the engine to PyTorch and back, and is the one that the engine alone would have made. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import { FolderStore } from '../../wasm/cli/folder-store.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { writeProjectZip } from '../../wasm/cli/project-zip.js';
import { copyProject, updateProject, writePictures } from '../../wasm/run/project.js';
import { checkpointsIn } from '../../wasm/run/run-files.js';
import { RECIPES } from '../../wasm/run/recipes.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { doodles, engine, linesOf, newest, nextTurn } from './runs.js';
import { folder, SMALL as SMALL_OPTIONS, ssdgan } from './terminal.js';
import { ROOT } from '../../scripts/shell.js';

const PYTHON = process.env.SSDGAN_PYTHON ?? '/usr/bin/python3';
const SCRIPT = path.join(ROOT, 'scripts/pytorch');
const has = spawnSync(PYTHON, ['-c', 'import torch, numpy']).status === 0;
const TEXT = fs.readFileSync(path.join(ROOT, 'docs/pytorch.md'), 'utf8');
const [FOR_DEBIAN_12] = [...TEXT.matchAll(/`(--redirects \S+ --tee \S+)`/g)].map(([, options]) => options.split(' '));
const TORCHRUN = [...TEXT.matchAll(/^ *(torchrun .*)$/gm)].map(([, command]) => command);
const skip = has ? false : 'PyTorch is not installed (Debian: python3-torch)';
after(() => engine.dispose());

/** @param {string[]} args @param {object} environment @returns {Promise<{status: number | null, out: string, error: string}>} */
function python(args, environment = {}) {
  const env = { ...process.env, OMP_NUM_THREADS: '1', ...environment };
  const child = spawn(PYTHON, args, { cwd: folder, env });
  const told = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (told.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (told.error += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...told })));
}

/** @param {string[]} args @param {object} environment */
const pytorch = (args, environment = {}) => python([SCRIPT, ...args], environment);

/** @param {string[]} args */
async function must(...args) {
  const { status, out, error } = await pytorch(args);
  assert.equal(status, 0, error);
  return out;
}

/** @type {Promise<number>} a port that is free now */
const freePort = (async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
})();

/**
 * Two processes, by a command of docs/pytorch.md or without torchrun.
 * @type {Record<string, (args: string[]) => Promise<void>>}
 */
const BY_TWO = {
  'one machine': async (args) => torchrun(TORCHRUN[0].replace('--nproc_per_node 4', '--nproc_per_node 2'), 1, args),
  'two machines': async (args) => {
    const here = TORCHRUN[1].replace('HOST:29500', `127.0.0.1:${await freePort}`);
    await torchrun(here.replace('--nproc_per_node 4', '--nproc_per_node 1'), 2, args);
  },
  'the environment alone': async (args) => {
    const shared = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort), USE_LIBUV: '0' };
    await all(['0', '1'].map((rank) => pytorch(args, { ...shared, RANK: rank, LOCAL_RANK: rank })));
  },
};

/** @param {string} command @param {number} machines @param {string[]} args of scripts/pytorch */
async function torchrun(command, machines, args) {
  const options = command.slice(0, command.indexOf(' scripts/pytorch')).split(' ').slice(1);
  const launch = () => python(['-m', 'torch.distributed.run', ...FOR_DEBIAN_12, ...options, SCRIPT, ...args]);
  await all(Array.from({ length: machines }, launch));
}

/** @param {Promise<{status: number | null, error: string}>[]} processes */
async function all(processes) {
  for (const { status, error } of await Promise.all(processes)) assert.equal(status, 0, error);
}

/** Trains a project up to a step. @param {FolderStore} store @param {number} to @param {object | null} settings of a new one */
async function train(store, to, settings = null) {
  const wishes = { steps: 60, keepBest: 'val-loss', onTrouble: /** @type {const} */ ('ignore') };
  const run = settings
    ? TrainingRun.create(engine, store, { recipe: 'paper', settings, wishes })
    : await TrainingRun.resume(engine, store);
  const dataset = doodles(50);
  await run.begin(dataset);
  if (settings) {
    await updateProject(store, { pictures: dataset.count });
    await writePictures(store, dataset, { crop: 'centre', filter: 'triangle', names: Array(50).fill('doodle') });
  }
  if (run.trainer.stats().step < to)
    for await (const { event, step } of run.events(nextTurn)) if (event === 'step' && step === to) run.stop();
  run.dispose();
  dataset.dispose();
}

/** @param {FolderStore} store */
const stateOf = async (store) => readSafetensors(await newest(store));

/** Relative differences by group, |a - b| / |b|. @param {any} a @param {any} b @returns {Record<string, number>} */
function distances(a, b) {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  /** @type {Record<string, [number, number]>} */
  const sums = {};
  for (const [name, { data }] of Object.entries(a)) {
    if (name.endsWith('num_batches_tracked')) continue;
    const group = /^adam\.\w+\.\w|^\w+/.exec(name)?.[0] ?? '';
    const sum = (sums[group] ??= [0, 0]);
    for (let i = 0; i < data.length; i++) {
      sum[0] += (data[i] - b[name].data[i]) ** 2;
      sum[1] += b[name].data[i] ** 2;
    }
  }
  return Object.fromEntries(Object.entries(sums).map(([group, [d, w]]) => [group, Math.sqrt(d / w)]));
}

const SMALL = { image_size: 32, width: 4, width_max: 16, latent_size: 12, batch: 4, eps: 0.01 };
/** @type {Record<string, object>} */
const TRAININGS = {
  best: { ...RECIPES.best.settings, ...SMALL },
  paper: { ...SMALL, ema: 200 },
  dcgan: { ...RECIPES.dcgan.settings, ...SMALL },
  stylegan: { ...RECIPES.stylegan.settings, ...SMALL },
};

/**
 * One activation that rounding moves across a kink spoils a comparison (docs/verify.md): with AVX2's kernels it does for `dcgan`, seed 3.
 * Another seed is taken then. A fault fails with all of them.
 * @param {number} tolerance @param {(seed: number) => Promise<Record<string, number>>} compare
 */
async function agrees(tolerance, compare) {
  const seen = [];
  for (const seed of [3, 4, 5]) {
    seen.push(await compare(seed));
    if (Object.values(seen[seen.length - 1]).every((distance) => distance < tolerance)) return;
  }
  assert.fail(JSON.stringify(seen, null, 1));
}

for (const [name, settings] of Object.entries(TRAININGS))
  test(`20 steps here, 20 in PyTorch and 20 here are 60 here: ${name}`, { skip }, () =>
    agrees(name === 'stylegan' ? 2e-3 : 2e-5, async (seed) => {
      const alone = new FolderStore(path.join(folder, `${name}-${seed}-alone`));
      const both = new FolderStore(path.join(folder, `${name}-${seed}-both`));
      await train(alone, 60, { ...settings, seed });
      await train(both, 20, { ...settings, seed });
      await must('train', both.directory, '--steps', '20');
      await train(both, 60);
      const [a, b] = [await stateOf(both), await stateOf(alone)];
      assert.equal(a.metadata.step, '60');
      for (const key of ['step', 'epoch', 'step_in_epoch', 'random', 'fingerprint'])
        assert.equal(a.metadata[key], b.metadata[key], key);
      return distances(a.tensors, b.tensors);
    }),
  );

for (const [name, settings, more, by] of /** @type {[string, object, string[], string][]} */ ([
  ['best', {}, [], 'one machine'],
  ['best', {}, ['--batch', '16'], 'two machines'],
  ['stylegan', { r1_interval: 2 }, [], 'the environment alone'],
]))
  test(`two processes train as one with their batches together: ${[name, ...more].join(' ')}, ${by}`, { skip }, () =>
    agrees(1e-5, async (seed) => {
      const one = new FolderStore(path.join(folder, `${name}${more.length}-${seed}-one`));
      await train(one, 20, { ...TRAININGS[name], ...settings, batch: 8, seed });
      const two = path.join(folder, `${name}${more.length}-${seed}-two`);
      fs.cpSync(one.directory, two, { recursive: true });
      const begun = await stateOf(one);
      await must('train', one.directory, '--steps', '6', ...more);
      await BY_TWO[by](['train', two, '--steps', '6', ...more]);
      const [a, b] = [await stateOf(new FolderStore(two, { readOnly: true })), await stateOf(one)];
      assert.deepEqual([a.metadata.step, b.metadata.step], Array(2).fill(more.length ? '32' : '26'));
      assert.ok(distances(begun.tensors, b.tensors)['adam.generator.m'] > 0.1, 'it has trained');
      return distances(a.tensors, b.tensors);
    }),
  );

test('the commands of docs/pytorch.md do what it says', { skip }, async () => {
  const commands = [...TEXT.matchAll(/^```\n([^]*?)^```/gm)].flatMap(([, block]) => block.trim().split('\n'));
  assert.equal(commands.length, 8);
  assert.equal(ssdgan('doodles', '-n', '50', '--size', '32', '--out', 'photos').status, 0);
  for (const command of commands) {
    const small = command
      .replace('--steps 20000', '--steps 4')
      .replace('--epochs 600', '--epochs 12')
      .replace('64', '32');
    const [program, ...args] = small.split(' ');
    if (args[0] === 'scripts/pytorch') await must(...args.slice(1));
    else {
      const isNew = args.includes('photos') || args.includes('--doodles');
      const { status, error } = ssdgan(...args, ...(isNew ? SMALL_OPTIONS : []));
      assert.equal(status, 0, `${program}: ${error}`);
    }
    if (args.includes('--epochs') && args.includes('run')) await zipOf('run', 'project.zip');
  }
  for (const run of ['run', 'back']) {
    const log = linesOf(fs.readFileSync(path.join(folder, run, 'log.jsonl'))).filter(({ event }) => event === 'step');
    assert.deepEqual(log.map(({ step }) => step), log.map((_, i) => i + 1), 'a line for each step'); // prettier-ignore
    assert.ok(log.every(({ loss_g: g, epoch }) => Number.isFinite(g) && Number.isInteger(epoch)));
  }
  assert.match(ssdgan('train', '--resume', 'cartoons').out, /already at step/);
});

/** @param {string} run @param {string} zip */
const zipOf = (run, zip) => writeProjectZip(new FolderStore(path.join(folder, run)), path.join(folder, zip));

test('what cannot go on is refused in one sentence', { skip }, async () => {
  const store = new FolderStore(path.join(folder, 'refused'));
  await train(store, 20, TRAININGS.best);
  const before = await newest(store);
  for (const [sentence, args] of /** @type {[RegExp, string[]][]} */ ([
    [/There is no project nothing/, ['nothing']],
    [/--batch is 6, but must be a multiple of the project's 4/, ['refused', '--steps', '1', '--batch', '6']],
    [/leave out --out/, ['refused', '--out', 'x.zip']],
    [/holds no checkpoint/, ['photos']],
  ])) {
    const { status, error } = await pytorch(['train', ...args]);
    assert.equal(status, 1, args.join(' '));
    assert.match(error, sentence);
    assert.doesNotMatch(error, /Traceback/);
  }
  assert.equal(ssdgan('doodles', '-n', '3', '--size', '32', '--out', 'other').status, 0);
  for (const name of ['empty', 'odd', 'without']) fs.mkdirSync(path.join(folder, name));
  fs.writeFileSync(path.join(folder, 'odd', '1.png'), 'no picture');
  fs.writeFileSync(path.join(folder, 'without', 'PIL.py'), 'raise ModuleNotFoundError(name="PIL")');
  for (const [sentence, pictures, environment] of /** @type {[RegExp, string, object?][]} */ ([
    [/There are no PNG or JPEG pictures in empty/, 'empty'],
    [/in odd cannot be read: .*odd\/1\.png/, 'odd'],
    [/in nowhere cannot be read: No such file/, 'nowhere'],
    [/in other are not those that the training began with/, 'other'],
    [/needs Pillow.*python3-pil/, 'other', { PYTHONPATH: path.join(folder, 'without') }],
  ])) {
    const { status, error } = await pytorch(['train', 'refused', '--pictures', pictures], environment);
    assert.equal(status, 1, pictures);
    assert.match(error, sentence);
    assert.doesNotMatch(error, /Traceback/);
  }
  fs.writeFileSync(store.file('.lock'), '{}');
  assert.match((await pytorch(['train', 'refused', '--steps', '1'])).error, /is in use/);
  fs.rmSync(store.file('.lock'));
  assert.deepEqual(await newest(store), before, 'and nothing is changed');
});

test('a damaged checkpoint is passed over for the one before', { skip }, async () => {
  const store = new FolderStore(path.join(folder, 'damaged'));
  await train(store, 20, TRAININGS.best);
  await must('train', 'damaged', '--steps', '2');
  const [{ name }] = await checkpointsIn(store);
  const bytes = fs.readFileSync(store.file(name));
  bytes[bytes.length - 9] ^= 1;
  fs.writeFileSync(store.file(name), bytes);
  assert.match(await must('train', 'damaged', '--steps', '3'), /^Step 20: 3 steps[^]*Saved at step 23/);
});

test('mixed precision trains, and gives nearly the same', { skip }, async () => {
  const store = new FolderStore(path.join(folder, 'precise'));
  await train(store, 20, TRAININGS.best);
  const other = new FolderStore(path.join(folder, 'mixed'));
  await copyProject(store, other);
  await must('train', 'precise', '--steps', '3');
  await must('train', 'mixed', '--steps', '3', '--amp');
  const apart = distances((await stateOf(other)).tensors, (await stateOf(store)).tensors);
  assert.ok(apart.generator > 1e-7 && apart.generator < 1e-2, JSON.stringify(apart));
});

test('docs/verify.md says how the golden files were made', { skip }, () => {
  const made = path.join(folder, 'golden');
  fs.mkdirSync(made);
  // One process for all: to load PyTorch takes two seconds.
  const program = `
import shlex, sys
sys.path.insert(0, sys.argv[1])
import verify
names = {}
for line in open(sys.argv[2]).read().split("pytorch() {")[1].split(chr(96) * 3)[0].splitlines():
    if "=" in line and '"' in line and not line.startswith("pytorch"):
        name, value = line.split("=", 1)
        names[name] = value.strip('"')
    elif line.startswith("pytorch verify"):
        words = line.replace("tests/golden", sys.argv[3])
        for name, value in names.items():
            words = words.replace("$" + name, value)
        verify.main(shlex.split(words)[2:])
`;
  const { status, stderr } = spawnSync(PYTHON, ['-c', program, SCRIPT, path.join(ROOT, 'docs/verify.md'), made], { encoding: 'utf8' }); // prettier-ignore
  assert.equal(status, 0, stderr);
  const files = fs.readdirSync(made);
  assert.equal(files.length, 18);
  for (const file of files) {
    const [a, b] = [made, path.join(ROOT, 'tests/golden')].map((at) =>
      readSafetensors(fs.readFileSync(path.join(at, file))),
    );
    assert.deepEqual(a.metadata, b.metadata);
    // The same bytes where they were made. On another processor the random numbers differ in the last digit already (3e-7), and
    // what is computed of them by 1e-6.
    for (const [group, distance] of Object.entries(distances(a.tensors, b.tensors)))
      assert.ok(distance < 1e-5, `${file} ${group}: ${distance}`);
  }
});
