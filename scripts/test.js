/**
 * `npm test`: sets up, builds and runs every stage. It goes on after a failure, and closes with the end of what every failed stage
 * printed and with a summary.
 * `npm test -- WHAT...` runs only that, with the build that is there (stages.js):
 *
 *   native tsan fuzz format lint types tidy node browser    stages
 *   quick                                                   what finds most mistakes in under a minute
 *   native:conv tsan:conv                                   tests/native/test_conv.c
 *   fuzz:png                                                the target png of tests/fuzz, for 30 seconds
 *   tests/node/latent.test.js                               one file of tests
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, shell } from './shell.js';
import { logOf, needsBuild, STAGES, stagesOf, tapOf } from './stages.js';

/** @typedef {import('./stages.js').Stage} Stage */
/** @typedef {{name: string, passed: boolean, note: string, end?: string}} Result end: of what a failed stage printed */

/** Lines of a failed stage that are printed again: what failed stands at the end of them. */
const END_LINES = 40;

/**
 * The command, with what it prints kept in a file too. It does not wait for ever until the pipe is closed: a program that a failed test
 * left behind may hold it.
 * @param {string} command
 * @param {string} log
 */
const kept = (command, log) =>
  `exec > >(exec tee ${log}) 2>&1; tee=$!
  ${command}
  status=$?; exec >&- 2>&-; timeout 5 tail -s 0.05 --pid=$tee -f /dev/null; exit $status`;

/** @param {string} name a stage that ran @returns {string} its last lines */
function endOf(name) {
  const lines = fs
    .readFileSync(path.join(ROOT, logOf(name)), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.slice(-END_LINES).join('\n');
}

/** @param {Stage} stage @returns {Result} */
function run({ name, command }) {
  console.log(`\n=== ${name}`);
  const began = Date.now();
  const tap = path.join(ROOT, tapOf(name));
  fs.mkdirSync(path.dirname(tap), { recursive: true });
  fs.rmSync(tap, { force: true });
  const passed = shell(kept(command, logOf(name)));
  const skipped = fs.existsSync(tap) ? Number(/^# skipped (\d+)/m.exec(fs.readFileSync(tap, 'utf8'))?.[1] ?? 0) : 0;
  const seconds = Math.round((Date.now() - began) / 1000);
  const note = `${seconds} s${skipped ? `, ${skipped} SKIPPED, see above` : ''}`;
  return { name, passed, note, end: passed ? undefined : endOf(name) };
}

/** Setup, build, and every stage that can run after them. @returns {Result[]} */
function runAll() {
  const results = [run({ name: 'setup', command: 'bash scripts/setup' })];
  const prepared = results[0].passed;
  if (prepared) results.push(run({ name: 'build', command: 'node scripts/build.js' }));
  const built = results.every(({ passed }) => passed);
  for (const stage of STAGES) {
    if (built || (prepared && !needsBuild(stage))) results.push(run(stage));
    else results.push({ name: stage.name, passed: false, note: `not run: ${prepared ? 'the build' : 'setup'} failed` });
  }
  return results;
}

/** @param {string[]} wanted @returns {Stage[]} */
function chosen(wanted) {
  try {
    return wanted.flatMap(stagesOf);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(2);
  }
}

const stages = chosen(process.argv.slice(2));
const results = stages.length ? stages.map(run) : runAll();
for (const { name, end } of results) if (end) console.log(`\n=== the end of ${name}\n${end}`);
console.log('\n=== summary');
for (const { name, passed, note } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${note})`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
