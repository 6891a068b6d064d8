/** A length in minutes: it becomes epochs once the time of a step is known, and they stand in the plan. The clock is made up. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ProcessorTime } from '../../wasm/cli/processor-time.js';
import { Progress } from '../../wasm/cli/progress.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { Deadline } from '../../wasm/run/length.js';
import { makePlan } from '../../wasm/run/plan.js';
import { LOG } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { all, begin, doodles, engine, linesOf, newest } from './runs.js';
import { refuses, SMALL, ssdgan } from './terminal.js';

after(() => engine.dispose());

/** Epochs that a run of so many steps an epoch gets. @param {{minutes: number, ms: number, steps: number, step?: number, isScored?: boolean}} options */
function planned({ minutes, ms, steps, step = 0, isScored = false }) {
  let clock = 0;
  const deadline = new Deadline(() => clock);
  deadline.begin();
  for (let made = 1; made < 1e5; made++) {
    clock += clock < 1000 ? 5 * ms : ms; // the first steps are slow
    const epochs = deadline.epochs(minutes, { step: step + made, steps_per_epoch: steps }, isScored);
    if (epochs) return { epochs, made, clock };
  }
  throw new Error('never planned');
}

test('the epochs are those that the time has room for', () => {
  // 15 minutes in steps of 100 ms, of which 95 % are steps: 85 epochs of 10 s.
  const { epochs, clock } = planned({ minutes: 15, ms: 100, steps: 100 });
  assert.equal(epochs, 85);
  assert.ok(clock >= 6000 && clock < 6200, 'two seconds to warm up, four to measure');
  assert.equal(planned({ minutes: 15, ms: 100, steps: 100, isScored: true }).epochs, 81, '20 scores of 2 s');
  assert.equal(planned({ minutes: 2, ms: 100, steps: 100, isScored: true }).epochs, 9, 'each of them scored');
  assert.equal(planned({ minutes: 15, ms: 100, steps: 100, step: 5000 }).epochs, 135, 'so many more');
});

test('the present epoch is made whole, however little time there is, and whatever a step takes', () => {
  assert.equal(planned({ minutes: 1, ms: 100, steps: 1e5 }).epochs, 1);
  assert.equal(planned({ minutes: 1, ms: 100, steps: 1e5, step: 2e5 }).epochs, 3);
  assert.equal(planned({ minutes: 0.01, ms: 100, steps: 10 }).epochs, 1);
  const { epochs, made } = planned({ minutes: 15, ms: 30e3, steps: 4 });
  assert.deepEqual([epochs, made], [6, 2], 'one step to warm up, one to measure');
});

/** A run with a clock of half a second a step. @param {TrainingRun} run */
function withClock(run) {
  let clock = 0;
  run.deadline = new Deadline(() => clock);
  return (/** @type {{event: string}} */ { event }) => {
    if (event === 'step') clock += 500;
  };
}

/** @param {Uint8Array} bytes of a checkpoint */
const planOf = (bytes) => JSON.parse(readSafetensors(bytes).metadata.plan);

test('a run of so many minutes sets its epochs once, and keeps them', async () => {
  const { run, store } = await begin({ wishes: { minutes: 1 } });
  assert.equal(run.trainer.stats().steps_per_epoch, 13);
  assert.equal(run.total, Infinity);
  const look = withClock(run);
  const events = await all(run, look);
  // After 2 and 4 seconds 54 are left, of which 51.3 are for steps: seven epochs of 6.5 s beside the one that is made.
  assert.deepEqual(
    events.filter(({ event }) => event === 'planned'),
    [{ event: 'planned', minutes: 1, epochs: 8, total: 104 }],
  );
  assert.deepEqual([events.at(-1).reason, events.at(-1).step], ['done', 104]);
  const { epochs, steps, minutes } = planOf(await newest(store));
  assert.deepEqual([epochs, steps, minutes], [8, null, null]);
  assert.ok(!linesOf(await store.read(LOG)).some(({ event }) => event === 'planned'), 'it depends on the clock');

  const again = await TrainingRun.resume(engine, store);
  await again.begin(doodles(60));
  assert.equal(again.total, 104, 'a run that was killed does not plan again');
  again.dispose();
});

test('a finished run of few epochs goes on for so many minutes more', async () => {
  const { run, store } = await begin({ wishes: { epochs: 1 } });
  await all(run);
  run.dispose();
  const more = await TrainingRun.resume(engine, store, { wishes: { minutes: 1 } });
  await more.begin(doodles(60));
  const events = await all(more, withClock(more));
  assert.equal(events.find(({ event }) => event === 'planned').epochs, 9);
  assert.equal(events.at(-1).step, 9 * 13);
  more.dispose();
});

test('minutes that a run was asked for are not forgotten when it is paused before they are epochs', async () => {
  const { run, store } = await begin({ wishes: { minutes: 1 } });
  const look = withClock(run);
  const first = await all(run, (event) => {
    look(event);
    if (event.step === 3) run.stop();
  });
  assert.ok(!first.some(({ event }) => event === 'planned'));
  assert.equal(planOf(await newest(store)).minutes, 1);
  const later = await TrainingRun.resume(engine, store);
  await later.begin(doodles(60));
  const planned = (await all(later, withClock(later))).find(({ event }) => event === 'planned');
  assert.equal(planned.minutes, 1);
  later.dispose();

  const stats = { train_count: 60, steps_per_epoch: 15 };
  const plan = (/** @type {object} */ wishes) => makePlan(wishes, { epochs: 3, minutes: 1 }, 'paper', stats, 'simd');
  assert.deepEqual([plan({}).minutes, plan({}).epochs], [1, 3]);
  assert.deepEqual(
    [plan({ epochs: 5 }).minutes, plan({ epochs: 5 }).epochs],
    [null, 5],
    'another length is the last word',
  );
  assert.equal(plan({ minutes: 2 }).minutes, 2);
});

test('the command line says what it has planned, and refuses two lengths', () => {
  const pictures = ['--doodles', '60', '--threads', '1'];
  const { status, out, error } = ssdgan('train', '--out', 'timed', ...SMALL, ...pictures, '--minutes', '0.01');
  assert.equal(status, 0, error);
  const [, epochs] = /^0\.01 minutes: (\d+) epochs? of 54 pictures at this speed\.$/m.exec(out) ?? [];
  assert.ok(Number(epochs) >= 1, out);
  const info = JSON.parse(ssdgan('info', 'timed/checkpoint-a.safetensors', '--json').out);
  assert.equal(JSON.parse(info.metadata.plan).epochs, Number(epochs));
  const more = ssdgan('train', '--resume', 'timed', '--minutes', '0.01');
  assert.match(more.out, /^0\.01 more minutes: \d+ epochs of 54 pictures in all at this speed\.$/m);
  assert.doesNotMatch(more.out, /already at step/);

  for (const other of ['epochs', 'steps'])
    refuses(new RegExp(`--minutes and --${other} both say how long`), 'train', '--minutes', '5', `--${other}`, '9');
  refuses(/--minutes is 0, but must be at least 0\.01/, 'train', '--minutes', '0');
});

test('the time left is that until a budget is spent, where that is sooner', (t) => {
  const lines = t.mock.method(console, 'log', () => {}).mock;
  const told = (/** @type {number} */ total, /** @type {number} */ most) => {
    const progress = new Progress(total, 0, 4, () => most);
    progress.began -= 10e3;
    progress.lastLine = -Infinity;
    progress.step(/** @type {any} */ ({ step: 10, epoch: 0, step_in_epoch: 10, loss_g: 1, loss_d: 1, d_real: 1, d_fake: 0 })); // prettier-ignore
    return lines.calls.at(-1)?.arguments[0];
  };
  assert.match(told(100, Infinity), /^step 10\/100 \|.* 1 min 30 s left$/);
  assert.match(told(100, 12), / \| 12 s left$/);
  assert.match(told(Infinity, Infinity), /^step 10 \|.* \? left$/);
  assert.equal(new ProcessorTime(5).secondsTo(3), 0);
});
