/** `ssdgan experiment`: a named set of trainings and evaluations from a file, one after the other, and a table of them. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { curves, markdown, slim, troubles } from './experiment-report.js';
import { makeFolder, readFile, writeWhole } from './files.js';
import { holdsRun, readNote } from './project-folder.js';
import { OPTIONS as TRAIN_OPTIONS, settingsFrom } from './train-options.js';
import { CliError, ENGINE_OPTIONS, flag, helpText, parse, text } from './usage.js';

/** @typedef {import('./experiment-report.js').Row} Row */
/** @typedef {{name: string, score: 'model' | 'best', options: Record<string, any>}} Run score: which of its models */
/** @typedef {{title: string, seeds: number[], evaluate: Record<string, any>, runs: Run[]}} Experiment */
/** @typedef {{run: Run, seed: number, folder: string}} Job */

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const SHEET_PICTURES = 36;

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  out: text('DIR', 'folder for runs and tables (default: ssdgan-experiments)'),
  only: text('NAMES', 'make these runs only: names separated by commas, or one name that has a comma'),
  seeds: text('LIST', "seeds to use instead of the file's, separated by commas"),
  report: flag('only write the tables, of the runs that are finished'),
  threads: ENGINE_OPTIONS.threads,
  help: ENGINE_OPTIONS.help,
};

const ABOUT = `Makes every training that FILE.json names, on PICTURES (without any: on doodles), and scores it. Writes into the folder:
NAME.md and NAME.json (the table), NAME-curves.json (losses) and sheets/ (samples of each run). After an interruption
the same command continues; what is finished is not done again. The file:
  {"title": "...", "seeds": [0], "train": {"epochs": 20}, "evaluate": {"held-out": 500},
   "runs": [{"name": "paper", "recipe": "paper"}, {"name": "half", "recipe": "paper", "fraction": 50}]}
"train" and each run hold options of ssdgan train; "evaluate" holds options of ssdgan evaluate. "score": "best", for all
runs or for one, scores the best model (see ssdgan train --keep-best) instead of the last one.`;

/** @param {Record<string, any>} options @returns {string[]} as on a command line */
const argsOf = (options) =>
  Object.entries(options).flatMap(([name, value]) => {
    if (typeof value !== 'boolean') return [`--${name}`, String(value)];
    return value ? [`--${name}`] : TRAIN_OPTIONS[name]?.negatable ? [`--no-${name}`] : [];
  });

/** Reads and checks the file, so that a slip is told now and not after hours. @param {string} file @returns {Experiment} */
function load(file) {
  let data;
  try {
    data = JSON.parse(new TextDecoder().decode(readFile(file)));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} is not JSON: ${/** @type {Error} */ (error).message}.`);
  }
  const { title = path.basename(file, '.json'), seeds = [0], train = {}, evaluate = {}, score = 'model', runs } = data;
  if (!Array.isArray(runs) || !runs.length) throw new CliError(`${file} names no runs.`);
  const names = new Set();
  const checked = runs.map(({ name, score: which = score, ...own }) => {
    if (typeof name !== 'string' || !name) throw new CliError(`In ${file}, every run needs a name.`);
    if (!['model', 'best'].includes(which))
      throw new CliError(`In ${file}, score is "${which}", but must be model or best.`);
    if (names.has(name)) throw new CliError(`In ${file}, two runs are called "${name}".`);
    names.add(name);
    const options = Object.fromEntries(Object.entries({ ...train, ...own }).sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const taken of ['out', 'resume', 'force', 'seed'])
      if (taken in options)
        throw new CliError(`In ${file}, run "${name}" sets ${taken}, which the experiment decides.`);
    try {
      settingsFrom(parse(argsOf(options), TRAIN_OPTIONS, 'train').values);
    } catch (error) {
      throw new CliError(`In ${file}, run "${name}": ${/** @type {Error} */ (error).message}`);
    }
    return { name, score: which, options };
  });
  return { title, seeds: seedsFrom(seeds, file), evaluate, runs: checked };
}

/** @param {any[]} seeds @param {string} where @returns {number[]} */
function seedsFrom(seeds, where) {
  if (!seeds.length || !seeds.every((seed) => Number.isInteger(seed) && seed >= 0))
    throw new CliError(`The seeds in ${where} must be whole numbers, not negative.`);
  return seeds;
}

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

/** The folder's own note of what it holds. @param {string} folder @returns {any} */
function noteOf(folder) {
  const file = path.join(folder, 'experiment.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null;
}

/** Trains a job to its end, from where it stands. @param {Job} job @param {string[]} pictures @param {string[]} threads @returns {Promise<boolean>} false: interrupted */
async function train({ run, seed, folder }, pictures, threads) {
  const note = noteOf(folder) ?? { options: run.options, seed, seconds: 0 };
  if (JSON.stringify(note.options) !== JSON.stringify(run.options))
    throw new CliError(
      `${folder} holds a run of that name with other options. Remove it, rename the run, or name another --out.`,
    );
  if (note.trained) return true;
  makeFolder(folder);
  const begun = holdsRun(folder);
  const began = Date.now();
  console.log(`\n--- ${run.name}, seed ${seed}${begun ? ', continues' : ''}`);
  const { status } = await ssdgan(
    begun
      ? ['train', '--resume', folder, ...threads]
      : ['train', ...pictures, '--out', folder, '--seed', String(seed), '--force', ...argsOf(run.options), ...threads],
  );
  note.seconds += (Date.now() - began) / 1000;
  note.trained = status === 0 || status === 1; // 1: the doctor stopped it, or it diverged
  if (holdsRun(folder) || note.trained)
    writeWhole(path.join(folder, 'experiment.json'), `${JSON.stringify(note, null, 2)}\n`);
  // From 128 on it was interrupted, and has saved.
  if (!note.trained && status < 128)
    throw new CliError(`The training "${run.name}" failed, see above. The same command continues from here.`, 1);
  return note.trained;
}

/** @param {string} folder @param {Run} run @returns {string} the file of its scores */
const scoresOf = (folder, run) => path.join(folder, `scores-${run.score}.json`);

/** @param {Job} job @param {Experiment} experiment @param {string[]} pictures @param {string[]} threads @param {string} sheets */
async function score({ run, seed, folder }, { evaluate }, pictures, threads, sheets) {
  const model = path.join(folder, `${run.score}.safetensors`);
  const file = scoresOf(folder, run);
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
  const sheet = path.join(sheets, `${path.basename(folder)}${run.score === 'best' ? '-best' : ''}.png`);
  if (!fs.existsSync(sheet))
    await ssdgan(['generate', model, '--n', String(SHEET_PICTURES), '--out', sheet, ...threads], true);
}

/** @param {Job} job @returns {{row: Row, bounds: any, log: string} | null} */
function resultOf({ run, seed, folder }) {
  const file = scoresOf(folder, run);
  if (!fs.existsSync(file)) return null;
  const { scores, floor, ceilings, about } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const log = fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8');
  const { config = {}, parameters = 0 } = readNote(folder);
  const step = curves(log, Infinity).step.at(-1) ?? 0;
  const row = {
    name: run.name, seed, options: run.options, step, pictures: step * Number(config.batch),
    minutes: (noteOf(folder)?.seconds ?? 0) / 60, parameters, scores, troubles: troubles(log),
  }; // prettier-ignore
  return { row, bounds: { floor, ceilings, about }, log };
}

/** @param {string} name @param {string} out @param {Experiment} experiment @param {Job[]} jobs @param {string} command */
function report(name, out, experiment, jobs, command) {
  const results = jobs.map((job) => ({ job, result: resultOf(job) }));
  const done = results.flatMap(({ result }) => (result ? [result] : []));
  const missing = results.filter(({ result }) => !result).map(({ job }) => `${job.run.name} (seed ${job.seed})`);
  const rows = done.map(({ row }) => row);
  const bounds = done[0]?.bounds ?? null;
  writeWhole(path.join(out, `${name}.md`), markdown(experiment.title, rows, bounds, missing, command));
  const table = {
    title: experiment.title,
    command,
    bounds: bounds && { about: bounds.about, floor: slim(bounds.floor), noise: slim(bounds.ceilings.noise), mean: slim(bounds.ceilings.mean) }, // prettier-ignore
    rows: rows.map((row) => ({ ...row, scores: slim(row.scores) })),
    missing,
  };
  writeWhole(path.join(out, `${name}.json`), `${JSON.stringify(table, null, 1)}\n`);
  const lines = done.map(({ row, log }) => ({ name: row.name, seed: row.seed, ...curves(log) }));
  writeWhole(path.join(out, `${name}-curves.json`), `${JSON.stringify(lines)}\n`);
  return missing.length;
}

/** @param {string} name @returns {string} as part of a file's name */
const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''); // prettier-ignore

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'experiment');
  if (values.help) {
    console.log(helpText('experiment FILE.json [PICTURES...] [options]', ABOUT, OPTIONS));
    return 0;
  }
  const [file, ...pictures] = positionals;
  if (file === undefined) throw new CliError('Name an experiment: a .json file; see ssdgan experiment --help.');
  const experiment = load(file);
  if (values.seeds !== undefined) experiment.seeds = seedsFrom(values.seeds.split(',').map(Number), '--seeds');
  const only = experiment.runs.some(({ name }) => name === values.only) ? [values.only] : values.only?.split(',');
  const unknown = only?.find((/** @type {string} */ name) => !experiment.runs.some((other) => other.name === name));
  if (unknown !== undefined)
    throw new CliError(
      `There is no run "${unknown}" in ${file}; there are: ${experiment.runs.map(({ name }) => name).join(', ')}.`,
    );
  const out = values.out ?? 'ssdgan-experiments';
  makeFolder(out);
  const jobs = experiment.runs.flatMap((one) =>
    experiment.seeds.map((seed) => ({ run: one, seed, folder: path.join(out, `${slug(one.name)}-seed-${seed}`) })),
  );
  const name = path.basename(file, '.json');
  const command = `ssdgan experiment ${[file, ...pictures.map((picture) => path.basename(picture))].join(' ')}`;
  const threads = values.threads === undefined ? [] : ['--threads', String(values.threads)];
  process.on('SIGINT', () => {}); // the child hears it too, saves, and says so by its status
  for (const job of jobs) {
    if (values.report || (only && !only.includes(job.run.name))) continue;
    if (!(await train(job, pictures, threads))) {
      report(name, out, experiment, jobs, command);
      console.log('Interrupted. Everything so far is saved; the same command continues.');
      return 130;
    }
    await score(job, experiment, pictures, threads, path.join(out, 'sheets'));
    report(name, out, experiment, jobs, command);
  }
  const missing = report(name, out, experiment, jobs, command);
  console.log(`\n${fs.readFileSync(path.join(out, `${name}.md`), 'utf8')}`);
  console.log(missing ? `${missing} of ${jobs.length} runs are not finished yet.` : `All of ${jobs.length} runs: ${path.join(out, `${name}.md`)}`); // prettier-ignore
  return 0;
}
