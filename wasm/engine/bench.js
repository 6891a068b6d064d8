/** Measurements that run alike in Node and in a browser's worker: verified first, then timed, as medians and ratios. */

import { quantile } from './statistics.js';

/**
 * @typedef {{task: 'peak' | 'train_step' | 'generate', runtime: string, variant: string, threads: number, batch: number,
 *   median_ms: number, gflops: number, of_peak: number}} Row
 * @typedef {{runtime: string, variants: string[], threads: number[], quick?: boolean, report: (row: Row) => void,
 *   moduleUrl?: (name: string) => string}} Plan
 */

const TRAIN_BATCH = 32;
const WIDTHS = [512, 256, 128, 64];

/** Multiply-adds of the generator's stride-2 layers for one 64x64 picture (docs/method.md, section 5); D's are the same. */
export const PASS_MADDS = [...WIDTHS.keys()].reduce((sum, i) => {
  const [inputs, outputs, size] = [WIDTHS[i], WIDTHS[i + 1] ?? 3, 4 << i];
  return sum + 16 * inputs * outputs * size * size;
}, 0);

/** One paper step is 12 such passes: G forward twice, D forward three times, and so on. */
export const STEP_FLOPS = 2 * 12 * PASS_MADDS * TRAIN_BATCH;

/** @param {number[]} values @returns {number} */
export const median = (values) => quantile(values, 0.5);

/** @param {() => void} body @param {number} warm @param {number} runs @returns {number} median milliseconds */
export function time(body, warm, runs) {
  for (let i = 0; i < warm; i++) body();
  return median(
    Array.from({ length: runs }, () => {
      const began = performance.now();
      body();
      return performance.now() - began;
    }),
  );
}

/** @param {import('./engine.js').Engine} engine @param {boolean} quick */
export function peakOf(engine, quick) {
  const rounds = 5000;
  const flops = engine.peakProbe(10); // of ten rounds
  // The engine's compiler replaces the first, slow code in the background: half a second of work lets it.
  for (const began = performance.now(); performance.now() - began < 500;) engine.peakProbe(100);
  const ms = time(() => engine.peakProbe(rounds), 3, quick ? 5 : 15);
  return { median_ms: ms, gflops: ((flops / 10) * rounds) / ms / 1e6 };
}

/** The step's result is finite, and generation repeats itself, before anything is timed. @param {boolean} good @param {string} what */
export function verified(good, what) {
  if (!good) throw new Error(`bench: ${what} gave a wrong result`);
}

/**
 * @param {typeof import('./engine.js').createEngine} createEngine
 * @param {Plan} plan
 */
export async function measure(createEngine, { runtime, variants, threads, quick = false, report, moduleUrl }) {
  // The peak that everything is a share of: relaxed, one thread.
  const probe = await createEngine({ variant: 'relaxed', threads: 1, moduleUrl });
  const peak = peakOf(probe, quick).gflops;
  probe.dispose();
  for (const variant of variants) {
    for (const count of threads) {
      const engine = await createEngine({ variant: /** @type {any} */ (variant), threads: count, moduleUrl });
      /** @param {Row['task']} task @param {number} batch @param {number} ms @param {number} gflops */
      const row = (task, batch, ms, gflops) =>
        report({
          task,
          runtime,
          variant: engine.variant,
          threads: engine.threads,
          batch,
          median_ms: ms,
          gflops,
          of_peak: gflops / (engine.threads * peak),
        });
      const own = peakOf(engine, quick);
      row('peak', 0, own.median_ms, own.gflops);

      const dataset = engine.createDataset({ size: 64 });
      dataset.addDoodles(0, 0, 128);
      const trainer = engine.createTrainer({ batch: TRAIN_BATCH });
      trainer.setDataset(dataset);
      trainer.step();
      verified(Number.isFinite(trainer.stats().loss_d), 'the training step');
      const step = time(() => trainer.step(), 2, quick ? 3 : 9);
      row('train_step', TRAIN_BATCH, step, STEP_FLOPS / step / 1e6);

      const generator = engine.loadGenerator(trainer.save());
      for (const batch of [1, 64]) {
        const w = generator.map(generator.latents(Array.from({ length: batch }, (_, i) => i)));
        const once = generator.synthesise(w);
        verified(
          generator.synthesise(w).every((x, i) => x === once[i]),
          'generation',
        );
        const ms = time(() => generator.synthesise(w), batch === 1 ? 30 : 3, batch === 1 ? 50 : quick ? 5 : 11);
        row('generate', batch, ms, (2 * PASS_MADDS * batch) / ms / 1e6);
      }
      generator.dispose();
      trainer.dispose();
      dataset.dispose();
      engine.dispose();
    }
  }
}
