/** Benchmarks that are kept, and compared with. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { ROOT } from './shell.js';

/** @typedef {Record<string, any>} Row */
/** @typedef {{field: string, ratio: number}} Comparison */

/** What a row measures. */
const IDENTITY = ['section', 'task', 'runtime', 'variant', 'threads', 'layer', 'method', 'batch', 'reuse_fake'];

/** Fields that may be compared, the best first: a share of the peak depends least on the machine and on its load. */
const FIELDS = [
  { field: 'of_peak', more: true },
  { field: 'median_ms', more: false },
  { field: 'gzipped_kb', more: false },
  { field: 'megabytes', more: false },
];

/** @param {Row} row */
export const keyOf = (row) => JSON.stringify(IDENTITY.map((name) => row[name] ?? null));

/**
 * @param {Row} row
 * @param {Row | undefined} other the same measurement elsewhere
 * @returns {Comparison | undefined} ratio: above 1 where `row` is better
 */
export function compare(row, other) {
  const found = FIELDS.find(({ field }) => row[field] > 0 && (other?.[field] ?? 0) > 0);
  if (!found || !other || row.section === 'peak') return undefined;
  const { field, more } = found;
  return { field, ratio: more ? row[field] / other[field] : other[field] / row[field] };
}

/** @typedef {{machine: string, node: string, date: string, commit: string, load: number, rows: Row[]}} Kept */

/** @param {string} file written by --save @returns {Kept} */
export function readRows(file) {
  const stored = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (!Array.isArray(stored.rows)) throw new Error(`${file} holds no rows: write it with npm run bench -- --save FILE`);
  return stored;
}

/** Writes rows with where and when they were measured, a row a line. @param {string} file @param {Row[]} rows */
export function saveRows(file, rows) {
  const short = (/** @type {string} */ _key, /** @type {any} */ value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const head = {
    machine: `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} threads`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    commit,
    load: Number(os.loadavg()[1].toFixed(1)),
  };
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  const lines = rows.map((row) => `    ${JSON.stringify(row, short)}`);
  fs.writeFileSync(file, `{\n${fields.join('')}  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`);
}

/** Geometric means of the ratios, a section each. @param {{section: string, ratio: number}[]} ratios @returns {string[]} */
export function means(ratios) {
  const sections = [...new Set(ratios.map(({ section }) => section))];
  return sections.map((section) => {
    const logs = ratios.filter((entry) => entry.section === section).map(({ ratio }) => Math.log(ratio));
    const mean = Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length);
    return `${section}: ${mean.toFixed(3)} (geometric mean of ${logs.length} rows; above 1 is better)`;
  });
}
