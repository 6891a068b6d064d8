/** Processor time of this process, all threads together: what a training costs, whatever else the machine does meanwhile. */

/** @returns {number} minutes */
const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 60e6;
};

export class ProcessorTime {
  /** Begins to count. @param {number} before minutes of earlier sittings */
  constructor(before = 0) {
    this.from = used() - before;
    this.before = before;
    this.began = performance.now();
  }

  get minutes() {
    return used() - this.from;
  }

  /** @param {number} budget minutes @returns {number} seconds on the clock until they are used, at the rate of this sitting */
  secondsTo(budget) {
    const { minutes } = this;
    const seconds = (performance.now() - this.began) / 1000;
    return (Math.max(0, budget - minutes) * seconds) / (minutes - this.before);
  }
}
