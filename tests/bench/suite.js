/**
 * The sections of `npm run bench`, alike in Node and in a browser's worker. Everything is checked before it is timed;
 * times are medians, and rates are given as shares of threads x the peak probe (relaxed, one thread), which runs before every
 * section: what another program takes from the machine is gone from both.
 */
import { median, PASS_MADDS, peakOf, STEP_FLOPS, time, verified } from '../../wasm/engine/bench.js';
import { convFlops, PASSES, SHAPES, stepParts } from './parts.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */
/**
 * @typedef {{runtime: string, sections: string[], variants: string[], threads: number[], quick: boolean,
 *   jpegs: Uint8Array[], report: (row: object) => void}} Plan
 * @typedef {Plan & {engine: Engine, row: (fields: Record<string, any>) => void}} Run
 */

export const SECTIONS = ['kernels', 'parts', 'step', 'generation', 'intake', 'startup', 'memory'];
/** These look inside, and run for the fastest build and all threads only. */
const DETAILED = ['kernels', 'parts', 'intake', 'memory'];
const BATCH = 32;

/** Milliseconds of one call: blocks of calls that fill a few milliseconds. @param {() => void} body @param {boolean} quick */
function timeShort(body, quick) {
  const once = time(body, 2, 3);
  const calls = Math.max(1, Math.min(200, Math.round(5 / Math.max(once, 0.02))));
  const block = () => {
    for (let i = 0; i < calls; i++) body();
  };
  return time(block, quick ? 1 : 10, quick ? 3 : 9) / calls;
}

/**
 * Runs `body` with one kernel ready to run.
 * @template T
 * @param {Engine} engine
 * @param {{what: string, batch: number, channels: number, filters: number, size: number}} part
 * @param {(run: () => void, result: (count: number) => Float32Array) => T} body
 */
function withKernel({ heap }, { what, batch, channels, filters, size }, body) {
  const { module, context } = heap;
  const pointer = heap.withString(what, (name) =>
    heap.construct((out) => module._ssd_measure_create(context, name, batch, channels, filters, size, out)),
  );
  try {
    return body(
      () => module._ssd_measure_run(pointer),
      (count) => heap.floats(module._ssd_measure_result(pointer), count),
    );
  } finally {
    module._ssd_measure_destroy(pointer);
  }
}

/** @param {Float32Array} a @param {Float32Array} b @returns {number} |a - b| / |b| */
function distance(a, b) {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Each pass of each layer's shape: direct, and as chosen (Winograd where it pays). @param {Run} run */
function kernels({ engine, quick, row }) {
  for (const batch of [BATCH, 1]) {
    for (const shape of SHAPES) {
      const { channels, filters, size, layer } = shape;
      for (const pass of PASSES) {
        const sizes = {
          forward: (filters * batch * size * size) / 4,
          input_grad: channels * batch * size * size,
          weight_grad: filters * channels * 16,
        };
        /** @type {Float32Array | undefined} */
        let direct;
        for (const method of ['direct', 'conv']) {
          withKernel(engine, { what: `${method}_${pass}`, batch, channels, filters, size }, (body, result) => {
            body();
            const values = result(sizes[/** @type {'forward'} */ (pass)]);
            direct ??= values;
            const error = distance(values, direct);
            verified(error < 1e-4 && values.every(Number.isFinite), `${method} ${pass} of ${layer}`);
            const ms = timeShort(body, quick);
            const gflops = convFlops(shape, batch) / ms / 1e6;
            const chosen = method === 'direct' ? 'direct' : error > 0 ? 'winograd' : 'direct (chosen)';
            row({ task: `conv ${pass}`, layer, method: chosen, batch, median_ms: ms, gflops, error });
          });
        }
      }
    }
  }
}

/** @param {Engine} engine @param {boolean} reuse @param {boolean} quick @returns {number} milliseconds of a step */
function stepTime(engine, reuse, quick) {
  const dataset = engine.createDataset({ size: 64 });
  dataset.addDoodles(0, 0, 128);
  const trainer = engine.createTrainer({ batch: BATCH, reuse_fake: reuse });
  trainer.setDataset(dataset);
  trainer.step();
  verified(Number.isFinite(trainer.stats().loss_d), 'the training step');
  const ms = time(() => trainer.step(), quick ? 1 : 3, quick ? 2 : 9);
  trainer.dispose();
  dataset.dispose();
  return ms;
}

/** Which layer and pass takes which share of the step: each part by itself x its calls, and what is left. @param {Run} run */
function parts({ engine, quick, row }) {
  const step = stepTime(engine, false, quick);
  let left = step;
  for (const part of stepParts(BATCH)) {
    const ms = withKernel(engine, part, (body) => timeShort(body, quick));
    left -= ms * part.calls;
    const rates = part.flops ? { gflops: part.flops / ms / 1e6 } : {};
    row({ task: part.name, calls: part.calls, batch: BATCH, median_ms: ms, ...rates, of_step: (ms * part.calls) / step }); // prettier-ignore
  }
  const rest = 'remainder: L1, activations, head, batch, caches colder than in the parts by themselves';
  row({ task: rest, calls: 1, batch: BATCH, median_ms: left, of_step: left / step });
}

/** @param {Run} run */
function step({ engine, quick, row }) {
  const saved = 2 * 2 * PASS_MADDS * BATCH; // a forward pass of G and one of D
  for (const reuse of [false, true]) {
    const ms = stepTime(engine, reuse, quick);
    const flops = STEP_FLOPS - (reuse ? saved : 0);
    row({ task: 'train_step', batch: BATCH, reuse_fake: reuse, median_ms: ms, gflops: flops / ms / 1e6 });
  }
}

/** @param {number[]} values @param {number} share */
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];

/** @param {Run} run */
async function generation({ engine, quick, row }) {
  const trainer = engine.createTrainer({ batch: 2 });
  const generator = engine.loadGenerator(trainer.save());
  trainer.dispose();
  for (const batch of [1, 64]) {
    const z = generator.latents(Array.from({ length: batch }, (_, i) => i));
    const w = generator.map(z);
    const once = generator.synthesise(w);
    verified(
      generator.synthesise(w).every((x, i) => x === once[i]),
      'generation',
    );
    const ms = time(() => generator.synthesise(w), batch === 1 ? 50 : 3, quick ? 3 : batch === 1 ? 50 : 11);
    row({ task: 'generate', batch, median_ms: ms, gflops: (2 * PASS_MADDS * batch) / ms / 1e6 });
  }
  // A dragged slider: a new latent every 16 ms, the threads asleep between; z -> RGBA.
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < (quick ? 5 : 120); i++) {
    await new Promise((resolve) => setTimeout(resolve, 16));
    const z = generator.latents([i]);
    const began = performance.now();
    engine.toRgba(generator.synthesise(generator.map(z, 0.8)), generator.imageSize);
    if (i) times.push(performance.now() - began); // the first finds the mean of w
  }
  const [p95_ms, p99_ms] = [0.95, 0.99].map((share) => percentile(times, share));
  row({ task: 'slider', batch: 1, median_ms: median(times), p95_ms, p99_ms });
  generator.dispose();
}

/** JPEGs of 512 x 512 to pictures of 64 x 64. @param {Run} run */
async function intake({ engine, jpegs, quick, row }) {
  if (!jpegs.length) return;
  const files = Array.from({ length: quick ? jpegs.length : 8 * jpegs.length }, (_, i) => jpegs[i % jpegs.length]);
  const add = async () => {
    const dataset = /** @type {any} */ (engine.createDataset({ size: 64 }));
    if (dataset.addFiles) await dataset.addFiles(files);
    else for (const file of files) dataset.addFile(file);
    verified(dataset.count === files.length, 'intake');
    dataset.dispose();
  };
  await add();
  const times = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    await add();
    times.push(performance.now() - began);
  }
  const ms = median(times);
  const kilobytes = jpegs.reduce((sum, { length }) => sum + length, 0) / jpegs.length / 1000;
  row({ task: 'intake 512x512 JPEG', files: files.length, kilobytes, median_ms: ms, per_second: (1000 * files.length) / ms }); // prettier-ignore
}

/** Fetch, compile and start the module; then to the first picture of a new model. @param {Run} run @param {typeof import('../../wasm/engine/engine.js').createEngine} createEngine */
async function startup({ engine, row }, createEngine) {
  const trainer = engine.createTrainer({ batch: 2 });
  const model = trainer.save();
  trainer.dispose();
  const began = performance.now();
  const fresh = await createEngine({ variant: engine.variant, threads: engine.threads });
  const started = performance.now();
  const generator = fresh.loadGenerator(model);
  fresh.toRgba(generator.generate([1]), 64);
  const drawn = performance.now();
  row({ task: 'engine ready', median_ms: started - began });
  row({ task: 'first picture', median_ms: drawn - began });
  fresh.dispose();
}

/** The paper's run: 4,739 pictures, batch 32. @param {Run} run @param {typeof import('../../wasm/engine/engine.js').createEngine} createEngine */
async function memory({ engine, quick, row }, createEngine) {
  const fresh = await createEngine({ variant: engine.variant, threads: engine.threads });
  const dataset = fresh.createDataset({ size: 64 });
  const count = quick ? 200 : 4739;
  const picture = new Uint8Array(64 * 64 * 4);
  for (let i = 0; i < count; i++) {
    picture[i % picture.length] = i;
    dataset.addRgba(picture, 64, 64);
  }
  const trainer = fresh.createTrainer({ batch: BATCH });
  trainer.setDataset(dataset);
  trainer.step();
  row({ task: 'heap of a paper run', pictures: count, batch: BATCH, megabytes: fresh.memoryBytes() / 1e6 });
  fresh.dispose();
}

/**
 * @param {typeof import('../../wasm/engine/engine.js').createEngine} createEngine
 * @param {Plan} plan
 */
export async function runSuite(createEngine, plan) {
  const probe = await createEngine({ variant: 'relaxed', threads: 1 });
  const first = { section: 'peak', task: 'peak', runtime: plan.runtime, variant: probe.variant, threads: 1 };
  plan.report({ ...first, ...peakOf(probe, plan.quick), of_peak: 1 });
  const [fastest, most] = [plan.variants[plan.variants.length - 1], Math.max(...plan.threads)];
  for (const variant of plan.variants) {
    for (const threads of plan.threads) {
      const engine = await createEngine({ variant: /** @type {any} */ (variant), threads });
      for (const section of plan.sections) {
        if (DETAILED.includes(section) && (variant !== fastest || threads !== most)) continue;
        const peak = peakOf(probe, plan.quick).gflops;
        const row = (/** @type {Record<string, any>} */ fields) => {
          const share = fields.gflops ? { of_peak: fields.gflops / (engine.threads * peak) } : {};
          const { runtime } = plan;
          plan.report({ section, runtime, variant: engine.variant, threads: engine.threads, ...fields, ...share });
        };
        const run = { ...plan, engine, row };
        const bodies = { kernels, parts, step, generation, intake, startup, memory };
        await bodies[/** @type {keyof typeof bodies} */ (section)](run, createEngine);
      }
      engine.dispose();
    }
  }
  probe.dispose();
}
