/** Recipes: how much they train where nobody says, and that each can be trained with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { epochsOf, RECIPES } from '../../wasm/run/recipes.js';

test('a training without a length shows a number of pictures, however many there are', () => {
  const { paper, best } = RECIPES;
  assert.deepEqual(
    [90, 4239].map((count) => epochsOf(paper, count)),
    [20, 20],
  );
  assert.deepEqual(
    [90, 811, 4239].map((count) => epochsOf(best, count)),
    [2667, 296, 57],
  );
});

test('every recipe trains, and its settings are all known', async () => {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(1, 0, 40);
  for (const [name, { settings }] of Object.entries(RECIPES)) {
    const trainer = engine.createTrainer({ ...settings, image_size: 32, width: 4, batch: 4 });
    trainer.setDataset(dataset);
    for (let i = 0; i < 3; i++) trainer.step();
    assert.ok(Number.isFinite(trainer.stats().loss_g), name);
    trainer.dispose();
  }
  engine.dispose();
});
