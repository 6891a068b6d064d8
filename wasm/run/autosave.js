/** When a running training is saved: every minute, but never for more than a fiftieth of the time. */

/** The first save comes sooner: a new training has no checkpoint at all. */
const FIRST_MS = 10e3;
const INTERVAL_MS = 60e3;
/** A save of the full network (94 MB) took 0.7 to 1.0 s in a tab, on two cores at load 8. */
const SHARE = 0.02;

export class Autosave {
  /** @param {() => number} now milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    this.began = this.last = now();
    /** How long the last save took, in milliseconds. */
    this.cost = 0;
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
    return this.wanted || this.now() - this.last >= Math.max(interval, this.cost / SHARE);
  }

  /** A save has ended. @param {number} began */
  done(began) {
    this.last = this.now();
    this.cost = this.last - began;
    this.costs += this.cost;
    this.saves++;
    this.wanted = false;
  }
}
