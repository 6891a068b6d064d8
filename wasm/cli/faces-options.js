/** Options that name faces: seeds, truncation, moves, files of latents. */
import { readSafetensors } from '../engine/safetensors.js';
import { readFile } from './files.js';
import { CliError } from './usage.js';

/** @typedef {import('../engine/styles.js').Face} Face */
/** @typedef {import('../engine/generator.js').Generator} Generator */

export const PSI = {
  type: /** @type {const} */ ('string'),
  value: 'X[,X...]',
  help: 'truncation: 1 full variety (default), 0 the typical face; several: from coarse to fine, as 0.5,1',
};

export const W = {
  type: /** @type {const} */ ('string'),
  value: 'FILE',
  help: 'styles from a file that ssdgan project wrote: tensor w (or z), N x 100 or N x stages x 100; or JSON',
};

/** @param {string} text @param {string} option @returns {number[]} */
function numbers(text, option) {
  return text.split(',').map((part) => {
    const number = Number(part);
    if (part.trim() === '' || !Number.isFinite(number))
      throw new CliError(`--${option} is "${text}", but must be numbers separated by commas.`);
    return number;
  });
}

/** @param {string | undefined} text @returns {number[]} */
export function psisOf(text) {
  const psis = numbers(text ?? '1', 'psi');
  for (const psi of psis) {
    if (!(psi >= -2 && psi <= 2)) throw new CliError(`--psi has ${psi}, but must be from -2 to 2.`);
  }
  return psis;
}

/** @param {string} text as 3,8,10-14 @param {string} option @returns {number[]} */
export function seedsOf(text, option) {
  return text.split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const [from, to] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [1, 0];
    if (to < from || to - from > 100000)
      throw new CliError(`--${option} has "${part}", but must be seeds like 3,8,10-14.`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** @param {string | undefined} text as 1:2,3:-1.5; directions count from 1 @returns {number[]} amounts */
export function amountsOf(text) {
  /** @type {number[]} */
  const amounts = [];
  for (const part of text === undefined ? [] : text.split(',')) {
    const [direction, amount] = part.split(':').map(Number);
    if (!Number.isInteger(direction) || direction < 1 || direction > 100 || !Number.isFinite(amount))
      throw new CliError(`--move has "${part}", but must be like 1:2,3:-1.5 (direction:amount).`);
    amounts[direction - 1] = amount;
  }
  return Array.from(amounts, (amount) => amount ?? 0);
}

/** @param {string} file @returns {{kind: 'z' | 'w', shape: number[], data: Float32Array}} */
function readLatents(file) {
  const bytes = readFile(file);
  if (!/\.json$/i.test(file)) {
    const { tensors } = readSafetensors(bytes);
    const tensor = tensors.z ?? tensors.w;
    if (!tensor) throw new CliError(`${file} has neither a tensor z nor a tensor w.`);
    return { kind: tensors.z ? 'z' : 'w', ...tensor };
  }
  let read;
  try {
    read = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new CliError(`${file} is not JSON.`);
  }
  const rows = read?.z ?? read?.w;
  if (!Array.isArray(rows)) throw new CliError(`${file} has neither a list z nor a list w.`);
  /** @type {number[]} */
  const shape = [];
  for (let x = rows; Array.isArray(x); x = x[0]) shape.push(x.length);
  const data = Float32Array.from(rows.flat(3));
  if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new CliError(`The rows in ${file} differ in length.`);
  return { kind: read.z ? 'z' : 'w', shape, data };
}

/**
 * Faces from a file of latents or styles: z is truncated and moved as seeds are, w is taken as it is.
 * @param {string} file @param {Generator} generator @param {Omit<Face, 'seed' | 'styles'>} options @returns {Face[]}
 */
export function facesFromFile(file, generator, options) {
  const { kind, shape, data } = readLatents(file);
  const { latentSize, styleCount } = generator;
  const perStage = kind === 'w' && shape.length === 3;
  const fits = perStage ? shape[1] === styleCount && shape[2] === latentSize : shape[1] === latentSize;
  if (shape.length !== (perStage ? 3 : 2) || shape[0] < 1 || !fits) {
    const stages = kind === 'w' ? ` or N x ${styleCount} x ${latentSize}` : '';
    throw new CliError(`The latents in ${file} are ${shape.join(' x ')}, but must be N x ${latentSize}${stages}.`);
  }
  if (!data.every(Number.isFinite)) throw new CliError(`The latents in ${file} are not all finite numbers.`);
  const length = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => {
    const row = data.subarray(i * length, (i + 1) * length);
    if (kind === 'z') return { z: row, ...options };
    const styles = new Float32Array(styleCount * latentSize);
    for (let stage = 0; stage < styleCount; stage++) {
      const at = perStage ? stage * latentSize : 0;
      styles.set(row.subarray(at, at + latentSize), stage * latentSize);
    }
    return { styles };
  });
}
