/**
 * The doctor watches a training for signs that it has gone wrong, and reports each in one sentence with its remedy. It only
 * looks; supervisor.js acts. The numbers of the last step cost nothing; the spread of the fixed grid is asked for at ends of
 * epochs.
 */

/** @typedef {'not_finite' | 'exploding' | 'd_won' | 'saturated' | 'collapse'} Kind */
/** @typedef {{kind: Kind, message: string, remedy: string}} Trouble */
/** @typedef {{loss_g: number, loss_d: number, d_real: number, d_fake: number, grad_norm_g: number, grad_norm_d: number}} Signs */

/** Steps until the usual size of gradients is known, and over which a winning D counts as a sign of trouble. */
const WINDOW = 50;
/**
 * Steps over which D must have won. In its first steps it often does, and the generator comes back: of 17 trainings on drawn
 * faces three had D(x) above 0.95 and D(G(z)) below 0.05 in the mean of 50 steps, one in that of 300, and all went on well.
 */
const WON = 300;
/**
 * Steps over which losses must have run away. The limits were fitted to one run: the published DCGAN had G at about 20 in its
 * first 20 steps, from which it recovered; a few small healthy runs stayed below 6.
 */
const SHORT = 20;
/**
 * Steps between two looks at the grid, at least, and steps after which pictures must differ. They are not counted in
 * epochs, because 10 to 49 pictures have an epoch of one or two steps: from scratch at 64 pixels, 10 photographs gave a share
 * of 0.004 after 10 steps, 0.13 after 50 and 0.61 after 200 (best, width 16).
 */
const GRID_INTERVAL = 50;
const GRID_START = 500;
/** Steps in a row with a gradient a hundred times the usual. */
const BURST = 10;
const EXPLODED = Math.log(100);

/** @type {Record<Kind, [string, string]>} */
const SENTENCES = {
  not_finite: [
    'Training diverged: a loss or a gradient is no longer a finite number',
    'go back to an earlier checkpoint and lower the learning rate',
  ],
  exploding: [
    'The gradients are a hundred times their usual size and stay there; the samples will break down',
    'go back to an earlier checkpoint and lower the learning rate',
  ],
  d_won: [
    'The discriminator always wins: it recognises every generated picture, and the generator no longer learns from it',
    'lower the learning rate (most of all the discriminator’s), or use spectral norm',
  ],
  saturated: [
    'The losses are far too large: one network is sure and wrong, and the other learns nothing from it',
    'go back to an earlier checkpoint and lower the learning rate',
  ],
  collapse: [
    'The generator collapses: its samples look more and more alike',
    'go back to an earlier checkpoint and lower the learning rate',
  ],
};

/** @param {Kind} kind @returns {Trouble} */
export function trouble(kind) {
  const [message, remedy] = SENTENCES[kind];
  return { kind, message, remedy };
}

/**
 * How much pictures differ: the standard deviation of each number over the pictures, root mean square over the numbers.
 * @param {ArrayLike<number>} pictures one after the other
 * @param {number} count
 * @returns {number}
 */
export function spread(pictures, count) {
  const length = pictures.length / count;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    let mean = 0;
    for (let n = 0; n < count; n++) mean += pictures[n * length + i] / count;
    for (let n = 0; n < count; n++) sum += (pictures[n * length + i] - mean) ** 2 / count;
  }
  return Math.sqrt(sum / length);
}

export class Doctor {
  constructor() {
    /** @type {Signs[]} */
    this.recent = [];
    /** Usual log gradient norms of G and D, and steps in a row far above them. */
    this.usual = [NaN, NaN];
    this.burst = [0, 0];
    this.steps = 0;
    /** Steps at which the grid was first and last looked at, its largest share of the data's spread, narrow ones in a row. */
    this.firstGrid = NaN;
    this.lastGrid = NaN;
    this.widest = 0;
    this.narrow = 0;
  }

  /** What is known of the sample grids. A log tells the rest. @returns {number[]} */
  get grids() {
    return [this.firstGrid, this.lastGrid, this.widest, this.narrow];
  }

  /** @param {(number | null)[]} grids as JSON keeps them: null for NaN */
  set grids(grids) {
    const [first, last, widest, narrow] = grids;
    Object.assign(this, { firstGrid: first ?? NaN, lastGrid: last ?? NaN, widest: widest ?? 0, narrow: narrow ?? 0 });
  }

  /** Forgets the last steps and grids: after a rollback they are undone. */
  reset() {
    Object.assign(this, new Doctor());
  }

  /** @param {(signs: Signs) => number} value @param {number} steps @returns {number} mean over the last steps */
  mean(value, steps = WINDOW) {
    const last = this.recent.slice(-steps);
    return last.reduce((sum, signs) => sum + value(signs), 0) / last.length;
  }

  /** There is no sign of trouble: a checkpoint of this state is good to go back to. */
  get calm() {
    if (!this.recent.length) return true;
    const won = this.mean((s) => s.d_real) > 0.9 && this.mean((s) => s.d_fake) < 0.1;
    return (
      !won && this.mean((s) => s.loss_d, 5) < 5 && this.mean((s) => s.loss_g, 5) < 10 && !this.burst.some((n) => n > 0)
    );
  }

  /** After each step. @param {Signs} signs @returns {Trouble | null} */
  step(signs) {
    const { loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d } = signs;
    if (![loss_g, loss_d, grad_norm_g, grad_norm_d].every(Number.isFinite)) return trouble('not_finite');
    this.steps++;
    this.recent.push({ loss_g, loss_d, d_real, d_fake, grad_norm_g, grad_norm_d });
    if (this.recent.length > WON) this.recent.shift();
    if (this.explodes([grad_norm_g, grad_norm_d])) return trouble('exploding');
    if (this.recent.length < SHORT) return null;
    if (this.mean((s) => s.loss_d, SHORT) > 5 || this.mean((s) => s.loss_g, SHORT) > 12) return trouble('saturated');
    if (this.recent.length < WON) return null;
    if (this.mean((s) => s.d_real, WON) > 0.95 && this.mean((s) => s.d_fake, WON) < 0.05) return trouble('d_won');
    return null;
  }

  /** @param {number[]} norms */
  explodes(norms) {
    norms.forEach((norm, i) => {
      const log = Math.log(Math.max(norm, 1e-30));
      if (this.steps > WINDOW && log > this.usual[i] + EXPLODED) {
        this.burst[i]++;
        return;
      }
      this.burst[i] = 0;
      this.usual[i] = this.steps === 1 ? log : this.usual[i] + (log - this.usual[i]) * Math.max(0.02, 1 / this.steps);
    });
    return this.burst.some((steps) => steps >= BURST);
  }

  /** @param {number} step */
  gridIsDue(step) {
    return !(step - this.lastGrid < GRID_INTERVAL);
  }

  /**
   * At ends of epochs: the spread of the fixed latents' pictures as a share of the training pictures'.
   * Collapse is less than a third of the data's, and less than half of what it had been, twice in a row; or next to
   * nothing, twice in a row, GRID_START steps after the first look.
   * @param {number} share
   * @param {number} step
   * @returns {Trouble | null}
   */
  grid(share, step) {
    if (Number.isNaN(this.firstGrid)) this.firstGrid = step;
    this.lastGrid = step;
    this.widest = Math.max(this.widest, share);
    const fallen = share < 0.33 && share < 0.5 * this.widest;
    this.narrow = fallen || (step - this.firstGrid > GRID_START && share < 0.1) ? this.narrow + 1 : 0;
    return this.narrow >= 2 ? trouble('collapse') : null;
  }
}
