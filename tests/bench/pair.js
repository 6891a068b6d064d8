/**
 * Two checkouts in one process: their training steps and their generation, in turn. With one thread the processor's time is
 * compared, which other programs hardly change: at a load of 8 on two processors its ratios for code of equal speed lay
 * between 0.95 and 1.05, those of the clock between 0.8 and 1.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { median } from '../peers/compare.js';

/** @typedef {typeof import('../../wasm/engine/engine.js').createEngine} CreateEngine */
/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */

/** What can be compared. The calls that it needs have been the same since version 0.1.0. */
export const PAIRED = ['step', 'generation'];

/** Where an engine has stood, the newest place first. */
const PLACES = ['wasm/engine/engine.js', 'wasm/engine.js'];

/** @param {string} folder a checkout, built @returns {Promise<CreateEngine>} */
export async function engineOf(folder) {
  const file = PLACES.map((place) => path.join(folder, place)).find((name) => fs.existsSync(name));
  if (!file) throw new Error(`${folder} is not a checkout of ssdgan: it has none of ${PLACES.join(', ')}.`);
  return (await import(pathToFileURL(file).href)).createEngine;
}

/** Milliseconds of work before anything counts: V8 compiles the hot code meanwhile. */
const WARM = 1500;

/**
 * @param {(() => void)[]} bodies ours and theirs
 * @param {number} calls of each that count
 * @returns {{median_ms: number, processor_ms: number, ratios: {median_ms: number, processor_ms: number}}} ours; theirs / ours
 */
function inTurn(bodies, calls) {
  const times = bodies.map(() => ({
    median_ms: /** @type {number[]} */ ([]),
    processor_ms: /** @type {number[]} */ ([]),
  }));
  const run = (/** @type {number} */ which) => {
    const used = process.cpuUsage();
    const began = performance.now();
    bodies[which]();
    times[which].median_ms.push(performance.now() - began);
    const { user, system } = process.cpuUsage(used);
    times[which].processor_ms.push((user + system) / 1000);
  };
  for (const body of bodies) for (const began = performance.now(); performance.now() - began < WARM;) body();
  for (let call = 0; call < calls; call++) for (const which of call % 2 ? [1, 0] : [0, 1]) run(which);
  const [ours, theirs] = times.map((time) => ({
    median_ms: median(time.median_ms),
    processor_ms: median(time.processor_ms),
  }));
  const ratios = {
    median_ms: theirs.median_ms / ours.median_ms,
    processor_ms: theirs.processor_ms / ours.processor_ms,
  };
  return { ...ours, ratios };
}

/** @param {Engine} engine @param {boolean} reuse */
function stepper(engine, reuse) {
  const dataset = engine.createDataset({ size: 64 });
  dataset.addDoodles(0, 0, 128);
  const trainer = engine.createTrainer({ batch: 32, reuse_fake: reuse });
  trainer.setDataset(dataset);
  return trainer;
}

/** @param {Engine} engine */
function newGenerator(engine) {
  const trainer = engine.createTrainer({ batch: 2 });
  const generator = engine.loadGenerator(trainer.save());
  trainer.dispose();
  return generator;
}

/**
 * @param {CreateEngine} ours
 * @param {CreateEngine} theirs
 * @param {{sections: string[], variants: string[], threads: number[], quick: boolean, report: (row: object) => void}} plan
 */
export async function comparePair(ours, theirs, { sections, variants, threads: counts, quick, report }) {
  for (const variant of /** @type {('simd' | 'relaxed')[]} */ (variants)) {
    for (const threads of counts) {
      const engines = [await ours({ variant, threads }), await theirs({ variant, threads })];
      /** @param {object} fields @param {(() => void)[]} bodies @param {number} calls */
      const row = (fields, bodies, calls) => {
        const { ratios, ...ours } = inTurn(bodies, quick ? 3 : calls);
        const field = threads === 1 ? 'processor_ms' : 'median_ms';
        const against = { field, ratio: ratios[field] };
        report({ runtime: 'node', variant: engines[0].variant, threads, ...fields, ...ours, against });
      };
      for (const reuse of sections.includes('step') ? [false, true] : []) {
        const trainers = engines.map((engine) => stepper(engine, reuse));
        const bodies = trainers.map((trainer) => () => trainer.step());
        row({ section: 'step', task: 'train_step', batch: 32, reuse_fake: reuse }, bodies, 15);
        trainers.forEach((trainer) => trainer.dispose());
      }
      if (!sections.includes('generation')) continue;
      const generators = engines.map(newGenerator);
      for (const batch of [1, 64]) {
        const seeds = Array.from({ length: batch }, (_, i) => i);
        // A single picture is too short for the clock of the processor.
        const times = batch === 1 ? 20 : 1;
        const bodies = generators.map((generator) => () => {
          for (let i = 0; i < times; i++) generator.generate(seeds);
        });
        row({ section: 'generation', task: 'generate', batch, times }, bodies, 31);
      }
      engines.forEach((engine) => engine.dispose());
    }
  }
}
