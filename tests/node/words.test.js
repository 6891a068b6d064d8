/** The words of the page: every key that is used has words in every language, and no word is left over. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { filled, keysIn, languages } from '../../scripts/words.js';
import { ROOT } from '../../scripts/shell.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { RECIPES } from '../../wasm/run/recipes.js';
import { compile, find } from '../../web/page/sentences.js';

const ALL = languages();
const HTML = fs.readFileSync(path.join(ROOT, 'web/index.html'), 'utf8');
/** @param {RegExp} wanted @returns {string} files of the page, one behind the other */
const read = (wanted) =>
  fs
    .readdirSync(path.join(ROOT, 'web/page'), { recursive: true })
    .map((name) => path.join(ROOT, 'web/page', String(name)))
    .filter((file) => wanted.test(file))
    .map((file) => fs.readFileSync(file, 'utf8'))
    .join('\n');
const SCRIPTS = read(/\.js$/);
/** Panels that come later have a page of their own. */
const PANELS = read(/\.html$/);

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
  const named = keysIn(HTML + PANELS);
  for (const key of [...asked, ...named]) assert.ok(key in ALL.en.page, `there are no words for ${key}`);
  for (const key of Object.keys(ALL.en.page))
    assert.ok(named.has(key) || strings.has(key) || starts.some((start) => start.test(key)), `nothing uses ${key}`);
});

test('the page has no words of its own', () => {
  const text = (HTML + PANELS).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  assert.match(text, /^(ssdgan|[\d.×–←→\s])+$/);
  assert.deepEqual([...(HTML + PANELS).matchAll(/ (?:aria-label|title|placeholder)="/g)], []);
});

test('the built page has the English words', () => {
  const page = filled(HTML, ALL);
  assert.match(page, /<title data-t="page\.title">[^<]+<\/title>/);
  assert.ok(page.includes(`data-languages="${Object.keys(ALL).join(' ')}"`));
  assert.match(page, / data-t-aria-label="train\.grid" aria-label="\w+/);
});

test('every setting, its group and its recipe has words in every language but English, which the engine speaks', async () => {
  const { describe } = await createEngine({ threads: 1 });
  const fields = describe.config.filter(({ option }) => option);
  const needed = [
    ...fields.flatMap(({ name, unit }) => [`${name}.label`, `${name}.help`, ...(unit ? [`${name}.unit`] : [])]),
    ...describe.groups.map((name) => `group.${name}`),
    ...Object.keys(RECIPES).map((name) => `recipe.${name}`),
  ];
  for (const [code, { settings }] of Object.entries(ALL))
    if (code !== 'en') assert.deepEqual(needed.filter((key) => !(key in settings)), [], code); // prettier-ignore
});

/** @param {string} folder @param {string} ending @returns {string[]} */
const filesIn = (folder, ending) =>
  fs
    .readdirSync(path.join(ROOT, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => name.endsWith(ending));

/** The arguments of each call, up to its closing bracket. @param {string} source @param {string} call @returns {string[]} */
function callsIn(source, call) {
  return source
    .split(`${call}(`)
    .slice(1)
    .map((rest) => {
      let depth = 1;
      for (const token of rest.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[()]/g)) {
        if (token[0] === '(') depth++;
        if (token[0] === ')' && --depth === 0) return rest.slice(0, token.index);
      }
      return '';
    });
}

/** Sentences of the core, with examples for what changes. @returns {string[]} */
const coreSentences = () =>
  // What tools and tests alone reach is left out.
  filesIn('src', '.c')
    .filter((name) => !/src\/(eval|tools)\//.test(name))
    .flatMap((name) => callsIn(fs.readFileSync(path.join(ROOT, name), 'utf8'), 'context_fail'))
    .flatMap((args) => args.match(/"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*/)?.[0] ?? [])
    .map((text) => text.replace(/"\s+"/g, '').slice(1, -1).replaceAll('\\"', '"'))
    .map((text) => text.replace(/%[-.\d]*(?:z|l)*([a-z])/g, (_, kind) => (kind === 's' ? 'some' : '7')));

/** Sentences of engine, run and worker, with examples for what changes. @returns {string[]} */
const scriptSentences = () =>
  ['wasm/engine', 'wasm/run', 'wasm/module', 'web/worker']
    .flatMap((folder) => filesIn(folder, '.js'))
    .map((name) => fs.readFileSync(path.join(ROOT, name), 'utf8'))
    .flatMap((source) =>
      ['new SsdganError', 'refuse', 'notes.push', 'warnings.push'].flatMap((call) => callsIn(source, call)),
    )
    .flatMap((args) => args.match(/'[^'\n]*'|`[^`]*`/g)?.find((text) => /[a-z] [a-z]/i.test(text)) ?? [])
    .map((text) => text.slice(1, -1))
    .map((text) => text.replace(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, '7').replaceAll("\\'", "'"));

/** What only a fault of the program's own says: it stays English. */
const OWN_FAULTS =
  /must be (0 or more|from 0 to|from -2)|offset of file|no picture number|(latents|styles) were given|a plan has|no pictures (yet|are held)|there is no (setting|recipe|request)|bytes are not|float16 cannot|the easing|the stages? (is|are)|keep-best|pictures of 7 pixels|must be 32, 64/;

test('every sentence of core, engine and worker has words in every language but English', () => {
  const sentences = [...new Set([...coreSentences(), ...scriptSentences()])].filter((text) => !OWN_FAULTS.test(text));
  assert.ok(sentences.length > 90, `${sentences.length}`);
  for (const [code, { engine }] of Object.entries(ALL)) {
    if (code === 'en') continue;
    const templates = compile(engine);
    assert.deepEqual(sentences.filter((sentence) => !find(templates, sentence)), [], code); // prettier-ignore
  }
});

test('words for the engine have the placeholders of their sentence, and English ones are among those of the others', () => {
  for (const [code, { engine }] of Object.entries(ALL)) {
    for (const [sentence, text] of Object.entries(engine))
      for (const name of placeholders(text)) assert.ok(sentence.includes(name), `${code}: ${sentence}`);
    assert.deepEqual(Object.keys(ALL.en.engine).filter((sentence) => code !== 'en' && !(sentence in engine)), []); // prettier-ignore
  }
});

test('a sentence is found by its most exact template, with what stands at its names', () => {
  const templates = compile({ 'the {kind} is cut off': 'A {kind}', 'the {kind} is {what}': 'B', '{n} pictures': 'C' });
  assert.deepEqual(find(templates, 'the PNG is cut off'), { text: 'A {kind}', parts: [['kind', 'PNG']] });
  assert.equal(find(templates, 'the PNG is damaged (its header)')?.text, 'B');
  assert.equal(find(templates, 'some pictures'), null);
});
