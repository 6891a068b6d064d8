/** The options of `ssdgan train`: from the table of settings, with refusals that name what was typed. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { namingOptions, OPTIONS, settingsFrom } from '../../wasm/cli/train-options.js';
import { helpText, parse } from '../../wasm/cli/usage.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { RECIPES } from '../../wasm/run/recipes.js';

const engine = await createEngine({ threads: 1 });
after(() => engine.dispose());

/** @param {string[]} args */
const settings = (...args) => settingsFrom(parse(args, OPTIONS, 'train').values).settings;

test('every setting has an option', () => {
  const help = helpText('train', '', OPTIONS);
  for (const { option, type } of engine.describe.config)
    assert.ok(help.includes(`--${type === 'flag' ? '[no-]' : ''}${option}`), option);
  assert.ok(help.indexOf('--lr X') < help.indexOf('--beta1 X'), 'a beginner’s first');
  assert.ok(help.split('\n').every((line) => line.length <= 120));
});

test('options become settings; what a recipe switches on can be switched off', () => {
  assert.deepEqual(settings(), {});
  assert.deepEqual(settings('--flip', '--lr', '0.001', '--crop', 'pad', '--size', '128', '--val', '-1'), {
    flip: 1,
    lr: 0.001,
    crop: 'pad',
    image_size: 128,
    val_count: -1,
  });
  const off = settings('--no-flip', '--no-reuse-fake', '--no-adain', '--no-spectral-norm', '--no-augment-translation');
  assert.deepEqual(off, { flip: 0, reuse_fake: 0, adain: 0, spectral_norm: 'none', augment_translation: 0 });
  const trainer = engine.createTrainer({ ...RECIPES.best.settings, width: 4, ...settings('--no-flip') });
  assert.equal(trainer.config().flip, 0);
  trainer.dispose();
});

test('a resumed run is told which options it may not have, as they were typed', () => {
  const { given } = settingsFrom(parse(['--no-flip', '--size', '32', '--steps', '5'], OPTIONS, 'train').values);
  assert.deepEqual(given.sort(), ['no-flip', 'size']);
});

test('parts of a generator are frozen by name, as many as there are', () => {
  assert.deepEqual(settings('--freeze', 'mapping,l2'), { freeze: 5 });
  const { freeze } = settings('--freeze', 'l7');
  engine.createTrainer({ image_size: 256, width: 2, batch: 2, freeze }).dispose();
  assert.throws(() => engine.createTrainer({ image_size: 128, width: 2, batch: 2, freeze }), {
    message: '`freeze` names a layer that is not there: for 128 pixels the generator has layers 1 to 6',
  });
  assert.throws(() => engine.createTrainer({ image_size: 32, width: 2, batch: 2, freeze_d: 5 }), /has 4 layers/);
});

test('a refusal is one sentence, and names the option', () => {
  for (const [args, sentence] of /** @type {[string[], string | RegExp][]} */ ([
    [['--steps', '-1'], '--steps is -1, but must be at least 1.'],
    [['--size', '33'], '--size is 33, but must be 32, 64, 128 or 256.'],
    [['--size', 'big'], '--size is "big", but must be a whole number.'],
    [['--seed', '1.5'], '--seed is 1.5, but must be a whole number.'],
    [['--lr', '5'], '--lr is 5, but must be from 0 to 1.'],
    [['--lr', ''], '--lr is "", but must be a number.'],
    [['--crop', 'round'], '--crop is "round", but must be centre, pad or squash.'],
    [['--recipe', 'secret'], /^--recipe is "secret", but must be best, paper, .* or no-adain\.$/],
    [['--recipe', 'quick'], 'The recipe quick is gone: use best with --minutes 5.'],
    [['--on-trouble', 'panic'], '--on-trouble is "panic", but must be stop, rollback or ignore.'],
    [['--flip', '--no-flip'], '--flip and --no-flip contradict each other: leave one of them out.'],
    [['--flip=0'], '--flip takes no value. See: ssdgan train --help'],
    [['--out', '--force'], '--out needs a value. See: ssdgan train --help'],
    [['--out'], '--out needs a value. See: ssdgan train --help'],
    [['--bogus'], 'There is no option --bogus. See: ssdgan train --help'],
    [['--freeze', 'l0'], /^--freeze names "l0", but knows none, or some of: mapping, l1, /],
  ]))
    assert.throws(() => settings(...args), { message: sentence });
  assert.throws(() => namingOptions(() => engine.createTrainer({ g_norm: 'batch' })), {
    code: 'bad_argument',
    message: '--g-norm batch needs --adain and --first-input latent: take both, or --g-norm instance',
  });
});
