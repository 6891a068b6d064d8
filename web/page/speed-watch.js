/** Notices when a training has become much slower, and has been so for a while. */

/** Rates are averaged over so many milliseconds. */
const WINDOW_MS = 30e3;
/** A time without any rate (the computer slept) of so many begins anew. */
const GAP_MS = 60e3;
/** Slow windows in a row before it is told, and the shares of the usual rate at which it is told and taken back. */
const SLOW_WINDOWS = 2;
const SLOW = 0.6;
const RECOVERED = 0.75;

export class SpeedWatch {
  constructor() {
    /** The best average so far, in pictures a second. */
    this.usual = 0;
    /** The last average, where it is too low for long; else 0. */
    this.slow = 0;
    this.lowInRow = 0;
    /** The window that is being measured: when it began, the last time in it, and the rates in it. */
    this.began = NaN;
    this.last = NaN;
    this.sum = 0;
    this.count = 0;
  }

  /** What is measured next belongs to another window. */
  pause() {
    this.last = NaN;
    this.sum = this.count = 0;
  }

  /** @param {number} time in milliseconds @param {number} rate pictures a second */
  add(time, rate) {
    if (!(time - this.last < GAP_MS)) this.pause();
    if (!this.count) this.began = time;
    this.last = time;
    this.sum += rate;
    this.count++;
    if (time - this.began < WINDOW_MS) return;
    this.judge(this.sum / this.count);
    this.pause();
    this.last = time;
  }

  /** @param {number} rate the average of a window */
  judge(rate) {
    this.usual = Math.max(this.usual, rate);
    this.lowInRow = rate < SLOW * this.usual ? this.lowInRow + 1 : 0;
    if (this.lowInRow >= SLOW_WINDOWS) this.slow = rate;
    else if (rate >= RECOVERED * this.usual) this.slow = 0;
  }
}
