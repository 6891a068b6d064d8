/** The sample grids that a run leaves: the same 64 latents through training. */
import { samplesName, thinSamples } from './store.js';

const SEEDS = Array.from({ length: 64 }, (_, i) => i);
const COLUMNS = 8;

/** PNG is not needed before the first grid, and not in the page's first load. */
export const loadPng = () => import('../engine/png.js');

/** Makes and stores the grid of this step. @param {import('./training-run.js').TrainingRun} run @param {number} step */
export async function storeSamples({ store, trainer: { generator }, plan }, step) {
  const { encodeGrid } = await loadPng();
  await store.write(samplesName(step), encodeGrid(generator.generateRgba(SEEDS), generator.imageSize, COLUMNS));
  await thinSamples(store, step, plan.sampleEvery);
}
