/** The stages of `npm test`, and which of them an argument means. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fuzzTargets } from './fuzz.js';
import { ROOT } from './shell.js';

/** @typedef {{name: string, command: string}} Stage */

/** @param {string} name @returns {string} where a stage counts its skipped tests, for the summary */
export const tapOf = (name) => `build/${name}.tap`;

/** @param {string} name @returns {string} where a stage's output is kept */
export const logOf = (name) => `build/${name.replaceAll(':', '-')}.log`;

/** @param {string} name @returns {string} options: readable to the terminal, countable to the file */
function reporters(name) {
  const readable = '--test-reporter=spec --test-reporter-destination=stdout';
  return `${readable} --test-reporter=tap --test-reporter-destination=${tapOf(name)}`;
}

const CORES = os.availableParallelism();

/** @param {'asan' | 'tsan'} preset @param {string} choice options of ctest */
const native = (preset, choice = '') =>
  `cmake --preset ${preset} >/dev/null && cmake --build --preset ${preset} -- --quiet && ctest -j ${CORES} --preset ${preset} ${choice}`;

/** Files at once: Node's own number, but two on two cores, where Node would run one. */
const NODE_FILES = Math.max(2, CORES - 1);
/** Two, because a test waits for its browser nearly as long as it computes. */
const BROWSER_FILES = 2;

/**
 * Node's test runner, with an end: where the last message of a file is cut off it turns in a circle for ever and hears no signal but
 * SIGKILL (https://github.com/nodejs/node/issues/62693). A stage takes 2 to 10 minutes.
 */
const RUNNER = 'timeout --foreground --kill-after=10 30m node --test';

/** @param {string} files */
const node = (files) => `${RUNNER} ${reporters('node')} --test-concurrency=${NODE_FILES} ${files}`;

/** @param {string} files */
const browser = (files) =>
  `${RUNNER} ${reporters('browser')} --test-force-exit --test-concurrency=${BROWSER_FILES} ${files}`;

const FORMAT = [
  "clang-format-19 --dry-run --Werror $(git ls-files '*.c' '*.h')",
  'prettier --check --log-level warn --cache --cache-location build/prettier-cache .',
].join(' && ');
const LINT = 'eslint --cache --cache-location build/eslint-cache .';
const TYPES = 'tsc -p tsconfig.json --incremental --tsBuildInfoFile build/types.tsbuildinfo';
const TIDY = "git ls-files 'src/*.c' | grep -v src/data/stb.c | xargs -P 2 -n 8 clang-tidy-19 --quiet -p build/asan";

/** @type {Stage[]} every stage, in this order */
export const STAGES = [
  { name: 'native', command: native('asan') },
  { name: 'tsan', command: native('tsan') },
  { name: 'fuzz', command: 'node scripts/fuzz.js --total 30' },
  { name: 'format', command: FORMAT },
  { name: 'lint', command: LINT },
  { name: 'types', command: TYPES },
  { name: 'tidy', command: `${TIDY} 2>/dev/null` },
  { name: 'node', command: node('tests/node/*.test.js') },
  { name: 'browser', command: browser('tests/browser/*.test.js') },
];

/** The Node tests that find most for their time: 12 s of processor together. */
const QUICK_NODE = ['docs', 'intake', 'latent', 'layers', 'package', 'recipes', 'safetensors', 'scripts'];

/** Under a minute: the native tests but `conv`, which takes as long as all the others together. @type {Stage[]} */
const QUICK = [
  { name: 'native', command: native('asan', '-E "^conv$"') },
  ...STAGES.filter(({ name }) => ['format', 'lint', 'types'].includes(name)),
  { name: 'node', command: node(QUICK_NODE.map((stem) => `tests/node/${stem}.test.js`).join(' ')) },
];

/** Stages that run what the build makes: after a failed build they would test an older one. @param {Stage} stage */
export const needsBuild = ({ name }) => name === 'node' || name === 'browser';

/**
 * @param {string} argument a stage, `quick`, `native:NAME`, `tsan:NAME`, `fuzz:NAME`, or a file of tests
 * @returns {Stage[]}
 */
export function stagesOf(argument) {
  const stage = STAGES.find(({ name }) => name === argument);
  if (stage) return [stage];
  if (argument === 'quick') return QUICK;
  const [, preset, stem] = /^(native|tsan):([a-z_0-9]+)$/.exec(argument) ?? [];
  if (stem) {
    if (!fs.existsSync(path.join(ROOT, `tests/native/test_${stem}.c`)))
      throw new Error(`There is no native test ${stem}.`);
    return [{ name: argument, command: native(preset === 'native' ? 'asan' : 'tsan', `-R "^${stem}$"`) }];
  }
  const target = /^fuzz:([a-z_0-9]+)$/.exec(argument)?.[1];
  if (target && fuzzTargets().includes(target)) {
    return [{ name: argument, command: `node scripts/fuzz.js --total 30 ${target}` }];
  }
  const folder = /^(?:\.\/)?tests\/(node|browser)\/[a-z-]+\.test\.js$/.exec(argument)?.[1];
  if (folder && fs.existsSync(path.join(ROOT, argument))) {
    return [{ name: folder, command: (folder === 'node' ? node : browser)(argument) }];
  }
  const names = STAGES.map(({ name }) => name).join(', ');
  throw new Error(
    `There is no stage or test ${argument}; there are ${names}, quick, native:NAME, tsan:NAME, fuzz:NAME and files of tests.`,
  );
}
