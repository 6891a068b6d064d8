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
import { compile, find } from './sentences.js';

/** @typedef {string | Record<string, string>} Text */
/** @typedef {Record<string, string | number>} Values numbers are written as the language writes them */

/** In localStorage: the language that the visitor has chosen. first.js reads it. */
const KEPT = 'ssdgan-language';

/** The languages' codes and names. @type {Record<string, string>} */
export const LANGUAGES = import.meta.env.LANGUAGES;

/** @type {Record<string, () => Promise<any>>} */
const pages = import.meta.glob('../words/*.json', { query: '?page', import: 'default' });
/** @type {Record<string, () => Promise<any>>} */
const engines = import.meta.glob('../words/*.json', { query: '?engine', import: 'default' });
/** @type {Record<string, () => Promise<any>>} */
const laters = import.meta.glob('../words/*.json', { query: '?later', import: 'default' });
/** @param {string} code */
const fileOf = (code) => `../words/${code}.json`;

let language = 'en';
let plural = new Intl.PluralRules(language);
/** @type {Record<string, Text>} */
let words = {};
/** @type {Record<string, string>} */
let settings = {};
/** @type {Record<string, string>} those of them that are seen at once: the recipes' */
let shownSettings = {};
/** @type {import('./sentences.js').Template[]} what the engine says */
let templates = [];
/** @type {Record<string, string>} the engine's labels of its settings, by name */
let labels = {};

/** The words of the panels that come later are here too. */
let hasLater = false;

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
  const filled = one.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? all);
  });
  return filled.replace(/(\p{L})\.\.$/u, '$1.'); // an abbreviation, "3 Min.", ends a sentence too
}

/** The words of a key. @param {string} key @param {Values} values @returns {string} */
export function t(key, values = {}) {
  const text = words[key];
  if (text !== undefined) return fill(text, values);
  if (!hasLater) takeLaterWords().catch(() => (hasLater = false)); // what was told is told again then
  return key;
}

/** A setting's label, help, unit or choice, or a group's name. @param {string} key NAME.label, ... @param {string} otherwise the engine's */
export const settingWords = (key, otherwise) => settings[key] ?? shownSettings[key] ?? otherwise;

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
  if (!templates.length) loadEngine().catch(() => {}); // what was told is told again then
  const found = find(templates, sentence);
  if (!found) return withLabels(asNumber(sentence));
  const values = found.parts.map(([name, part]) => {
    if (name === 'setting') return [name, labelOf(part)];
    return [name, name === 'n' ? Number(part) : translated(part)];
  });
  return withLabels(fill(found.text, Object.fromEntries(values)));
}

/** Names of settings, which are in backticks, as labels. @param {string} text */
const withLabels = (text) => text.replace(/`(\w+)`/g, (_, name) => labelOf(name));

/**
 * Writes into an element that stays in the page; a change of language writes it anew.
 * @param {Element} element @param {() => string} text
 * @param {boolean} isProgress more of the kind follows at once: a screen reader waits for the last word (aria-busy)
 */
export function tell(element, text, isProgress = false) {
  if (isProgress) element.setAttribute('aria-busy', 'true');
  else element.removeAttribute('aria-busy');
  told.set(element, text);
  element.textContent = text();
}

/** Writes an element's words anew. @param {Element} element that was told something */
export const retell = (element) => (element.textContent = told.get(element)?.() ?? '');

/** @param {() => void} listener called when the words have changed */
export const onWords = (listener) => listeners.push(listener);

/** The elements that name their words: by data-t their text, by data-t-NAME an attribute. @param {ParentNode} root @param {(key: string, element: Element, attribute: string | null) => void} visit */
function visitPage(root, visit) {
  for (const attribute of [null, 'aria-label', 'title', 'placeholder', 'content']) {
    const name = attribute ? `data-t-${attribute}` : 'data-t';
    for (const element of root.querySelectorAll(`[${name}]`))
      visit(/** @type {string} */ (element.getAttribute(name)), element, attribute);
  }
}

/** @type {Record<string, string>} the words that index.html was built with; the English file comes without them */
const built = {};

/** Gives elements the words that they name. @param {ParentNode} root */
export function fillPage(root = document) {
  visitPage(root, (key, element, attribute) => {
    if (attribute) element.setAttribute(attribute, t(key));
    else if (!told.has(element)) element.textContent = t(key);
  });
}

function tellAgain() {
  for (const [element, text] of told) element.textContent = text();
  for (const listener of listeners) listener();
}

/** @param {{engine: Record<string, Text>, settings: Record<string, string>}} part */
function takeEngine(part) {
  templates = compile(part.engine);
  settings = part.settings;
  tellAgain();
}

/** What the engine says, and its settings, are not needed at first. */
const loadEngine = later(() => engines[fileOf(language)]().then(takeEngine));

/** @param {string} code */
async function take(code) {
  const { page, recipes } = await pages[fileOf(code)]();
  words = code === 'en' ? { ...built, ...page } : page;
  shownSettings = recipes;
  const isOther = code !== language || code !== 'en'; // the page comes with English words
  language = code;
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = code;
  if (hasLater) await takeLaterWords();
  if (isOther) fillPage();
}

/** The words of panels that are fetched when they are needed (scripts/words.js). */
export async function takeLaterWords() {
  hasLater = true;
  const code = language;
  const page = await laters[fileOf(code)]();
  if (code !== language) return;
  words = { ...words, ...page };
  tellAgain();
}

/** The language that first.js has chosen. Resolves when its words are there. */
export async function beginWords() {
  const { lang: wished, classList } = document.documentElement;
  visitPage(document, (key, element, attribute) => {
    built[key] = (attribute ? element.getAttribute(attribute) : element.textContent) ?? '';
  });
  await take(Object.hasOwn(LANGUAGES, wished) ? wished : 'en').finally(() => classList.remove('waits'));
}

/** Changes the language at once; nothing else changes. @param {string} code */
export async function changeLanguage(code) {
  const engine = await engines[fileOf(code)]();
  await take(code);
  fillPage();
  takeEngine(engine);
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // Nothing is kept here: it holds until the page is closed.
  }
}
