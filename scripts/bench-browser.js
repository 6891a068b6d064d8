/** Benchmarks inside Chromium: a worker of an isolated page runs the sources as they are. */
import { chromium } from 'playwright-core';
import { BROWSER, serveFolder } from './serve.js';
import { ROOT } from './shell.js';

/**
 * Starts the worker with a message, hands on every row that it posts, and ends with {done} or {error}.
 * @param {string} script path of the worker in the project
 * @param {'module' | 'classic'} type
 * @param {object} message
 * @param {(row: any) => void} report
 */
export async function benchInChromium(script, type, message, report) {
  // One dependency's bare name is resolved on the way.
  const site = await serveFolder(ROOT, (name, text) =>
    name === 'wasm/module/loader.js'
      ? text.replace("'wasm-feature-detect'", "'/node_modules/wasm-feature-detect/dist/esm/index.js'")
      : text,
  );
  const browser = await chromium.launch(BROWSER);
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}tests/browser/bench.html`);
    await page.exposeFunction('report', report);
    await page.evaluate(
      ([url, kind, plan]) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(`/${url}`, { type: /** @type {WorkerType} */ (kind) });
          worker.onmessage = ({ data }) => {
            if (data.row) /** @type {any} */ (globalThis).report(data.row);
            if (data.done) resolve(null);
            if (data.error) reject(new Error(data.error));
          };
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(plan);
        }),
      /** @type {[string, string, object]} */ ([script, type, message]),
    );
  } finally {
    await browser.close();
    site.close();
  }
}
