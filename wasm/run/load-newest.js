/** The checkpoint that a run continues from: the newest of its store that is whole. */
import { SsdganError } from '../engine/engine.js';
import { checkpointsIn } from './run-files.js';

/** @typedef {import('../engine/engine.js').Trainer} Trainer */

/**
 * @param {import('../engine/engine.js').Engine} engine
 * @param {import('./store.js').Store} store
 * @returns {Promise<{trainer: Trainer, slot: string, note: string | null}>} note: a newer one is damaged
 */
export async function loadNewest(engine, store) {
  /** @type {{step: number, error: unknown} | null} */
  let damaged = null;
  for (const { name, step } of await checkpointsIn(store)) {
    try {
      const trainer = engine.loadTrainer((await store.read(name)) ?? new Uint8Array());
      const note = damaged && `The checkpoint of step ${damaged.step} is damaged; that of step ${step} is used.`;
      return { trainer, slot: name, note };
    } catch (error) {
      if (/** @type {any} */ (error)?.code !== 'bad_file') throw error;
      damaged ??= { step, error };
    }
  }
  throw damaged?.error ?? new SsdganError('bad_state', 'there is no checkpoint to continue from');
}

/** What is told where a run continues in another build. @param {string | undefined} was @param {string} is names of variants @returns {string[]} */
export function otherVariant(was, is) {
  if (!was || was === is) return [];
  const names = /** @type {Record<string, string>} */ ({ simd: 'plain SIMD', relaxed: 'relaxed SIMD' });
  return [
    `The training began with ${names[was] ?? was}; here it continues with ${names[is] ?? is}. Both round differently: it ` +
      'is as good, but not bit for bit the same.',
  ];
}
