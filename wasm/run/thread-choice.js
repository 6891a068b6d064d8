/**
 * One thread or all of them? On a busy machine two threads can be slower than one: each part of a step waits for the slowest.
 * So both are measured, by the steps of the training itself, whose bits are the same for any number of threads. It is done
 * at the start, when steps have become slow, and every few minutes, because other programs come and go.
 */
import { quantile } from '../engine/statistics.js';

/** Milliseconds of steps that each of the two is measured for, in turns of so many. */
const MEASURE_MS = 1000;
const TURN_MS = 250;
/** All threads must be so much faster than one: they take more of the processor. */
const GAIN = 1.05;
/** Steps are slow when a mean over so many milliseconds is so many times what was measured. */
const WINDOW_MS = 10e3;
const SLOW = 1.3;
/** Milliseconds of steps after which both are measured again in any case. */
const AGAIN_MS = 300e3;

export class ThreadChoice {
  /** @param {{threads: number, threadsAreFree: boolean, useOneThread: (one: boolean) => void}} engine where its threads are not free, nothing is chosen */
  constructor(engine) {
    this.engine = engine;
    /** What was chosen last. */
    this.one = false;
    /** Milliseconds of a step when it was, and of all steps since. */
    this.expected = this.since = 0;
    /** Time and steps of the present turn or window. */
    this.ms = this.steps = 0;
    /** @type {{all: number[], one: number[]} | null} milliseconds of a step, a number a turn; null: not measuring */
    this.turns = null;
    this.turnsOne = false;
  }

  /** One thread and all are used in turn. */
  get isMeasuring() {
    return this.engine.threadsAreFree && this.turns !== null;
  }

  /** The training starts, or goes on: both are measured. */
  begin() {
    this.turns = { all: [], one: [] };
    this.use(false);
  }

  /** The training pauses: what else is to be done has all threads. */
  end() {
    this.use(false);
  }

  /** @param {boolean} one */
  use(one) {
    this.turnsOne = one;
    this.ms = this.steps = 0;
    if (this.engine.threadsAreFree) this.engine.useOneThread(one);
  }

  /**
   * Makes a step.
   * @template T
   * @param {() => T} step
   * @returns {{result: T, changes: import('./events.js').RunEvent[]}} changes: that another number of threads was chosen
   */
  timed(step) {
    const began = performance.now();
    const result = step();
    const before = this.one;
    this.add(performance.now() - began);
    const threads = this.one ? 1 : this.engine.threads;
    return { result, changes: this.one === before ? [] : [{ event: 'threads', threads }] };
  }

  /** A step was made. @param {number} ms */
  add(ms) {
    if (!this.engine.threadsAreFree) return;
    this.ms += ms;
    this.since += ms;
    this.steps++;
    if (this.turns) this.addTurn(this.turns);
    else if (this.since >= AGAIN_MS) this.begin();
    else if (this.ms >= WINDOW_MS) this.endWindow();
  }

  /** @param {{all: number[], one: number[]}} turns */
  addTurn({ all, one }) {
    if (this.ms < TURN_MS) return;
    (this.turnsOne ? one : all).push(this.ms / this.steps);
    if (one.length >= MEASURE_MS / TURN_MS) this.choose(quantile(all, 0.5), quantile(one, 0.5));
    else this.use(!this.turnsOne);
  }

  /** @param {number} all milliseconds of a step with all threads @param {number} one with one */
  choose(all, one) {
    this.one = one < GAIN * all;
    this.expected = this.one ? one : all;
    this.since = 0;
    this.turns = null;
    this.use(this.one);
  }

  endWindow() {
    if (this.ms / this.steps > SLOW * this.expected) this.begin();
    this.ms = this.steps = 0;
  }
}
