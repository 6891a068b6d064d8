/**
 * Draws loss curves of an experiment (NAME-curves.json) beside each other, as the paper's figure 4 does:
 *   node scripts/plot-curves.js CURVES.json OUT.png [RUN...]
 * One plot of G's and D's loss, one of D's two beliefs, a column a run.
 */
import fs from 'node:fs';
import { drawPlots } from './plot.js';

const [file, out, ...names] = process.argv.slice(2);
if (!out) {
  console.error('Usage: node scripts/plot-curves.js CURVES.json OUT.png [RUN...]');
  process.exit(2);
}
/** @typedef {import('../wasm/cli/experiment-report.js').Curves & {name: string}} Run */

/** @type {Run[]} */
const all = JSON.parse(fs.readFileSync(file, 'utf8'));
const wanted = names.length ? names : all.map(({ name }) => name);
const runs = wanted.map((name) => {
  const found = all.find((run) => run.name === name);
  if (!found) throw new Error(`${file} has no run "${name}"; it has: ${all.map((run) => run.name).join(', ')}`);
  return found;
});

/** @param {Run[]} runs */
function draw(runs) {
  const UPlot = /** @type {any} */ (globalThis).uPlot;
  const room = /** @type {HTMLElement} */ (document.getElementById('plots'));
  const top = Math.max(...runs.flatMap(({ loss_g, loss_d }) => [...loss_g, ...loss_d]));
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
  runs.forEach((run) => plot(`${run.name}: losses`, [run.step, run.loss_g, run.loss_d], ['G', 'D'], [0, top]));
  runs.forEach((run) => plot('D believes it real', [run.step, run.d_real, run.d_fake], ['real', 'generated'], [0, 1]));
}

await drawPlots(out, runs.length, draw, runs);
