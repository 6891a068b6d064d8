/** The benchmark inside a browser's worker (scripts/bench.js). */
import { measure } from '../../wasm/bench.js';
import { createEngine } from '../../wasm/engine.js';

self.onmessage = async ({ data: plan }) => {
  try {
    await measure(createEngine, { ...plan, report: (row) => self.postMessage({ row }) });
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
