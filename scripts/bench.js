/**
 * `npm run bench`: verified, then timed, in Node and in Chromium; as a table or JSON lines (--json).
 *
 *   --only kernels,step      sections: kernels, parts, step, generation, intake, startup, memory, modules
 *   --runtime node|chromium  one of the two
 *   --variant simd|relaxed   one of the two;  --threads N  this number only (default: 1 and 2)
 *   --quick                  few repetitions: to see that it works
 *   --save FILE              keeps the rows, with the machine and the date
 *   --against FILE           prints beside each row its ratio to the kept one, above 1 where this is better: of shares of
 *                            the peak where there are, else of times or sizes
 *   --against-folder FOLDER  another checkout, built: its steps and its generation, in turn with this one's, in Node
 *   --peers                  instead: PyTorch, ONNX Runtime and TensorFlow.js beside us (tests/peers/peers.js);
 *                            --only torch, onnx or web
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { createEngine } from '../wasm/engine/engine.js';
import { comparePeers } from '../tests/peers/peers.js';
import { comparePair, engineOf, PAIRED } from '../tests/bench/pair.js';
import { runSuite, SECTIONS } from '../tests/bench/suite.js';
import { compare, keyOf, means, readRows, saveRows } from './bench-against.js';
import { benchInChromium } from './bench-browser.js';
import { must, ROOT } from './shell.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean', default: false },
    runtime: { type: 'string' },
    only: { type: 'string' },
    variant: { type: 'string' },
    threads: { type: 'string' },
    peers: { type: 'boolean' },
    save: { type: 'string' },
    against: { type: 'string' },
    'against-folder': { type: 'string' },
  },
});

/** Milliseconds and other numbers, short. @param {unknown} value */
function shown(value) {
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toPrecision(value > 1e-3 ? 4 : 2);
}

/** @param {Record<string, any>} row @returns {string} */
function line({ section, task, runtime, variant, threads, ...numbers }) {
  const { median_ms, gflops, of_peak, against, ...others } = numbers;
  const head = `${runtime} ${variant ?? ''} ${threads ?? ''}`.padEnd(20);
  const rates = [
    median_ms === undefined ? '' : `${shown(median_ms)} ms`,
    gflops === undefined ? '' : `${gflops.toFixed(1)} GFLOP/s, ${(100 * of_peak).toFixed(1)} % of peak`,
    ...Object.entries(others).map(([name, value]) => `${name} ${shown(value)}`),
    against ? `RATIO ${against.ratio.toFixed(3)} (${against.field})` : '',
  ];
  return `${(section ?? '').padEnd(10)} ${head} ${task}: ${rates.filter(Boolean).join(', ')}`;
}

/** @type {Record<string, any>[]} */
const rows = [];
/** @param {Record<string, any>} row */
function report(row) {
  const whole = kept ? { ...row, against: compare(row, kept.get(keyOf(row))) } : row;
  rows.push(whole);
  console.log(values.json ? JSON.stringify(whole) : line(whole));
}

function conclude() {
  if (values.save) saveRows(path.resolve(from, values.save), rows);
  const ratios = rows.flatMap(({ section, against }) => (against ? [{ section, ratio: against.ratio }] : []));
  if (!values.json) means(ratios).forEach((text) => console.log(text));
}

/** @param {string[]} wanted @returns {string[]} sections, checked */
function sectionsOf(wanted) {
  const all = [...SECTIONS, 'modules'];
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length) {
    console.error(`There is no section ${unknown.join(', ')}; there are ${all.join(', ')}.`);
    process.exit(2);
  }
  return wanted.length ? wanted : all;
}

/** JPEGs for the intake, made once by Chromium. @returns {Promise<string[]>} files, from the project's folder */
async function jpegFiles() {
  const folder = 'build/bench';
  const names = Array.from({ length: 16 }, (_, i) => `${folder}/${i}.jpg`);
  if (names.every((name) => fs.existsSync(name))) return names;
  fs.mkdirSync(folder, { recursive: true });
  let made = 0;
  await benchInChromium('tests/bench/jpeg-worker.js', 'module', { count: names.length }, ({ base64 }) =>
    fs.writeFileSync(names[made++], Buffer.from(base64, 'base64')),
  );
  return names;
}

function modules() {
  for (const name of fs.readdirSync('build/wasm').filter((file) => file.endsWith('.wasm'))) {
    const bytes = fs.readFileSync(`build/wasm/${name}`);
    const gzipped_kb = zlib.gzipSync(bytes, { level: 9 }).length / 1000;
    report({ section: 'modules', task: name, runtime: '', kilobytes: bytes.length / 1000, gzipped_kb });
  }
}

const from = process.cwd();
const stored = values.against ? readRows(values.against) : undefined;
const kept = stored && new Map(stored.rows.map((row) => [keyOf(row), row]));
if (stored && !values.json)
  console.log(`Kept rows: ${stored.machine}, ${stored.date}, commit ${stored.commit}, load ${stored.load}`);
process.chdir(ROOT);
if (!fs.existsSync('build/wasm/ssdgan.simd.wasm')) {
  must('bash scripts/setup');
  must('node scripts/build.js');
}
const only = values.only?.split(',');
if (values.peers) {
  await comparePeers({ quick: values.quick, runtime: values.runtime, only, report });
  process.exit(0);
}
const sections = sectionsOf(only ?? []);
const timed = sections.filter((name) => name !== 'modules');
const plan = {
  sections: timed,
  variants: values.variant ? [values.variant] : ['simd', 'relaxed'],
  threads: values.threads ? [Number(values.threads)] : [1, 2],
  quick: values.quick,
};
if (values['against-folder']) {
  const theirs = await engineOf(path.resolve(from, values['against-folder']));
  await comparePair(createEngine, theirs, { ...plan, sections: timed.filter((name) => PAIRED.includes(name)), report });
  conclude();
  process.exit(0);
}
const jpegNames = sections.includes('intake') ? await jpegFiles() : [];
if (timed.length && values.runtime !== 'chromium') {
  const jpegs = jpegNames.map((name) => new Uint8Array(fs.readFileSync(name)));
  await runSuite(createEngine, { ...plan, runtime: 'node', jpegs, report });
}
if (timed.length && values.runtime !== 'node') {
  const message = { ...plan, runtime: 'chromium', jpegUrls: jpegNames.map((name) => `/${name}`) };
  await benchInChromium('tests/bench/worker.js', 'module', message, report);
}
if (sections.includes('modules')) modules();
conclude();
process.exit(0);
