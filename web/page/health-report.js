/** In panel 1: what is wrong with the pictures, before they are trained on; each kind can be left out, and that undone. */
import { drawPicture } from './draw.js';
import { make } from './make.js';
import { percent, t, tell } from './words.js';

/** The report begins so long after the last change. */
const WAIT_MS = 700;
/** Pictures that a kind shows. */
const SHOWN = 12;
/** Pictures that show what a training makes of them. */
const CHANGED = 8;
/** A translation moves by at most this share of the side (src/nn/augment.h); mid-grey moves in. */
const SHIFT = 1 / 8;
const GREY = 'rgb(128 128 128)';
/** Below these, the advice is another one. */
const SOME = 300;
const MANY = 2000;

/** @typedef {'same' | 'blurred' | 'odd' | 'small' | 'long'} Kind */
/** Kind -> its words. @type {Record<Kind, string>} */
const KINDS = {
  same: 'report.same',
  blurred: 'report.blurred',
  odd: 'report.odd',
  small: 'report.small',
  long: 'report.long',
};

export class HealthReport {
  /** @param {import('./pictures-panel.js').PicturesPanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.app = panel.app;
    this.intake = panel.intake;
    this.timer = 0;
    /** Counts the reports: what comes of an earlier one is not shown. */
    this.run = 0;
    /** All of them have been looked at. */
    this.isDone = false;
    /** How many have been left out by the last click here; 0: none. */
    this.left = 0;
    /** @type {Record<Kind, number[]> | null} indices */
    this.found = null;
    this.state = make('p', { id: 'report-state', className: 'quiet', ariaLive: 'polite' });
    this.undoer = make('button', {
      type: 'button',
      id: 'report-undo',
      className: 'small',
      onclick: () => panel.undo(),
    });
    tell(this.undoer, () => t('thumbs.undo'));
    this.kinds = make('ul', { className: 'report-kinds' });
    const summary = make('summary');
    tell(summary, () => t('report.change'));
    this.about = make('p', { className: 'quiet' });
    this.strip = make('div', { className: 'strip', role: 'img' });
    const again = make('button', { type: 'button', className: 'small', onclick: () => this.showChange() });
    tell(again, () => t('report.again'));
    this.change = make('details', { id: 'report-change', ontoggle: () => this.showChange() }, summary, this.about, this.strip, again); // prettier-ignore
    this.element = make('div', { id: 'report', hidden: true }, make('div', { className: 'report-head' }, this.state, this.undoer), this.kinds, this.change); // prettier-ignore
    this.app.watch(() => this.lock());
  }

  get isPossible() {
    const { phase, isReadOnly, count } = this.app;
    return phase === 'ready' && !isReadOnly && count > 1 && !this.intake.doodles;
  }

  lock() {
    const wasHidden = this.element.hidden;
    this.element.hidden = !this.isPossible;
    for (const button of this.element.querySelectorAll('button')) button.disabled = this.intake.reading;
    if (wasHidden && this.isPossible && !this.isDone) this.checkSoon(); // a training is over that did not wait for it
  }

  checkSoon() {
    clearTimeout(this.timer);
    this.timer = Number(setTimeout(() => this.check(), WAIT_MS));
  }

  /** The pictures have changed. */
  pictures() {
    clearTimeout(this.timer);
    this.run++;
    this.found = null;
    this.isDone = false;
    this.kinds.replaceChildren();
    this.state.textContent = '';
    this.undoer.hidden = this.left === 0;
    this.lock();
    if (this.change.open) void this.showChange();
    if (this.isPossible) this.checkSoon();
  }

  async check() {
    const { app } = this;
    if (!this.isPossible || this.intake.reading) return;
    this.state.ariaLive = 'off';
    const run = ++this.run;
    app.client.on('report', ({ done, found }) => {
      if (run !== this.run) return;
      tell(this.state, () => t('report.looking', { done: percent(done) }));
      if (found) void this.show(found);
    });
    const reply = await app.client.request('report.check').catch(() => ({ ended: true }));
    if (reply.ended || run !== this.run) return;
    this.run++;
    this.isDone = true;
    this.state.ariaLive = 'polite';
    await this.show(reply);
    tell(this.state, () => this.summary());
  }

  /** @returns {string} what to say of all of them */
  summary() {
    const { count } = this.app;
    const { found, left } = this;
    const isSound = found && Object.keys(KINDS).every((kind) => !found[/** @type {Kind} */ (kind)].length);
    const advice = count < 50 ? '' : t(count < SOME ? 'report.some' : count < MANY ? 'report.good' : 'report.many');
    return [left ? t('report.left-out', { n: left }) : '', isSound ? t('report.sound') : '', advice]
      .filter(Boolean)
      .join(' ');
  }

  /** @param {Record<Kind, number[]>} found indices */
  async show(found) {
    this.found = found;
    const rows = /** @type {Kind[]} */ (Object.keys(KINDS))
      .filter((kind) => found[kind].length)
      .map((kind) => this.rowOf(kind, found[kind]));
    const made = await Promise.all(rows);
    if (found !== this.found) return;
    this.kinds.replaceChildren(...made);
    this.lock();
  }

  /** @param {Kind} kind @param {number[]} indices */
  async rowOf(kind, indices) {
    const n = indices.length;
    const row = make('li', { className: 'report-kind' });
    row.dataset.kind = kind;
    const text = make('p');
    tell(text, () => t(KINDS[kind], { n, size: this.intake.readAs?.size ?? 0 }));
    row.append(text, await this.stripOf(indices.slice(0, SHOWN)));
    // Where it is so with most of them, the others alone are no set.
    if (kind !== 'same' && 2 * n > this.app.count) return row;
    const leave = make('button', { type: 'button', className: 'small', onclick: () => this.leaveOut(indices) });
    tell(leave, () => t('report.leave', { n }));
    row.append(leave);
    return row;
  }

  /** A row of pictures; a click shows one of them in the grid. @param {number[]} indices */
  async stripOf(indices) {
    const strip = make('div', { className: 'strip' });
    const drawn = await this.draw(indices);
    indices.slice(0, drawn.length).forEach((index, i) => {
      const picture = drawn[i];
      const button = make('button', { type: 'button', onclick: () => this.panel.grid.choose(index) }, picture);
      button.ariaLabel = t('thumbs.one', { n: index + 1, count: this.app.count });
      strip.append(button);
    });
    return strip;
  }

  /** Canvases of these pictures; fewer, where pictures have just been taken out. @param {number[]} indices @returns {Promise<HTMLCanvasElement[]>} */
  async draw(indices) {
    const pictures = await this.app.client.request('picture.thumbnails', { indices });
    const { size, rgba } = pictures;
    return Array.from({ length: rgba.length / (size * size * 4) }, (_, i) => drawPicture(pictures, i));
  }

  /** @param {number[]} indices */
  async leaveOut(indices) {
    const n = indices.length;
    this.left = n;
    await this.panel.change('picture.remove', { indices }, () => t('report.left-out', { n }));
  }

  /** Some pictures as a training sees them. */
  async showChange() {
    const { app, change, strip, about } = this;
    if (!change.open || !app.count) return;
    const [flip, shift] = ['flip', 'augment_translation'].map((name) => !!app.settings.value(name));
    const key = flip ? (shift ? 'report.both' : 'report.mirrored') : shift ? 'report.shifted' : 'report.unchanged';
    tell(about, () => t(key));
    strip.ariaLabel = t('report.change');
    const indices = Array.from({ length: Math.min(CHANGED, app.count) }, () => Math.floor(Math.random() * app.count));
    strip.replaceChildren(
      ...(await this.draw(indices)).map((from) => {
        const size = from.width;
        const to = make('canvas', { width: size, height: size });
        const context = to.getContext('2d');
        if (!context) return to;
        context.fillStyle = GREY;
        context.fillRect(0, 0, size, size);
        const by = () => (shift ? Math.round((2 * Math.random() - 1) * SHIFT * size) : 0);
        if (flip && Math.random() < 0.5) {
          context.translate(size, 0);
          context.scale(-1, 1);
        }
        context.drawImage(from, by(), by());
        return to;
      }),
    );
  }
}
