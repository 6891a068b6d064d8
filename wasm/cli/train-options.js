/** The options of `ssdgan train`, and what they say about the configuration. */
import { DEFAULT_RECIPE, RECIPES } from '../run/recipes.js';
import { CliError, ENGINE_OPTIONS } from './usage.js';

/** @typedef {import('./usage.js').Option} Option */

/** @param {string} help @param {string} value @returns {Option} */
const number = (help, value = 'X') => ({ type: 'string', value, number: true, help });
/** @param {string} help @returns {Option} */
const whole = (help) => ({ type: 'string', value: 'N', number: true, whole: true, help });
/** @param {string} help @param {string} value @returns {Option} */
const text = (help, value = 'NAME') => ({ type: 'string', value, help });
/** @param {string} help @returns {Option} */
const flag = (help) => ({ type: 'boolean', help });

/** Options that are configuration fields: name -> field and option. @type {Record<string, [string, Option]>} */
const FIELDS = {
  batch: ['batch', whole('pictures a step (paper: 32, quick and best: 16)')],
  size: ['image_size', whole('pixels a side: 32, 64, 128 or 256 (default: 64)')],
  lr: ['lr', number('learning rate (default: 0.0005)')],
  'lr-g': ['lr_g', number("generator's own learning rate")],
  'lr-d': ['lr_d', number("discriminator's own learning rate")],
  beta1: ['beta1', number("Adam's decay of the mean (default: 0.5)")],
  beta2: ['beta2', number("Adam's decay of the square (default: 0.999)")],
  latent: ['latent_size', whole('length of the latent (default: 100)')],
  schedule: ['schedule', text('how the rates fall to 0: constant (default) or linear')],
  seed: ['seed', whole('decides everything random (default: 0)')],
  model: ['model', text('ssd (default), or the baseline dcgan')],
  width: ['width', whole('channels next to the picture (default: 64)')],
  'width-max': ['width_max', whole('most channels of a layer (default: 512)')],
  initial: ['initial', text('initial values: pytorch (paper) or dcgan (quick, best)')],
  spectral: ['spectral_norm', text('layers of D with spectral norm: none or paper (default)')],
  'mapping-layers': ['mapping_layers', whole('layers of the mapping; 0: w is z (default: 4)')],
  'mapping-rate': ['mapping_rate', number("factor of the mapping's learning rate")],
  'pixel-norm': ['pixel_norm', flag('latents of mean square 1 instead of norm 1')],
  equalised: ['equalised', flag('equalised learning rate')],
  'first-input': ['first_input', text("what G's first layer sees: constant (default) or latent", 'WHAT')],
  'g-norm': ['g_norm', text('what styles scale and shift: instance (default) or batch norm')],
  noise: ['noise', flag('noise inputs in G')],
  upsampling: ['upsampling', text('in G: transposed (default), nearest or bilinear', 'HOW')],
  downsampling: ['downsampling', text('in D: strided (default) or average', 'HOW')],
  'd-norm': ['d_norm', text('in D: batch (default) or none')],
  'minibatch-std': ['minibatch_std', flag('minibatch standard deviation in D')],
  growth: ['growth_pictures', number('progressive growing from 8 pixels, so many pictures a phase', 'N')],
  'style-mixing': ['style_mixing', number('probability that a picture has two latents')],
  'shared-mapping': ['shared_mapping', flag('one mapping layer applied four times')],
  'reuse-fake': ['reuse_fake', flag("judge the G step's pictures in the D step (a tenth faster)")],
  loss: ['loss', text('bce (default) or paired')],
  r1: ['r1', number('weight of the R1 penalty')],
  ema: ['ema', number("half-life of the generator's average, in pictures")],
  'augment-p': ['augment_p', number('probability of each augmentation')],
  'freeze-d': ['freeze_d', whole('leave so many layers of D, from the picture inwards, untrained')],
  fraction: ['fraction', number('use K per cent of the training pictures', 'K')],
  val: ['val_count', whole('hold out the last N (default: a tenth, 1 to 500)')],
  flip: ['flip', flag('mirror pictures at random')],
  crop: ['crop', text('centre (default), pad or squash', 'HOW')],
  filter: ['filter', text('resampling: triangle (default) or cubic')],
};

const RECIPE_HELP = Object.entries(RECIPES)
  .map(([name, { about }]) => `${name} (${about})`)
  .join(', ');

/** @type {Record<string, Option>} */
export const OPTIONS = {
  out: text('folder of the run (default: ssdgan-run)', 'DIR'),
  resume: text('continue the run in DIR, or a checkpoint file', 'DIR'),
  from: text("fine-tune: begin with this model's or checkpoint's weights and sizes; starter: the page's", 'FILE'),
  recipe: text(`${RECIPE_HELP}; default ${DEFAULT_RECIPE} (dcgan for that model); other options change it`),
  epochs: whole('passes over the pictures (default: 20, best: 60; more of few pictures)'),
  steps: whole('stop after this step instead'),
  ...Object.fromEntries(Object.entries(FIELDS).map(([name, [, option]]) => [name, option])),
  'no-spectral-norm': flag('ablation: plain discriminator'),
  'no-adain': flag('ablation: batch norm in the generator, mapping kept'),
  augment: text('what is augmented: none, or some of colour,translation,cutout', 'LIST'),
  freeze: text('parts of G to leave untrained: some of mapping,l1,l2,...', 'LIST'),
  'on-trouble': text('when training goes wrong: stop, rollback, augment or ignore', 'HOW'),
  doodles: whole('how many doodles, without pictures (default: 2000)'),
  'sample-every': whole('steps between sample grids (default: epochs of at least 100 steps)'),
  'save-every': whole('steps between checkpoints (default: epochs of at least 100 steps)'),
  'keep-best': text('what best.safetensors is lowest in: kernel (quick, best), swd or val-loss', 'SCORE'),
  force: flag('start anew in a folder that holds a run'),
  ...ENGINE_OPTIONS,
};

/** @param {string} option @param {string} list @param {string[]} known */
function split(option, list, known) {
  const names = list === 'none' || list === '' ? [] : list.split(',');
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new CliError(`--${option} names "${wrong}", but knows none, or some of: ${known.join(', ')}.`);
  return names;
}

const AUGMENTATIONS = ['colour', 'translation', 'cutout'];
const PARTS = ['mapping', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6'];

/** What the options ask of the configuration: the fields, without the recipe. @param {Record<string, any>} values @returns {Record<string, any>} */
function fieldsFrom(values) {
  /** @type {Record<string, any>} */
  const config = {};
  for (const [option, [field]] of Object.entries(FIELDS))
    if (values[option] !== undefined) config[field] = values[option];
  if (values['no-spectral-norm']) config.spectral_norm = 'none';
  if (values['no-adain']) config.adain = 0;
  if (values.augment !== undefined) {
    const names = split('augment', values.augment, AUGMENTATIONS);
    for (const name of AUGMENTATIONS) config[`augment_${name}`] = names.includes(name) ? 1 : 0;
  }
  if (values.freeze !== undefined)
    config.freeze = split('freeze', values.freeze, PARTS).reduce((sum, name) => sum | (1 << PARTS.indexOf(name)), 0);
  return config;
}

/** The recipe's name: a baseline's own where only the model is named. @param {Record<string, any>} values @returns {string} */
export const recipeOf = ({ recipe, model }) => recipe ?? (model === 'dcgan' ? 'dcgan' : DEFAULT_RECIPE);

/**
 * Checks the options, and takes from them what the user sets of the configuration, the recipe apart.
 * @param {Record<string, any>} values
 * @returns {{settings: Record<string, any>, given: string[]}} given: the options that a resumed run may not have
 */
export function settingsFrom(values) {
  const name = recipeOf(values);
  if (!Object.hasOwn(RECIPES, name))
    throw new CliError(`There is no recipe "${name}"; there are: ${Object.keys(RECIPES).join(', ')}.`);
  for (const option of ['epochs', 'steps', 'doodles', 'sample-every', 'save-every']) {
    if (values[option] !== undefined && values[option] < 1)
      throw new CliError(`--${option} is ${values[option]}, but must be at least 1.`);
  }
  const onTrouble = values['on-trouble'];
  if (onTrouble !== undefined && !['stop', 'rollback', 'augment', 'ignore'].includes(onTrouble))
    throw new CliError(`--on-trouble is "${onTrouble}", but must be stop, rollback, augment or ignore.`);
  const given = [
    ...Object.keys(FIELDS),
    ...['no-spectral-norm', 'no-adain', 'augment', 'freeze', 'recipe', 'from'],
  ].filter((option) => values[option] !== undefined);
  return { settings: fieldsFrom(values), given };
}
