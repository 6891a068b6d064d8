/** What a link holds: which faces, of which model, and how they are interpolated; never a picture, a file's name or a face of a photo. */
import { isMark } from './mark.js';

/** @typedef {{stages: string, amounts: number[]}} Moves */
/** @typedef {{seed: number, psis: number[], moves?: Moves}} SeedFace */
/**
 * @typedef {object} View
 * @property {string} mark of the model (mark.js)
 * @property {number} seed of the first face
 * @property {number} count
 * @property {number[]} psis coarse and fine
 * @property {Moves} [moves]
 * @property {SeedFace[]} keys picked faces, in order
 * @property {string} space z or w
 * @property {string} ease linear or smooth
 * @property {boolean} loop
 */

const STAGES = ['all', 'coarse', 'fine'];
/** Picked faces, on the page and in a link. */
export const MOST_KEYS = 12;
const MOST_FACES = 400;
const MOST_SEED = 9007199254740000;
/** The largest move, in deviations, and the largest truncation that a link may hold. */
const MOST_AMOUNT = 20;
const MOST_PSI = 1.5;

/** @param {number[]} values @returns {string} */
const list = (values) => values.map((value) => String(Math.round(value * 1000) / 1000)).join(',');

/** @param {Moves | undefined} moves @returns {string} */
const movesText = (moves) => (moves ? `${moves.stages}:${list(moves.amounts)}` : '');

/** @param {SeedFace} face @returns {string} */
const keyText = ({ seed, psis, moves }) => [seed, list(psis), movesText(moves)].join('!').replace(/(!1,1)?!$/, '');

/** @param {View} view @returns {string} what stands behind the # of an address */
export function textOf({ mark, seed, count, psis, moves, keys, space, ease, loop }) {
  const parts = [`model=${mark}`, `from=${seed}`, `n=${count}`, `psi=${list(psis)}`];
  if (moves) parts.push(`move=${movesText(moves)}`);
  if (keys.length) parts.push(`keys=${keys.map(keyText).join(';')}`);
  if (space === 'z') parts.push('z=1');
  if (ease === 'smooth') parts.push('smooth=1');
  if (loop) parts.push('loop=1');
  return parts.join('&');
}

/** @param {string | null | undefined} text @param {number} least @param {number} most @returns {number[] | null} */
function numbers(text, least, most) {
  const values = (text ?? '').split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return values.length <= 64 && values.every((value) => value >= least && value <= most) ? values : null;
}

/** @param {string | null | undefined} text @param {number} least @param {number} most @returns {number | null} */
function whole(text, least, most) {
  const [value] = numbers(text, least, most) ?? [NaN];
  return Number.isInteger(value) ? value : null;
}

/** @param {string | null | undefined} text @returns {Moves | undefined} */
function movesOf(text) {
  const [stages, amounts] = (text ?? '').split(':');
  const values = numbers(amounts, -MOST_AMOUNT, MOST_AMOUNT);
  return STAGES.includes(stages) && values ? { stages, amounts: values } : undefined;
}

/** @param {string} text @returns {SeedFace[]} one, or none where it is no face */
function keyOf(text) {
  const [seed, psis, moves] = text.split('!');
  const number = whole(seed, 0, MOST_SEED);
  if (number === null) return [];
  const about = movesOf(moves);
  return [{ seed: number, psis: numbers(psis, 0, MOST_PSI) ?? [1, 1], ...(about ? { moves: about } : {}) }];
}

/** @param {string} text anything may stand in an address @returns {View | null} null: it holds no faces */
export function viewOf(text) {
  const fields = new URLSearchParams(text);
  const mark = fields.get('model') ?? '';
  if (!isMark(mark)) return null;
  return {
    mark,
    seed: whole(fields.get('from'), 0, MOST_SEED) ?? 0,
    count: whole(fields.get('n'), 1, MOST_FACES) ?? 16,
    psis: numbers(fields.get('psi'), 0, MOST_PSI) ?? [1, 1],
    moves: movesOf(fields.get('move')),
    keys: (fields.get('keys') ?? '').split(';').slice(0, MOST_KEYS).flatMap(keyOf),
    space: fields.get('z') ? 'z' : 'w',
    ease: fields.get('smooth') ? 'smooth' : 'linear',
    loop: Boolean(fields.get('loop')),
  };
}
