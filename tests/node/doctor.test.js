/** The doctor's signs, on made-up numbers; and what the supervisor does about them, on real trainings gone wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Doctor, spread } from '../../wasm/run/doctor.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { Supervisor } from '../../wasm/run/supervisor.js';

const WELL = { loss_g: 1, loss_d: 0.6, d_real: 0.7, d_fake: 0.4, grad_norm_g: 2, grad_norm_d: 1 };

/** @param {Doctor} doctor @param {number} steps @param {object} signs @returns {string[]} kinds of trouble found */
function watch(doctor, steps, signs = {}) {
  return Array.from({ length: steps }, () => doctor.step({ ...WELL, ...signs })?.kind ?? '').filter(Boolean);
}

test('a healthy training is left alone', () => {
  const doctor = new Doctor();
  assert.deepEqual(watch(doctor, 500), []);
  for (let i = 0; i < 30; i++) assert.equal(doctor.grid(0.6 - i / 100, 50 * i), null);
  assert.ok(doctor.calm);
});

test('numbers that are not finite are found at once', () => {
  for (const sign of Object.keys(WELL).filter((name) => !name.startsWith('d_'))) {
    assert.deepEqual(watch(new Doctor(), 1, { [sign]: NaN }), ['not_finite'], sign);
  }
});

test('a discriminator that has won is found within 300 steps, losses run away within twenty', () => {
  for (const [signs, kind, steps] of /** @type {const} */ ([
    [{ d_real: 0.99, d_fake: 0.01 }, 'd_won', 300],
    [{ loss_d: 50 }, 'saturated', 20],
    [{ loss_g: 40 }, 'saturated', 20],
  ])) {
    const doctor = new Doctor();
    watch(doctor, 100);
    const found = watch(doctor, steps, signs);
    assert.equal(found.at(-1), kind);
    assert.ok(!doctor.calm);
    watch(doctor, 50); // it recovers
    assert.deepEqual(watch(doctor, 50), []);
  }
});

test('a discriminator far ahead for the first 250 steps is left alone', () => {
  const doctor = new Doctor();
  assert.deepEqual(watch(doctor, 250, { d_real: 0.99, d_fake: 0.01 }), []);
  assert.deepEqual(watch(doctor, 300), []);
});

test('ten steps of a hundredfold gradient are trouble, nine are not', () => {
  const doctor = new Doctor();
  watch(doctor, 100);
  assert.deepEqual(watch(doctor, 9, { grad_norm_g: 900 }), []);
  assert.deepEqual(watch(doctor, 1), []);
  assert.deepEqual(watch(doctor, 10, { grad_norm_g: 900 }), ['exploding']);
});

test('the grid is looked at every 50 steps, however short an epoch is', () => {
  const doctor = new Doctor();
  const looks = [];
  for (let step = 1; step <= 200; step++) {
    if (!doctor.gridIsDue(step)) continue;
    looks.push(step);
    assert.equal(doctor.grid(0.01, step), null, 'ten pictures need more than ten epochs of one step');
  }
  assert.deepEqual(looks, [1, 51, 101, 151]);
});

test('pictures that grow alike are a collapse', () => {
  const doctor = new Doctor();
  const found = [0.05, 0.5, 0.6, 0.2, 0.25].map((share, i) => doctor.grid(share, 50 * i)?.kind ?? '');
  assert.deepEqual(found, ['', '', '', '', 'collapse']);
  const flat = new Doctor();
  const looks = Array.from({ length: 13 }, (_, i) => flat.grid(0.02, 50 * (i + 1))?.kind ?? '');
  assert.deepEqual(looks, [...Array(12).fill(''), 'collapse']);
  assert.ok(Math.abs(spread([0, 5, 2, 5], 2) - Math.sqrt(0.5)) < 1e-12);
});

const SMALL = { image_size: 32, width: 4, width_max: 16, batch: 6, seed: 3 };

test('answers a divergence as configured', async () => {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(1, 0, 40);
  /** @param {any} action @param {object} config @param {number} steps */
  const run = (action, config, steps) => {
    const trainer = engine.createTrainer({ ...SMALL, ...config });
    trainer.setDataset(dataset);
    const supervisor = new Supervisor(engine, trainer, dataset, action);
    if (supervisor.lacksGood) supervisor.keep(supervisor.trainer.save({ checkpoint: true }));
    const answers = [];
    for (let i = 0; i < steps; i++) {
      const found = supervisor.step();
      const answer = found && supervisor.treat(found);
      if (answer) answers.push(answer);
      if (answer?.action === 'rollback') supervisor.keep(supervisor.trainer.save({ checkpoint: true }));
      if (answer?.action === 'stop') break;
    }
    return { answers, supervisor };
  };
  // No spectral norm, and a rate at which nothing can be learnt.
  const wild = { spectral_norm: 'none', lr: 0.1, lr_d: 0.01 };
  const stopped = run('stop', wild, 400);
  assert.equal(stopped.answers.length, 1);
  assert.match(stopped.answers[0].sentence, /Remedy: .*\. Stopped\.$/);

  const back = run('rollback', wild, 2000);
  assert.equal(back.answers[0].action, 'rollback');
  assert.match(back.answers[0].sentence, /Rolled back to step 0, at half the learning rate/);
  const halvings = back.answers.filter(({ action }) => action === 'rollback').length;
  assert.equal(back.supervisor.trainer.config().lr, 0.1 / 2 ** halvings);
  assert.equal(back.supervisor.trainer.config().lr_d, 0.01 / 2 ** halvings);
  assert.ok(halvings <= 3);

  const told = run('ignore', wild, 400);
  assert.equal(new Set(told.answers.map(({ kind }) => kind)).size, told.answers.length, 'each kind is told once');
  assert.ok(told.answers.length >= 1);
  engine.dispose();
});
