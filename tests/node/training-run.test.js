/** One training run for terminal and page: equal events from both, and nothing good is lost, whatever ends it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SsdganError } from '../../wasm/engine/engine.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { FolderStore } from '../../wasm/cli/folder-store.js';
import { makePlan } from '../../wasm/run/plan.js';
import { BEST, LOG, MemoryStore, MODEL } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { TrainHandlers } from '../../web/worker/training.js';
import { all, begin, doodles, engine, linesOf, newest, nextTurn, SMALL, stepOfSound } from './runs.js';

const MAIN = fileURLToPath(new URL('../../wasm/cli/main.js', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-run-'));
after(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  engine.dispose();
});

/** @param {string[]} args @returns {string} what it said */
function ssdgan(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args, '--threads', '1'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.ok(status === 0 || status === 1, stderr);
  return stdout;
}

/** The worker's training over a port that only remembers. @param {MemoryStore} store */
function worker(store = new MemoryStore()) {
  /** @type {any[]} */
  const sent = [];
  const dataset = doodles(60);
  const { handlers } = new TrainHandlers({
    engineOf: () => engine,
    datasetOf: () => dataset,
    starterOf: () => new Uint8Array(),
    storeOf: async () => store,
    send: (message) => sent.push(structuredClone(message)),
    nextTurn,
  });
  /** Trains to the end. @param {number} epochs */
  const train = async (epochs) => {
    const before = sent.length;
    await handlers['train.run']({ epochs });
    while (!sent.slice(before).some(({ event }) => event === 'finished')) await nextTurn();
    return sent.slice(before);
  };
  return { handlers, train, store, read: (/** @type {string} */ name) => store.read(name) };
}

/** @param {string} name @param {string} file */
const inFolder = (name, file) => new Uint8Array(fs.readFileSync(path.join(folder, name, file)));

/** @param {string} name */
const folderStore = (name) => /** @type {any} */ (new FolderStore(path.join(folder, name)));

const OPTIONS = ['--size', '32', '--width', '4', '--batch', '4', '--seed', '5', '--doodles', '60'];

for (const { name, recipe, args, config, onTrouble, epochs, wanted } of [
  { name: 'plain', recipe: 'paper', args: [], config: {}, epochs: 3, wanted: ['step', 'validated', 'best', 'samples', 'finished'] }, // prettier-ignore
  { name: 'best', recipe: 'best', args: [], config: {}, epochs: 3, wanted: ['step', 'scored', 'best'] },
  {
    name: 'trouble',
    recipe: 'paper',
    args: ['--spectral', 'none', '--d-norm', 'none', '--lr', '0.1', '--on-trouble', 'rollback'],
    config: { spectral_norm: 'none', d_norm: 'none', lr: 0.1 },
    onTrouble: 'rollback',
    epochs: 12,
    wanted: ['step', 'trouble'],
  },
]) {
  test(`a ${name} run has the same events and the same checkpoint in terminal and worker`, async () => {
    ssdgan('train', '--recipe', recipe, '--out', name, ...OPTIONS, ...args, '--epochs', String(epochs));
    const { handlers, train, read, store } = worker();
    await handlers['train.create']({ recipe, config: { ...SMALL, ...config }, onTrouble });
    await train(epochs);
    const events = linesOf(await read(LOG));
    for (const kind of wanted) assert.ok(events.some(({ event }) => event === kind), kind); // prettier-ignore
    if (name === 'trouble') assert.ok(events.some(({ action, to }) => action === 'rollback' && to === 0));
    assert.deepEqual(linesOf(inFolder(name, LOG)), events);
    assert.deepEqual(await newest(folderStore(name)), await newest(store));
    for (const file of [MODEL, BEST])
      assert.deepEqual(inFolder(name, file), new Uint8Array(/** @type {any} */ (await read(file))), file);
  });
}

test('a resumed run has the same events in terminal and worker, and those of an unbroken one', async () => {
  ssdgan('train', '--out', 'resumed', ...OPTIONS, '--epochs', '1');
  ssdgan('train', '--resume', 'resumed', '--epochs', '3');
  ssdgan('train', '--out', 'unbroken', ...OPTIONS, '--epochs', '3');
  const first = worker();
  await first.handlers['train.create']({ config: SMALL });
  await first.train(1);
  const second = worker(first.store);
  const { plan } = await second.handlers['train.load']({});
  assert.deepEqual([plan.recipe, plan.onTrouble, plan.epochs, plan.keepBest], ['best', 'rollback', 1, 'kernel-swd']);
  await second.train(3);
  const events = linesOf(await second.read(LOG));
  const terminal = linesOf(inFolder('resumed', LOG));
  assert.deepEqual(terminal.slice(-events.length), events);
  const made = ({ event = '' }) => ['step', 'validated', 'scored', 'best'].includes(event);
  assert.deepEqual(terminal.filter(made), linesOf(inFolder('unbroken', LOG)).filter(made));
  assert.deepEqual(inFolder('resumed', BEST), inFolder('unbroken', BEST));
});

for (const onTrouble of ['stop', 'rollback']) {
  test(`what has diverged replaces nothing good (${onTrouble})`, async () => {
    const { run, store } = await begin({
      settings: { ...SMALL, spectral_norm: 'none', d_norm: 'none' },
      wishes: { onTrouble, steps: 2000, saveEvery: 5 },
    });
    const events = await all(run, ({ event, step }) => {
      if (event === 'step' && step === 12) run.trainer.set('lr', 1);
    });
    const { reason, step, saved } = events.at(-1);
    const last = events.findLast(({ event }) => event === 'trouble');
    assert.equal(reason, 'trouble', JSON.stringify(last));
    assert.equal(last.action, 'stop');
    assert.match(last.sentence, new RegExp(`Went back to step ${step}, `));
    assert.equal(saved, step);
    for (const bytes of [await newest(store), await store.read(MODEL)]) assert.equal(stepOfSound(bytes), step);
    if (await store.read(BEST)) stepOfSound(await store.read(BEST));
    assert.equal(run.trainer.stats().step, step, 'pictures are made by the good state');
  });
}

/** A checkpoint with one number changed. @param {Uint8Array} bytes @param {string} start of the tensor's name @param {number} value */
function poisoned(bytes, start, value) {
  const { tensors, metadata } = readSafetensors(bytes);
  tensors[Object.keys(tensors).find((name) => name.startsWith(start)) ?? ''].data[0] = value;
  return writeSafetensors(tensors, metadata);
}

/**
 * @param {MemoryStore} store @param {Uint8Array} bytes a checkpoint
 * @param {(run: TrainingRun) => void} change what is done to the run before it begins
 */
async function resume(store, bytes, change = () => {}) {
  const wishes = { steps: 20, onTrouble: /** @type {const} */ ('ignore'), saveEvery: 5 };
  const run = await TrainingRun.resume(engine, store, { checkpoint: bytes, wishes });
  await run.begin(doodles(60));
  change(run);
  return all(run);
}

test('what is not finite replaces nothing good, also where trouble is ignored', async () => {
  const { run, store } = await begin({ settings: { ...SMALL, freeze: 1 }, wishes: { steps: 5, saveEvery: 5 } });
  await all(run);
  const good = await newest(store);
  const weight = poisoned(good, 'discriminator.', 3e38); // infinite in the next step
  // With the good checkpoint in the store it is gone back to; without, that is said.
  const events = await resume(store, weight);
  assert.deepEqual([events.at(-1).reason, events.at(-1).step, events.at(-1).saved], ['trouble', 5, 5]);
  assert.deepEqual(readSafetensors(await newest(store)).tensors, readSafetensors(good).tensors);
  const empty = new MemoryStore();
  const lost = await resume(empty, weight);
  assert.match(lost.findLast(({ event }) => event === 'trouble').sentence, /no earlier state to go back to/);
  assert.deepEqual([lost.at(-1).saved, await empty.list()], [null, [LOG]]);

  // What no loss shows (a moment of a frozen tensor): saving finds it (tests/native/test_checkpoint.c).
  const moments = new MemoryStore();
  const found = await resume(moments, good, ({ trainer }) => {
    trainer.save = () => {
      throw new SsdganError('not_finite', 'the state is not saved');
    };
  });
  assert.deepEqual(
    found.filter(({ event }) => event === 'trouble').map(({ kind, action }) => [kind, action]),
    [['not_finite', 'stop']],
  );
  assert.deepEqual([found.at(-1).step, await moments.list()], [10, [LOG]]);
});

test('ten pictures train from scratch', async () => {
  const { run } = await begin({ recipe: 'best', count: 10, settings: { image_size: 32, width: 8, seed: 1 }, wishes: { steps: 60 } }); // prettier-ignore
  assert.equal(run.trainer.stats().steps_per_epoch, 1);
  const events = await all(run);
  assert.deepEqual(
    events.filter(({ event }) => event === 'trouble'),
    [],
  );
  assert.deepEqual(
    events.filter(({ event }) => event === 'checkpoint').map(({ step }) => step),
    [60],
  );
});

test('without held-out pictures the last model is the best', async () => {
  const { run, store } = await begin({ settings: { ...SMALL, val_count: 0 }, wishes: { epochs: 3 } });
  const events = await all(run);
  assert.equal(events.at(-1).reason, 'done');
  assert.ok(!events.some(({ event }) => event === 'validated'));
  assert.deepEqual(await store.read(BEST), await store.read(MODEL));
});

test('a listener that fails, and an exception in the run, lose nothing', async () => {
  const first = await begin({ wishes: { steps: 50 } });
  const failing = all(first.run, ({ step }) => {
    if (step === 7) throw new Error('the listener');
  });
  await assert.rejects(failing, /the listener/);
  assert.equal(stepOfSound(await newest(first.store)), 7);

  const second = await begin({ wishes: { steps: 50 } });
  second.run.trainer.validate = () => {
    throw new Error('out of memory');
  };
  const { reason, step, saved } = (await all(second.run)).at(-1);
  assert.deepEqual([reason, step, saved], ['failed', 13, 13]);
  assert.match(String(second.run.error), /out of memory/);
});

test('stopping answers within a step, and the run goes on from there', async () => {
  const { run, store } = await begin({ wishes: { steps: 20 } });
  const events = await all(run, ({ event, step }) => event === 'step' && step === 6 && run.stop());
  assert.deepEqual([events.at(-1).reason, events.at(-1).saved], ['stopped', 6]);
  assert.equal(stepOfSound(await newest(store)), 6);
  const rest = await all(run);
  assert.deepEqual(
    rest.filter(({ event }) => event === 'step').map(({ step }) => step),
    Array.from({ length: 14 }, (_, i) => i + 7),
  );
});

test('a checkpoint without a plan goes on as best does, with its old best', async () => {
  const { run, store } = await begin({ wishes: { epochs: 1 } });
  await all(run);
  const { tensors, metadata } = readSafetensors(await newest(store));
  const old = writeSafetensors(tensors, Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'plan')));
  const resumed = await TrainingRun.resume(engine, store, { checkpoint: old, wishes: { keepBest: 'val-loss' } });
  await resumed.begin(doodles(60));
  const { recipe, onTrouble, epochs, best } = resumed.plan;
  assert.deepEqual([recipe, onTrouble, epochs], ['best', 'rollback', 4445]);
  assert.equal(best?.step, 13);
});

test('a plan whose recipe, score or reaction to trouble is no longer known goes on as best does', () => {
  const stats = { train_count: 200, steps_per_epoch: 10 };
  const earlier = { recipe: 'quick', keepBest: 'kernel', best: { step: 10, score: 0.5 }, onTrouble: 'augment' };
  const made = makePlan({}, /** @type {any} */ (earlier), 'paper', stats, 'simd');
  assert.deepEqual([made.recipe, made.epochs], ['quick', 1200]);
  assert.deepEqual([made.keepBest, made.best, made.onTrouble], ['kernel-swd', null, 'rollback']);
  assert.equal(makePlan({}, { recipe: 'quick', epochs: 400 }, 'best', stats, 'simd').epochs, 400, 'its own length');
});
