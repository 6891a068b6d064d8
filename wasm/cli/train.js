/** `ssdgan train`: pictures in, a model out; interrupted at any time, resumed bit for bit. */
import path from 'node:path';
import { readModel } from './files.js';
import { Interruption } from './interruption.js';
import { addPictures, refusedLines, requirePictures } from './pictures.js';
import { ProcessorTime } from './processor-time.js';
import { Progress } from './progress.js';
import { openNew, openResumed, readNote } from './project-folder.js';
import { SCORES } from '../run/best-model.js';
import { PICTURES, PROJECT, readPictures, updateProject, writePictures } from '../run/project.js';
import { storeSamples } from '../run/samples.js';
import { TrainingRun } from '../run/training-run.js';
import { lengthFrom, namingOptions, OPTIONS, recipeOf, settingsFrom } from './train-options.js';
import { CliError, commandLine, engineFrom, explain, helpText, parse } from './usage.js';

/** @typedef {import('../run/training-run.js').RunEvent} RunEvent */

const ABOUT = `Trains on pictures (files, folders, zips); without any, on doodles. Writes into the folder: model.safetensors (the
generator, which PyTorch loads too), best.safetensors (the best model so far), samples/ (the same seeds during the training,
and some of its models), log.jsonl, and what is needed to continue: two checkpoints, written in turn each minute, and the
pictures. Ctrl-C saves and says how to continue.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'train');
  if (values.help) {
    console.log(helpText('train [PICTURES...] --out DIR [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { settings, given } = settingsFrom(values);
  const wishes = {
    ...lengthFrom(values),
    keepBest: values['keep-best'],
    onTrouble: values['on-trouble'],
    sampleEvery: values['sample-every'],
    saveEvery: values['save-every'],
  };
  if (values.resume !== undefined && given.length)
    throw new CliError(`A resumed run keeps its settings; leave out ${given.map((name) => `--${name}`).join(', ')}.`);
  const resumed =
    values.resume === undefined ? null : await openResumed(values.resume, { out: values.out, force: values.force });
  const store = resumed?.store ?? openNew(values.out ?? 'ssdgan-run', values.force ?? false);
  const note = resumed ? readNote(store.directory) : {};
  const engine = await engineFrom(values);
  const training = resumed
    ? await TrainingRun.resume(engine, store, { checkpoint: resumed.checkpoint, wishes, earlier: note.plan })
    : namingOptions(() =>
        TrainingRun.create(engine, store, {
          recipe: recipeOf(values),
          settings,
          from: values.from === undefined ? null : readModel(values.from).bytes,
          wishes,
        }),
      );
  training.notes.forEach((line) => console.log(line));
  const { dataset, about } = await picturesOf(engine, training, store, note, positionals, values.doodles);
  await begin(training, dataset, values['other-pictures']);
  if (!resumed) await store.remove(PROJECT); // of an earlier run
  if (about.names) await writePictures(store, dataset, /** @type {any} */ (about));
  const { generator, discriminator } = training.trainer.parameterCounts;
  await updateProject(store, {
    name: note.name ?? path.basename(path.resolve(store.directory)),
    pictures: dataset.count,
    doodles: about.doodles,
    sources: about.sources,
    recipe: training.plan.recipe,
    config: training.trainer.config(),
    parameters: generator + discriminator,
    commands: [...(note.commands ?? []), commandLine('train', args)],
  });
  const { step, train_count: count, val_count: heldOut } = training.trainer.stats();
  engine.notes.forEach((line) => console.log(line));
  console.log(
    `${dataset.count} ${about.doodles ? 'doodles' : 'pictures'}: ${count} to train on, ${heldOut} held out. ` +
      `Generator ${generator.toLocaleString('en')} parameters, discriminator ${discriminator.toLocaleString('en')}. ` +
      `${engine.variant} SIMD, ${engine.threads} thread${engine.threads > 1 ? 's' : ''}.`,
  );
  if (step >= training.total)
    console.log(`The run is already at step ${step} of ${training.total}. Give more --epochs or --steps, or --minutes, to continue.`); // prettier-ignore
  // At the end of a run too: it may have been killed between its last save and its last line of the log.
  return train(training, store, { spent: note.processorMinutes, budget: values['processor-minutes'] });
}

/**
 * The pictures to train on: those named; else those that the project keeps; else those that an older run's note names; else
 * doodles.
 * @param {import('../engine/engine.js').Engine} engine @param {TrainingRun} training @param {import('../run/store.js').Store} store
 * @param {import('./project-folder.js').Note} note @param {string[]} named @param {number | undefined} doodles
 * @returns {Promise<{dataset: import('../engine/engine.js').Dataset,
 *   about: {doodles?: number, sources?: string[], names?: string[], crop?: string, filter?: string}}>}
 *   names: of pictures that are to be kept
 */
async function picturesOf(engine, training, store, note, named, doodles) {
  const { image_size, crop, filter } = training.trainer.config();
  const size = Number(image_size);
  if (!named.length && doodles === undefined) {
    const kept = await readPictures(engine, store);
    if (training.resumed && kept)
      return { dataset: kept.dataset, about: { sources: note.sources, doodles: note.doodles || undefined } };
    kept?.dataset.dispose();
  }
  const sources = named.length ? named.map((name) => path.resolve(name)) : doodles ? [] : (note.sources ?? []);
  const dataset = engine.createDataset(/** @type {any} */ ({ size, crop, filter }));
  if (!sources.length) {
    const count = doodles ?? note.doodles ?? 2000;
    dataset.addDoodles(0, 0, count);
    await store.remove(PICTURES); // of an earlier run
    return { dataset, about: { doodles: count } };
  }
  console.log(`Reading pictures from ${sources.length === 1 ? sources[0] : `${sources.length} places`} ...`);
  const { names, refused } = await addPictures(dataset, sources);
  requirePictures(dataset, refused);
  refusedLines(refused).forEach((line) => console.log(line));
  return { dataset, about: { sources, names, crop: String(crop), filter: String(filter) } };
}

/** @param {TrainingRun} training @param {import('../engine/engine.js').Dataset} dataset @param {boolean} acceptOther */
async function begin(training, dataset, acceptOther) {
  try {
    await training.begin(dataset, { acceptOther });
  } catch (error) {
    if (/** @type {any} */ (error)?.code !== 'bad_state' || !training.resumed) throw error;
    throw new CliError(`${explain(error).message} To train on them all the same, add --other-pictures.`);
  }
}

/**
 * Shows the run's events, and makes its sample grids.
 * @param {TrainingRun} training @param {import('./folder-store.js').FolderStore} store
 * @param {{spent?: number, budget?: number}} minutes of the processor: in earlier sittings, and after which to stop
 * @returns {Promise<number>} exit status
 */
async function train(training, store, { spent, budget = Infinity }) {
  const interruption = new Interruption(() => training.stop());
  /** @type {RunEvent | null} */
  let last = null;
  const time = new ProcessorTime(spent);
  const progress = new Progress(
    training.total,
    training.trainer.stats().step,
    Number(training.trainer.config().batch),
    () => time.secondsTo(budget),
  );
  const stopInTime = () => {
    if (time.minutes >= budget) training.stop();
  };
  stopInTime();
  try {
    // Signals arrive between steps.
    for await (const event of training.events(() => new Promise((resolve) => setImmediate(resolve)))) {
      last = event;
      if (event.event === 'step') {
        progress.step(training.trainer.stats());
        stopInTime();
      } else if (event.event === 'samples') await writeSamples(training, event.step, progress);
      else if (event.event === 'planned') progress.plan(event.total, plannedLine(event, training));
      else if (event.event === 'checkpoint')
        await writeProgress(store, { progress: { step: event.step, total: training.total }, processorMinutes: time.minutes }, progress); // prettier-ignore
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
    time.minutes >= budget ? budget : null,
  );
}

/** @param {RunEvent} event planned @param {TrainingRun} training @returns {string} */
function plannedLine({ minutes, epochs }, { resumed, trainer }) {
  const time = `${minutes}${resumed ? ' more' : ''} minute${minutes === 1 ? '' : 's'}`;
  const pictures = `${trainer.stats().train_count.toLocaleString('en')} pictures`;
  return `${time}: ${epochs} epoch${epochs === 1 ? '' : 's'} of ${pictures}${resumed ? ' in all' : ''} at this speed.`;
}

/** How far the run is, for lists of projects; that it cannot be written is no reason to stop. @param {import('./folder-store.js').FolderStore} store @param {Partial<import('../run/project.js').Project>} fields @param {Progress} progress */
async function writeProgress(store, fields, progress) {
  try {
    await updateProject(store, fields);
  } catch (error) {
    progress.tell({ event: 'not_saved', what: 'progress in project.json', error });
  }
}

/** A grid that cannot be written is no reason to stop. @param {TrainingRun} training @param {number} step @param {Progress} progress */
async function writeSamples(training, step, progress) {
  try {
    await storeSamples(training, step);
  } catch (error) {
    progress.tell({ event: 'not_saved', what: 'samples', error });
  }
}

/**
 * Prints how the run ended, and returns the exit status.
 * @param {TrainingRun} training @param {{reason: string, step: number, saved: number | null}} finished
 * @param {string} where @param {Interruption} interruption @param {number | null} budget processor minutes, if they are spent
 */
function conclude({ plan, total, error }, { reason, step, saved }, where, interruption, budget) {
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
  if (reason === 'stopped' && budget !== null && !interruption.signal && isSaved) {
    console.log(`The ${budget} processor minutes are spent at step ${step} of ${total}; ${state}.${advice}`);
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
