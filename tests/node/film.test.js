/** The film of a training: its sample grids, and the models beside some of them. */
import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { after, test } from 'node:test';
import { gridOf } from '../../wasm/engine/png.js';
import { filmOf, SAMPLE_SEEDS, storeSamples, thinGrids } from '../../wasm/run/samples.js';
import { MemoryStore, samplesName } from '../../wasm/run/store.js';
import { filmHandlers } from '../../web/worker/film.js';
import { begin, engine, nextTurn } from './runs.js';

after(() => engine.dispose());

test('sample grids are thinned as the run grows, in the same way after a resume', async () => {
  const store = new MemoryStore();
  for (let step = 0; step <= 1000; step++) {
    await store.write(samplesName(step), 'png');
    await thinGrids(store, step, 1);
  }
  assert.deepEqual(
    (await filmOf(store)).steps,
    Array.from({ length: 126 }, (_, i) => 8 * i),
  );
});

test('a moment of the film is a model that makes its faces; wide networks keep few of them', async () => {
  const { run, store } = await begin({ wishes: { steps: 24, sampleEvery: 2 } });
  for await (const { event, step } of run.events(nextTurn)) if (event === 'samples') await storeSamples(run, step);
  const { steps, models } = await filmOf(store);
  assert.deepEqual(steps, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
  assert.deepEqual(models, steps, 'small ones are all kept');

  const film = filmHandlers(() => store);
  const grid = decode((await film['film.grid']({ step: 12 })).bytes);
  const generator = engine.loadGenerator((await film['film.model']({ step: 12 })).bytes);
  const rgba = generator.generateRgba(SAMPLE_SEEDS);
  const made = gridOf(rgba, generator.imageSize, 8);
  assert.equal(grid.width, made.width);
  let most = 0;
  for (let p = 0; p < grid.width * grid.height; p++)
    for (let c = 0; c < 3; c++) most = Math.max(most, Math.abs(grid.data[3 * p + c] - made.data[4 * p + c]));
  assert.ok(most <= 2, `${most} of 255 levels`); // float16
  generator.dispose();
  await assert.rejects(() => film['film.model']({ step: 13 }), /step 13 of the training is not kept/);

  run.trainer.parameterCounts.generator = 2.5e6; // as if: six of 5 MB are 32 MB
  await storeSamples(run, 24);
  assert.deepEqual((await filmOf(store)).models, [0, 4, 8, 12, 16, 20, 24]);
  run.dispose();
});

test('a page without a project has no film', async () => {
  assert.deepEqual(await filmHandlers(() => null).film({}), { steps: [], models: [] });
});
