/** The words of the page: every key that is used has words in every language, and no word is left over. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { filled, keysIn, languages } from '../../scripts/words.js';
import { ROOT } from '../../scripts/shell.js';

const ALL = languages();
const HTML = fs.readFileSync(path.join(ROOT, 'web/index.html'), 'utf8');
const SCRIPTS = fs
  .readdirSync(path.join(ROOT, 'web/page'))
  .map((name) => fs.readFileSync(path.join(ROOT, 'web/page', name), 'utf8'))
  .join('\n');

/** @param {import('../../scripts/words.js').Text} text @returns {string[]} */
const placeholders = (text) =>
  [
    ...new Set(
      [
        ...Object.values(typeof text === 'string' ? [text] : text)
          .join()
          .matchAll(/\{\w+\}/g),
      ].map(String),
    ),
  ].sort();

test('every language has the same keys and placeholders', () => {
  for (const [code, { page }] of Object.entries(ALL)) {
    assert.deepEqual(Object.keys(page).sort(), Object.keys(ALL.en.page).sort(), code);
    for (const [key, text] of Object.entries(page))
      assert.deepEqual(placeholders(text), placeholders(ALL.en.page[key]), `${code}: ${key}`);
  }
});

test('a text for each number has all categories that its language has', () => {
  for (const [code, { page }] of Object.entries(ALL)) {
    const categories = new Intl.PluralRules(code).resolvedOptions().pluralCategories.sort();
    for (const [key, text] of Object.entries(page))
      if (typeof text !== 'string') assert.deepEqual(Object.keys(text).sort(), categories, `${code}: ${key}`);
  }
});

test('every key that is used has words, and every key is used', () => {
  // A key in a script is a string of its own, or begins a template: t(`evaluate.${name}-about`).
  const strings = new Set([...SCRIPTS.matchAll(/'([a-z-]+\.[a-z0-9-]+)'/g)].map(([, key]) => key));
  const asked = [...SCRIPTS.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key);
  const starts = [...SCRIPTS.matchAll(/\bt\(`([a-z-]+\.[a-z-]*)\$\{[^}]*\}([a-z-]*)`/g)].map(
    ([, start, end]) => new RegExp(`^${start.replace('.', '\\.')}[a-z0-9]+${end}$`),
  );
  const named = keysIn(HTML);
  for (const key of [...asked, ...named]) assert.ok(key in ALL.en.page, `there are no words for ${key}`);
  for (const key of Object.keys(ALL.en.page))
    assert.ok(named.has(key) || strings.has(key) || starts.some((start) => start.test(key)), `nothing uses ${key}`);
});

test('the page has no words of its own', () => {
  const text = HTML.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  assert.match(text, /^(ssdgan|[\d.×–\s])+$/);
  assert.deepEqual([...HTML.matchAll(/ (?:aria-label|title|placeholder)="/g)], []);
});

test('the built page has the English words', () => {
  const page = filled(HTML, ALL);
  assert.match(page, /<title data-t="page\.title">[^<]+<\/title>/);
  assert.ok(page.includes(`data-languages="${Object.keys(ALL).join(' ')}"`));
  assert.match(page, / data-t-aria-label="make\.faces" aria-label="\w+/);
});
