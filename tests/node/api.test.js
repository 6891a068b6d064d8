/** The API reference: what the package exports is in it, the C header and the error catalogue too. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { headerDocument, makeApi } from '../../scripts/make-api.js';
import { ROOT } from '../../scripts/shell.js';
import * as exported from '../../wasm/package/index.js';

test('every export has its page, and every function of the header is there', async () => {
  const modules = await makeApi();
  for (const name of ['ssdgan', 'ssdgan/node', 'ssdgan/ssd-faces', 'ssdgan/worker']) assert.ok(modules.includes(name), name); // prettier-ignore
  const files = fs.readdirSync(path.join(ROOT, 'build/api'), { recursive: true }).map(String);
  for (const name of Object.keys(exported))
    assert.ok(files.some((file) => file.endsWith(`.${name}.html`)), name); // prettier-ignore
  const page = (/** @type {string} */ name) => fs.readFileSync(path.join(ROOT, 'build/api/documents', name), 'utf8').replace(/<[^>]+>/g, ''); // prettier-ignore
  const header = fs.readFileSync(path.join(ROOT, 'include/ssdgan.h'), 'utf8');
  const text = page('build_ssdgan.h.html');
  const functions = [...header.matchAll(/\b(ssd_[a-z_]+)\(/g)].map(([, name]) => name);
  assert.ok(functions.length > 60);
  for (const name of functions) assert.ok(text.includes(name), name);
  assert.ok(text.includes('&lt;stddef.h&gt;'), 'what stands in <> is shown');
  assert.match(page('docs_errors.html'), /not_finite/);
});

test('sections of the header become headings', () => {
  const made = headerDocument(
    '/* about */\n\n/* ------ status --- */\nint a;\n/* ---- pictures, files --- */\nint b;\n',
  );
  assert.match(
    made,
    /# ssdgan\.h\n\n```c\n\/\* about \*\/\n```\n\n## status\n\n```c\nint a;\n```\n\n## pictures, files\n/,
  );
});
