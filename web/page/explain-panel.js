/** One step in slow motion, for classes: the painter paints, the judge looks, both learn. Each scene is shown when it is asked for. */
import './explain.css';
import { byId, drawPicture } from './draw.js';
import { make } from './make.js';
import { fillPage, onWords, percent, t, takeLaterWords, tell } from './words.js';

/** Pictures of each kind that are shown. */
const MOST = 12;
/** The scenes, in their order. */
const SCENES = ['paints', 'looks', 'painter', 'judge'];

/** @typedef {import('../../wasm/run/explain.js').Explained} Explained */

class ExplainPanel {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    /** @type {Explained | null} */
    this.step = null;
    this.scene = 0;
    this.working = false;
    this.title = make('h2', { tabIndex: -1 });
    this.text = make('p', { id: 'explain-text', className: 'state' });
    this.text.ariaLive = 'polite';
    this.view = make('div', { className: 'explain-view' });
    this.next = make('button', {
      type: 'button',
      id: 'explain-next',
      className: 'primary',
      onclick: () => this.press(),
    });
    this.closer = make('button', { type: 'button', id: 'explain-close', onclick: () => this.show(false) });
    this.state = make('p', { id: 'explain-state', className: 'state' });
    tell(this.closer, () => t('explain.close'));
    const buttons = make('div', { className: 'buttons' }, this.next, this.closer);
    byId('explain').append(this.title, this.text, this.view, buttons, this.state);
    app.watch(() => this.lock());
    onWords(() => this.step && this.draw());
    this.begin();
  }

  /** Before the first step. */
  begin() {
    this.step = null;
    tell(this.title, () => t('explain.title'));
    tell(this.text, () => t('explain.begin'));
    tell(this.next, () => t('explain.step'));
    this.view.replaceChildren();
  }

  /** @param {boolean} isShown */
  show(isShown) {
    byId('explain').hidden = !isShown;
    if (isShown) this.title.focus();
    else byId('explain-button').focus();
  }

  lock() {
    if (!this.app.busy && this.step) this.begin(); // another training: that step is not its own
    this.next.disabled = this.working || this.app.phase !== 'paused';
  }

  /** The next scene, or the next step. */
  press() {
    return this.app.attempt('explain-state', async () => {
      if (this.step && this.scene < SCENES.length - 1) {
        this.scene++;
        this.draw();
        return;
      }
      this.working = true;
      this.lock();
      try {
        const { explained } = await this.app.client.request('train.explain');
        if (!explained) {
          tell(this.text, () => t('explain.done'));
          this.view.replaceChildren();
          return;
        }
        this.step = explained;
        this.scene = 0;
        this.draw();
      } finally {
        this.working = false;
        this.lock();
      }
    });
  }

  /** The scene of the step. */
  draw() {
    const { step, scene } = this;
    if (!step) return;
    const name = SCENES[scene];
    const { real, fake, pictures, samples } = step;
    const n = Math.min(MOST, real.length);
    /** @param {number[]} values */
    const mean = (values) => percent(values.reduce((sum, value) => sum + value, 0) / values.length);
    tell(this.title, () => t(`explain.${name}-title`, { step: step.stats.step }));
    tell(this.text, () => t(`explain.${name}`, { n, real: mean(real), fake: mean(fake) }));
    tell(this.next, () => t(scene < SCENES.length - 1 ? 'explain.next' : 'explain.again'));
    if (name === 'paints') this.view.replaceChildren(this.row(samples, null));
    else if (name === 'looks')
      this.view.replaceChildren(this.row(samples, fake, false), this.row(pictures, real, true));
    else this.view.replaceChildren(this.bars(name === 'painter' ? 'generator' : 'discriminator'));
  }

  /** Pictures, and how sure the judge is of each. @param {Uint8ClampedArray} rgba @param {number[] | null} sure @param {boolean} [isReal] */
  row(rgba, sure, isReal = false) {
    const { size } = /** @type {Explained} */ (this.step);
    const tiles = Array.from({ length: Math.min(MOST, rgba.length / (size * size * 4)) }, (_, i) => {
      const picture = drawPicture({ size, rgba }, i);
      picture.role = 'img';
      picture.ariaLabel = t(isReal ? 'explain.one-real' : 'explain.one-made', { n: i + 1 });
      if (!sure) return make('li', {}, picture);
      const isRight = sure[i] > 0.5 === isReal;
      const words = make('span', { className: isRight ? 'right' : 'wrong' });
      words.textContent = t(isRight ? 'explain.right' : 'explain.wrong', { share: percent(sure[i]) });
      return make('li', {}, picture, words);
    });
    const heading = make('h3', { textContent: t(isReal ? 'explain.real' : 'explain.made') });
    return make('div', {}, ...(sure ? [heading] : []), make('ul', { className: 'explain-pictures' }, ...tiles));
  }

  /** How far each layer has moved. @param {'generator' | 'discriminator'} network */
  bars(network) {
    const layers = /** @type {Explained} */ (this.step).layers.filter((layer) => layer.network === network);
    const most = Math.max(...layers.map(({ change }) => change), 1e-9);
    return make(
      'ul',
      { className: 'explain-bars' },
      ...layers.map(({ name, change }, i) => {
        const fill = make('span');
        fill.style.width = `${(100 * change) / most}%`;
        const label = make('span', { title: name });
        const per = new Intl.NumberFormat(document.documentElement.lang, {
          style: 'percent',
          maximumSignificantDigits: 2,
        }).format(change);
        label.textContent =
          name === 'mapper' ? t('explain.mapping', { per }) : t('explain.layer', { n: network === 'generator' ? Number(name.slice(1)) : i + 1, per }); // prettier-ignore
        return make('li', {}, label, make('div', { className: 'track' }, fill));
      }),
    );
  }
}

/** @param {import('./app.js').App} app @returns {Promise<ExplainPanel>} */
export async function openExplain(app) {
  await takeLaterWords();
  const panel = new ExplainPanel(app);
  fillPage(byId('explain'));
  return panel;
}
