/** Memory that a small machine refuses: threads with less of it, or none. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';

const { Memory } = WebAssembly;
afterEach(() => {
  WebAssembly.Memory = Memory;
});

/** Refuses shared memory above so many pages. @param {number} most */
function refuseAbove(most) {
  WebAssembly.Memory = class extends Memory {
    /** @param {WebAssembly.MemoryDescriptor} descriptor */
    constructor(descriptor) {
      if (descriptor.shared && Number(descriptor.maximum) > most) throw new RangeError('refused');
      super(descriptor);
    }
  };
}

/** A few doodles, and what the engine says. @param {{threads: number}} options */
async function tryEngine(options) {
  const engine = await createEngine({ variant: 'simd', ...options });
  const dataset = engine.createDataset({ size: 32 });
  dataset.addDoodles(0, 0, 20);
  const { threads, notes } = engine;
  const { count } = dataset;
  engine.dispose();
  return { threads, notes: notes.join(' '), count };
}

test('where 2 GB of shared memory are refused, threads work in less', async () => {
  refuseAbove(16384);
  const { threads, notes, count } = await tryEngine({ threads: 2 });
  assert.deepEqual([threads, count], [2, 20]);
  assert.match(notes, /At most 1 GB/);
});

test('where no shared memory is given, one thread works', async () => {
  refuseAbove(0);
  const { threads, notes, count } = await tryEngine({ threads: 4 });
  assert.deepEqual([threads, count], [1, 20]);
  assert.match(notes, /4 thread\(s\) did not start: no shared memory is given/);
});

test('where nothing is refused, nothing is said', async () => {
  assert.deepEqual(await tryEngine({ threads: 2 }), { threads: 2, notes: '', count: 20 });
});
