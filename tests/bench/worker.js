/** The benchmark inside a browser's worker (scripts/bench.js). */
import { createEngine } from '../../wasm/engine/engine.js';
import { runSuite } from './suite.js';

self.onmessage = async ({ data: { jpegUrls, ...plan } }) => {
  try {
    const jpegs = [];
    for (const url of jpegUrls) jpegs.push(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    await runSuite(createEngine, { ...plan, jpegs, report: (row) => self.postMessage({ row }) });
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ error: String(/** @type {Error} */ (error)?.stack ?? error) });
  }
};
