/** The engine over all four builds: parity, determinism, resuming, errors. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { createEngine, SsdganError } from '../../wasm/engine/engine.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';

const BUILDS = /** @type {const} */ ([
  ['simd', 1],
  ['simd', 2],
  ['relaxed', 1],
  ['relaxed', 2],
]);
const SMALL = { image_size: 32, width: 4, width_max: 16, batch: 6, seed: 3 };
const OPTIONS = {
  ema: 60, augment_translation: 1, lr_d: 0.001,
  initial: 'dcgan', flip: 1,
}; // prettier-ignore
const STYLEGAN = {
  mapping_layers: 6, mapping_rate: 0.01, pixel_norm: 1, equalised: 1, noise: 1, style_mixing: 0.5, upsampling: 'bilinear',
  downsampling: 'average', spectral_norm: 'none', d_norm: 'none', minibatch_std: 1, beta1: 0,
}; // prettier-ignore
const GOLDEN = new URL('../golden/', import.meta.url);

/** @param {import('../../wasm/engine/engine.js').Engine} engine @param {number} count */
function doodles(engine, count) {
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(1, 0, count);
  return dataset;
}

/** @param {import('../../wasm/engine/engine.js').Engine} engine @param {number} steps @param {object} config */
function trained(engine, steps, config = {}) {
  const trainer = engine.createTrainer({ ...SMALL, ...config });
  trainer.setDataset(doodles(engine, 40));
  for (let i = 0; i < steps; i++) trainer.step();
  return trainer;
}

for (const [variant, threads] of BUILDS) {
  test(`${variant} with ${threads} thread(s)`, async (t) => {
    const engine = await createEngine({ variant, threads });

    await t.test('is the build that was asked for', () => {
      assert.deepEqual([engine.variant, engine.threads, engine.notes], [variant, threads, []]);
    });

    await t.test('exports exactly what exports.txt names', () => {
      const wanted = fs
        .readFileSync(new URL('../../wasm/module/exports.txt', import.meta.url), 'utf8')
        .trim()
        .split('\n');
      const got = Object.keys(engine.heap.module).filter((name) => /^_(ssd_|malloc$|free$)/.test(name));
      assert.deepEqual(got.sort(), wanted.map((name) => `_${name}`).sort());
    });

    for (const name of fs.readdirSync(GOLDEN).filter((file) => !/^(metrics|styles|truncation)\./.test(file))) {
      await t.test(`replays ${name} as PyTorch computed it`, () => {
        const groups = engine.verify(fs.readFileSync(new URL(name, GOLDEN)));
        assert.ok(groups.length >= 9);
        for (const { name: group, step, error } of groups) {
          // R1's gradient is a difference quotient here (tests/native/test_verify.c).
          const tolerance = /r1\./.test(name) ? 1e-3 : 1e-4;
          assert.ok(error <= (step ? 10 * tolerance : tolerance), `${group}: ${error}`);
        }
      });
    }

    await t.test('a resumed run equals an uninterrupted one bit for bit', () => {
      for (const config of [{}, OPTIONS, { ...OPTIONS, ...STYLEGAN }]) {
        const whole = trained(engine, 17, config).save({ checkpoint: true });
        const half = trained(engine, 9, config).save({ checkpoint: true });
        const resumed = engine.loadTrainer(half);
        resumed.setDataset(doodles(engine, 40));
        resumed.validate(); // does not disturb
        resumed.generator.generate([1, 2, 3], 0.7); // neither does this
        for (let i = 0; i < 8; i++) resumed.step();
        const [a, b] = [readSafetensors(whole), readSafetensors(resumed.save({ checkpoint: true }))];
        assert.deepEqual(b.tensors, a.tensors);
        for (const [key, value] of Object.entries(a.metadata)) {
          if (!/^(best_|checksum$)/.test(key)) assert.equal(b.metadata[key], value, key);
        }
      }
    });

    await t.test("a saved model makes the trainer's pictures", () => {
      const trainer = trained(engine, 5);
      const generator = engine.loadGenerator(trainer.save());
      // One or two pictures take another way, with weights packed once, through a model that no longer trains: its sums
      // run in another order. Larger numbers are made alike.
      const few = generator.generate([5, 6], 0.8),
        many = [5, 6, 7, 8];
      const theirs = trainer.generator.generate([5, 6], 0.8);
      assert.ok(few.every((value, i) => Math.abs(value - theirs[i]) <= 1e-6));
      assert.deepEqual(generator.generate(many, 0.8), trainer.generator.generate(many, 0.8));
      assert.deepEqual(generator.generate([6]), generator.generate([5, 6]).slice(3 * 32 * 32));
      assert.equal(generator.parameterCount, trainer.parameterCounts.generator);
    });

    await t.test('one latent gives one picture with noise inputs', () => {
      const { generator } = trained(engine, 3, STYLEGAN);
      assert.deepEqual(
        generator.generate([9, 8, 7, 6]).slice(-3 * 32 * 32),
        generator.generate([1, 2, 6]).slice(-3 * 32 * 32),
      );
    });

    await t.test('an average follows the weights, one picture at a time too', () => {
      const trainer = trained(engine, 2, { ema: 20, ema_ramp: 0, lr: 0.01 });
      const before = trainer.generator.generate([1]);
      for (let i = 0; i < 3; i++) trainer.step();
      const [one] = [trainer.generator.generate([1])];
      const many = trainer.generator.generate([1, 2, 3, 4]);
      assert.ok(one.every((value, i) => Math.abs(value - many[i]) <= 1e-5));
      assert.ok(one.some((value, i) => Math.abs(value - before[i]) > 1e-3));
    });

    for (const [what, config] of /** @type {const} */ ([
      ['a DCGAN', { model: 'dcgan' }],
      ['no AdaIN', { adain: 0 }],
      ['the latent as first input', { first_input: 'latent', style_mixing: 0.5 }],
      ['self-modulation', { first_input: 'latent', g_norm: 'batch', ema: 50 }],
      ['self-modulation by z itself', { first_input: 'latent', g_norm: 'batch', mapping_layers: 0, pixel_norm: 1 }],
      ['no spectral norm', { spectral_norm: 'none' }],
      ['an average, augmentation', OPTIONS],
      ['R1', { ...OPTIONS, r1: 1, r1_interval: 2 }],
      ['a shared mapping, reused fakes, mirrored pictures', { shared_mapping: 1, reuse_fake: 1, flip: 1 }],
      ['the StyleGAN baseline', { ...STYLEGAN, ema: 50 }],
      ['a narrow discriminator', { width_d: 2 }],
      ['a wide discriminator', { width_d: 8, d_norm: 'none' }],
      ['normalised styles', { w_norm: 1, style_mixing: 0.5, ema: 50 }],
      [
        'an odd lot',
        {
          adain: 0,
          noise: 1,
          d_norm: 'none',
          upsampling: 'nearest',
          shared_mapping: 1,
          mapping_layers: 3,
        },
      ],
    ])) {
      await t.test(`trains, saves and loads ${what}`, () => {
        const trainer = trained(engine, 4, config);
        trainer.validate();
        assert.ok(Object.values(trainer.stats()).every(Number.isFinite));
        const again = engine.loadTrainer(trainer.save({ checkpoint: true }));
        assert.deepEqual(again.config(), trainer.config());
        assert.deepEqual(again.generator.generate([1]), trainer.generator.generate([1]));
      });
    }

    await t.test('says what is wrong', () => {
      /** @param {() => void} body @param {string} code @param {RegExp} text */
      const fails = (body, code, text) =>
        assert.throws(body, (error) => error instanceof SsdganError && error.code === code && text.test(error.message));
      fails(() => engine.createTrainer({ image_size: 50 }), 'bad_argument', /image_size is 50/);
      fails(() => engine.createTrainer({ batch: 2.5 }), 'bad_argument', /whole number/);
      fails(() => engine.createTrainer({ colour: 1 }), 'bad_argument', /no setting named "colour"/);
      fails(() => engine.createTrainer({ model: 'vae' }), 'bad_argument', /one of ssd, dcgan/);
      fails(() => engine.createTrainer({ g_norm: 'batch' }), 'bad_argument', /first_input. latent/);
      fails(() => engine.createTrainer({ shared_mapping: 1, mapping_layers: 0 }), 'bad_argument', /needs a mapping/);
      fails(() => engine.createTrainer(SMALL).step(), 'bad_state', /no pictures/);
      fails(() => engine.createTrainer(SMALL).setDataset(doodles(engine, 1)), 'bad_argument', /at least 2/);
      fails(() => engine.createTrainer().setDataset(doodles(engine, 9)), 'bad_argument', /32 pixels wide/);
      fails(() => engine.loadGenerator(new Uint8Array(100)), 'bad_file', /not a safetensors file/);
      fails(() => engine.loadTrainer(trained(engine, 0).save()), 'bad_file', /no checkpoint/);
      fails(() => engine.createDataset({ size: 4 }), 'bad_argument', /from 8 to 1024/);
      const resumed = engine.loadTrainer(trained(engine, 1).save({ checkpoint: true }));
      fails(() => resumed.setDataset(doodles(engine, 41)), 'bad_state', /not the pictures/);
      resumed.setDataset(doodles(engine, 41), { acceptOther: true });
    });
    engine.dispose();
  });
}

test('one and two threads give the same bits', async () => {
  for (const variant of /** @type {const} */ (['simd', 'relaxed'])) {
    for (const config of [{}, { ...OPTIONS, r1: 1 }]) {
      const saves = [];
      for (const threads of [1, 2]) {
        const engine = await createEngine({ variant, threads });
        saves.push(trained(engine, 6, config).save({ checkpoint: true }));
        engine.dispose();
      }
      assert.deepEqual(saves[0], saves[1], variant);
    }
  }
});

test('the average is what is sampled and saved', async () => {
  const engine = await createEngine({ threads: 1 });
  const trainer = trained(engine, 10, { ema: 60, ema_ramp: 0 });
  const state = readSafetensors(trainer.save({ checkpoint: true })).tensors;
  const model = readSafetensors(trainer.save()).tensors;
  const name = 'conv_l2.weight';
  assert.deepEqual(model[name], state[`average.${name}`]);
  assert.notDeepEqual(model[name], state[`generator.${name}`]);
  const loaded = engine.loadGenerator(trainer.save({ checkpoint: true }));
  assert.deepEqual(loaded.generate([3]), trainer.generator.generate([3]));
  engine.dispose();
});

test('a checkpoint that used a removed setting is refused by its name', async () => {
  const engine = await createEngine({ threads: 1 });
  const { tensors, metadata } = readSafetensors(trained(engine, 1).save({ checkpoint: true }));
  for (const [name, value] of Object.entries({
    micro_batches: '2',
    loss: 'paired',
    augment_p: '0.5',
    schedule: 'linear',
  })) {
    const old = writeSafetensors(tensors, { ...metadata, [name]: value });
    assert.throws(
      () => engine.loadTrainer(old),
      (/** @type {SsdganError} */ error) => error.code === 'unsupported' && error.message.includes(name),
    );
  }
  const unused = { micro_batches: '1', loss: 'bce', augment_colour: '0', augment_p: '1', augment_p_now: '1' };
  const planned = { schedule: 'constant', schedule_pictures: '800' };
  engine.loadTrainer(writeSafetensors(tensors, { ...metadata, ...unused, ...planned }));
  engine.dispose();
});

test('fine-tuning begins with the weights of a model, and leaves frozen ones alone', async () => {
  const engine = await createEngine({ threads: 1 });
  const parent = trained(engine, 5);
  const checkpoint = parent.save({ checkpoint: true });
  for (const [file, withDiscriminator] of /** @type {const} */ ([
    [parent.save(), false],
    [checkpoint, true],
  ])) {
    // 7: the mapping, L1 and L2
    const trainer = engine.createTrainerFrom(file, { batch: 6, freeze: 7, freeze_d: 2, seed: 8 });
    assert.deepEqual(trainer.generator.generate([4]), parent.generator.generate([4]));
    assert.equal(trainer.stats().step, 0);
    trainer.setDataset(doodles(engine, 40));
    for (let i = 0; i < 3; i++) trainer.step();
    const before = readSafetensors(checkpoint).tensors;
    const after = readSafetensors(trainer.save({ checkpoint: true })).tensors;
    const stayed = Object.keys(before).filter((key) => {
      const { data } = after[key];
      return /^generator/.test(key) && before[key].data.every((x, i) => x === data[i]);
    });
    const wanted = Object.keys(before).filter((key) =>
      /^generator\.(mapper|starting_const|conv_l[12]|ada_l[12])/.test(key),
    );
    assert.deepEqual(stayed.sort(), wanted.sort());
    const same = (/** @type {string} */ key) => before[key].data.every((x, i) => x === after[key].data[i]);
    if (withDiscriminator) {
      assert.ok(same('discriminator.model.0.weight') && same('discriminator.model.3.bias'));
      assert.ok(!same('discriminator.model.5.weight_orig'));
    }
    trainer.dispose();
  }
  engine.dispose();
});

test('fine-tuning makes a discriminator of its own width for a model, and keeps that of a checkpoint', async () => {
  const engine = await createEngine({ threads: 1 });
  const parent = trained(engine, 1, { width_d: 3 });
  const { discriminator } = parent.parameterCounts;
  const channels = (/** @type {import('../../wasm/engine/engine.js').Trainer} */ trainer) =>
    [0, 2, 5].map((i) => {
      const { tensors } = readSafetensors(trainer.save({ checkpoint: true }));
      return (tensors[`discriminator.model.${i}.weight`] ?? tensors[`discriminator.model.${i}.weight_orig`]).shape[0];
    });
  assert.deepEqual(channels(parent), [3, 6, 12]);
  const own = engine.createTrainerFrom(parent.save(), { batch: 6, width_d: 2 });
  assert.deepEqual([channels(own), own.config().width_d], [[2, 4, 8], 2]);
  const kept = engine.createTrainerFrom(parent.save({ checkpoint: true }), { batch: 6, width_d: 2 });
  assert.deepEqual(
    [channels(kept), kept.config().width_d, kept.parameterCounts.discriminator],
    [[3, 6, 12], 3, discriminator],
  );
  engine.dispose();
});

test('fine-tuning keeps the largest width that was asked for, where the model does not reach it', async () => {
  const engine = await createEngine({ threads: 1 });
  const most = (/** @type {object} */ sizes) => {
    const model = engine.createTrainer({ image_size: 32, width: 4, batch: 2, ...sizes }).save();
    return engine.createTrainerFrom(model, { batch: 2 }).config().width_max;
  };
  assert.equal(most({ width_max: 16 }), 512, 'its channels double all the way: 4, 8, 16');
  assert.equal(most({ width_max: 8 }), 8);
  engine.dispose();
});

test('what can change in a running training changes, the rest does not', async () => {
  const engine = await createEngine({ threads: 1 });
  const trainer = trained(engine, 2);
  trainer.set('lr', 0.001);
  trainer.set('augment_translation', 1);
  assert.deepEqual([trainer.config().lr, trainer.config().augment_translation], [0.001, 1]);
  trainer.step();
  assert.throws(() => trainer.set('batch', 8), /batch cannot change/);
  assert.throws(() => trainer.set('colour', 8), /no setting named/);
  engine.dispose();
});

test('the full network has the published numbers of parameters, and a latent its fixed numbers', async () => {
  const engine = await createEngine({ threads: 1 });
  const { generator, parameterCounts } = engine.createTrainer({ batch: 2 });
  assert.deepEqual(parameterCounts, { generator: 3809204, discriminator: 2765568 });
  assert.deepEqual(generator.latents([7]), generator.latents([6, 7]).slice(100));
  const many = generator.latents(Array.from({ length: 400 }, (_, i) => i));
  const mean = many.reduce((a, b) => a + b, 0) / many.length;
  const variance = many.reduce((a, b) => a + b * b, 0) / many.length;
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03, `mean ${mean}, variance ${variance}`);
  engine.dispose();
});

test('truncation leads to the typical face', async () => {
  const engine = await createEngine({ threads: 1 });
  const modulated = { first_input: 'latent', g_norm: 'batch' };
  for (const config of [{}, { w_norm: 1, ema: 60 }, { w_norm: 1, mapping_layers: 2, ...modulated }]) {
    const { generator } = trained(engine, 40, config);
    const [a, b] = [0, 1].map((seed) => generator.generate([seed], 0));
    assert.deepEqual(a, b);
    // On the way a picture comes nearer at every step.
    const far = [1, 0.7, 0.4, 0.1].map((psi) =>
      generator.generate([7], psi).reduce((sum, value, i) => sum + (value - a[i]) ** 2, 0),
    );
    assert.ok(far.every((distance, i) => distance < (far[i - 1] ?? Infinity)) && far[3] > 0, String(far));
  }
  engine.dispose();
});

test('normalised styles have mean 0 and variance 1 in samples too, by the running statistics', async () => {
  const engine = await createEngine({ threads: 1 });
  const count = 2000;
  for (const config of [{ ema: 60 }, { first_input: 'latent', style_mixing: 0.5 }]) {
    const { generator } = trained(engine, 80, { w_norm: 1, mapping_layers: 2, pixel_norm: 1, lr: 0.0002, ...config });
    const w = generator.styles(Array.from({ length: count }, (_, seed) => seed));
    const sums = [0, 0];
    w.forEach((value) => [value, value * value].forEach((x, i) => (sums[i] += x / w.length)));
    assert.ok(Math.abs(sums[0]) < 0.1 && Math.abs(sums[1] - 1) < 0.15, String(sums));
    if (!generator.hasConstant) continue;
    // Truncation takes the mean of the styles themselves, which is not quite 0.
    const mean = generator.typical();
    const own = mean.map((_, l) => w.reduce((sum, value, i) => (i % mean.length === l ? sum + value / count : sum), 0));
    assert.ok(mean.every((value, l) => Math.abs(value - own[l]) < 0.12));
  }
  engine.dispose();
});
