/** What the tests of training runs share: an engine, small runs, and what is in their stores. */
import assert from 'node:assert/strict';
import { createEngine } from '../../wasm/engine/engine.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { checkpointsIn } from '../../wasm/run/run-files.js';
import { MemoryStore } from '../../wasm/run/store.js';
import { TrainingRun } from '../../wasm/run/training-run.js';

export const engine = await createEngine({ threads: 1 });

export const SMALL = { image_size: 32, width: 4, batch: 4, seed: 5 };
export const nextTurn = () => new Promise((resolve) => setImmediate(() => resolve(undefined)));

/** @param {number} count */
export function doodles(count) {
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(0, 0, count);
  return dataset;
}

/** @param {Uint8Array | null} bytes @returns {any[]} events */
export const linesOf = (bytes) => new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n').filter(Boolean).map((line) => JSON.parse(line)); // prettier-ignore

/** @param {import('../../wasm/run/store.js').Store} store @returns {Promise<Uint8Array>} its newest checkpoint */
export async function newest(store) {
  const [{ name }] = await checkpointsIn(store);
  return new Uint8Array(/** @type {Uint8Array} */ (await store.read(name)));
}

/**
 * A run of the engine itself.
 * @param {{settings?: object, wishes?: object, store?: MemoryStore, count?: number, recipe?: string}} options
 */
export async function begin({
  settings = SMALL,
  wishes = {},
  store = new MemoryStore(),
  count = 60,
  recipe = 'paper',
} = {}) {
  const run = TrainingRun.create(engine, store, { recipe, settings, wishes });
  await run.begin(doodles(count));
  return { run, store };
}

/** @param {TrainingRun} run @param {(event: any) => void} look @returns {Promise<any[]>} its events */
export async function all(run, look = () => {}) {
  const events = [];
  for await (const event of run.events(nextTurn)) {
    events.push(event);
    look(event);
  }
  return events;
}

/** @param {Uint8Array | null} bytes @returns {number} the step of a file all of whose numbers are finite */
export function stepOfSound(bytes) {
  assert.ok(bytes);
  const { tensors, metadata } = readSafetensors(bytes);
  for (const [name, { data }] of Object.entries(tensors)) assert.ok(data.every(Number.isFinite), name);
  return Number(metadata.step);
}
