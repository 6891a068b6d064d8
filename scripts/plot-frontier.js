/**
 * Draws the scores of an experiment with budgets (NAME.json) against processor minutes: a line a run, through the means of its
 * seeds, which are points.
 *   node scripts/plot-frontier.js NAME.json OUT.png
 */
import fs from 'node:fs';
import { drawPlots } from './plot.js';

/** @typedef {import('../wasm/cli/experiment-report.js').Row} Row */

const [file, out] = process.argv.slice(2);
if (!out) {
  console.error('Usage: node scripts/plot-frontier.js NAME.json OUT.png');
  process.exit(2);
}
/** @type {Row[]} */
const rows = JSON.parse(fs.readFileSync(file, 'utf8')).rows;
const names = [...new Set(rows.map(({ name }) => name))];

/** Title, value, is its axis logarithmic? @type {[string, (row: Row) => number | undefined, boolean][]} */
const SCORES = [
  ['trained kernel × 1000', ({ scores }) => scores.trained && 1000 * scores.trained.kernel, true],
  ['trained recall', ({ scores }) => scores.trained?.recall, false],
  ['far', ({ scores }) => scores.trained?.far, false],
  ['no face', ({ scores }) => scores.faces && 1 - scores.faces.found, false],
  ['SWD', ({ scores }) => scores.swd, true],
  ['copies', ({ scores }) => scores.copying.share, false],
];

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const plots = SCORES.flatMap(([title, read, isLog]) => {
  if (rows.some((row) => read(row) === undefined)) return [];
  const points = names.map((name) => {
    const own = rows.filter((row) => row.name === name);
    const budgets = [...new Set(own.map(({ budget }) => budget))];
    const line = budgets.map((budget) => {
      const same = own.filter((row) => row.budget === budget);
      return [mean(same.map(({ minutes }) => minutes)), mean(same.map((row) => Number(read(row))))];
    });
    return { name, line, seeds: own.map((row) => [row.minutes, Number(read(row))]) };
  });
  return [{ title, isLog, points }];
});

/** @param {typeof plots} data */
function draw(data) {
  const UPlot = /** @type {any} */ (globalThis).uPlot;
  const room = /** @type {HTMLElement} */ (document.getElementById('plots'));
  const colours = ['#c2410c', '#0f766e', '#1d4ed8', '#a21caf', '#4d7c0f', '#be123c', '#0e7490', '#a16207', '#334155'];
  for (const { title, isLog, points } of data) {
    /** @type {any[]} */
    const series = [{ label: 'processor minutes' }];
    /** @type {any[]} */
    const tables = [];
    points.forEach(({ name, line, seeds }, i) => {
      const stroke = colours[i % colours.length];
      for (const [values, isLine] of /** @type {[number[][], boolean][]} */ ([
        [line, true],
        [seeds, false],
      ])) {
        const sorted = [...values].sort((a, b) => a[0] - b[0]);
        tables.push([sorted.map(([x]) => x), sorted.map(([, y]) => y)]);
        series.push(isLine ? { label: name, stroke, width: 1.5, points: { show: true, size: 4 } } : { stroke, paths: () => null, points: { show: true, size: 5 } }); // prettier-ignore
      }
    });
    const y = isLog ? { distr: 3 } : {};
    new UPlot(
      { title, width: 390, height: 300, legend: { live: false }, scales: { x: { time: false, distr: 3 }, y }, series },
      UPlot.join(tables),
      room,
    );
  }
  // The seeds' points need no line in the legend.
  document.querySelectorAll('.u-legend tr').forEach((row) => row.textContent?.trim() === 'Value' && row.remove());
}

await drawPlots(out, plots.length, draw, plots);
