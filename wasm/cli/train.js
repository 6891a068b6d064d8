/** `ssdgan train`: pictures in, a model out; interrupted at any time, resumed bit for bit. */
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from './files.js';
import { FolderStore } from './folder-store.js';
import { Interruption } from './interruption.js';
import { addPictures, encodeGrid, refusedLines, requirePictures } from './pictures.js';
import { Progress } from './progress.js';
import { openRun, readNote, writeNote } from './run-note.js';
import { SCORES } from '../run/best-model.js';
import { CHECKPOINT, clearRun, samplesName } from '../run/store.js';
import { TrainingRun } from '../run/training-run.js';
import { namingOptions, OPTIONS, recipeOf, settingsFrom } from './train-options.js';
import { CliError, commandLine, engineFrom, explain, helpText, parse } from './usage.js';

/** @typedef {import('../run/training-run.js').RunEvent} RunEvent */

const ABOUT = `Trains on pictures (files, folders, zips); without any, on doodles. Writes into the folder: model.safetensors (the
generator, which PyTorch loads too), checkpoint.safetensors (to continue), best.safetensors (the best model so far),
samples/ (the same seeds during the training) and log.jsonl. Ctrl-C saves and says how to continue.`;

const SAMPLE_SEEDS = Array.from({ length: 64 }, (_, i) => i);
const SAMPLE_COLUMNS = 8;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'train');
  if (values.help) {
    console.log(helpText('train [PICTURES...] --out DIR [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { settings, given } = settingsFrom(values);
  const wishes = {
    epochs: values.epochs,
    steps: values.steps,
    keepBest: values['keep-best'],
    onTrouble: values['on-trouble'],
    sampleEvery: values['sample-every'],
    saveEvery: values['save-every'],
  };
  const resumed = values.resume === undefined ? null : openRun(values.resume);
  if (resumed && given.length)
    throw new CliError(`A resumed run keeps its settings; leave out ${given.map((name) => `--${name}`).join(', ')}.`);
  const note = resumed ? readNote(resumed.directory) : {};
  const { store, isOther } = openStore(values, resumed?.directory);
  const engine = await engineFrom(values);
  const training = resumed
    ? TrainingRun.resume(engine, store, resumed.checkpoint, { wishes, earlier: note.plan })
    : namingOptions(() =>
        TrainingRun.create(engine, store, {
          recipe: recipeOf(values),
          settings,
          from: values.from === undefined ? null : readModel(values.from).bytes,
          wishes,
        }),
      );
  const pictures = positionals.length ? positionals.map((name) => path.resolve(name)) : (note.pictures ?? []);
  const doodles = values.doodles ?? note.doodles ?? 2000;
  const dataset = await readDataset(engine, training.trainer.config(), pictures, doodles);
  if (resumed && isOther) await clearRun(store);
  await training.begin(dataset);
  const { generator, discriminator } = training.trainer.parameterCounts;
  await writeNote(store, {
    pictures,
    doodles,
    recipe: training.plan.recipe,
    config: training.trainer.config(),
    parameters: generator + discriminator,
    commands: [...(note.commands ?? []), commandLine('train', args)],
  });
  const { step, train_count: count, val_count: heldOut } = training.trainer.stats();
  engine.notes.forEach((line) => console.log(line));
  console.log(
    `${dataset.count} ${pictures.length ? 'pictures' : 'doodles'}: ${count} to train on, ${heldOut} held out. ` +
      `Generator ${generator.toLocaleString('en')} parameters, discriminator ${discriminator.toLocaleString('en')}. ` +
      `${engine.variant} SIMD, ${engine.threads} thread${engine.threads > 1 ? 's' : ''}.`,
  );
  if (step >= training.total) {
    console.log(`The run is already at step ${step} of ${training.total}. Give more --epochs or --steps to continue.`);
    return 0;
  }
  return train(training, store);
}

/**
 * The folder of the run. A folder that holds another run is refused, unless --force is given.
 * @param {Record<string, any>} values @param {string | undefined} resumedFrom a folder
 */
function openStore({ out, force }, resumedFrom) {
  const directory = out ?? resumedFrom ?? 'ssdgan-run';
  const isOther = resumedFrom === undefined || path.resolve(directory) !== path.resolve(resumedFrom);
  if (isOther && !force && fs.existsSync(path.join(directory, CHECKPOINT)))
    throw new CliError(
      `${directory} already holds a run. Continue it (--resume ${directory}), name another --out, or replace it with --force.`,
    );
  return { store: new FolderStore(directory), isOther };
}

/**
 * @param {import('../engine/engine.js').Engine} engine @param {Record<string, any>} config
 * @param {string[]} pictures @param {number} doodles without pictures
 */
async function readDataset(engine, { image_size: size, crop, filter }, pictures, doodles) {
  const dataset = engine.createDataset({ size: Number(size), crop, filter });
  if (pictures.length) {
    console.log(`Reading pictures from ${pictures.length === 1 ? pictures[0] : `${pictures.length} places`} ...`);
    const { refused } = await addPictures(dataset, pictures);
    requirePictures(dataset, refused);
    refusedLines(refused).forEach((line) => console.log(line));
  } else {
    dataset.addDoodles(0, 0, doodles);
  }
  return dataset;
}

/** Shows the run's events, and makes its sample grids. @param {TrainingRun} training @param {FolderStore} store @returns {Promise<number>} exit status */
async function train(training, store) {
  const interruption = new Interruption(() => training.stop());
  const { total } = training;
  const progress = new Progress(total, training.trainer.stats().step, Number(training.trainer.config().batch));
  /** @type {RunEvent | null} */
  let last = null;
  try {
    // Signals arrive between steps.
    for await (const event of training.events(() => new Promise((resolve) => setImmediate(resolve)))) {
      last = event;
      if (event.event === 'step') progress.step(training.trainer.stats());
      else if (event.event === 'samples') await writeSamples(training, store, event.step, progress);
      else if (event.event !== 'best' || training.plan.keepBest !== 'val-loss') progress.tell(event);
    }
  } finally {
    progress.end();
  }
  return conclude(
    training,
    /** @type {any} */ (last),
    path.relative(process.cwd(), store.directory) || '.',
    interruption,
  );
}

/** A grid that cannot be written is no reason to stop. @param {TrainingRun} training @param {FolderStore} store @param {number} step @param {Progress} progress */
async function writeSamples({ trainer: { generator } }, store, step, progress) {
  try {
    const rgba = generator.generateRgba(SAMPLE_SEEDS);
    await store.write(samplesName(step), encodeGrid(rgba, generator.imageSize, SAMPLE_COLUMNS));
  } catch (error) {
    progress.tell({ event: 'not_saved', what: 'samples', error });
  }
}

/**
 * Prints how the run ended, and returns the exit status.
 * @param {TrainingRun} training @param {{reason: string, step: number, saved: number | null}} finished
 * @param {string} where @param {Interruption} interruption
 */
function conclude({ plan, total, error }, { reason, step, saved }, where, interruption) {
  const { best, keepBest } = plan;
  const isSaved = saved === step;
  const state = isSaved ? 'everything is saved' : saved === null ? 'nothing is saved' : `step ${saved} is saved`;
  const advice = saved === null ? '' : ` Continue with: ssdgan train --resume ${where}`;
  if (best) {
    const { name, digits } = SCORES[keepBest];
    console.log(`best.safetensors is the model of step ${best.step}: ${name} ${best.score.toFixed(digits)}.`);
  }
  if (reason === 'done' && isSaved) {
    console.log(`Done: ${path.join(where, 'model.safetensors')}. Make samples with: ssdgan generate ${where}`);
    return 0;
  }
  if (reason === 'trouble') {
    const watched = plan.onTrouble === 'rollback' || !advice ? '' : ' --on-trouble rollback';
    console.log(`Stopped at step ${step} of ${total}; ${state}.${advice}${watched}`);
    return 1;
  }
  if (reason === 'failed') console.error(`ssdgan: ${explain(error).message}`);
  const told = `${reason === 'done' ? 'Trained up to' : 'Stopped at'} step ${step} of ${total}; ${state}.${advice}`;
  // After SIGPIPE nobody reads the output.
  (interruption.signal === 'SIGPIPE' ? console.error : console.log)(told);
  return interruption.status ?? 1;
}
