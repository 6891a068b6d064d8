/** What ends a command from outside: Ctrl-C, a closed terminal, a reader of the output that goes away (| head). */

/** Exit status by signal, as shells have it; a closed output is SIGPIPE. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 };

/** @type {((error: NodeJS.ErrnoException) => void) | null} of the command that has to finish something first */
let onClosed = null;

/** To be called once, before the command: a reader that goes away early is no failure. */
export function watchOutput() {
  process.stdout.on('error', (error) => {
    if (onClosed) onClosed(error);
    else if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(0);
  });
  process.stderr.on('error', () => {}); // of a closed terminal: nobody is there to be told
}

export class Interruption {
  /**
   * From here on an interruption no longer ends the program, but calls `stop`, once. A second Ctrl-C ends it.
   * @param {() => void} stop
   */
  constructor(stop) {
    /** @type {keyof typeof STATUS | null} */
    this.signal = null;
    /** @param {keyof typeof STATUS} signal */
    const interrupt = (signal) => {
      if (this.signal && signal === 'SIGINT') process.exit(STATUS.SIGINT);
      if (!this.signal) stop();
      this.signal ??= signal;
    };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, interrupt);
    onClosed = () => interrupt('SIGPIPE');
  }

  /** @returns {number | null} exit status of what was interrupted */
  get status() {
    return this.signal && STATUS[this.signal];
  }
}
