/** run.json in a run's folder: what the terminal must know to continue, beside the networks and their plan. */
import fs from 'node:fs';
import path from 'node:path';
import { readFile } from './files.js';
import { CHECKPOINT } from '../run/store.js';
import { CliError } from './usage.js';

/**
 * @typedef {object} RunNote
 * @property {string[]} [pictures] absolute paths
 * @property {number} [doodles] how many, without pictures
 * @property {string} [recipe]
 * @property {Record<string, number | string>} [config] all settings
 * @property {number} [parameters] of both networks
 * @property {string[]} [commands] that made the run so far
 * @property {Partial<import('../run/plan.js').Plan>} [plan] of runs made before it was in the checkpoint
 */

const NAME = 'run.json';

/** @param {string} directory @returns {RunNote} {} where there is none */
export function readNote(directory) {
  const file = path.join(directory, NAME);
  if (!fs.existsSync(file)) return {};
  try {
    const note = JSON.parse(fs.readFileSync(file, 'utf8'));
    return { ...note.plan, ...note };
  } catch {
    throw new CliError(
      `${file} is damaged. Remove it; a run that is resumed without it needs its pictures named again.`,
    );
  }
}

/** @param {import('../run/store.js').Store} store @param {RunNote} note */
export const writeNote = (store, note) => store.write(NAME, `${JSON.stringify(note, null, 2)}\n`);

/** @param {string} name a run's folder, or a checkpoint file @returns {{directory: string, checkpoint: Uint8Array}} */
export function openRun(name) {
  const stat = fs.statSync(name, { throwIfNoEntry: false });
  if (!stat) throw new CliError(`There is no run or checkpoint ${name} to resume.`);
  const directory = stat.isDirectory() ? name : path.dirname(name);
  const file = stat.isDirectory() ? path.join(name, CHECKPOINT) : name;
  if (!fs.existsSync(file)) throw new CliError(`${name} holds no ${CHECKPOINT} to resume.`);
  return { directory, checkpoint: readFile(file) };
}
