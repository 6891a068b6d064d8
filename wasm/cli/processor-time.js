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
  }

  get minutes() {
    return used() - this.from;
  }
}
