/** The package and the site: one version, and the licences of all that is in them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { notices } from '../../scripts/notices.js';
import { ROOT } from '../../scripts/shell.js';

const read = (/** @type {string} */ name) => fs.readFileSync(path.join(ROOT, name), 'utf8');
const PACKAGE = JSON.parse(read('package.json'));

test('the core says the version of package.json, and the changelog has it', async () => {
  assert.equal((await createEngine({ threads: 1 })).describe.version, PACKAGE.version);
  assert.equal(JSON.parse(read('packages/starter/package.json')).version, PACKAGE.version);
  assert.ok(read('CHANGELOG.md').includes(`\n## ${PACKAGE.version}\n`));
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
