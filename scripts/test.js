/**
 * `npm test`: sets up, builds and runs every stage. It goes on after a failure and closes with a summary.
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
import { needsBuild, STAGES, stagesOf, tapOf } from './stages.js';

/** @typedef {import('./stages.js').Stage} Stage */
/** @typedef {{name: string, passed: boolean, note: string}} Result */

/** @param {Stage} stage @returns {Result} */
function run({ name, command }) {
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
console.log('\n=== summary');
for (const { name, passed, note } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${note})`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
