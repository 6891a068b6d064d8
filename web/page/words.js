/// <reference types="vite/client" />
/**
 * The page's words in the visitor's language. A language is one file, web/words/CODE.json:
 *
 *   language   its own name
 *   page       words by key: for t(), and for the elements of index.html that name a key (data-t, data-t-title, ...)
 *   settings   words of the engine's settings, by their name; what is missing is in the engine's table
 *   engine     sentences of core, engine and worker, which speak English: the English one with {names} for what changes ->
 *              the page's words for it. What is missing is shown as it is
 *
 * Words may have {names} too, and may be one text for each plural category, which the value `n` chooses.
 */
import { later } from '../later.js';

/** @typedef {string | Record<string, string>} Text */
/** @typedef {Record<string, string | number>} Values numbers are written as the language writes them */

/** In localStorage: the language that the visitor has chosen. public/first.js reads it. */
const KEPT = 'ssdgan-language';

/** The languages' codes and names. @type {Record<string, string>} */
export const LANGUAGES = import.meta.env.LANGUAGES;

/** @type {Record<string, () => Promise<any>>} */
const pages = import.meta.glob('../words/*.json', { query: '?page', import: 'default' });
/** @type {Record<string, () => Promise<any>>} */
const engines = import.meta.glob('../words/*.json', { query: '?engine', import: 'default' });
/** @type {Record<string, () => Promise<any>>} */
const faces = import.meta.glob('../words/*.json', { query: '?faces', import: 'default' });
/** @param {string} code */
const fileOf = (code) => `../words/${code}.json`;

let language = 'en';
let plural = new Intl.PluralRules(language);
/** @type {{page: Record<string, Text>, settings: Record<string, Text>}} */
let words = { page: {}, settings: {} };
/** @type {{pattern: RegExp, names: string[], text: Text}[]} what the engine says, the most exact first */
let sentences = [];
/** @type {Record<string, string>} the engine's labels of its settings, by name */
let labels = {};

/** The words about faces in photos are here too. */
let hasFaces = false;

/** What was told -> how it is told again in another language. @type {Map<Element, () => string>} */
const told = new Map();
/** @type {(() => void)[]} */
const listeners = [];

/** @returns {string} the code of the page's language */
export const lang = () => language;

/** @param {number} value @param {number} [digits] after the point; default: at most three @returns {string} */
export const number = (value, digits) =>
  new Intl.NumberFormat(
    language,
    digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  ).format(value);

/** @param {number} value @param {string} unit of Intl: second, minute, megabyte, ... @param {number} digits at most @returns {string} */
export const withUnit = (value, unit, digits = 0) =>
  new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: digits }).format(value);

/** @param {number} share @returns {string} in whole per cent */
export const percent = (share) => new Intl.NumberFormat(language, { style: 'percent' }).format(share);

/** @param {number} bytes @returns {string} */
export const size = (bytes) =>
  bytes < 1e9
    ? withUnit(Math.max(bytes / 1e6, 0.1), 'megabyte', bytes < 1e8 ? 1 : 0)
    : withUnit(bytes / 1e9, 'gigabyte', 1);

/** @param {Text} text @param {Values} values @returns {string} */
function fill(text, values) {
  const one = typeof text === 'string' ? text : (text[plural.select(Number(values.n))] ?? text.other);
  return one.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? all);
  });
}

/** The words of a key. @param {string} key @param {Values} values @returns {string} */
export function t(key, values = {}) {
  const text = words.page[key];
  return text === undefined ? key : fill(text, values);
}

/** A setting's label, help, unit or choice, or a group's name. @param {string} key NAME.label, ... @param {string} otherwise the engine's */
export const settingWords = (key, otherwise) => /** @type {string} */ (words.settings[key]) ?? otherwise;

/** @param {{name: string, label: string}[]} fields the engine's settings, which its sentences name */
export function setLabels(fields) {
  labels = Object.fromEntries(fields.map(({ name, label }) => [name, label]));
}

/** @param {string} name @returns {string} the label of a setting */
const labelOf = (name) => settingWords(`${name}.label`, labels[name] ?? name);

/** A number in a sentence, as the language writes it. @param {string} text @returns {string} */
const asNumber = (text) =>
  /^-?\d+(\.\d+)?$/.test(text) ? number(Number(text), text.split('.')[1]?.length ?? 0) : text;

/**
 * What the engine said, in the page's words.
 * @param {string} sentence English
 * @returns {string}
 */
export function translated(sentence) {
  if (!sentences.length) loadEngine().catch(() => {}); // what was told is told again then
  for (const { pattern, names, text } of sentences) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    const values = names.map((name, i) => {
      const part = found[i + 1];
      if (name === 'setting') return [name, labelOf(part)];
      if (name === 'n') return [name, Number(part)];
      return [name, translated(part)];
    });
    return withLabels(fill(text, Object.fromEntries(values)));
  }
  return withLabels(asNumber(sentence));
}

/** Names of settings, which are in backticks, as labels. @param {string} text */
const withLabels = (text) => text.replace(/`(\w+)`/g, (_, name) => labelOf(name));

/** @param {Record<string, Text>} engine */
function compile(engine) {
  const literal = (/** @type {string} */ template) => template.replace(/\{\w+\}/g, '').length;
  sentences = Object.entries(engine)
    .sort(([a], [b]) => literal(b) - literal(a))
    .map(([template, text]) => ({
      pattern: new RegExp(
        `^${template.replace(/[.*+?^$()[\]\\|]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name) => (name === 'n' ? '(\\d+)' : '([^]+?)'))}$`,
      ),
      names: [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      text,
    }));
}

/**
 * Writes into an element that stays in the page; a change of language writes it anew.
 * @param {Element} element @param {() => string} text
 */
export function tell(element, text) {
  told.set(element, text);
  element.textContent = text();
}

/** Writes an element's words anew. @param {Element} element that was told something */
export const retell = (element) => (element.textContent = told.get(element)?.() ?? '');

/** @param {() => void} listener called when the words have changed */
export const onWords = (listener) => listeners.push(listener);

/** The elements of index.html that name their words: by data-t their text, by data-t-NAME an attribute. @param {(key: string, element: Element, attribute: string | null) => void} visit */
function visitPage(visit) {
  for (const attribute of [null, 'aria-label', 'title', 'placeholder', 'content']) {
    const name = attribute ? `data-t-${attribute}` : 'data-t';
    for (const element of document.querySelectorAll(`[${name}]`))
      visit(/** @type {string} */ (element.getAttribute(name)), element, attribute);
  }
}

/** @type {Record<string, string>} the words that index.html was built with; the English file comes without them */
const built = {};

function fillPage() {
  visitPage((key, element, attribute) => {
    if (attribute) element.setAttribute(attribute, t(key));
    else if (!told.has(element)) element.textContent = t(key);
  });
}

function tellAgain() {
  for (const [element, text] of told) element.textContent = text();
  for (const listener of listeners) listener();
}

/** What the engine says is not needed at first. */
const loadEngine = later(() => engines[fileOf(language)]().then(compile).then(tellAgain));

/** @param {string} code */
async function take(code) {
  const { page, settings } = await pages[fileOf(code)]();
  words = { page: code === 'en' ? { ...built, ...page } : page, settings };
  const isOther = code !== language || code !== 'en'; // the page comes with English words
  language = code;
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = code;
  if (hasFaces) await takeFacesWords();
  if (isOther) fillPage();
}

/** The words of web/page/faces-panel.js, which few visitors need. */
export async function takeFacesWords() {
  hasFaces = true;
  const code = language;
  const page = await faces[fileOf(code)]();
  if (code === language) words = { ...words, page: { ...words.page, ...page } };
}

/** The language that public/first.js has chosen. Resolves when its words are there. */
export async function beginWords() {
  const { lang: wished, classList } = document.documentElement;
  visitPage((key, element, attribute) => {
    built[key] = (attribute ? element.getAttribute(attribute) : element.textContent) ?? '';
  });
  await take(Object.hasOwn(LANGUAGES, wished) ? wished : 'en').finally(() => classList.remove('waits'));
}

/** Changes the language at once; nothing else changes. @param {string} code */
export async function changeLanguage(code) {
  const engine = await engines[fileOf(code)]();
  await take(code);
  fillPage();
  compile(engine);
  tellAgain();
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // Nothing is kept here: it holds until the page is closed.
  }
}
