/** Memory and threads that are refused: sizes beyond 32 bits, and a browser that lets the module's memory grow no further. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { createEngine, Engine } from '../../wasm/engine/engine.js';
import { writeSafetensors } from '../../wasm/engine/safetensors.js';
import { loadModule } from '../../wasm/module/loader.js';

/** @param {number[]} shape @param {number} value */
const tensor = (shape, value = 0) => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});

/** A model whose last stage is wide: 560 KB, and images of 8.6 billion bytes. @param {number} stages @param {number} wide */
function wideModel(stages, wide) {
  /** @type {Record<string, ReturnType<typeof tensor>>} */
  const tensors = {};
  for (let i = 1; i <= stages; i++) {
    const channels = i === stages ? wide : 1;
    tensors[`conv_l${i}.weight`] = tensor([1, channels, 4, 4]);
    for (const name of ['weight', 'bias', 'running_mean', 'running_var'])
      tensors[`bn_l${i}.${name}`] = tensor([channels], 1);
  }
  tensors[`conv_l${stages + 1}.weight`] = tensor([wide, 3, 4, 4]);
  return writeSafetensors(tensors, { format: 'ssdgan-model', mapping_layers: '0', adain: '0' }, { half: true });
}

/** @param {() => unknown} call */
const refuses = (call) => assert.throws(call, { code: 'out_of_memory', message: /^not enough memory/ });

test('sizes that wrap in 32 bits are refused', async () => {
  const engine = await createEngine({ threads: 1 });
  assert.equal(engine.loadGenerator(wideModel(3, 64)).imageSize, 32);
  for (const stages of [6, 7]) refuses(() => engine.loadGenerator(wideModel(stages, 2048)));
  for (const wide of [4096, 65536])
    assert.throws(() => engine.loadGenerator(wideModel(4, wide)), { code: 'bad_file' }, `${wide} channels`);
  const most = { image_size: 256, width: 256, width_max: 1024, batch: 1024 };
  for (const config of [
    most,
    { ...most, width: 64 },
    { ...most, width: 1, width_max: 1024 },
    { ...most, image_size: 128 },
    { ...most, model: 'dcgan' },
    { ...most, upsampling: 'bilinear', downsampling: 'average', noise: 1 },
  ])
    refuses(() => engine.createTrainer(config));
  const { module, context } = engine.heap;
  for (const [batch, channels, filters, size] of [
    [1 << 16, 1 << 16, 1, 16],
    [1, 1 << 15, 1 << 15, 8],
    [1 << 30, 1 << 30, 1 << 30, 1 << 30],
  ])
    refuses(() =>
      engine.heap.withString('conv_forward', (what) =>
        engine.heap.construct((out) => module._ssd_measure_create(context, what, batch, channels, filters, size, out)),
      ),
    );
  for (const bytes of [2 ** 31, 2 ** 32, 2 ** 32 + 16, 1e18, Infinity, NaN]) refuses(() => engine.heap.allocate(bytes));
  const rows = 46341; // its square is beyond 2^31, and times 4 beyond 2^32
  const features = engine.heap.withFloats(new Float32Array(2 * rows), (data) => [
    engine.heap.construct((out) => module._ssd_features_from_rows(context, data, rows, 1, out)),
    engine.heap.construct((out) => module._ssd_features_from_rows(context, data, 2, rows, out)),
  ]);
  refuses(() =>
    engine.heap.withAlloc(64, (out) =>
      engine.heap.check(module._ssd_features_compare(features[0], features[0], 2, 1, 0, 0, out)),
    ),
  );
  assert.ok(engine.createTrainer({ image_size: 16, width: 2, width_max: 2, batch: 2 }), 'and all works on');
});

const SMALL = { image_size: 32, width: 4, width_max: 16, latent_size: 8, batch: 8, ema: 100 };

/** Every kind of call that takes memory; its results. @param {Engine} engine */
function useAll(engine) {
  /** @type {{dispose(): void}[]} */
  const made = [];
  /** @template {{dispose(): void}} T @param {T} object @returns {T} */
  const keep = (object) => (made.push(object), object);
  try {
    const pictures = keep(engine.createDataset({ size: 32 }));
    pictures.addDoodles(0, 0, 60);
    const trainer = keep(engine.createTrainer(SMALL));
    trainer.setDataset(pictures);
    trainer.step();
    trainer.validate();
    const checkpoint = trainer.save({ checkpoint: true });
    const again = keep(engine.loadTrainer(checkpoint));
    const tuned = keep(engine.createTrainerFrom(checkpoint, SMALL));
    const generator = keep(engine.loadGenerator(checkpoint));
    const samples = generator.generate(Array.from({ length: 40 }, (_, i) => i));
    const swd = engine.swd({ pictures, first: 0, count: 30 }, { pictures, first: 30, count: 30 });
    return { checkpoint, samples, swd, saved: [again, tuned].map((t) => t.save()) };
  } finally {
    for (const object of made.reverse()) object.dispose();
  }
}

const CHUNK = 1 << 17;

/** Takes all memory that is there, a chunk after the other. @param {any} module @returns {number[]} pointers */
function takeAll(module) {
  const taken = [];
  for (let chunk; (chunk = module._malloc(CHUNK));) taken.push(chunk);
  return taken;
}

for (const threads of [1, 2])
  test(`a memory that may not grow is told, and all works on: ${threads} thread(s)`, async () => {
    const engine = await createEngine({ threads });
    const { module } = engine.heap;
    const wanted = useAll(engine);
    const { grow } = WebAssembly.Memory.prototype;
    WebAssembly.Memory.prototype.grow = () => {
      throw new RangeError('no more memory, says the test');
    };
    try {
      const taken = takeAll(module);
      const all = taken.length;
      let refused = 0;
      for (let done = false; !done; module._free(taken.pop())) {
        try {
          assert.deepEqual(useAll(engine), wanted);
          done = true;
        } catch (error) {
          const { code, message } = /** @type {import('../../wasm/engine/engine.js').SsdganError} */ (error);
          assert.equal(code, 'out_of_memory', message);
          assert.match(message, /not enough memory/i);
          refused++;
        }
      }
      assert.ok(refused > 15, `${refused} calls were refused`);
      taken.forEach((chunk) => module._free(chunk));
      assert.ok(takeAll(module).length >= all, 'nothing is lost to what was refused');
    } finally {
      WebAssembly.Memory.prototype.grow = grow;
    }
    assert.deepEqual(useAll(engine), wanted);
  });

test('of threads as many are used as can be started, and that is told', async () => {
  const loaded = await loadModule({ threads: 2 });
  // In Node a pool that is used up makes further workers; in a browser it refuses (tests/native/test_out_of_memory.c).
  const module = { ...loaded.module, _ssd_context_create: () => loaded.module._ssd_context_create(2) };
  const engine = new Engine({ ...loaded, module, threads: 4 });
  assert.equal(engine.threads, 2);
  assert.deepEqual(engine.notes, ['Only 2 of 4 threads could be started.']);
});

test('where no worker can be started, one thread does the work', async () => {
  const workers = createRequire(import.meta.url)('node:worker_threads');
  const { Worker } = workers;
  workers.Worker = function () {
    throw new Error('no more workers, says the test');
  };
  try {
    const engine = await createEngine({ threads: 4 });
    assert.equal(engine.threads, 1);
    assert.match(engine.notes.join(), /with 4 thread\(s\) did not start: no more workers, says the test/);
    assert.ok(useAll(engine).samples.length);
  } finally {
    workers.Worker = Worker;
  }
});
