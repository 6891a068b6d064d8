/**
 * Runs the fuzz targets of tests/fuzz: each on its seeds and on what once failed, then on inputs that libFuzzer makes of
 * them. It goes on after a finding, closes with a table, and fails where there was one.
 *
 *   node scripts/fuzz.js --total 30                all targets, 30 seconds together (a stage of `npm test`)
 *   node scripts/fuzz.js --each 600                all targets, 10 minutes each (`npm run test:long`)
 *   node scripts/fuzz.js --each 60 png exif        only these
 *
 * With --each, what reached new code is kept in build/fuzz-corpus and is where the next such run begins.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { must, ROOT } from './shell.js';

/** @returns {string[]} the targets that tests/fuzz/CMakeLists.txt names */
export const fuzzTargets = () =>
  [...fs.readFileSync(path.join(ROOT, 'tests/fuzz/CMakeLists.txt'), 'utf8').matchAll(/^ssdgan_fuzz\((\w+)/gm)].map(
    ([, name]) => name,
  );

/** @param {string} text @param {RegExp} pattern @returns {string} its last match, '?' where there is none */
const last = (text, pattern) => [...text.matchAll(pattern)].at(-1)?.[1] ?? '?';

/**
 * @param {string} name
 * @param {number} seconds
 * @param {boolean} grow whether the corpus of the last long run is used, and grows
 * @returns {string | null} what it did; null after a finding
 */
function fuzz(name, seconds, grow) {
  const grown = path.join(ROOT, grow ? 'build/fuzz-corpus' : 'build/fuzz/short-corpus', name);
  const findings = path.join(ROOT, 'build/fuzz-findings');
  if (!grow) fs.rmSync(grown, { recursive: true, force: true });
  for (const folder of [grown, findings]) fs.mkdirSync(folder, { recursive: true });
  const seeds = path.join(ROOT, 'tests/fuzz/corpus', name);
  const { status, stderr } = spawnSync(
    path.join(ROOT, 'build/fuzz/tests/fuzz', `fuzz_${name}`),
    [
      `-max_total_time=${seconds}`,
      `-artifact_prefix=${findings}/${name}-`,
      '-timeout=20', // seconds for one input
      '-rss_limit_mb=2000',
      '-print_final_stats=1',
      grown,
      ...(fs.existsSync(seeds) ? [seeds] : []),
    ],
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1e9,
      env: { ...process.env, ASAN_OPTIONS: 'allocator_may_return_null=1' },
    },
  );
  if (status !== 0) {
    console.error(stderr.split('\n').slice(-60).join('\n'));
    console.error(
      `fuzz: ${name}: a finding; mend it, and keep the smallest input that shows it in tests/fuzz/corpus/${name}`,
    );
    return null;
  }
  const executions = last(stderr, /^stat::number_of_executed_units: *(\d+)/gm);
  return `${executions} executions, ${last(stderr, / cov: (\d+)/g)} edges, ${last(stderr, / ft: (\d+)/g)} features`;
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    options: { total: { type: 'string' }, each: { type: 'string' } },
    allowPositionals: true,
  });
  const names = positionals.length ? positionals : fuzzTargets();
  const unknown = names.filter((name) => !fuzzTargets().includes(name));
  if (unknown.length) {
    console.error(`There is no fuzz target ${unknown.join(', ')}; there are ${fuzzTargets().join(', ')}.`);
    process.exit(2);
  }
  must('cmake --preset fuzz >/dev/null && cmake --build --preset fuzz -- --quiet');
  // libFuzzer takes 0 seconds for no limit.
  const seconds = Math.max(1, Math.round(Number(values.each ?? Number(values.total ?? 30) / names.length)));
  const results = names.map((name) => ({ name, result: fuzz(name, seconds, values.each !== undefined) }));
  for (const { name, result } of results) console.log(`${name}: ${result ?? 'FAILED'}`);
  process.exit(results.every(({ result }) => result) ? 0 : 1);
}
