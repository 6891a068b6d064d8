/** The page's words at build time: which languages there are, and the English ones in the page as it is first seen. */
import fs from 'node:fs';
import path from 'node:path';
import { transformWithEsbuild } from 'vite';
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
    .replace(/( data-t="([^"]+)"[^<>]*>)(?=<\/)/g, (_, tag, key) => tag + escaped(english(key)))
    .replace(/\n\s+/g, '\n');
}

/** @param {string} html @returns {Set<string>} the keys that it names */
export const keysIn = (html) => new Set([...html.matchAll(/ data-t(?:-[a-z-]+)?="([^"]+)"/g)].map(([, key]) => key));

/** Words of panels that are fetched when they are needed; index.html may name some of them all the same. */
const OF_LATER =
  /^(camera|compare|curves|directions|evaluate|expected|explain|face|faces|film|frame|interpolate|keys|link|make|mix|not-saved|out|project|report|story|thumbs|video)\./;
/** Words that the build alone needs: index.html holds those of every language. */
const OF_BUILD = /^start\./;

/** Words of settings that are seen before the others are fetched. */
const OF_RECIPES = /^recipe\./;

/** @template T @param {Record<string, T>} all @param {(key: string) => boolean} isWanted */
const only = (all, isWanted) => Object.fromEntries(Object.entries(all).filter(([key]) => isWanted(key)));

/**
 * What of a file is fetched at first (`?page`), and what when it is needed. The page itself holds the English words that it
 * names.
 * @type {Record<string, (words: Words, named: Set<string>, code: string) => object>}
 */
const PARTS = {
  page: ({ page, settings }, named, code) => ({
    page: only(page, (key) => !OF_BUILD.test(key) && (named.has(key) ? code !== 'en' : !OF_LATER.test(key))),
    recipes: only(settings, (key) => OF_RECIPES.test(key)),
  }),
  later: ({ page }, named) => only(page, (key) => OF_LATER.test(key) && !named.has(key)),
  engine: ({ engine, settings }) => ({ engine, settings }),
};

/** @returns {import('vite').Plugin} */
export function words() {
  return {
    name: 'words',
    enforce: 'pre',
    load(id) {
      const [, file, part] = /^(.*\/words\/[\w-]+\.json)\?(page|later|engine)$/.exec(id) ?? [];
      if (!file) return null;
      this.addWatchFile(file);
      const named = keysIn(fs.readFileSync(path.join(ROOT, 'web/index.html'), 'utf8'));
      return JSON.stringify(
        PARTS[part](JSON.parse(fs.readFileSync(file, 'utf8')), named, path.basename(file, '.json')),
      );
    },
    // A classic script: Vite bundles modules only.
    async generateBundle() {
      const file = path.join(ROOT, 'web/first.js');
      const { code } = await transformWithEsbuild(fs.readFileSync(file, 'utf8'), file, {
        minify: true,
        sourcemap: false,
      });
      this.emitFile({ type: 'asset', fileName: 'first.js', source: code });
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
