/** The error catalogue: every code has its section, and every sentence in it is one that the program says. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { createEngine, loadGenerator } from '../../wasm/package/index.js';

const CATALOGUE = fs.readFileSync(path.join(ROOT, 'docs/errors.md'), 'utf8');
const SECTIONS = [...CATALOGUE.matchAll(/^## ([a-z_]+)$/gm)].map(([, code]) => code);

/** Sources of the core and of the scripts; neighbouring strings of C are one. */
const SOURCES = ['src', 'wasm', 'web']
  .flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true })
      .map((name) => path.join(ROOT, folder, String(name)))
      .filter((file) => /\.(c|js)$/.test(file)),
  )
  .map((file) => fs.readFileSync(file, 'utf8'))
  .join('\n')
  .replace(/"\s*\n\s*"/g, '')
  .replaceAll("\\'", "'");

test('every code has a section, and no section is of a code that is gone', async () => {
  const engine = await createEngine({ threads: 1 });
  const ofScripts = [...SOURCES.matchAll(/(?:new SsdganError\(|refuse\(|\bcode(?::|\s=)\s*)\s*'([a-z_]+)'/g)];
  const codes = new Set([...Object.keys(engine.describe.status), ...ofScripts.map(([, code]) => code)]);
  codes.delete('ok');
  assert.deepEqual([...SECTIONS].sort(), [...codes].sort());
  engine.dispose();
});

test('every sentence of the catalogue is in the sources', () => {
  const sentences = [...CATALOGUE.matchAll(/^- `([^`]+)`/gm)].map(([, sentence]) => sentence);
  assert.ok(sentences.length > 25, `${sentences.length}`);
  const parts = sentences.flatMap((sentence) => sentence.split('…')).filter((part) => part.trim().length > 5);
  assert.deepEqual(parts.filter((part) => !SOURCES.includes(part.trim().replace(/^, |:$/, ''))), []); // prettier-ignore
});

test('codes arrive with their sentences', async () => {
  const engine = await createEngine({ threads: 1 });
  const failures = /** @type {[string, () => unknown][]} */ ([
    ['bad_argument', () => engine.createTrainer({ colour: 1 })],
    ['bad_argument', () => engine.createTrainer({ image_size: 33 })],
    ['bad_file', () => engine.loadGenerator(new Uint8Array(9))],
    ['bad_file', () => engine.createDataset().addFile(new TextEncoder().encode('no picture'))],
    ['unsupported', () => engine.createDataset().addFile(new TextEncoder().encode('RIFF1234WEBPVP8 '))],
    ['bad_state', () => engine.createTrainer({ image_size: 32, width: 4, batch: 4 }).step()],
  ]);
  for (const [code, fail] of failures)
    assert.throws(fail, (error) => {
      const { code: given, message } = /** @type {any} */ (error);
      assert.equal(given, code, message);
      return /[a-z]+ [a-z]+/.test(message);
    });
  await assert.rejects(loadGenerator('data:text/plain,nothing'), { code: 'bad_file' });
  engine.dispose();
});
