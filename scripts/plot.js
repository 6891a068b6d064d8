/** Plots by uPlot in a headless Chromium, as one PNG. */
import path from 'node:path';
import { chromium } from 'playwright-core';
import { BROWSER } from './serve.js';
import { ROOT } from './shell.js';

/**
 * @template T
 * @param {string} out a PNG
 * @param {number} columns of plots, each 400 pixels wide
 * @param {(data: T) => void} draw runs in the page: fills the element `plots`, with uPlot as `uPlot`
 * @param {T} data for it
 */
export async function drawPlots(out, columns, draw, data) {
  const uplot = path.join(ROOT, 'node_modules/uplot/dist');
  const browser = await chromium.launch(BROWSER);
  const page = await browser.newPage({ viewport: { width: 400 * columns + 16, height: 560 }, deviceScaleFactor: 1.5 });
  const style = `display:grid;grid-template-columns:repeat(${columns},400px)`;
  await page.setContent(
    `<body style="margin:8px;background:#fff;font:13px sans-serif"><div id="plots" style="${style}">`,
  );
  await page.addStyleTag({ path: path.join(uplot, 'uPlot.min.css') });
  await page.addScriptTag({ path: path.join(uplot, 'uPlot.iife.min.js') });
  await page.evaluate(/** @type {any} */ (draw), data);
  await page.locator('#plots').screenshot({ path: out });
  await browser.close();
}
