/** `ssdgan train`: pictures in, a model out; interrupted at any time, resumed bit for bit. */
import fs from 'node:fs';
import path from 'node:path';
import { addPictures, refusedLines, requirePictures } from './pictures.js';
import { Progress } from './progress.js';
import { RunFolder } from './run-folder.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  out: { type: 'string', value: 'DIR', help: 'folder of the run (default: ssdgan-run)' },
  resume: { type: 'string', value: 'DIR', help: 'go on with the run in DIR (or with a checkpoint file)' },
  recipe: { type: 'string', value: 'NAME', help: 'paper: the published settings (default)' },
  epochs: { type: 'string', value: 'N', number: true, whole: true, help: 'passes over the pictures (default: 20)' },
  steps: { type: 'string', value: 'N', number: true, whole: true, help: 'stop after this step instead' },
  batch: { type: 'string', value: 'N', number: true, whole: true, help: 'pictures a step (default: 32)' },
  size: { type: 'string', value: 'N', number: true, whole: true, help: 'pixels a side: 32, 64 or 128 (default: 64)' },
  lr: { type: 'string', value: 'X', number: true, help: 'learning rate (default: 0.0005)' },
  seed: { type: 'string', value: 'N', number: true, whole: true, help: 'decides everything random (default: 0)' },
  model: { type: 'string', value: 'NAME', help: 'ssd (default), or the baseline dcgan' },
  width: { type: 'string', value: 'N', number: true, whole: true, help: 'channels next to the picture (default: 64)' },
  'width-max': {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'most channels of a layer (default: 512)',
  },
  'no-spectral-norm': { type: 'boolean', help: 'ablation: plain discriminator' },
  'no-adain': { type: 'boolean', help: 'ablation: batch norm in the generator, mapping kept' },
  'shared-mapping': { type: 'boolean', help: 'one mapping layer applied four times' },
  'reuse-fake': { type: 'boolean', help: "judge the G step's pictures in the D step (a tenth faster)" },
  fraction: { type: 'string', value: 'K', number: true, help: 'use K per cent of the training pictures' },
  val: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'hold out the last N (default: a tenth, 1 to 500)',
  },
  flip: { type: 'boolean', help: 'mirror pictures at random' },
  crop: { type: 'string', value: 'HOW', help: 'centre (default), pad or squash' },
  filter: { type: 'string', value: 'NAME', help: 'resampling: triangle (default) or cubic' },
  doodles: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'how many doodles, without pictures (default: 2000)',
  },
  'sample-every': {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'steps between sample grids (default: an epoch)',
  },
  'save-every': {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'steps between checkpoints (default: an epoch)',
  },
  force: { type: 'boolean', help: 'start anew in a folder that holds a run' },
  ...ENGINE_OPTIONS,
};

const ABOUT = `Trains on pictures (files, folders, zips), or on doodles when none are given. Leaves in the folder:
model.safetensors (what PyTorch loads), checkpoint.safetensors (to go on), best.safetensors (lowest validation
G loss), samples/ (the same latents through training), log.jsonl. Ctrl-C saves and says how to go on.`;

/** Options that are configuration fields under another name. */
const FIELDS = /** @type {const} */ ({
  batch: 'batch', size: 'image_size', lr: 'lr', seed: 'seed', model: 'model', width: 'width', 'width-max': 'width_max',
  'shared-mapping': 'shared_mapping', 'reuse-fake': 'reuse_fake', fraction: 'fraction', val: 'val_count', flip: 'flip',
  crop: 'crop', filter: 'filter',
}); // prettier-ignore

/** @param {Record<string, any>} values @returns {Record<string, any>} */
function configFrom(values) {
  /** @type {Record<string, any>} */
  const config = {};
  for (const [option, field] of Object.entries(FIELDS))
    if (values[option] !== undefined) config[field] = values[option];
  if (values['no-spectral-norm']) config.spectral_norm = 'none';
  if (values['no-adain']) config.adain = 0;
  if (values.recipe !== undefined && values.recipe !== 'paper') {
    throw new CliError(`There is no recipe "${values.recipe}"; there is: paper.`);
  }
  for (const name of ['epochs', 'steps', 'doodles', 'sample-every', 'save-every']) {
    if (values[name] !== undefined && values[name] < 1)
      throw new CliError(`--${name} is ${values[name]}, but must be at least 1.`);
  }
  return config;
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'train');
  if (values.help) {
    console.log(helpText('train [PICTURES...] --out DIR [options]', ABOUT, OPTIONS));
    return 0;
  }
  const config = configFrom(values);
  const resumed = values.resume === undefined ? null : RunFolder.open(values.resume, values.out);
  if (resumed && Object.keys(config).length) {
    const given = Object.keys(FIELDS)
      .filter((name) => values[name] !== undefined)
      .map((name) => `--${name}`);
    throw new CliError(`A resumed run keeps its settings; leave out ${given.join(', ') || 'the ablations'}.`);
  }
  const folder = resumed ?? RunFolder.create(values.out ?? 'ssdgan-run', Boolean(values.force));
  const engine = await engineFrom(values);
  const trainer = resumed ? engine.loadTrainer(resumed.checkpoint()) : engine.createTrainer(config);
  const settings = trainer.config();

  const plan = {
    pictures: positionals.length ? positionals.map((name) => path.resolve(name)) : (resumed?.plan.pictures ?? []),
    doodles: values.doodles ?? resumed?.plan.doodles ?? 2000,
    epochs: values.epochs ?? (values.steps === undefined ? resumed?.plan.epochs : undefined) ?? 20,
    steps: values.steps ?? (values.epochs === undefined ? resumed?.plan.steps : undefined),
  };
  const dataset = engine.createDataset({
    size: Number(settings.image_size),
    crop: /** @type {any} */ (settings.crop),
    filter: /** @type {any} */ (settings.filter),
  });
  if (plan.pictures.length) {
    console.log(
      `Reading pictures from ${plan.pictures.length === 1 ? plan.pictures[0] : `${plan.pictures.length} places`} ...`,
    );
    const refused = addPictures(dataset, plan.pictures);
    requirePictures(dataset, refused);
    refusedLines(refused).forEach((line) => console.log(line));
  } else {
    dataset.addDoodles(0, 0, plan.doodles);
  }
  trainer.setDataset(dataset);
  folder.begin(plan, settings);

  const first = trainer.stats();
  const total = plan.steps ?? plan.epochs * first.steps_per_epoch;
  const { generator, discriminator } = trainer.parameterCounts;
  engine.notes.forEach((note) => console.log(note));
  console.log(
    `${dataset.count} ${plan.pictures.length ? 'pictures' : 'doodles'}: ${first.train_count} to train on, ${first.val_count} held out. ` +
      `Generator ${generator.toLocaleString('en')} parameters, discriminator ${discriminator.toLocaleString('en')}. ` +
      `${engine.variant} SIMD, ${engine.threads} thread${engine.threads > 1 ? 's' : ''}.`,
  );
  if (first.step >= total) {
    console.log(`The run is already at step ${first.step} of ${total}. Give more --epochs or --steps to go on.`);
    return 0;
  }
  return train({ engine, trainer, folder, total, values });
}

/**
 * @param {{engine: import('../engine.js').Engine, trainer: import('../trainer.js').Trainer, folder: RunFolder,
 *   total: number, values: Record<string, any>}} job
 */
async function train({ engine, trainer, folder, total, values }) {
  let stop = false;
  const interrupt = () => {
    if (stop) process.exit(130);
    stop = true;
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  let stats = trainer.stats();
  const batch = Number(trainer.config().batch);
  const sampleEvery = values['sample-every'] ?? stats.steps_per_epoch;
  const saveEvery = values['save-every'] ?? stats.steps_per_epoch;
  const progress = new Progress(total, stats.step, batch);
  if (stats.step === 0) folder.writeSamples(engine, trainer, 0);
  try {
    while (stats.step < total && !stop) {
      trainer.step();
      stats = trainer.stats();
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
        if (stats.best_step === stats.step) folder.writeBest(trainer);
      }
      if (stats.step % sampleEvery === 0) folder.writeSamples(engine, trainer, stats.step);
      if (stats.step % saveEvery === 0) folder.save(trainer);
      // Signals arrive between steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    progress.end();
  }
  if (stats.step % sampleEvery !== 0) folder.writeSamples(engine, trainer, stats.step);
  folder.save(trainer);
  const where = path.relative(process.cwd(), folder.directory) || '.';
  if (stop) {
    console.log(`Stopped at step ${stats.step} of ${total}; all is saved. Go on with: ssdgan train --resume ${where}`);
    return 130;
  }
  console.log(`Done: ${path.join(where, 'model.safetensors')}. Make pictures with: ssdgan generate ${where}`);
  return fs.existsSync(path.join(folder.directory, 'model.safetensors')) ? 0 : 1;
}

/** @param {import('../trainer.js').Stats} s the numbers of a step that the log keeps */
function pick({ step, epoch, loss_g, loss_d, d_real, d_fake }) {
  return { step, epoch, loss_g, loss_d, d_real, d_fake };
}
