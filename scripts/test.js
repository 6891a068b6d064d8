/**
 * Every test: native under sanitizers, Node over all variants, browser, lint, types, formatting. Goes on after a failure
 * and closes with a summary. `npm test -- node browser` runs the named stages only (the build must be there then).
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, shell } from './shell.js';

/** @param {string} name @returns {string} the file that counts what was skipped, which the summary says */
const tapOf = (name) => `build/${name}.tap`;

/** @param {string} name @returns {string} options: readable to the terminal, countable to the file */
function reporters(name) {
  const readable = '--test-reporter=spec --test-reporter-destination=stdout';
  return `${readable} --test-reporter=tap --test-reporter-destination=${tapOf(name)}`;
}

/** @type {[string, string][]} */
const STAGES = [
  ['native', 'cmake --preset asan >/dev/null && cmake --build --preset asan -- --quiet && ctest --preset asan'],
  ['format', "clang-format-19 --dry-run --Werror $(git ls-files '*.c' '*.h') && prettier --check --log-level warn ."],
  ['lint', 'eslint .'],
  ['types', 'tsc -p tsconfig.json'],
  ['tidy', "clang-tidy-19 --quiet -p build/asan $(git ls-files 'src/*.c' | grep -v src/data/stb.c) 2>/dev/null"],
  ['node', `node --test ${reporters('node')} tests/node/*.test.js`],
  ['browser', `node --test ${reporters('browser')} --test-force-exit --test-concurrency=1 tests/browser/*.test.js`],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STAGES.some(([stage]) => stage === name));
if (unknown.length) {
  console.error(`There is no stage ${unknown.join(', ')}; there are ${STAGES.map(([name]) => name).join(', ')}.`);
  process.exit(2);
}
/** Stages that run what the build makes: after a failed build they would test an older one. */
const NEEDS_BUILD = ['node', 'browser'];

/** @typedef {{name: string, passed: boolean, note: string}} Result */

/** @param {string} name @param {string} command @returns {Result} */
function run(name, command) {
  console.log(`\n=== ${name}`);
  const began = Date.now();
  const tap = path.join(ROOT, tapOf(name));
  fs.mkdirSync(path.dirname(tap), { recursive: true });
  fs.rmSync(tap, { force: true });
  const passed = shell(command);
  const skipped = fs.existsSync(tap) ? Number(/^# skipped (\d+)/m.exec(fs.readFileSync(tap, 'utf8'))?.[1] ?? 0) : 0;
  const seconds = Math.round((Date.now() - began) / 1000);
  return { name, passed, note: `${seconds} s${skipped ? `, ${skipped} SKIPPED, see above` : ''}` };
}

/** @type {Result[]} */
const results = [];
if (!wanted.length) {
  results.push(run('setup', 'bash scripts/setup'));
  if (results[0].passed) results.push(run('build', 'node scripts/build.js'));
}
const ready = results.every(({ passed }) => passed);
const prepared = results[0]?.passed ?? true;
for (const [name, command] of STAGES) {
  if (wanted.length && !wanted.includes(name)) continue;
  if (!prepared || (!ready && NEEDS_BUILD.includes(name))) {
    results.push({ name, passed: false, note: `not run: ${prepared ? 'the build' : 'setup'} failed` });
  } else {
    results.push(run(name, command));
  }
}
console.log('\n=== summary');
for (const { name, passed, note } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${note})`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
