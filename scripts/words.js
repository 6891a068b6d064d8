/** The page's words at build time: which languages there are, and the English ones in the page as it is first seen. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './shell.js';

/** One file a language, by its code. */
export const WORDS = path.join(ROOT, 'web/words');

/**
 * @typedef {string | Record<string, string>} Text or one a plural category (Intl.PluralRules), chosen by the value `n`
 * @typedef {{language: string, page: Record<string, Text>, engine: Record<string, Text>, settings: Record<string, Text>}} Words
 */

/** @returns {Record<string, Words>} by code, English first */
export function languages() {
  const codes = fs.readdirSync(WORDS).map((file) => path.basename(file, '.json'));
  codes.sort((a, b) => Number(b === 'en') - Number(a === 'en') || a.localeCompare(b));
  return Object.fromEntries(
    codes.map((code) => [code, JSON.parse(fs.readFileSync(path.join(WORDS, `${code}.json`), 'utf8'))]),
  );
}

/** @param {string} text @returns {string} */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** Puts words into a page whose elements name them. @param {string} html @param {Record<string, Words>} all @returns {string} */
export function filled(html, all) {
  /** @param {string} key */
  const english = (key) => {
    const text = all.en.page[key];
    if (typeof text !== 'string') throw new Error(`index.html has the words "${key}", which en.json lacks`);
    return text;
  };
  return html
    .replace(/<html[^>]*>/, `<html lang="en" data-languages="${Object.keys(all).join(' ')}">`)
    .replace(/<(\w+)([^<>]*?) data-t-all="([^"]+)"([^<>]*)><\/\1>/g, (_, tag, before, key, after) =>
      // Words without a program to choose them: those of every language. They may have tags.
      Object.entries(all)
        .map(([code, { page }]) => `<${tag}${before}${after} lang="${code}">${page[key]}</${tag}>`)
        .join(''),
    )
    .replace(/ data-t-([a-z-]+)="([^"]+)"/g, (all_, name, key) => `${all_} ${name}="${escaped(english(key))}"`)
    .replace(/( data-t="([^"]+)"[^<>]*>)(?=<\/)/g, (_, tag, key) => tag + escaped(english(key)));
}

/** @param {string} html @returns {Set<string>} the keys that it names */
export const keysIn = (html) => new Set([...html.matchAll(/ data-t(?:-[a-z-]+)?="([^"]+)"/g)].map(([, key]) => key));

/** Words that few visitors need. */
const OF_FACES = /^faces\./;

/**
 * What of a file is fetched at first (`?page`), and what when it is needed (`?engine`). The page itself holds the English
 * words that it names.
 * @type {Record<string, (words: Words, code: string) => object>}
 */
const PARTS = {
  page({ page, settings }, code) {
    const inPage = code === 'en' ? keysIn(fs.readFileSync(path.join(ROOT, 'web/index.html'), 'utf8')) : new Set();
    const isFirst = (/** @type {string} */ key) => !inPage.has(key) && !OF_FACES.test(key);
    return { page: Object.fromEntries(Object.entries(page).filter(([key]) => isFirst(key))), settings };
  },
  faces: ({ page }) => Object.fromEntries(Object.entries(page).filter(([key]) => OF_FACES.test(key))),
  engine: ({ engine }) => engine,
};

/** @returns {import('vite').Plugin} */
export function words() {
  return {
    name: 'words',
    enforce: 'pre',
    load(id) {
      const [, file, part] = /^(.*\/words\/[\w-]+\.json)\?(page|engine|faces)$/.exec(id) ?? [];
      if (!file) return null;
      this.addWatchFile(file);
      return JSON.stringify(PARTS[part](JSON.parse(fs.readFileSync(file, 'utf8')), path.basename(file, '.json')));
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html) => ({
        html: filled(html, languages()),
        tags: [{ tag: 'script', attrs: { src: './first.js' }, injectTo: 'head-prepend' }],
      }),
    },
  };
}
