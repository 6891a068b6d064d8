/** The film of a run: sample grids of the same 64 latents through training, and the models that some of them come from. */
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { samplesIn, samplesName } from './store.js';

/** @typedef {import('./store.js').Store} Store */

/** Seeds of the faces that a run is watched by: in the live grid, in the sample grids, and by the doctor. */
export const SAMPLE_SEEDS = Array.from({ length: 64 }, (_, i) => i);
const COLUMNS = 8;
/** Sample grids that a run keeps at most: 22-step epochs left 3,347 files, 615 MB, in 20 minutes. */
const MOST_GRIDS = 200;
/** Bytes of all models together, at most: 20 of width 24. But at least FEWEST models are kept. */
const MODEL_BYTES = 32e6;
const FEWEST = 4;

/** PNG is not needed before the first grid, and not in the page's first load. */
export const loadPng = () => import('../engine/png.js');

/**
 * Steps between two that are kept: every second one goes whenever there are too many. It depends on the last step alone, so
 * that a resumed run keeps the same.
 * @param {number} step the last @param {number} interval steps between two grids @param {number} most
 */
function keptEvery(step, interval, most) {
  let kept = interval;
  while (step / kept > most) kept *= 2;
  return kept;
}

/** Removes what is between those that are kept. @param {Store} store @param {string} kind @param {number} last step @param {number} every */
async function thin(store, kind, last, every) {
  for (const name of await store.list()) {
    const found = samplesIn(name);
    if (found?.kind === kind && found.step % every !== 0 && found.step < last) await store.remove(name);
  }
}

/** @param {Store} store @param {number} step the last @param {number} interval steps between two grids */
export async function thinGrids(store, step, interval) {
  const every = keptEvery(step, interval, MOST_GRIDS);
  if (every > interval) await thin(store, 'png', step, every);
}

/** @param {Uint8Array} model @returns {Uint8Array | null} in float16; null where a weight does not fit */
function halfOf(model) {
  const { tensors, metadata } = readSafetensors(model);
  try {
    return writeSafetensors(tensors, metadata, { half: true });
  } catch (error) {
    if (/** @type {any} */ (error).code === 'bad_argument') return null;
    throw error;
  }
}

/** Makes and stores the grid of this step, and its model where it is kept. @param {import('./training-run.js').TrainingRun} run @param {number} step */
export async function storeSamples({ store, trainer, plan }, step) {
  const { generator } = trainer;
  const { encodeGrid } = await loadPng();
  await store.write(samplesName(step), encodeGrid(generator.generateRgba(SAMPLE_SEEDS), generator.imageSize, COLUMNS));
  await thinGrids(store, step, plan.sampleEvery);
  const most = Math.max(FEWEST, Math.floor(MODEL_BYTES / (2 * trainer.parameterCounts.generator)));
  const every = keptEvery(step, plan.sampleEvery, most);
  const model = step % every === 0 && halfOf(trainer.save());
  if (!model) return;
  await store.write(samplesName(step, 'safetensors'), model);
  await thin(store, 'safetensors', step, every);
}

/** What a run has kept, in order. @param {Store} store @returns {Promise<{steps: number[], models: number[]}>} steps: of the grids; models: those with a model */
export async function filmOf(store) {
  const found = (await store.list()).map(samplesIn).filter((entry) => entry !== null);
  const steps = (/** @type {string} */ kind) =>
    found
      .filter((entry) => entry.kind === kind)
      .map(({ step }) => step)
      .sort((a, b) => a - b);
  return { steps: steps('png'), models: steps('safetensors') };
}
