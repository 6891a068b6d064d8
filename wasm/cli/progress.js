/** Progress of a training run: a bar on a terminal, plain lines elsewhere. */
import cliProgress from 'cli-progress';
import { explain } from './usage.js';

const LINE_SECONDS = 10;

/** @param {number} seconds @returns {string} */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '?';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** @param {import('../run/training-run.js').RunEvent} event @returns {string | null} what a reader of the terminal is told */
function lineOf(event) {
  if (event.event === 'validated')
    return (
      `epoch ${event.epoch} validated | loss G ${event.val_loss_g.toFixed(3)} D ${event.val_loss_d.toFixed(3)} | ` +
      `D right ${(100 * event.val_accuracy).toFixed(1)} % of the time`
    );
  if (event.event === 'scored')
    return (
      `epoch ${event.epoch} scored | kernel distance ${event.kernel.toFixed(3)} SWD ${event.swd.toFixed(1)} | ` +
      `copies ${(100 * event.copies).toFixed(1)} %`
    );
  if (event.event === 'best') return `best.safetensors is now the model of step ${event.step}`;
  if (event.event === 'trouble') return event.sentence;
  if (event.event === 'threads')
    return event.threads === 1
      ? 'One thread is as fast as more on this machine now: it is used alone.'
      : `${event.threads} threads are used.`;
  if (event.event === 'not_saved')
    return `The ${event.what} could not be saved: ${explain(event.error).message} Training continues and tries again.`;
  return null;
}

export class Progress {
  /**
   * @param {number} total Infinity: not known yet @param {number} done @param {number} batch
   * @param {() => number} most seconds left, whatever the steps say: until a budget is spent
   */
  constructor(total, done, batch, most = () => Infinity) {
    this.total = total;
    this.most = most;
    this.batch = batch;
    this.first = done;
    this.done = done;
    this.began = performance.now();
    this.lastLine = 0;
    this.bar = process.stdout.isTTY
      ? new cliProgress.SingleBar(
          { format: '{bar} {percentage}% | step {steps} | {state}', hideCursor: true, etaBuffer: 50 },
          cliProgress.Presets.shades_classic,
        )
      : null;
    this.startBar();
  }

  startBar() {
    const isKnown = this.total < Infinity;
    this.bar?.start(isKnown ? this.total : 1, isKnown ? this.done : 0, { steps: this.steps, state: '' });
  }

  /** The steps that are done, and how many there are in all. */
  get steps() {
    return this.total < Infinity ? `${this.done}/${this.total}` : String(this.done);
  }

  picturesPerSecond() {
    const seconds = (performance.now() - this.began) / 1000;
    return seconds > 0 ? Math.round(((this.done - this.first) * this.batch * 10) / seconds) / 10 : 0;
  }

  /** @param {import('../engine/trainer.js').Stats} s */
  step(s) {
    this.done = s.step;
    const rate = this.picturesPerSecond();
    const left = duration(Math.min(((this.total - s.step) * this.batch) / rate, this.most()));
    const state =
      `epoch ${s.epoch + (s.step_in_epoch ? 1 : 0)} | loss G ${s.loss_g.toFixed(3)} D ${s.loss_d.toFixed(3)} | ` +
      `D(x) ${s.d_real.toFixed(2)} D(G(z)) ${s.d_fake.toFixed(2)} | ${rate.toFixed(0)} pictures/s | ${left} left`;
    if (this.bar) {
      this.bar.update(this.total < Infinity ? s.step : 0, { steps: this.steps, state });
      return;
    }
    const now = performance.now();
    if (now - this.lastLine < LINE_SECONDS * 1000 && s.step < this.total) return;
    this.lastLine = now;
    console.log(`step ${this.steps} | ${state}`);
  }

  /** Anything but a step. @param {import('../run/training-run.js').RunEvent} event */
  tell(event) {
    const line = lineOf(event);
    if (line && !(this.bar && event.event === 'validated')) this.say(line);
  }

  /** The length is another one. @param {number} total @param {string} sentence about it */
  plan(total, sentence) {
    this.total = total;
    this.say(sentence);
  }

  /** A sentence between the lines, or above the bar. @param {string} sentence */
  say(sentence) {
    this.bar?.stop();
    console.log(sentence);
    this.startBar();
  }

  end() {
    this.bar?.stop();
  }
}
