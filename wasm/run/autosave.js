/** When a running training is saved: every minute, but never for more than a fiftieth of the time. */

/** The first save comes sooner: a new training has no checkpoint at all. */
const FIRST_MS = 10e3;
const INTERVAL_MS = 60e3;
/** A save of the full network (94 MB) took 0.7 to 1.0 s in a tab, on two cores at load 8. */
const SHARE = 0.02;

/** A kind of write that may take a fiftieth of the time: a slow one has to wait. */
export class Budget {
  /** @param {() => number} now milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    /** When the last write ended, and how long it took. */
    this.last = -Infinity;
    this.cost = 0;
  }

  get allows() {
    return this.now() - this.last >= this.cost / SHARE;
  }

  /** A write has ended. @param {number} began */
  spend(began) {
    this.last = this.now();
    this.cost = this.last - began;
  }
}

export class Autosave {
  /** @param {() => number} now milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    this.budget = new Budget(now);
    this.began = this.last = now();
    /** How long all saves took, in milliseconds. */
    this.costs = 0;
    this.saves = 0;
    /** The next step is followed by a save: the page is hidden, or somebody asked. */
    this.wanted = false;
  }

  /** A training begins or continues. */
  begin() {
    this.last = this.now();
  }

  get due() {
    const interval = this.saves ? INTERVAL_MS : FIRST_MS;
    return this.wanted || (this.budget.allows && this.now() - this.last >= interval);
  }

  /** A save has ended. @param {number} began */
  done(began) {
    this.budget.spend(began);
    this.last = this.budget.last;
    this.costs += this.budget.cost;
    this.saves++;
    this.wanted = false;
  }
}
