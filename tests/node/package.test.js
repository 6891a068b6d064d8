/** The package: one version, and an archive that holds all that is needed to use it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { notices } from '../../scripts/notices.js';
import { ROOT } from '../../scripts/shell.js';

const read = (/** @type {string} */ name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
/** @param {string} target of an import @returns {string} its package, without a path in it */
const packageOf = (target) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
const PACKAGE = JSON.parse(read('package.json'));

test('the core says the version of package.json, and the changelog has it', async () => {
  assert.equal((await createEngine({ threads: 1 })).describe.version, PACKAGE.version);
  assert.equal(JSON.parse(read('packages/starter/package.json')).version, PACKAGE.version);
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
  for (const name of ['README.md', 'LICENSE', 'wasm/module/NOTICES.txt', PACKAGE.bin.ssdgan]) {
    assert.ok(names.includes(name), name);
  }
  assert.deepEqual(
    names.filter((name) => !/^(build\/(wasm|browser|types)|wasm|examples)\/|^[^/]+\.(md|json)$|^LICENSE$/.test(name)),
    [],
  );
  const scripts = names.filter((name) => /^wasm\/.*\.js$/.test(name));
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

test('the notices of the site hold the licences of all that is in it', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-'));
  const plugin = /** @type {any} */ (notices());
  const fflate = path.join(ROOT, 'node_modules/fflate/esm/browser.js');
  const zip = `\0${path.join(ROOT, 'node_modules/@zip.js/zip.js/lib/core/io.js')}`;
  const ours = path.join(ROOT, 'web/page/main.js');
  plugin.generateBundle(
    {},
    { 'a.js': { type: 'chunk', modules: { [fflate]: {}, [ours]: {} } }, 'a.css': { type: 'asset' } },
  );
  plugin.generateBundle({}, { 'b.js': { type: 'chunk', modules: { [zip]: {} } } });
  plugin.writeBundle({ dir });
  const text = fs.readFileSync(path.join(dir, 'NOTICES.txt'), 'utf8');
  for (const part of [read('LICENSE').trim(), 'Sean Barrett', 'Rich Felker', /^@zip\.js\/zip\.js \S+ \(BSD-3-Clause\)$/m, /^fflate \S+ \(MIT\)$/m])
    assert.ok(typeof part === 'string' ? text.includes(part) : part.test(text), String(part)); // prettier-ignore
  const name = path.join(dir, 'node_modules/nameless');
  fs.mkdirSync(name, { recursive: true });
  fs.writeFileSync(path.join(name, 'package.json'), '{"name":"nameless"}');
  plugin.generateBundle({}, { 'c.js': { type: 'chunk', modules: { [path.join(name, 'index.js')]: {} } } });
  assert.throws(() => plugin.writeBundle({ dir }), /nameless has no licence file/);
  fs.rmSync(dir, { recursive: true });
});
