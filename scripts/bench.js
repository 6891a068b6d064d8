/**
 * `npm run bench`: a peak probe, the training step and generation, all variants, 1 and 2 threads, in Node and in
 * Chromium, as JSON lines (--json) or a table. Options: --quick, --runtime node|chromium.
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { measure } from '../wasm/bench.js';
import { line } from '../wasm/cli/bench.js';
import { createEngine } from '../wasm/engine.js';
import { BROWSER, serveFolder } from './serve.js';
import { must, ROOT } from './shell.js';

/** @typedef {import('../wasm/bench.js').Row} Row */

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, runtime: { type: 'string' } },
});

/** @param {Row} row */
const report = (row) => console.log(values.json ? JSON.stringify(row) : line(row));
const plan = { variants: ['simd', 'relaxed'], threads: [1, 2], quick: Boolean(values.quick) };

/** In a worker of an isolated page: the sources as they are, with one dependency's bare name resolved. */
async function inChromium() {
  const site = await serveFolder(ROOT, (name, text) =>
    name === 'wasm/loader.js'
      ? text.replace("'wasm-feature-detect'", "'/node_modules/wasm-feature-detect/dist/esm/index.js'")
      : text,
  );
  const browser = await chromium.launch(BROWSER);
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}tests/browser/bench.html`);
    await page.exposeFunction('report', report);
    await page.evaluate(
      (options) =>
        new Promise((resolve, reject) => {
          const worker = new Worker('/tests/browser/bench-worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => {
            if (data.row) /** @type {any} */ (globalThis).report(data.row);
            if (data.done) resolve(null);
            if (data.error) reject(new Error(data.error));
          };
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(options);
        }),
      { ...plan, runtime: 'chromium' },
    );
  } finally {
    await browser.close();
    site.close();
  }
}

if (!fs.existsSync(`${ROOT}/build/wasm/ssdgan.simd.wasm`)) {
  must('bash scripts/setup');
  must('node scripts/build.js');
}
if (values.runtime !== 'chromium') await measure(createEngine, { ...plan, runtime: 'node', report });
if (values.runtime !== 'node') await inChromium();
process.exit(0);
