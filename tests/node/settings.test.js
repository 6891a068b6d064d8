/** The table of settings: complete, in words, and the same in docs/settings.md. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, test } from 'node:test';
import { FILE, settingsDocument } from '../../scripts/make-settings.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { RECIPES } from '../../wasm/run/recipes.js';

const engine = await createEngine({ threads: 1 });
const { config, groups } = engine.describe;
after(() => engine.dispose());

test('docs/settings.md is what npm run docs writes', async () => {
  assert.equal(fs.readFileSync(FILE, 'utf8'), await settingsDocument(engine.describe));
});

test('every setting has its group, its words and an option of its own', () => {
  for (const { name, group, label, help, type, choices, min, max } of config) {
    assert.ok(groups.includes(group), name);
    for (const words of [label, help]) assert.match(words, /^(Adam|R1|[a-z]).*[^.]$/, name);
    assert.equal(help.includes('. '), false, `${name}: one sentence`);
    if (type === 'choice') {
      assert.equal(choices.length, max + 1, name);
      for (const choice of choices) assert.ok(help.includes(choice), `${name}: its help says ${choice}`);
    } else
      assert.ok(
        choices.every((choice) => Number(choice) >= min && Number(choice) <= max),
        name,
      );
  }
  const options = config.map(({ option }) => option).filter(Boolean);
  assert.equal(new Set(options).size, options.length);
});

test('recipes hold settings that there are, with other values than the default', () => {
  for (const [recipe, { settings }] of Object.entries(RECIPES))
    for (const [name, value] of Object.entries(settings))
      assert.notEqual(
        engine.heap.settingNumber(name, value),
        config.find((f) => f.name === name)?.default,
        `${recipe}: ${name}`,
      );
});

test('live settings, and no others, change in the middle of a training', () => {
  const trainer = engine.createTrainer({ image_size: 16, width: 2, batch: 2 });
  const before = trainer.config();
  for (const { name, live } of config) {
    const set = () => trainer.set(name, before[name]);
    if (live) set();
    else assert.throws(set, { code: 'bad_argument', message: `${name} cannot change in the middle of a training` });
  }
  trainer.dispose();
});
