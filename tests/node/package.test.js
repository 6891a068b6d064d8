/** The package: one version, and an archive that holds all that is needed to use it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { ROOT } from '../../scripts/shell.js';

const read = (/** @type {string} */ name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
/** @param {string} target of an import @returns {string} its package, without a path in it */
const packageOf = (target) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
const PACKAGE = JSON.parse(read('package.json'));

test('the core says the version of package.json, and the changelog has it', async () => {
  assert.equal((await createEngine({ threads: 1 })).describe.version, PACKAGE.version);
  assert.ok(read('CHANGELOG.md').includes(`\n## ${PACKAGE.version}\n`));
});

test('the package holds the modules, and every file and package that its scripts import', () => {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' }),
  );
  /** @type {string[]} */
  const names = files.map((/** @type {{path: string}} */ file) => file.path);
  for (const variant of ['simd', 'simd-mt', 'relaxed', 'relaxed-mt']) {
    for (const ending of ['mjs', 'wasm']) assert.ok(names.includes(`build/wasm/ssdgan.${variant}.${ending}`), variant);
  }
  for (const name of ['README.md', 'LICENSE', 'web/public/starter/model.safetensors', PACKAGE.bin.ssdgan]) {
    assert.ok(names.includes(name), name);
  }
  for (const target of Object.values(PACKAGE.exports)) assert.ok(names.includes(path.posix.join(target)), target);
  assert.deepEqual(
    names.filter((name) => !/^(build\/wasm|wasm|web\/public\/starter)\/|^[^/]+\.(md|json)$|^LICENSE$/.test(name)),
    [],
  );
  const scripts = names.filter((name) => name.endsWith('.js'));
  const missing = scripts.flatMap((name) =>
    [...read(name).matchAll(/(?:^(?:import|export)\b[^;]*?from |^import |\bimport\()'([^']+)'/gm)]
      .map(([, target]) => (target.startsWith('.') ? path.posix.join(path.posix.dirname(name), target) : target))
      .filter(
        (target) =>
          !target.startsWith('node:') && !names.includes(target) && !(packageOf(target) in PACKAGE.dependencies),
      )
      .map((target) => `${name} imports ${target}`),
  );
  assert.deepEqual(missing, []);
});
