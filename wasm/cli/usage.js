/** What the commands share: arguments, clear failures, the engine. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine, SsdganError } from '../engine/engine.js';

/** A failure that the user can do something about, as one sentence. Exit status 2, unless another is given. */
export class CliError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status = 2) {
    super(message);
    this.status = status;
  }
}

/**
 * @typedef {{type: 'string' | 'boolean', help: string, value?: string, number?: boolean, whole?: boolean}} Option
 */

/**
 * Parses arguments; numbers become numbers. Unknown or malformed ones are a CliError.
 * @param {string[]} args
 * @param {Record<string, Option>} options
 * @param {string} command
 * @returns {{values: Record<string, any>, positionals: string[]}}
 */
export function parse(args, options, command) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])),
    });
  } catch (error) {
    const [sentence] = /** @type {Error} */ (error).message.split('. ');
    throw new CliError(`${sentence}. See: ssdgan ${command} --help`);
  }
  /** @type {Record<string, any>} */
  const values = { ...parsed.values };
  for (const [name, option] of Object.entries(options)) {
    if (!option.number || values[name] === undefined) continue;
    const number = Number(values[name]);
    if (values[name].trim() === '' || !Number.isFinite(number) || (option.whole && !Number.isInteger(number))) {
      throw new CliError(`--${name} is "${values[name]}", but must be a ${option.whole ? 'whole ' : ''}number.`);
    }
    values[name] = number;
  }
  return { values, positionals: parsed.positionals };
}

/**
 * @param {string} usage
 * @param {string} about
 * @param {Record<string, Option>} options
 * @returns {string}
 */
export function helpText(usage, about, options) {
  const rows = Object.entries(options).map(([name, { type, help, value }]) => [
    `  --${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`,
    help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [`Usage: ssdgan ${usage}`, '', about, '', 'Options:', ...rows.map(([a, b]) => a.padEnd(width) + b)].join('\n');
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
  threads: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'number of threads (default: as many as the machine has)',
  },
  variant: {
    type: 'string',
    value: 'NAME',
    help: 'build to use: simd or relaxed (default: the fastest that works here)',
  },
  help: { type: 'boolean', help: 'show this text' },
};

/** @param {Record<string, any>} values @returns {Promise<import('../engine/engine.js').Engine>} */
export async function engineFrom(values) {
  const { variant = 'auto', threads = 'auto' } = values;
  if (!['auto', 'simd', 'relaxed'].includes(variant)) {
    throw new CliError(`--variant is "${variant}", but must be simd or relaxed.`);
  }
  if (threads !== 'auto' && (threads < 1 || threads > 64)) {
    throw new CliError(`--threads is ${threads}, but must be from 1 to 64.`);
  }
  return createEngine({ variant, threads });
}

/** A sentence for any error that may reach the top. @param {unknown} error @returns {{message: string, status: number}} */
export function explain(error) {
  if (error instanceof CliError) return { message: error.message, status: error.status };
  if (error instanceof SsdganError)
    return { message: sentence(error.message), status: error.code === 'not_finite' ? 1 : 2 };
  const { code, path: file, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const where = file ? ` (${file})` : '';
  /** @type {Record<string, string>} */
  const known = {
    ENOENT: `No such file or folder${where}.`,
    EACCES: `Permission denied${where}.`,
    EPERM: `Not permitted${where}.`,
    ENOSPC: `The disk is full${where}. Free some space; what was saved before is still whole.`,
    EISDIR: `A folder stands where a file is needed${where}.`,
    ENOTDIR: `A file stands where a folder is needed${where}.`,
    EROFS: `The disk is read-only${where}.`,
    ERR_MODULE_NOT_FOUND: 'The WebAssembly modules are not built. Run: npm run build',
  };
  if (code && known[code]) return { message: known[code], status: code === 'ENOSPC' ? 1 : 2 };
  return { message: message ?? String(error), status: 1 };
}

/** @param {string} text @returns {string} with a capital and a full stop */
export function sentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
