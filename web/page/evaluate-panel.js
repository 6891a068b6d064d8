/** Panel 5: how good the faces are, in plain words, and the training pictures nearest to them. */
import { byId, button, canvas, drawGrid, element } from './draw.js';

/** @typedef {{value: number, floor: number, ceiling: number, ceilingOf: string, place: number}} Bar */

/** Name, what it means, digits. @type {Record<string, [string, string, number]>} */
const BARS = {
  real: ['Looks real', 'share of the faces that lie among the real pictures (precision)', 2],
  variety: ['Variety', 'share of the real pictures that have a face near them (coverage)', 2],
  look: ['Overall look', 'distance of the overall impression, lower is better (kernel distance)', 3],
  detail: ['Fine detail', 'distance of small patches, lower is better (SWD × 1,000)', 1],
};

export class EvaluatePanel {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    this.working = false;
    button('evaluate-button').onclick = () => this.evaluate();
    app.watch(() => this.show());
  }

  show() {
    const { canGenerate: has } = this.app;
    button('evaluate-button').disabled = !has || this.working;
    const state = byId('evaluate-state');
    if (has && state.textContent?.startsWith('Train first')) state.textContent = '';
  }

  evaluate() {
    return this.app.attempt('evaluate-state', async () => {
      this.working = true;
      this.show();
      byId('evaluate-state').textContent = 'Comparing with your pictures …';
      try {
        const result = await this.app.client.request('evaluate', { source: this.app.source });
        this.draw(result);
        byId('evaluate-state').textContent =
          `${result.count} faces against ${result.training.toLocaleString('en')} training pictures.`;
      } finally {
        this.working = false;
        this.show();
      }
    });
  }

  /** @param {any} result the worker's reply */
  draw({ bars, summary, warnings, size, columns, rgba }) {
    byId('evaluated').hidden = false;
    element('evaluate-bars', HTMLElement).replaceChildren(
      ...Object.entries(BARS).map(([name, texts]) => this.bar(bars[name], texts)),
    );
    const lines = [
      summary.quality,
      summary.copying,
      summary.diversity,
      ...warnings.map((/** @type {string} */ w) => `Careful: ${w}`),
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

  /** @param {Bar} bar @param {[string, string, number]} texts @returns {HTMLElement} */
  bar({ value, floor, ceiling, ceilingOf, place }, [name, meaning, digits]) {
    const row = document.createElement('div');
    row.className = 'scale';
    const title = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = name;
    title.append(strong, ` ${value.toFixed(digits)}`);
    const track = document.createElement('div');
    track.className = 'track';
    track.setAttribute('role', 'img');
    const ends = `${ceilingOf} ${ceiling.toFixed(digits)}, real pictures ${floor.toFixed(digits)}`;
    track.setAttribute('aria-label', `${Math.round(100 * place)} % of the way to real pictures; ${ends}`);
    const mark = document.createElement('span');
    mark.style.width = `${100 * place}%`;
    track.append(mark);
    const note = document.createElement('p');
    note.className = 'quiet';
    note.textContent = `${meaning}; ${ends}`;
    row.append(title, track, note);
    return row;
  }
}
