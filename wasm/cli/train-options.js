/**
 * The options of `ssdgan train`, and what they say about the configuration. The options of settings, their ranges and their
 * help come from the table of settings in the core (src/model/config.c).
 */
import { createEngine, SsdganError } from '../engine/engine.js';
import { SCORES } from '../run/best-model.js';
import { DEFAULT_RECIPE, GONE, RECIPES } from '../run/recipes.js';
import { ACTIONS } from '../run/supervisor.js';
import { CliError, ENGINE_OPTIONS, orList } from './usage.js';

/** @typedef {import('./usage.js').Option} Option */
/** @typedef {import('../module/heap.js').ConfigField} Field */

const engine = await createEngine({ threads: 1 });
const { config: SETTINGS, groups: GROUPS } = engine.describe;
engine.dispose();

/** The parts that --freeze may name: the bits of the setting, in order. The core knows how many layers there are. */
const FREEZE_BITS = Math.log2((SETTINGS.find(({ name }) => name === 'freeze')?.max ?? 0) + 1);
const PARTS = Array.from({ length: FREEZE_BITS }, (_, bit) => (bit ? `l${bit}` : 'mapping'));

const RUN = 'The run';
/** @param {string} help @param {Partial<Option>} more @returns {Option} */
const whole = (help, more = {}) => ({
  type: 'string',
  value: 'N',
  number: true,
  whole: true,
  min: 1,
  group: RUN,
  help,
  ...more,
});
/** @param {string} help @param {Partial<Option>} more @returns {Option} */
const text = (help, more = {}) => ({ type: 'string', value: 'NAME', group: RUN, help, ...more });

/** @param {Field} field @returns {string} the value without the option, and by the recipe `paper` if that is another */
function usual(field) {
  const shown = (/** @type {string | number} */ value) =>
    field.type === 'flag'
      ? { 0: 'off', 1: 'on' }[value]
      : field.type === 'choice'
        ? (field.choices[Number(value)] ?? value)
        : value;
  const value = RECIPES[DEFAULT_RECIPE].settings[field.name];
  if (value !== undefined) return ` (default: ${shown(value)}; paper: ${shown(field.default)})`;
  return field.type === 'flag' && !field.default ? '' : ` (default: ${shown(field.default)})`;
}

/** @param {string} group @returns {string} */
const heading = (group) => `Settings, ${group}`;

/** @param {Field} field @returns {Option} */
function optionOf(field) {
  const { type, min, max, choices, basic, unit } = field;
  const group = basic ? 'Main settings' : heading(field.group);
  if (type === 'flag') return { type: 'boolean', negatable: true, group, help: field.help + usual(field) };
  if (type === 'choice') return text(field.help + usual(field), { choices, group });
  const help = choices.length ? `${field.help}: ${orList(choices)}` : field.help;
  const isWhole = type === 'int';
  const value = unit ? unit.toUpperCase().replace(' ', '-') : isWhole ? 'N' : 'X';
  return { type: 'string', value, number: true, whole: isWhole, min, max, choices, group, help: help + usual(field) };
}

/** @param {(field: Field) => boolean} wanted @returns {Record<string, Option>} */
const optionsOf = (wanted) =>
  Object.fromEntries(SETTINGS.filter(wanted).map((field) => [field.option, optionOf(field)]));

const recipeNames = Object.keys(RECIPES);
const own = recipeNames.filter((name) => !RECIPES[name].comparison);
const others = recipeNames.filter((name) => RECIPES[name].comparison);
const RECIPE_HELP =
  `settings to begin with: ${own.map((name) => `${name} (${RECIPES[name].about})`).join(', ')}; for comparison: ` +
  `${others.join(', ')} (default: ${DEFAULT_RECIPE}; dcgan for --model dcgan); the options below change single settings of it`;

/** @type {Record<string, Option>} */
export const OPTIONS = {
  out: text('folder of the run (default: ssdgan-run)', { value: 'DIR' }),
  resume: text('continue the run in DIR, the zip of a project, or a checkpoint file; with --out, a copy of it', {
    value: 'DIR',
  }),
  'other-pictures': {
    type: 'boolean',
    group: RUN,
    help: 'resume with other pictures than the run began with',
  },
  from: text("fine-tune: begin with the weights of a model or checkpoint; starter: the page's model", {
    value: 'FILE',
  }),
  recipe: text(RECIPE_HELP, { choices: recipeNames, gone: GONE }),
  epochs: whole('passes over the pictures (default: until 240,000 pictures were shown; paper: 20)'),
  steps: whole('end after this step, instead of --epochs'),
  minutes: whole(
    'train for about so many minutes from now on, instead of --epochs: the number of epochs is found from the speed of ' +
      'the first seconds, and is kept',
    { value: 'X', whole: false, min: 0.01 },
  ),
  'processor-minutes': whole('stop, at the latest, when all sittings and threads have used so much processor time', {
    value: 'X',
    whole: false,
    min: 0,
  }),
  'on-trouble': text(
    'what to do when training goes wrong: stop; rollback (go back to the last good state, at half the learning rate); ' +
      'ignore (default: rollback; paper: ignore)',
    { value: 'HOW', choices: ACTIONS },
  ),
  'keep-best': text(
    `score by which best.safetensors is chosen: ${orList(Object.keys(SCORES))} (default: kernel-swd; paper: val-loss)`,
    {
      value: 'SCORE',
      choices: Object.keys(SCORES),
    },
  ),
  doodles: whole('number of doodles, where no pictures are named (default: 2000)'),
  'sample-every': whole('steps between two grids of samples (default: epochs of at least 100 steps)'),
  'save-every': whole('steps between two checkpoints, besides those of every minute'),
  force: { type: 'boolean', group: RUN, help: 'begin a new run in a folder that holds one' },
  ...Object.fromEntries(Object.entries(ENGINE_OPTIONS).map(([name, option]) => [name, { ...option, group: RUN }])),
  ...optionsOf(({ basic }) => basic),
  ...GROUPS.reduce((all, group) => ({ ...all, ...optionsOf((field) => !field.basic && field.group === group) }), {}),
  freeze: text(`parts of the generator to leave as they are: some of ${PARTS.slice(0, 3).join(',')},...`, {
    value: 'LIST',
    group: heading('fine-tuning'),
  }),
  'no-spectral-norm': { type: 'boolean', hidden: true, help: '--spectral none' },
};

/** The names in the list of --freeze. @param {string} list */
function partsIn(list) {
  const names = list === 'none' || list === '' ? [] : list.split(',');
  const wrong = names.find((name) => !PARTS.includes(name));
  if (wrong !== undefined)
    throw new CliError(`--freeze names "${wrong}", but knows none, or some of: ${PARTS.join(', ')}.`);
  return names;
}

/** How long, which may be said in one way only. @param {Record<string, any>} values @returns {import('../run/length.js').Length} */
export function lengthFrom({ epochs, steps, minutes }) {
  const other = epochs === undefined ? 'steps' : 'epochs';
  if (minutes !== undefined && (epochs ?? steps) !== undefined)
    throw new CliError(`--minutes and --${other} both say how long to train: leave one of them out.`);
  return { epochs, steps, minutes };
}

/** The recipe's name: a baseline's own where only the model is named. @param {Record<string, any>} values @returns {string} */
export const recipeOf = ({ recipe, model }) => recipe ?? (model === 'dcgan' ? 'dcgan' : DEFAULT_RECIPE);

/**
 * What the options set of the configuration, the recipe apart.
 * @param {Record<string, any>} values
 * @returns {{settings: Record<string, any>, given: string[]}} given: the options that a resumed run may not have
 */
export function settingsFrom(values) {
  /** @type {Record<string, any>} */
  const settings = {};
  const given = ['recipe', 'from', 'no-spectral-norm'].filter((option) => values[option] !== undefined);
  if (values['no-spectral-norm']) settings.spectral_norm = 'none';
  for (const { name, option, type } of SETTINGS) {
    const value = values[option];
    if (value === undefined) continue;
    given.push(value === false ? `no-${option}` : option);
    settings[name] = type === 'flag' ? Number(value) : value;
  }
  if (values.freeze !== undefined)
    settings.freeze = partsIn(values.freeze).reduce((sum, name) => sum | (1 << PARTS.indexOf(name)), 0);
  return { settings, given };
}

/**
 * Calls `body`. Where the core refuses settings, its sentence has their names in backticks: options stand there then.
 * @template T @param {() => T} body @returns {T}
 */
export function namingOptions(body) {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof SsdganError)) throw error;
    const optionOf = (/** @type {string} */ name) => SETTINGS.find((field) => field.name === name)?.option ?? name;
    throw new SsdganError(
      error.code,
      error.message.replace(/`(\w+)`/g, (_, name) => `--${optionOf(name)}`),
    );
  }
}
