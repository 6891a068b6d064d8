/** Two checkouts in one process: their training steps and their generation, timed in turn. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inTurn } from '../peers/compare.js';

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
  for (const variant of /** @type {any[]} */ (variants)) {
    for (const threads of counts) {
      const engines = [await ours({ variant, threads }), await theirs({ variant, threads })];
      /** @param {object} fields @param {(() => any)[]} bodies @param {number} rounds */
      const row = async (fields, bodies, rounds) => {
        const { our_ms, ratio, fastest } = await inTurn(bodies[0], bodies[1], quick ? 1 : rounds);
        const against = { field: 'median_ms', ratio };
        report({
          runtime: 'node',
          variant: engines[0].variant,
          threads,
          ...fields,
          median_ms: our_ms,
          fastest,
          against,
        });
      };
      for (const reuse of sections.includes('step') ? [false, true] : []) {
        const trainers = engines.map((engine) => stepper(engine, reuse));
        const bodies = trainers.map((trainer) => () => trainer.step());
        await row({ section: 'step', task: 'train_step', batch: 32, reuse_fake: reuse }, bodies, 15);
        trainers.forEach((trainer) => trainer.dispose());
      }
      if (!sections.includes('generation')) continue;
      const generators = engines.map(newGenerator);
      for (const batch of [1, 64]) {
        const seeds = Array.from({ length: batch }, (_, i) => i);
        const bodies = generators.map((generator) => () => generator.generate(seeds));
        await row({ section: 'generation', task: 'generate', batch }, bodies, 15);
      }
      engines.forEach((engine) => engine.dispose());
    }
  }
}
