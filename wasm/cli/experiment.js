/** `ssdgan experiment`: a named set of trainings and evaluations from a file, one after the other, and a table of them. */
import fs from 'node:fs';
import path from 'node:path';
import { curves, markdown, slim } from './experiment-report.js';
import { argsOf, jobsOf, resultOf, score, train } from './experiment-runs.js';
import { joinSheets } from './experiment-sheets.js';
import { makeFolder, readFile, writeWhole } from './files.js';
import { lengthFrom, OPTIONS as TRAIN_OPTIONS, settingsFrom } from './train-options.js';
import { CliError, ENGINE_OPTIONS, flag, helpText, parse, text } from './usage.js';

/** @typedef {import('./experiment-runs.js').Job} Job */
/** @typedef {import('./experiment-runs.js').Run} Run */
/**
 * minutes: of the processor, at which every run is scored; [null]: at its end.
 * @typedef {{title: string, seeds: number[], minutes: (number | null)[], evaluate: Record<string, any>, runs: Run[]}} Experiment
 */

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
NAME.md and NAME.json (the table), NAME-curves.json (losses) and sheets/ (samples of each run, its seeds side by side).
After an interruption the same command continues; what is finished is not done again. The file:
  {"title": "...", "seeds": [0], "train": {"val": 500}, "evaluate": {"held-out": 500}, "minutes": [5, 15],
   "runs": [{"name": "paper", "recipe": "paper"}, {"name": "half", "recipe": "paper", "fraction": 50}]}
"train" and each run hold options of ssdgan train; "evaluate" holds options of ssdgan evaluate, which takes 2,000 samples
here. With "minutes", every run is scored when its training has used so many processor minutes (start and scoring do not
count, nor does what else the machine does); without, at its end. With "minutes" a run needs no length ("epochs", "steps"),
unless its best model is chosen by a score: the length decides when. "score": "best", for all runs or for
one, scores the best model (see ssdgan train --keep-best) instead of the last one.`;

const SAMPLES = 2000;

/** Reads and checks the file, so that a slip is told now and not after hours. @param {string} file @returns {Experiment} */
function load(file) {
  let data;
  try {
    data = JSON.parse(new TextDecoder().decode(readFile(file)));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} is not JSON: ${/** @type {Error} */ (error).message}.`);
  }
  const { title = path.basename(file, '.json'), seeds = [0], train = {}, score = 'model', runs } = data;
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
      const { values } = parse(argsOf(options), TRAIN_OPTIONS, 'train');
      settingsFrom(values);
      lengthFrom(values);
    } catch (error) {
      throw new CliError(`In ${file}, run "${name}": ${/** @type {Error} */ (error).message}`);
    }
    return { name, score: which, options };
  });
  const evaluate = { n: SAMPLES, ...data.evaluate };
  return { title, seeds: seedsFrom(seeds, file), minutes: minutesFrom(data.minutes, file), evaluate, runs: checked };
}

/** @param {any} minutes @param {string} file @returns {(number | null)[]} */
function minutesFrom(minutes, file) {
  if (minutes === undefined) return [null];
  const isRising = Array.isArray(minutes) && minutes.every((value, i) => value > (minutes[i - 1] ?? 0));
  if (!isRising || !minutes.length || !minutes.every(Number.isFinite))
    throw new CliError(`The minutes in ${file} must be numbers above 0, each larger than the one before.`);
  return minutes;
}

/** @param {any[]} seeds @param {string} where @returns {number[]} */
function seedsFrom(seeds, where) {
  if (!seeds.length || !seeds.every((seed) => Number.isInteger(seed) && seed >= 0))
    throw new CliError(`The seeds in ${where} must be whole numbers, not negative.`);
  return seeds;
}

/** @param {string} name @param {string} out @param {Experiment} experiment @param {Job[]} jobs @param {string} command @returns {number} how many results are missing */
function report(name, out, experiment, jobs, command) {
  const results = jobs.flatMap((job) => experiment.minutes.map((minutes) => ({ job, minutes, result: resultOf(job, minutes) }))); // prettier-ignore
  const done = results.flatMap(({ result }) => (result ? [result] : []));
  const missing = results
    .filter(({ result }) => !result)
    .map(({ job, minutes }) => `${job.run.name} (seed ${job.seed}${minutes === null ? '' : `, ${minutes} min`})`);
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
  const last = new Map(done.map((result) => [`${result.row.name} ${result.row.seed}`, result]));
  const lines = [...last.values()].map(({ row, log }) => ({ name: row.name, seed: row.seed, ...curves(log) }));
  writeWhole(path.join(out, `${name}-curves.json`), `${JSON.stringify(lines)}\n`);
  for (const minutes of experiment.minutes)
    for (const one of experiment.runs)
      joinSheets(path.join(out, 'sheets'), jobs.filter(({ run }) => run === one), minutes); // prettier-ignore
  return missing.length;
}

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
  const jobs = jobsOf(experiment, out);
  const name = path.basename(file, '.json');
  const command = `ssdgan experiment ${[file, ...pictures.map((picture) => path.basename(picture))].join(' ')}`;
  const threads = values.threads === undefined ? [] : ['--threads', String(values.threads)];
  process.on('SIGINT', () => {}); // the child hears it too, saves, and says so by its status
  for (const job of jobs) {
    if (values.report || (only && !only.includes(job.run.name))) continue;
    for (const minutes of experiment.minutes) {
      if (!(await train(job, minutes, pictures, threads))) {
        report(name, out, experiment, jobs, command);
        console.log('Interrupted. Everything so far is saved; the same command continues.');
        return 130;
      }
      await score(job, minutes, experiment.evaluate, pictures, threads, path.join(out, 'sheets'));
      report(name, out, experiment, jobs, command);
    }
  }
  const missing = report(name, out, experiment, jobs, command);
  console.log(`\n${fs.readFileSync(path.join(out, `${name}.md`), 'utf8')}`);
  console.log(missing ? `${missing} of ${jobs.length * experiment.minutes.length} results are missing yet.` : `All of ${jobs.length} runs: ${path.join(out, `${name}.md`)}`); // prettier-ignore
  return 0;
}
