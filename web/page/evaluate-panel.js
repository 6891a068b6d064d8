/** Panel 5: how good the faces are, in plain words, and the training pictures nearest to them. */
import { byId, button, canvas, drawGrid, element } from './draw.js';
import { number, onWords, t, tell, translated } from './words.js';

/** @typedef {{value: number, floor: number, ceiling: number, ceilingOf: string, place: number}} Bar */

/** Digits. @type {Record<string, number>} */
const BARS = { real: 2, variety: 2, look: 3, detail: 1 };

export class EvaluatePanel {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    this.working = false;
    /** @type {any} the worker's last reply */
    this.result = null;
    tell(byId('evaluate-state'), () => t('make.first'));
    this.isFirst = true;
    onWords(() => this.result && this.draw(this.result));
    button('evaluate-button').onclick = () => this.evaluate();
    app.watch(() => this.show());
    app.watchModel(() => this.clear());
    this.show();
  }

  /** Scores are those of one model. */
  clear() {
    this.result = null;
    byId('evaluated').hidden = true;
    if (!this.isFirst) tell(byId('evaluate-state'), () => '');
  }

  show() {
    const { canGenerate: has } = this.app;
    button('evaluate-button').disabled = !has || this.working;
    if (!has || !this.isFirst) return;
    this.isFirst = false;
    tell(byId('evaluate-state'), () => '');
  }

  evaluate() {
    return this.app.attempt('evaluate-state', async () => {
      this.working = true;
      this.show();
      tell(byId('evaluate-state'), () => t('evaluate.comparing'));
      try {
        const result = await this.app.client.request('evaluate', { source: this.app.source });
        this.draw(result);
        const { count, training } = result;
        tell(byId('evaluate-state'), () => t('evaluate.against', { count, training }));
      } finally {
        this.working = false;
        this.show();
      }
    });
  }

  /** @param {any} result the worker's reply */
  draw(result) {
    this.result = result;
    const { bars, summary, warnings, size, columns, rgba } = result;
    byId('evaluated').hidden = false;
    element('evaluate-bars', HTMLElement).replaceChildren(
      ...Object.keys(BARS).map((name) => this.bar(name, bars[name])),
    );
    const lines = [
      ...[summary.quality, summary.copying, summary.diversity].map(translated),
      ...warnings.map((/** @type {string} */ warning) => t('evaluate.careful', { warning: translated(warning) })),
    ];
    byId('evaluate-words').replaceChildren(
      ...lines.map((text) => {
        const item = document.createElement('li');
        item.textContent = text;
        return item;
      }),
    );
    drawGrid(canvas('evaluate-near'), rgba, size, columns);
  }

  /** @param {string} name @param {Bar} bar @returns {HTMLElement} */
  bar(name, { value, floor, ceiling, ceilingOf, place }) {
    const shown = (/** @type {number} */ score) => number(score, BARS[name]);
    const row = document.createElement('div');
    row.className = 'scale';
    const title = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = t(`evaluate.${name}`);
    title.append(strong, ` ${shown(value)}`);
    const track = document.createElement('div');
    track.className = 'track';
    track.setAttribute('role', 'img');
    const ends = t('evaluate.ends', { worst: translated(ceilingOf), ceiling: shown(ceiling), floor: shown(floor) });
    track.setAttribute('aria-label', t('evaluate.place', { percent: Math.round(100 * place), ends }));
    const mark = document.createElement('span');
    mark.style.width = `${100 * place}%`;
    track.append(mark);
    const note = document.createElement('p');
    note.className = 'quiet';
    note.textContent = `${t(`evaluate.${name}-about`)}; ${ends}`;
    row.append(title, track, note);
    return row;
  }
}
