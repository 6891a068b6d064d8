/** The runs of an experiment: each is trained to its budgets and scored there, by this program itself as a child process. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { troubles } from './experiment-report.js';
import { sheetOf } from './experiment-sheets.js';
import { makeFolder, writeWhole } from './files.js';
import { holdsRun, readNote } from './project-folder.js';
import { OPTIONS as TRAIN_OPTIONS } from './train-options.js';
import { CliError } from './usage.js';

/** @typedef {import('./experiment-report.js').Row} Row */
/** @typedef {{name: string, score: 'model' | 'best', options: Record<string, any>}} Run score: which of its models */
/** @typedef {{run: Run, seed: number, folder: string}} Job */
/**
 * experiment.json: the folder's own note of what it holds. at: where the run was after so many minutes, or at its `end`;
 * ended: the doctor stopped it, or it diverged.
 * @typedef {{options: Record<string, any>, seed: number, ended: boolean, at: Record<string, {step: number, minutes: number}>}} Note
 */

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const SHEET_PICTURES = 36;
/** Epochs of a run that ends at a budget, unless it has a length: an epoch of one step of 10 ms makes 3 hours of them. */
const ENOUGH = 1e6;

/** @param {Record<string, any>} options @returns {string[]} as on a command line */
export const argsOf = (options) =>
  Object.entries(options).flatMap(([name, value]) => {
    if (typeof value !== 'boolean') return [`--${name}`, String(value)];
    return value ? [`--${name}`] : TRAIN_OPTIONS[name]?.negatable ? [`--no-${name}`] : [];
  });

/** @param {Record<string, any>} options of train @param {number | null} budget @returns {Record<string, any>} that end at the budget */
const upTo = (options, budget) => {
  const hasLength = ['epochs', 'steps', 'minutes'].some((name) => name in options);
  return budget === null || hasLength ? options : { ...options, epochs: ENOUGH };
};

/** @param {string} name @returns {string} as part of a file's name */
const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''); // prettier-ignore

/** @param {{runs: Run[], seeds: number[]}} experiment @param {string} out @returns {Job[]} */
export const jobsOf = ({ runs, seeds }, out) =>
  runs.flatMap((run) => seeds.map((seed) => ({ run, seed, folder: path.join(out, `${slug(run.name)}-seed-${seed}`) })));

/** Runs this program; resolves with its status. @param {string[]} args @param {boolean} capture @returns {Promise<{status: number, out: string}>} */
function ssdgan(args, capture = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit'],
    });
    let out = '';
    child.stdout?.on('data', (data) => (out += data));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 130, out }));
  });
}

/** @param {Job} job @returns {Note} */
function noteOf({ run, seed, folder }) {
  const file = path.join(folder, 'experiment.json');
  if (!fs.existsSync(file)) return { options: run.options, seed, ended: false, at: {} };
  return { at: {}, ...JSON.parse(fs.readFileSync(file, 'utf8')) };
}

/** @param {string} folder @param {string} which @param {number | null} minutes null: at its end @returns {string} the file of that model */
const modelOf = (folder, which, minutes) =>
  path.join(folder, `${which}${minutes === null ? '' : `-at-${minutes}`}.safetensors`);

/** Keeps the models as they are now, whole or not at all. @param {string} folder @param {number} minutes */
function keepModels(folder, minutes) {
  for (const which of ['model', 'best']) {
    const from = modelOf(folder, which, null);
    if (fs.existsSync(from)) writeWhole(modelOf(folder, which, minutes), fs.readFileSync(from));
  }
}

/**
 * Trains a job to a budget, or to its end, from where it stands.
 * @param {Job} job @param {number | null} minutes @param {string[]} pictures @param {string[]} threads
 * @returns {Promise<boolean>} false: interrupted
 */
export async function train(job, minutes, pictures, threads) {
  const { run, seed, folder } = job;
  const note = noteOf(job);
  if (JSON.stringify(note.options) !== JSON.stringify(run.options))
    throw new CliError(
      `${folder} holds a run of that name with other options. Remove it, rename the run, or name another --out.`,
    );
  const key = minutes === null ? 'end' : String(minutes);
  if (note.at[key]) return true;
  makeFolder(folder);
  const save = () => writeWhole(path.join(folder, 'experiment.json'), `${JSON.stringify(note, null, 2)}\n`);
  if (!note.ended) {
    const begun = holdsRun(folder);
    const budget = minutes === null ? [] : ['--processor-minutes', key];
    console.log(`\n--- ${run.name}, seed ${seed}${begun ? ', continues' : ''}${minutes === null ? '' : `, to ${minutes} processor minutes`}`); // prettier-ignore
    const { status } = await ssdgan(
      begun
        ? ['train', '--resume', folder, ...budget, ...threads]
        : ['train', ...pictures, '--out', folder, '--seed', String(seed), '--force', ...argsOf(upTo(run.options, minutes)), ...budget, ...threads], // prettier-ignore
    );
    if (holdsRun(folder)) save();
    // From 128 on it was interrupted, and has saved.
    if (status >= 128) return false;
    if (status > 1)
      throw new CliError(`The training "${run.name}" failed, see above. The same command continues from here.`, 1);
    note.ended = status === 1;
  }
  if (minutes !== null) keepModels(folder, minutes);
  const { progress, processorMinutes = 0 } = readNote(folder);
  note.at[key] = { step: progress?.step ?? 0, minutes: processorMinutes };
  save();
  return true;
}

/** @param {string} folder @param {Run} run @param {number | null} minutes @returns {string} the file of its scores */
const scoresOf = (folder, run, minutes) =>
  path.join(folder, `scores-${run.score}${minutes === null ? '' : `-at-${minutes}`}.json`);

/**
 * @param {Job} job @param {number | null} minutes @param {Record<string, any>} evaluate options
 * @param {string[]} pictures @param {string[]} threads @param {string} sheets
 */
export async function score(job, minutes, evaluate, pictures, threads, sheets) {
  const { run, seed, folder } = job;
  const model = modelOf(folder, run.score, minutes);
  const file = scoresOf(folder, run, minutes);
  if (!fs.existsSync(model)) {
    console.log(`--- ${run.name}, seed ${seed}: left no model, since it went wrong before its first checkpoint`);
    return;
  }
  if (!fs.existsSync(file)) {
    console.log(`--- ${run.name}, seed ${seed}: scores`);
    // Without pictures train takes doodles; as many, the same ones, are scored against.
    const reals = pictures.length ? pictures : ['--doodles', String(run.options.doodles ?? 2000)];
    const { status, out } = await ssdgan(
      ['evaluate', model, ...reals, '--json', ...argsOf(evaluate), ...threads],
      true,
    );
    if (status !== 0) throw new CliError(`"${run.name}" could not be scored, see above.`, 1);
    writeWhole(file, out);
  }
  const sheet = sheetOf(sheets, job, minutes);
  if (!fs.existsSync(sheet))
    await ssdgan(['generate', model, '--n', String(SHEET_PICTURES), '--out', sheet, ...threads], true);
}

/** @param {Job} job @param {number | null} minutes @returns {{row: Row, bounds: any, log: string} | null} null: not scored yet */
export function resultOf(job, minutes) {
  const { run, seed, folder } = job;
  const file = scoresOf(folder, run, minutes);
  if (!fs.existsSync(file)) return null;
  const { scores, floor, ceilings, about } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const log = fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8');
  const { config = {}, parameters = 0 } = readNote(folder);
  const { step, minutes: used } = noteOf(job).at[minutes ?? 'end'] ?? { step: 0, minutes: 0 };
  const row = {
    name: run.name, seed, options: run.options, budget: minutes, step, pictures: step * Number(config.batch),
    minutes: used, parameters, scores, troubles: troubles(log).filter((trouble) => trouble.step <= step),
  }; // prettier-ignore
  return { row, bounds: { floor, ceilings, about }, log };
}
