/**
 * Draws loss curves of an experiment (NAME-curves.json) beside each other, as the paper's figure 4 does:
 *   node scripts/plot-curves.js CURVES.json OUT.png [RUN...]
 * uPlot in a headless Chromium; one plot of G's and D's loss, one of D's two beliefs, a column a run.
 */
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { BROWSER } from './serve.js';
import { ROOT } from './shell.js';

const [file, out, ...names] = process.argv.slice(2);
if (!out) {
  console.error('Usage: node scripts/plot-curves.js CURVES.json OUT.png [RUN...]');
  process.exit(2);
}
/** @type {(import('../wasm/cli/experiment-report.js').Curves & {name: string})[]} */
const all = JSON.parse(fs.readFileSync(file, 'utf8'));
const wanted = names.length ? names : all.map(({ name }) => name);
const runs = wanted.map((name) => {
  const found = all.find((run) => run.name === name);
  if (!found) throw new Error(`${file} has no run "${name}"; it has: ${all.map((run) => run.name).join(', ')}`);
  return found;
});

const uplot = path.join(ROOT, 'node_modules/uplot/dist');
const browser = await chromium.launch(BROWSER);
const page = await browser.newPage({
  viewport: { width: 400 * runs.length + 16, height: 560 },
  deviceScaleFactor: 1.5,
});
await page.setContent('<body style="margin:8px;background:#fff;font:13px sans-serif"><div id="plots"></div></body>');
await page.addStyleTag({ path: path.join(uplot, 'uPlot.min.css') });
await page.addScriptTag({ path: path.join(uplot, 'uPlot.iife.min.js') });
await page.evaluate((data) => {
  const UPlot = /** @type {any} */ (globalThis).uPlot;
  const room = /** @type {HTMLElement} */ (document.getElementById('plots'));
  room.style.cssText = `display:grid;grid-template-columns:repeat(${data.length},400px)`;
  const top = Math.max(...data.flatMap(({ loss_g, loss_d }) => [...loss_g, ...loss_d]));
  /** @param {string} title @param {number[][]} columns @param {string[]} labels @param {[number, number]} range */
  const plot = (title, columns, labels, range) =>
    new UPlot(
      {
        title,
        width: 390,
        legend: { live: false },
        height: 230,
        scales: { x: { time: false }, y: { range } },
        series: [
          { label: 'step' },
          { label: labels[0], stroke: '#c2410c', width: 1.5, points: { show: false } },
          { label: labels[1], stroke: '#0f766e', width: 1.5, points: { show: false } },
        ],
      },
      columns,
      room,
    );
  data.forEach((run) => plot(`${run.name}: losses`, [run.step, run.loss_g, run.loss_d], ['G', 'D'], [0, top]));
  data.forEach((run) => plot('D believes it real', [run.step, run.d_real, run.d_fake], ['real', 'generated'], [0, 1]));
}, runs);
await page.locator('#plots').screenshot({ path: out });
await browser.close();
