/** `ssdgan train`: pictures in, a model out; interrupted at any time, resumed bit for bit. */
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from './files.js';
import { BestKeeper } from './keep-best.js';
import { addPictures, refusedLines, requirePictures } from './pictures.js';
import { Progress } from './progress.js';
import { RunFolder } from './run-folder.js';
import { FEW } from '../engine/evaluate.js';
import { DEFAULT_RECIPE, epochsOf, growInTime, RECIPES } from '../run/recipes.js';
import { Supervisor } from '../run/supervisor.js';
import { configFrom, OPTIONS, recipeOf } from './train-options.js';
import { CliError, commandLine, engineFrom, helpText, parse } from './usage.js';

const ABOUT = `Trains on pictures (files, folders, zips), or on doodles when none are given. Leaves in the folder:
model.safetensors (what PyTorch loads), checkpoint.safetensors (to go on), best.safetensors (by --keep-best),
samples/ (the same latents through training), log.jsonl. Ctrl-C saves and says how to go on.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'train');
  if (values.help) {
    console.log(helpText('train [PICTURES...] --out DIR [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { config, given, onTrouble } = configFrom(values);
  BestKeeper.check(values['keep-best']);
  const resumed = values.resume === undefined ? null : RunFolder.open(values.resume, values.out);
  if (resumed && given.length) {
    throw new CliError(`A resumed run keeps its settings; leave out ${given.map((name) => `--${name}`).join(', ')}.`);
  }
  const folder = resumed ?? RunFolder.create(values.out ?? 'ssdgan-run', Boolean(values.force));
  const engine = await engineFrom(values);
  const trainer = resumed
    ? engine.loadTrainer(resumed.checkpoint())
    : values.from !== undefined
      ? engine.createTrainerFrom(readModel(values.from).bytes, config)
      : engine.createTrainer(config);
  const settings = trainer.config();

  const recipeName = resumed?.plan.recipe ?? recipeOf(values);
  const recipe = RECIPES[recipeName] ?? RECIPES[DEFAULT_RECIPE]; // a run's, which may be of another version
  const pictures = positionals.length ? positionals.map((name) => path.resolve(name)) : (resumed?.plan.pictures ?? []);
  const doodles = values.doodles ?? resumed?.plan.doodles ?? 2000;
  const dataset = engine.createDataset({
    size: Number(settings.image_size),
    crop: /** @type {any} */ (settings.crop),
    filter: /** @type {any} */ (settings.filter),
  });
  if (pictures.length) {
    console.log(`Reading pictures from ${pictures.length === 1 ? pictures[0] : `${pictures.length} places`} ...`);
    const refused = addPictures(dataset, pictures);
    requirePictures(dataset, refused);
    refusedLines(refused).forEach((line) => console.log(line));
  } else {
    dataset.addDoodles(0, 0, doodles);
  }
  trainer.setDataset(dataset);
  const first = trainer.stats();
  const usual = epochsOf(recipe, first.train_count);
  const plan = {
    pictures,
    doodles,
    epochs: values.epochs ?? (values.steps === undefined ? resumed?.plan.epochs : undefined) ?? usual,
    steps: values.steps ?? (values.epochs === undefined ? resumed?.plan.steps : undefined),
    keepBest:
      values['keep-best'] ?? resumed?.plan.keepBest ?? (first.train_count < FEW.other ? 'val-loss' : recipe.keepBest),
    recipe: recipeName,
  };
  const total = plan.steps ?? plan.epochs * first.steps_per_epoch;
  const planned = total * Number(settings.batch);
  // Falling rates reach zero with the last step that is planned.
  trainer.set('schedule_pictures', planned);
  if (values.growth === undefined) growInTime(trainer, planned);
  const { generator, discriminator } = trainer.parameterCounts;
  folder.begin(plan, trainer.config(), generator + discriminator, commandLine('train', args));
  engine.notes.forEach((note) => console.log(note));
  console.log(
    `${dataset.count} ${pictures.length ? 'pictures' : 'doodles'}: ${first.train_count} to train on, ${first.val_count} held out. ` +
      `Generator ${generator.toLocaleString('en')} parameters, discriminator ${discriminator.toLocaleString('en')}. ` +
      `${engine.variant} SIMD, ${engine.threads} thread${engine.threads > 1 ? 's' : ''}.`,
  );
  if (first.step >= total) {
    console.log(`The run is already at step ${first.step} of ${total}. Give more --epochs or --steps to go on.`);
    return 0;
  }
  const keeper = new BestKeeper(plan.keepBest, { engine, trainer, dataset, folder, planned });
  return train({ engine, trainer, dataset, folder, total, values, onTrouble, keeper });
}

/**
 * @param {{engine: import('../engine/engine.js').Engine, trainer: import('../engine/trainer.js').Trainer,
 *   dataset: import('../engine/dataset.js').Dataset, folder: RunFolder,
 *   total: number, values: Record<string, any>, onTrouble: any, keeper: BestKeeper}} job
 */
async function train({ engine, trainer: first, dataset, folder, total, values, onTrouble, keeper }) {
  let stop = false;
  const interrupt = () => {
    if (stop) process.exit(130);
    stop = true;
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  let trainer = first;
  let stats = trainer.stats();
  let troubled = false;
  const supervisor = new Supervisor(engine, trainer, dataset, onTrouble);

  const batch = Number(trainer.config().batch);
  const sampleEvery = values['sample-every'] ?? stats.steps_per_epoch;
  const saveEvery = values['save-every'] ?? stats.steps_per_epoch;
  const progress = new Progress(total, stats.step, batch);
  if (stats.step === 0) folder.writeSamples(engine, trainer, 0);
  try {
    while (stats.step < total && !stop) {
      const answer = supervisor.step() ?? (stats.steps_per_epoch && endsEpoch(stats) ? supervisor.epoch() : null);
      ({ trainer } = supervisor);
      stats = trainer.stats();
      if (answer) {
        troubled = answer.action === 'stop';
        progress.say(answer.sentence);
        folder.log({ trouble: answer.kind, ...answer });
        if (troubled) break;
        if (answer.action === 'rollback') continue;
      }
      progress.step(stats);
      folder.log({ ...pick(stats), pictures_per_second: progress.picturesPerSecond() });
      if (stats.step_in_epoch === 0) {
        trainer.validate();
        stats = trainer.stats();
        progress.validation(stats);
        folder.log({
          validation: true,
          step: stats.step,
          epoch: stats.epoch,
          val_loss_g: stats.val_loss_g,
          val_loss_d: stats.val_loss_d,
          val_accuracy: stats.val_accuracy,
        });
        const scored = keeper.consider(trainer, stats);
        if (scored) progress.say(scored);
      }
      if (stats.step % sampleEvery === 0) folder.writeSamples(engine, trainer, stats.step);
      if (stats.step % saveEvery === 0) supervisor.keep(folder.save(trainer));
      // Signals arrive between steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    progress.end();
  }
  if (stats.step % sampleEvery !== 0) folder.writeSamples(engine, trainer, stats.step);
  folder.save(trainer);
  const where = path.relative(process.cwd(), folder.directory) || '.';
  const kept = keeper.verdict();
  if (kept) console.log(kept);
  if (troubled) {
    console.log(`Stopped at step ${stats.step} of ${total}; the state is saved in ${where}.`);
    return 1;
  }
  if (stop) {
    console.log(`Stopped at step ${stats.step} of ${total}; all is saved. Go on with: ssdgan train --resume ${where}`);
    return 130;
  }
  console.log(`Done: ${path.join(where, 'model.safetensors')}. Make pictures with: ssdgan generate ${where}`);
  return fs.existsSync(path.join(folder.directory, 'model.safetensors')) ? 0 : 1;
}

/** The step after these stats is the last of its epoch. @param {import('../engine/trainer.js').Stats} s */
function endsEpoch({ step_in_epoch, steps_per_epoch }) {
  return step_in_epoch + 1 >= steps_per_epoch;
}

/** @param {import('../engine/trainer.js').Stats} s the numbers of a step that the log keeps */
function pick({ step, epoch, loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d, augment_p }) {
  return { step, epoch, loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d, augment_p };
}
