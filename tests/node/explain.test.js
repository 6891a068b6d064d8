/** A step that is explained: the same bits as any other, and true words about it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { explainStep } from '../../wasm/run/explain.js';
import { MemoryStore } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';
import { doodles, engine, SMALL } from './runs.js';

after(() => engine.dispose());

async function newRun() {
  const run = TrainingRun.create(engine, new MemoryStore(), { settings: SMALL });
  await run.begin(doodles(60));
  run.setLength({ epochs: 50 });
  return run;
}

/** @param {TrainingRun} run @returns {Record<string, Float32Array>} */
const stateOf = ({ trainer }) =>
  Object.fromEntries(
    Object.entries(readSafetensors(trainer.save({ checkpoint: true })).tensors).map(([name, { data }]) => [name, data]),
  );

test('a training with explained steps is one without, bit for bit', async () => {
  const plain = await newRun();
  let steps = 0;
  for await (const { event } of plain.events()) if (event === 'step' && ++steps === 5) plain.stop();
  const shown = await newRun();
  await explainStep(shown);
  await explainStep(shown);
  let more = 0;
  for await (const { event } of shown.events()) if (event === 'step' && ++more === 2) shown.stop();
  await explainStep(shown);
  assert.equal(shown.trainer.stats().step, 5);
  assert.deepEqual(stateOf(shown), stateOf(plain));
  plain.dispose();
  shown.dispose();
});

test('it tells what D said, and how far the weights moved', async () => {
  const run = await newRun();
  /** @type {string[]} */
  const events = [];
  const explained = await explainStep(run, ({ event }) => void events.push(event));
  assert.ok(explained);
  assert.ok(events.includes('checkpoint') && events.at(-1) === 'finished');
  const { size, pictures, samples, real, fake, stats, layers } = explained;
  const { batch } = run.trainer.config();
  assert.deepEqual([real.length, fake.length], [batch, batch]);
  assert.deepEqual(
    [pictures.length, samples.length],
    [Number(batch) * size * size * 4, Number(batch) * size * size * 4],
  );
  /** @param {number[]} values */
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean(real) - stats.d_real) < 1e-5, 'the same D(x) as in the stats');
  assert.ok(Math.abs(mean(fake) - stats.d_fake) < 1e-5);
  for (const network of ['generator', 'discriminator']) {
    const own = layers.filter((layer) => layer.network === network);
    assert.ok(own.length >= 3, network);
    for (const { name, change } of own) assert.ok(change > 0 && change < 1, `${name} moved by ${change}`);
  }
  run.dispose();
});

test('a training that is done has no step left to explain', async () => {
  const run = await newRun();
  run.setLength({ epochs: 1 });
  const events = run.events();
  while (!(await events.next()).done);
  assert.equal(await explainStep(run), null);
  assert.throws(() => engine.createTrainer(SMALL).lastBatch(), /before the first step/);
  run.dispose();
});
