/** What the commands share: arguments, clear failures, the engine. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine, SsdganError } from '../engine/engine.js';
import { escaped } from './escape.js';

/** A failure that the user can do something about, as one sentence. Exit status 2, unless another is given. */
export class CliError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status = 2) {
    super(message);
    this.status = status;
  }
}

/**
 * `negatable`: --no-NAME switches it off. `min`, `max`, `choices`: what values may be. `group`: its heading in the help.
 * `gone`: values that there were, and what is said of each. `hidden`: not in the help.
 * @typedef {{type: 'string' | 'boolean', help: string, value?: string, number?: boolean, whole?: boolean, negatable?: boolean,
 *   min?: number, max?: number, choices?: string[],
 *   gone?: Record<string, string>, group?: string, hidden?: boolean}} Option
 */

/** @param {string} help @param {{value?: string, min?: number, max?: number}} [more] @returns {Option} */
export const number = (help, more = {}) => ({ type: 'string', value: 'X', number: true, help, ...more });
/** @param {string} help @param {{value?: string, min?: number, max?: number}} [more] @returns {Option} */
export const whole = (help, more = {}) => ({ ...number(help, { value: 'N', ...more }), whole: true });
/** @param {string} value @param {string} help @param {string[]} [choices] @returns {Option} */
export const text = (value, help, choices) => ({ type: 'string', value, help, choices });
/** @param {string} help @returns {Option} */
export const flag = (help) => ({ type: 'boolean', help });

/** @param {string[]} words @returns {string} "a, b or c" */
export const orList = (words) => words.join(', ').replace(/, ([^,]*)$/, ' or $1');

/** @param {any} error of parseArgs @returns {string} */
function mistake({ code, message }) {
  const [, option] = /'(-[^'\s<=]*)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${option}`;
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return /does not take/.test(message) ? `${option} takes no value` : `${option} needs a value`;
  return message.split('. ')[0];
}

/** @param {string} name @param {string} text @param {Option} option @returns {string | number} */
function valueOf(name, text, { number, whole, min = -Infinity, max = Infinity, choices = [], gone = {} }) {
  const value = text.trim() === '' ? NaN : Number(text);
  const refuse = (/** @type {string} */ must) => {
    throw new CliError(`--${name} is ${Number.isNaN(value) ? `"${text}"` : text}, but must be ${must}.`);
  };
  if (number && (!Number.isFinite(value) || (whole && !Number.isInteger(value))))
    refuse(whole ? 'a whole number' : 'a number');
  if (Object.hasOwn(gone, text)) throw new CliError(gone[text]);
  if (choices.length && !choices.includes(text)) refuse(orList(choices));
  if (number && (value < min || value > max)) refuse(max < 1e9 ? `from ${min} to ${max}` : `at least ${min}`);
  return number ? value : text;
}

/**
 * Parses arguments: numbers become numbers, a flag and its --no- form true and false. An argument that is unknown, malformed
 * or out of range is a CliError.
 * @param {string[]} args
 * @param {Record<string, Option>} options
 * @param {string} command
 * @returns {{values: Record<string, any>, positionals: string[]}}
 */
export function parse(args, options, command) {
  /** @type {string[]} */
  const joined = [];
  for (const arg of args) {
    const last = joined.at(-1) ?? '';
    // parseArgs takes "-1" for an option, unless it stands behind a "=".
    if (/^-[\d.]/.test(arg) && options[last.replace(/^--/, '')]?.number) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  /** @type {Record<string, {type: 'string' | 'boolean'}>} */
  const known = {};
  for (const [name, { type, negatable }] of Object.entries(options)) {
    known[name] = { type };
    if (negatable) known[`no-${name}`] = { type };
  }
  let parsed;
  try {
    parsed = parseArgs({ args: joined, allowPositionals: true, options: known });
  } catch (error) {
    throw new CliError(`${mistake(error)}. See: ssdgan ${command} --help`);
  }
  /** @type {Record<string, any>} */
  const values = { ...parsed.values };
  for (const [name, option] of Object.entries(options)) {
    if (typeof values[name] === 'string') values[name] = valueOf(name, values[name], option);
    if (!option.negatable || !values[`no-${name}`]) continue;
    if (values[name]) throw new CliError(`--${name} and --no-${name} contradict each other: leave one of them out.`);
    values[name] = false;
    delete values[`no-${name}`];
  }
  return { values, positionals: parsed.positionals };
}

const HELP_WIDTH = 118;

/** @param {string} text @param {number} width @returns {string[]} lines */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

/**
 * @param {string} usage
 * @param {string} about
 * @param {Record<string, Option>} options
 * @returns {string}
 */
export function helpText(usage, about, options) {
  const shown = Object.entries(options).filter(([, { hidden }]) => !hidden);
  const left = (/** @type {[string, Option]} */ [name, { type, value, negatable }]) =>
    `  --${negatable ? '[no-]' : ''}${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;
  const width = Math.max(...shown.map((entry) => left(entry).length)) + 2;
  const groups = new Set(shown.map(([, { group = 'Options' }]) => group));
  const sections = [...groups].map((heading) => {
    const entries = shown.filter(([, { group = 'Options' }]) => group === heading);
    const rows = entries.map((entry) =>
      wrap(entry[1].help, HELP_WIDTH - width)
        .map((line, i) => (i ? '' : left(entry)).padEnd(width) + line)
        .join('\n'),
    );
    return [`${heading}:`, ...rows].join('\n');
  });
  return [`Usage: ssdgan ${usage}`, about, ...sections].join('\n\n');
}

/**
 * What was typed, fit to be typed again; of absolute paths the last part, since models are given away and should not tell
 * where someone's pictures lie.
 * @param {string} command @param {string[]} args @returns {string}
 */
export function commandLine(command, args) {
  const words = args.map((arg) => (path.isAbsolute(arg) ? path.basename(arg) : arg));
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['ssdgan', command, ...quoted].join(' ');
}

/** @type {Record<string, Option>} */
export const ENGINE_OPTIONS = {
  threads: whole('number of threads (default: one or all, whichever is faster)', { min: 1, max: 64 }),
  variant: text('NAME', 'build to use: simd or relaxed (default: the fastest that works here)', ['simd', 'relaxed']),
  help: flag('show this text'),
};

/** @param {Record<string, any>} values @returns {Promise<import('../engine/engine.js').Engine>} */
export async function engineFrom(values) {
  const { variant = 'auto', threads = 'auto' } = values;
  return createEngine({ variant, threads });
}

/** A sentence for any error that may reach the top. @param {unknown} error @returns {{message: string, status: number}} */
export function explain(error) {
  if (error instanceof CliError) return { message: error.message, status: error.status };
  if (error instanceof SsdganError)
    return { message: sentence(escaped(error.message)), status: error.code === 'not_finite' ? 1 : 2 };
  const { code, path: file, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const where = file ? ` (${escaped(file)})` : '';
  /** @type {Record<string, string>} */
  const known = {
    ENOENT: `No such file or folder${where}.`,
    EACCES: `Permission denied${where}.`,
    EPERM: `Not permitted${where}.`,
    ENOSPC: `The disk is full${where}. Free some space; what was saved before is still whole.`,
    EDQUOT: `Your quota of the disk is used up${where}. Free some space; what was saved before is still whole.`,
    EFBIG: `The file would be larger than this system allows (ulimit -f)${where}.`,
    EISDIR: `A folder stands where a file is needed${where}.`,
    ENOTDIR: `A file stands where a folder is needed${where}.`,
    EROFS: `The disk is read-only${where}.`,
    ERR_MODULE_NOT_FOUND: 'The WebAssembly modules are not built. Run: npm run build',
  };
  if (code && known[code])
    return { message: known[code], status: ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? 1 : 2 };
  return { message: escaped(message ?? String(error)), status: 1 };
}

/** @param {string} text @returns {string} with a capital and a full stop */
export function sentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
