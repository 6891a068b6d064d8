/** The worker's answers about the film of a training: its sample grids, and the models beside some of them. */
import { SsdganError } from '../../wasm/engine/engine.js';
import { filmOf } from '../../wasm/run/samples.js';
import { samplesName } from '../../wasm/run/store.js';

/** @param {() => import('../../wasm/run/store.js').Store | null} storeOf that of the open project @returns {Record<string, (request: any) => any>} */
export function filmHandlers(storeOf) {
  /** @param {number} step @param {'png' | 'safetensors'} kind */
  const read = async (step, kind) => {
    const bytes = await storeOf()?.read(samplesName(step, kind));
    if (!bytes) throw new SsdganError('bad_state', `step ${step} of the training is not kept any more`);
    return { bytes };
  };
  return {
    async film() {
      const store = storeOf();
      return store ? filmOf(store) : { steps: [], models: [] };
    },
    'film.grid': ({ step }) => read(step, 'png'),
    'film.model': ({ step }) => read(step, 'safetensors'),
  };
}
