/** The address holds the view: opened on the same model, a link makes the same faces. */
import { byId, button } from '../draw.js';
import { t, tell } from '../words.js';
import { isSameMark, markOf } from './mark.js';
import { textOf, viewOf } from './view-text.js';

/** The address changes when nothing has changed for so long: browsers refuse more than 100 changes in half a minute. */
const REST_MS = 500;

/** @typedef {import('./view-text.js').View} View */

export class Link {
  /**
   * @param {import('../app.js').App} app
   * @param {{view: () => Omit<View, 'mark'> | null, show: (view: View, isOwn: boolean) => Promise<void>, leftOut: () => number}} to view: what is
   *   shown now; isOwn: this page itself wrote the address, before it was loaded again; leftOut: picked faces that no link can hold
   */
  constructor(app, to) {
    this.app = app;
    this.to = to;
    this.timer = 0;
    this.isOpening = false;
    /** A model, or another address, came while it looked. */
    this.isMissed = false;
    /** What the address asks for, until its model is here. @type {View | null} */
    this.wanted = viewOf(location.hash.slice(1));
    const [visit] = performance.getEntriesByType('navigation');
    this.isOwn = /** @type {PerformanceNavigationTiming | undefined} */ (visit)?.type !== 'navigate';
    addEventListener('hashchange', () => {
      this.isOwn = false;
      this.wanted = viewOf(location.hash.slice(1));
      tell(byId('link-state'), () => '');
      this.open();
    });
    app.watch(() => this.open());
    app.watchModel(() => this.open());
    button('copy-link').onclick = () => this.copy();
  }

  /** Looks whether the model that the address asks for is here. */
  async open() {
    const { wanted, app } = this;
    this.isMissed = this.isOpening;
    if (!wanted || this.isOpening) return;
    this.isOpening = true;
    try {
      for (const source of /** @type {const} */ (['run', 'model', 'starter'])) {
        const mark = await markOf(app, source).catch(() => null); // there is none
        if (!mark || !isSameMark(mark, wanted.mark)) continue;
        this.wanted = null;
        app.use(source);
        tell(byId('link-state'), () => '');
        await this.to.show(wanted, this.isOwn);
        if (!this.isOwn) this.look();
        return;
      }
      const [size, mark] = wanted.mark.split('.');
      if (this.isOwn) return; // its project is offered at the top
      tell(byId('link-state'), () => t('link.missing', { size, mark }));
      this.look();
    } finally {
      this.isOpening = false;
      if (this.isMissed) this.open();
    }
  }

  /** Who follows a link wants to see what it shows, and is still at the top. */
  look() {
    if (scrollY < 100) byId('make').scrollIntoView();
  }

  /** Something else is shown: the address follows. */
  changed() {
    if (this.wanted) return; // its model may still come
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.update().catch(() => {}), REST_MS);
  }

  async update() {
    clearTimeout(this.timer);
    const view = this.to.view();
    if (!view) return;
    const mark = await markOf(this.app, this.app.source);
    this.wanted = null;
    tell(byId('link-state'), () => '');
    history.replaceState(history.state, '', `#${textOf({ mark, ...view })}`);
  }

  copy() {
    return this.app.attempt('link-state', async () => {
      await this.update();
      await navigator.clipboard.writeText(location.href);
      const n = this.to.leftOut();
      tell(byId('link-state'), () => [t('link.copied'), ...(n ? [t('link.left-out', { n })] : [])].join(' '));
    });
  }
}
