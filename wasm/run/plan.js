/**
 * The plan of a training run: what a resumed run must know beside its networks. It is a text in the checkpoint
 * (ssd_trainer_set_plan), so that terminal and page continue with the same recipe, reaction to trouble and length.
 */
import { SsdganError } from '../engine/engine.js';
import { FEW, MIN_PICTURES } from '../engine/evaluate.js';
import { SCORES } from './best-model.js';
import { DEFAULT_RECIPE, epochsOf, RECIPES } from './recipes.js';
import { ACTIONS } from './supervisor.js';

/** @typedef {import('./supervisor.js').Action} Action */
/**
 * What the user may ask for; the rest is the recipe's.
 * @typedef {object} Wishes
 * @property {number} [epochs] how long: epochs in all, or
 * @property {number} [steps] steps in all, or
 * @property {number} [minutes] from the start of the training on this machine, or from where it is continued
 * @property {string} [keepBest] the score (SCORES) whose lowest model is kept
 * @property {Action} [onTrouble] what is done when the doctor finds trouble
 * @property {number} [sampleEvery] steps between sample grids
 * @property {number} [saveEvery] steps between checkpoints, besides those of every minute (autosave.js)
 */
/**
 * @typedef {object} Plan
 * @property {string} recipe
 * @property {number | null} epochs null where steps are given
 * @property {number | null} steps
 * @property {number | null} minutes that are yet to become epochs (length.js)
 * @property {string} keepBest
 * @property {Action} onTrouble
 * @property {number} sampleEvery
 * @property {number | null} saveEvery null: saved every minute only
 * @property {{step: number, score: number} | null} best the best model so far
 * @property {number} remedies how many of the doctor's remedies are used up
 * @property {boolean} slowed a lower rate has been tried against a discriminator that had won
 * @property {number | null} [good] the step that the doctor would go back to
 * @property {(number | null)[]} [grids] what the doctor has seen of the sample grids
 * @property {string} variant the build whose arithmetic made it: relaxed, or simd (loader.js)
 * @property {number | null} logLines lines of the log at this state; null: not known
 */

/** Steps between two sample grids, and two states to go back to, at least: an epoch of ten pictures is one step. */
const MIN_INTERVAL = 100;

/** Whole epochs of at least so many steps. @param {{steps_per_epoch: number}} stats @returns {number} steps */
export const intervalOf = ({ steps_per_epoch: epoch }) => Math.ceil(MIN_INTERVAL / epoch) * epoch;

/** @param {string} text of a checkpoint @returns {Partial<Plan>} {} for a checkpoint made before there were plans */
export function planFrom(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Refuses a wish that is not possible. @param {Wishes} wishes */
export function checkWishes({ keepBest }) {
  if (keepBest !== undefined && !Object.hasOwn(SCORES, keepBest))
    throw new SsdganError(
      'bad_argument',
      `keep-best is "${keepBest}", but must be one of ${Object.keys(SCORES).join(', ')}`,
    );
}

/**
 * The plan: what the user wishes, else what the checkpoint has planned, else what the recipe (`best` if unknown) does with this
 * many pictures.
 * @param {Wishes} wishes
 * @param {Partial<Plan>} earlier the checkpoint's; {} for a new run
 * @param {string} recipeName of a new run
 * @param {{train_count: number, steps_per_epoch: number}} stats
 * @param {string} variant of the engine
 * @returns {Plan}
 */
export function makePlan(wishes, earlier, recipeName, stats, variant) {
  const { train_count: pictures } = stats;
  const name = earlier.recipe ?? recipeName;
  const recipe = RECIPES[name] ?? RECIPES[DEFAULT_RECIPE]; // another version of the program may have others
  const length = [wishes, earlier].find(({ epochs, steps }) => epochs || steps);
  const few = pictures < (earlier.keepBest ? MIN_PICTURES : FEW.other);
  const isKnown = Object.hasOwn(SCORES, earlier.keepBest ?? ''); // earlier versions had others
  const usual = isKnown ? earlier.keepBest : recipe.keepBest;
  const keepBest = wishes.keepBest ?? (few ? null : usual) ?? 'val-loss';
  return {
    recipe: name,
    epochs: length?.steps ? null : (length?.epochs ?? epochsOf(recipe, pictures)),
    steps: length?.steps ?? null,
    minutes: (wishes.epochs || wishes.steps ? null : (wishes.minutes ?? earlier.minutes)) ?? null,
    keepBest,
    onTrouble: wishes.onTrouble ?? ACTIONS.find((action) => action === earlier.onTrouble) ?? recipe.onTrouble,
    sampleEvery: wishes.sampleEvery ?? earlier.sampleEvery ?? intervalOf(stats),
    saveEvery: wishes.saveEvery ?? earlier.saveEvery ?? null,
    best: (keepBest === earlier.keepBest && earlier.best) || null, // another score cannot be compared
    remedies: earlier.remedies ?? 0,
    slowed: earlier.slowed ?? false,
    variant,
    logLines: earlier.logLines ?? null,
  };
}
