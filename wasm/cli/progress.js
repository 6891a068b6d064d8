/** Progress of a training run: a bar on a terminal, plain lines elsewhere. */
import cliProgress from 'cli-progress';

const LINE_SECONDS = 10;

/** @param {number} seconds @returns {string} */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '?';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export class Progress {
  /** @param {number} total @param {number} done @param {number} batch */
  constructor(total, done, batch) {
    this.total = total;
    this.batch = batch;
    this.first = done;
    this.done = done;
    this.began = performance.now();
    this.lastLine = 0;
    this.bar = process.stdout.isTTY
      ? new cliProgress.SingleBar(
          { format: '{bar} {percentage}% | step {value}/{total} | {state}', hideCursor: true, etaBuffer: 50 },
          cliProgress.Presets.shades_classic,
        )
      : null;
    this.bar?.start(total, done, { state: '' });
  }

  picturesPerSecond() {
    const seconds = (performance.now() - this.began) / 1000;
    return seconds > 0 ? Math.round(((this.done - this.first) * this.batch * 10) / seconds) / 10 : 0;
  }

  /** @param {import('../engine/trainer.js').Stats} s */
  step(s) {
    this.done = s.step;
    const rate = this.picturesPerSecond();
    const left = duration(((this.total - s.step) * this.batch) / rate);
    const state =
      `epoch ${s.epoch + (s.step_in_epoch ? 1 : 0)} | loss G ${s.loss_g.toFixed(3)} D ${s.loss_d.toFixed(3)} | ` +
      `D(x) ${s.d_real.toFixed(2)} D(G(z)) ${s.d_fake.toFixed(2)} | ${rate.toFixed(0)} pictures/s | ${left} left`;
    if (this.bar) {
      this.bar.update(s.step, { state });
      return;
    }
    const now = performance.now();
    if (now - this.lastLine < LINE_SECONDS * 1000 && s.step < this.total) return;
    this.lastLine = now;
    console.log(`step ${s.step}/${this.total} | ${state}`);
  }

  /** @param {import('../engine/trainer.js').Stats} s */
  validation(s) {
    if (this.bar) return;
    console.log(
      `epoch ${s.epoch} validated | loss G ${s.val_loss_g.toFixed(3)} D ${s.val_loss_d.toFixed(3)} | ` +
        `D right ${(100 * s.val_accuracy).toFixed(1)} % of the time`,
    );
  }

  /** A sentence between the lines, or above the bar. @param {string} sentence */
  say(sentence) {
    this.bar?.stop();
    console.log(sentence);
    this.bar?.start(this.total, this.done, { state: '' });
  }

  end() {
    this.bar?.stop();
  }
}
