/** A run's files: a full disk, a kill at any moment, a damaged checkpoint. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { FolderStore } from '../../wasm/cli/folder-store.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { readPictures, readProject, updateProject, writePictures } from '../../wasm/run/project.js';
import { checkpointsIn } from '../../wasm/run/run-files.js';
import { allPieces, BEST, LOG, MemoryStore, MODEL } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { all, begin, doodles, engine, linesOf, newest, stepOfSound } from './runs.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-run-files-'));
after(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  engine.dispose();
});

/** A memory that can be full. */
class FullStore extends MemoryStore {
  /** @type {RegExp | null} names that cannot be written now */
  full = null;

  /** @param {string} name */
  check(name) {
    if (this.full?.test(name)) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  }

  /** @param {string} name @param {import('../../wasm/run/store.js').Content} data */
  async write(name, data) {
    this.check(name);
    return super.write(name, data);
  }

  /** @param {string} name @param {string} text */
  async append(name, text) {
    this.check(name);
    return super.append(name, text);
  }
}

test('a full disk at a log line is said once, and what was lost is written when there is room', async () => {
  const store = new FullStore();
  const { run } = await begin({ store, wishes: { steps: 12 } });
  run.logMs = 0;
  const events = await all(run, ({ event, step }) => {
    if (event === 'step') store.full = step >= 3 && step < 9 ? /log/ : null;
  });
  assert.deepEqual(
    events.filter(({ event }) => event === 'not_saved').map(({ what }) => what),
    ['log'],
  );
  assert.deepEqual(
    linesOf(await store.read(LOG)),
    events.filter(({ event }) => !['not_saved', 'checkpoint'].includes(event)),
  );
});

test('a checkpoint that cannot be written is said, tried again, and not told to be saved', async () => {
  const store = new FullStore();
  const { run } = await begin({ store, wishes: { steps: 12, saveEvery: 4 } });
  const events = await all(run, ({ event, step }) => {
    if (event === 'step') store.full = step >= 8 ? /safetensors/ : null;
  });
  assert.equal(events.filter(({ what }) => what === 'checkpoint').length, 3); // after steps 8 and 12, and at the end
  assert.deepEqual([events.at(-1).reason, events.at(-1).saved], ['done', 4]);
  assert.equal(stepOfSound(await newest(store)), 4);
});

test('a run killed between two writes is made whole when it is resumed', async () => {
  const directory = path.join(folder, 'killed');
  const store = new FolderStore(directory);
  const { run } = await begin({ store: /** @type {any} */ (store), wishes: { steps: 10, saveEvery: 5 } });
  await all(run, ({ event, step }) => {
    if (event === 'checkpoint' && step === 5) fs.copyFileSync(store.file(MODEL), store.file('old'));
  });
  const model = await store.read(MODEL);
  fs.renameSync(store.file('old'), store.file(MODEL));
  fs.writeFileSync(store.file(`${MODEL}.part`), 'half');
  fs.appendFileSync(store.file(LOG), '{"event":"st');
  const again = new FolderStore(directory);
  const resumed = await TrainingRun.resume(engine, again);
  await resumed.begin(doodles(60));
  assert.deepEqual(await again.read(MODEL), model);
  assert.ok(!(await again.list()).some((name) => name.endsWith('.part')));
  assert.equal(linesOf(await again.read(LOG)).at(-1).step, 10);
  assert.equal(resumed.files.savedStep, resumed.total);
});

test('a kill at any write of a save leaves files that belong together', async () => {
  const wishes = { steps: 40, saveEvery: 13 };
  const whole = await begin({ recipe: 'best', wishes });
  await all(whole.run);
  const last = {
    checkpoint: await newest(whole.store),
    log: await whole.store.read(LOG),
    best: await whole.store.read(BEST),
  };
  /** A store that dies at its n-th write, half way. */
  class DyingStore extends MemoryStore {
    left = Infinity;
    /** @param {string} name @param {import('../../wasm/run/store.js').Content} data */
    async write(name, data) {
      if (--this.left >= 0) return super.write(name, data);
      if (this.left === -1) await super.write(name, (await allPieces(data))[0].slice(0, -999));
      throw new Error('killed');
    }
    /** @param {string} name */
    async remove(name) {
      if (this.left < 0) throw new Error('killed');
      return super.remove(name);
    }
    /** @param {string} name @param {string} text */
    async append(name, text) {
      if (this.left < 0) throw new Error('killed');
      return super.append(name, text);
    }
  }
  for (let left = 0; left < 9; left++) {
    const store = new DyingStore();
    const { run } = await begin({ recipe: 'best', wishes, store });
    await all(run, ({ event, step }) => event === 'step' && step === 26 && (store.left = left));
    store.left = Infinity;
    const resumed = await TrainingRun.resume(engine, store);
    await resumed.begin(doodles(60));
    const at = resumed.trainer.stats().step;
    const best = await store.read(BEST);
    assert.equal(best ? Number(readSafetensors(best).metadata.step) : null, resumed.plan.best?.step ?? null);
    assert.equal(stepOfSound(await store.read(MODEL)), at);
    await all(resumed);
    const message = `killed at write ${left}, resumed at step ${at}`;
    assert.deepEqual(await newest(store), last.checkpoint, message);
    assert.deepEqual(await store.read(LOG), last.log, message);
    assert.deepEqual(await store.read(BEST), last.best, message);
  }
});

test('where the newest checkpoint is damaged, the one before is used, and that is said', async () => {
  const { run, store } = await begin({ wishes: { steps: 20, saveEvery: 10 } });
  await all(run);
  const [last, before] = await checkpointsIn(store);
  assert.deepEqual([last.step, before.step], [20, 10]);
  const bytes = new Uint8Array(/** @type {Uint8Array} */ (await store.read(last.name)));
  bytes[bytes.length - 5] ^= 1;
  await store.write(last.name, bytes);
  const resumed = await TrainingRun.resume(engine, store);
  await resumed.begin(doodles(60));
  assert.equal(resumed.trainer.stats().step, 10);
  assert.match(resumed.notes[0], /checkpoint of step 20 is damaged; that of step 10 is used/);
  await all(resumed);
  assert.equal(stepOfSound(await newest(store)), 20);
  for (const name of ['checkpoint-a.safetensors', 'checkpoint-b.safetensors']) await store.write(name, 'no file');
  await assert.rejects(TrainingRun.resume(engine, store), /there is no checkpoint/);
});

test('a run that continues in another build says that its bits will differ', async () => {
  const { run, store } = await begin({ wishes: { steps: 3 } });
  await all(run);
  assert.deepEqual((await TrainingRun.resume(engine, store)).notes, []);
  const { tensors, metadata } = readSafetensors(await newest(store));
  const plan = { ...JSON.parse(metadata.plan), variant: engine.variant === 'simd' ? 'relaxed' : 'simd' };
  const checkpoint = writeSafetensors(tensors, { ...metadata, plan: JSON.stringify(plan) });
  const { notes } = await TrainingRun.resume(engine, store, { checkpoint });
  assert.match(notes[0], /^The training began with (plain|relaxed) SIMD; here it continues with/);
});

test('the doctor remembers over a kill: what it does, and where it goes back to, is the same', async () => {
  // At this rate the training diverges again and again.
  const options = {
    settings: { image_size: 32, width: 4, batch: 4, seed: 5, spectral_norm: 'none', d_norm: 'none', lr: 0.1 },
    wishes: { onTrouble: /** @type {const} */ ('rollback'), steps: 130 },
  };
  const whole = await begin(options);
  const events = await all(whole.run);
  const troubles = events.filter(({ event, action }) => event === 'trouble' && action === 'rollback');
  assert.ok(troubles.length >= 2, JSON.stringify(events.filter(({ event }) => event === 'trouble')));
  const wanted = { checkpoint: await newest(whole.store), log: await whole.store.read(LOG) };
  // Every seventh step that is made is followed by a save, and a kill.
  let store = new MemoryStore();
  let { run } = await begin({ ...options, store });
  for (let kills = 0; ; kills++) {
    let made = 0;
    /** @type {Map<string, Uint8Array[]> | null} the files at the moment of the kill */
    let files = null;
    for await (const { event } of run.events(async () => {})) {
      if (event === 'step' && ++made === 7) run.autosave.wanted = true;
      if (event === 'checkpoint' && made >= 7) {
        files = new Map(store.files);
        break;
      }
    }
    if (!files) {
      assert.ok(kills > 10, `${kills} kills`);
      break;
    }
    store = new MemoryStore();
    store.files = files;
    run = await TrainingRun.resume(engine, store);
    await run.begin(doodles(60));
  }
  assert.deepEqual(linesOf(await store.read(LOG)), linesOf(wanted.log));
  assert.deepEqual(await newest(store), wanted.checkpoint);
});

test('a checkpoint’s state to go back to stays, however many are kept until the next save', async () => {
  const settings = { image_size: 32, width: 4, batch: 12, seed: 5 };
  const { run, store } = await begin({ settings, wishes: { onTrouble: 'rollback', steps: 403 } });
  run.autosave.last = Infinity; // no save because of the clock
  /** @type {Map<string, Uint8Array[]> | null} the files at the moment of the kill */
  let files = null;
  for await (const { event, step } of run.events(async () => {})) {
    if (event === 'step' && step === 204) run.autosave.wanted = true;
    if (event === 'step' && step === 402) files = new Map(store.files);
  }
  const killed = new MemoryStore();
  killed.files = /** @type {any} */ (files);
  const resumed = await TrainingRun.resume(engine, killed);
  await resumed.begin(doodles(60));
  assert.ok(resumed.supervisor);
  assert.deepEqual([resumed.trainer.stats().step, resumed.supervisor.good?.step], [204, 200]);
});

test('a kill in the middle of project.json or of the pictures leaves one of both whole', async () => {
  const dataset = doodles(5);
  /** @type {[number, number]} */
  const sides = [48, 64];
  const about = {
    crop: 'centre',
    filter: 'triangle',
    names: ['a', 'b', 'c', 'd', 'e'],
    sides: [null, sides, null, sides, null],
  };
  for (let left = 0; left < 4; left++) {
    const store = new MemoryStore();
    await updateProject(store, { name: 'before' });
    await writePictures(store, dataset, about);
    const write = store.write.bind(store);
    let writes = 0;
    store.write = async (name, data) => {
      if (writes++ < left) return write(name, data);
      const [piece] = await allPieces(data);
      await write(name, piece.slice(0, piece.length / 2));
      throw new Error('killed');
    };
    await assert.rejects(async () => {
      await updateProject(store, { name: 'after' });
      await writePictures(store, dataset, about);
    }, /killed/);
    assert.match((await readProject(store))?.name ?? '', /^(before|after)$/, `killed in write ${left}`);
    const read = await readPictures(engine, store);
    assert.equal(read?.dataset.count, 5, `killed in write ${left}`);
    assert.deepEqual(read?.about.sides, about.sides);
  }
});

test('who reads project.json while it is written finds it whole', async () => {
  const store = new MemoryStore();
  const turns = async (/** @type {number} */ count) => {
    while (count-- > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const [read, write] = [store.read.bind(store), store.write.bind(store)];
  store.read = async (...range) => {
    const bytes = await read(...range);
    await turns(3);
    return bytes;
  };
  store.write = async (name, data) => {
    await write(name, 'half');
    await turns(2);
    await write(name, data);
  };
  await updateProject(store, { name: 'first' });
  const changes = Array.from({ length: 20 }, (_, i) => updateProject(store, i % 2 ? { pictures: i } : { doodles: i }));
  for (let i = 0; i < 20; i++) {
    assert.equal((await readProject(store))?.name, 'first');
    await turns(1);
  }
  await Promise.all(changes);
  const { pictures, doodles } = (await readProject(store)) ?? {};
  assert.deepEqual([pictures, doodles], [19, 18]);
});
