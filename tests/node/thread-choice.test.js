/** The choice between one thread and all: on made-up times, and that it does not change a bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { ThreadChoice } from '../../wasm/run/thread-choice.js';

/** A machine whose steps take so many milliseconds. @param {{all: number, one: number}} times */
function machine(times) {
  let isOne = false;
  const choice = new ThreadChoice({ threads: 2, threadsAreFree: true, useOneThread: (one) => (isOne = one) });
  choice.begin();
  /** Makes steps for so long. @param {number} seconds @returns {{one: number, all: number}} steps of each kind */
  const run = (seconds) => {
    const steps = { one: 0, all: 0 };
    for (let ms = 0; ms < 1000 * seconds;) {
      const kind = isOne ? 'one' : 'all';
      steps[kind]++;
      ms += times[kind];
      choice.add(times[kind]);
    }
    return steps;
  };
  return { choice, run, times };
}

test('each is measured for a second, then the faster one is used', () => {
  const busy = machine({ all: 125, one: 50 });
  const { one, all } = busy.run(2.2);
  assert.ok(all === 8 && one >= 20, `${one} steps with one thread, ${all} with all`);
  assert.ok(busy.choice.one);
  assert.equal(busy.run(60).all, 0);

  const quiet = machine({ all: 25, one: 50 });
  quiet.run(2.2);
  assert.ok(!quiet.choice.one);
  assert.equal(quiet.run(60).one, 0);
});

test('all threads must be worth what they cost, and one slow turn decides nothing', () => {
  const same = machine({ all: 49, one: 50 });
  same.run(2.2);
  assert.ok(same.choice.one);

  const cold = machine({ all: 400, one: 50 }); // V8 compiles during the first steps
  cold.run(0.4);
  cold.times.all = 25;
  cold.run(2.2);
  assert.ok(!cold.choice.one);
});

test('the choice is made again when steps become slow, and after some minutes', () => {
  const other = machine({ all: 25, one: 50 });
  other.run(30);
  Object.assign(other.times, { all: 120, one: 60 }); // another program came
  other.run(25);
  assert.ok(other.choice.one);
  Object.assign(other.times, { all: 25, one: 50 }); // ... and went, which one thread hardly notices
  other.run(100);
  assert.ok(other.choice.one);
  other.run(210);
  assert.ok(!other.choice.one);
});

test('a step that takes seconds is measured too', () => {
  const slow = machine({ all: 9000, one: 5000 });
  slow.run(60);
  assert.ok(slow.choice.one);
});

test('a change is told, and a number of threads that the user gave is left alone', () => {
  const told = (/** @type {boolean} */ threadsAreFree) => {
    let uses = 0;
    const choice = new ThreadChoice({ threads: 2, threadsAreFree, useOneThread: () => uses++ });
    choice.begin();
    const isMeasuring = choice.isMeasuring;
    for (let i = 0; i < 7; i++) choice.add(i % 2 ? 300 : 900);
    choice.ms = 300;
    const { result, changes } = choice.timed(() => 'found');
    choice.end();
    assert.equal(result, 'found');
    assert.ok(!choice.isMeasuring);
    return { changes, uses, isMeasuring };
  };
  const { changes, isMeasuring } = told(true);
  assert.deepEqual([changes, isMeasuring], [[{ event: 'threads', threads: 1 }], true]);
  assert.deepEqual(told(false), { changes: [], uses: 0, isMeasuring: false });
});

test('one thread and all give the same bits, in turn too', async () => {
  const engine = await createEngine({ threads: 2 });
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(1, 0, 40);
  const train = (/** @type {(step: number) => boolean} */ isOne) => {
    const trainer = engine.createTrainer({ image_size: 32, width: 4, width_max: 16, batch: 6 });
    trainer.setDataset(dataset);
    for (let step = 0; step < 8; step++) {
      engine.useOneThread(isOne(step));
      trainer.step();
    }
    const bytes = trainer.save({ checkpoint: true });
    trainer.dispose();
    return bytes;
  };
  const all = train(() => false);
  assert.deepEqual(
    train(() => true),
    all,
  );
  assert.deepEqual(
    train((step) => step % 2 === 0),
    all,
  );
  engine.dispose();
});
