/**
 * How long a run trains. Its plan has a number of epochs, or of steps. A length in minutes becomes epochs, once, when the time
 * of a step is known. So a run that was killed goes on as planned, without a clock. Until then the plan has the minutes too;
 * the end is not known, and the model is not scored.
 */
import { SCORE_MS, TIMES } from './best-model.js';

/** @typedef {{epochs?: number, steps?: number, minutes?: number}} Length epochs or steps in all; minutes from now on */
/** @typedef {{step: number, steps_per_epoch: number}} Stats */

/**
 * The steps' share of the time, without the scores. On 5,239 doodles at 64 pixels, width 24, batch 8, one thread: an epoch
 * took 23 s, the loss on 500 held-out pictures 0.7 s (3 %), a grid of samples and a checkpoint less than 0.1 s each; and the
 * first score took 8 s more than the others.
 */
const STEPS_SHARE = 0.95;
/**
 * The first steps are slower, while their code is compiled; then steps are counted for twice as long. On a busy machine the
 * middle one of the steps that chose the threads said three times the speed that the training had.
 */
const WARM_MS = 2000;

/** @param {import('./plan.js').Plan} plan @param {Stats} stats @returns {number} steps planned in all; Infinity: not known yet */
export const totalOf = ({ steps, epochs, minutes }, { steps_per_epoch: epoch }) =>
  minutes ? Infinity : (steps ?? Number(epochs) * epoch);

/** @param {import('./plan.js').Plan} plan is changed @param {Length} length {}: as planned */
export function changeLength(plan, { epochs, steps, minutes }) {
  if (minutes) plan.minutes = minutes;
  else if (epochs || steps) Object.assign(plan, { epochs: steps ? null : epochs, steps: steps ?? null, minutes: null });
}

/** The time that a run of so many minutes has, and what a step takes of it. */
export class Deadline {
  /** @param {() => number} now milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    this.began = now();
    /** Since when steps are counted, and how many. */
    this.from = NaN;
    this.steps = 0;
  }

  /** The training begins or continues. */
  begin() {
    this.began = this.now();
    this.from = NaN;
  }

  /**
   * A step was made, with the threads that are used from now on. The whole epochs that the run then has: at most as many as
   * there is time for, but at least the present one.
   * @param {number} minutes from the beginning
   * @param {Stats} stats where it stands
   * @param {boolean} isScored at the end of each epoch, or TIMES in all (best-model.js)
   * @returns {number} epochs in all; 0: not known yet
   */
  epochs(minutes, { step, steps_per_epoch: steps }, isScored) {
    const stepMs = this.measure(minutes);
    if (!stepMs) return 0;
    const time = (60e3 * minutes - (this.now() - this.began)) * STEPS_SHARE;
    const [epoch, score] = [steps * stepMs, isScored ? SCORE_MS : 0];
    const few = time / (epoch + score);
    const more = few <= TIMES ? few : (time - TIMES * score) / epoch;
    return Math.max(Math.floor(step / steps) + 1, Math.floor(step / steps + more));
  }

  /** @param {number} minutes @returns {number} milliseconds from step to step, all between them included; 0: not known yet */
  measure(minutes) {
    const now = this.now();
    const warm = Math.min(WARM_MS, 7500 * minutes);
    if (now - this.began < warm) return 0;
    if (Number.isNaN(this.from)) [this.from, this.steps] = [now, 0];
    else this.steps++;
    return now - this.from >= 2 * warm ? (now - this.from) / this.steps : 0;
  }
}
