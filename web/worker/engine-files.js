/** Where the engine's modules lie, and how they start their threads. */
import { PolicyWorker } from '../policy-worker.js';

/** Name of a build product -> its name with a hash (vite.config.js): an updated page never meets an older module. */
const HASHED = /** @type {Record<string, string>} */ (import.meta.env.ENGINE_FILES);

/**
 * The threads of the engine are workers too, which Emscripten's loader starts by the name that it was built with: under the
 * page's policy from now on, from the file that the page was built with.
 * @param {string} base URL of the folder that holds engine/
 * @returns {(name: string) => string} the address of a build product
 */
export function findEngine(base) {
  const moduleUrl = (/** @type {string} */ name) => new URL(`engine/${HASHED[name] ?? name}`, base).href;
  globalThis.Worker = class extends PolicyWorker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(moduleUrl(String(url).split('/').at(-1) ?? ''), options);
    }
  };
  return moduleUrl;
}
