/**
 * `npm run bench`: verified, then timed, in Node and in Chromium; as a table or JSON lines (--json).
 *
 *   --only kernels,step      sections: kernels, parts, step, generation, intake, startup, memory, modules
 *   --runtime node|chromium  one of the two
 *   --variant simd|relaxed   one of the two;  --threads N  this number only (default: 1 and 2)
 *   --quick                  few repetitions: to see that it works
 *   --peers                  instead: PyTorch, ONNX Runtime and TensorFlow.js beside us (tests/peers/peers.js);
 *                            --only torch, onnx or web
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { createEngine } from '../wasm/engine/engine.js';
import { comparePeers } from '../tests/peers/peers.js';
import { runSuite, SECTIONS } from '../tests/bench/suite.js';
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
  },
});

/** Milliseconds and other numbers, short. @param {unknown} value */
function shown(value) {
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toPrecision(value > 1e-3 ? 4 : 2);
}

/** @param {Record<string, any>} row @returns {string} */
function line({ section, task, runtime, variant, threads, ...numbers }) {
  const { median_ms, gflops, of_peak, ...others } = numbers;
  const head = `${runtime} ${variant ?? ''} ${threads ?? ''}`.padEnd(20);
  const rates = [
    median_ms === undefined ? '' : `${shown(median_ms)} ms`,
    gflops === undefined ? '' : `${gflops.toFixed(1)} GFLOP/s, ${(100 * of_peak).toFixed(1)} % of peak`,
    ...Object.entries(others).map(([name, value]) => `${name} ${shown(value)}`),
  ];
  return `${(section ?? '').padEnd(10)} ${head} ${task}: ${rates.filter(Boolean).join(', ')}`;
}

/** @param {object} row */
const report = (row) => console.log(values.json ? JSON.stringify(row) : line(row));

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
const jpegNames = sections.includes('intake') ? await jpegFiles() : [];
const plan = {
  sections: timed,
  variants: values.variant ? [values.variant] : ['simd', 'relaxed'],
  threads: values.threads ? [Number(values.threads)] : [1, 2],
  quick: values.quick,
};
if (timed.length && values.runtime !== 'chromium') {
  const jpegs = jpegNames.map((name) => new Uint8Array(fs.readFileSync(name)));
  await runSuite(createEngine, { ...plan, runtime: 'node', jpegs, report });
}
if (timed.length && values.runtime !== 'node') {
  const message = { ...plan, runtime: 'chromium', jpegUrls: jpegNames.map((name) => `/${name}`) };
  await benchInChromium('tests/bench/worker.js', 'module', message, report);
}
if (sections.includes('modules')) modules();
process.exit(0);
