/**
 * Sliders that change all faces: the strongest directions of the model, which the visitor may name, and sliders of the visitor's
 * own, each a setting of those. Names and own sliders are kept in this browser, by project, or by the model's mark.
 */
import { button, drawPicture, element } from '../draw.js';
import { onWords, t, tell } from '../words.js';
import { markOf } from './mark.js';

const COUNT = 5;
/** Deviations to each side; an own slider at 1 is as it was saved. */
const MOST = 3;
const MOST_OWN = 1.5;
/** In localStorage: models' names and sliders, the last one used at the end. */
const KEPT = 'ssdgan-directions';
const MOST_MODELS = 30;

/** @typedef {{name: string, stages: string, amounts: number[]}} Own */
/** @typedef {{names: Record<string, string[]>, own: Own[]}} Kept names: by stages */

/** @returns {[string, Kept][]} */
function readAll() {
  try {
    const all = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(all) ? all : [];
  } catch {
    return []; // nothing is kept here
  }
}

export class Directions {
  /**
   * @param {import('../app.js').App} app
   * @param {{changed: () => void, example: () => import('./view-text.js').SeedFace | null}} to changed: a slider was moved; example:
   *   the face by which the ends of the sliders are shown
   */
  constructor(app, to) {
    this.app = app;
    this.to = to;
    this.rows = element('moves', HTMLElement);
    this.box = element('move', HTMLDetailsElement);
    this.stages = element('move-stages', HTMLSelectElement);
    this.title = element('move-title', HTMLInputElement);
    /** @type {Kept} */
    this.kept = { names: {}, own: [] };
    /** Which model the names are of. */
    this.of = '';
    this.asked = 0;
    this.stages.onchange = () => {
      this.build();
      this.to.changed();
    };
    button('move-rest').onclick = () => this.rest();
    button('move-save').onclick = () => this.save();
    this.title.onkeydown = (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault(); // it would make faces
      this.save();
    };
    this.box.ontoggle = () => this.load();
    app.watchModel(() => (this.of = ''));
    onWords(() => this.build(this.values));
    this.build();
  }

  /** @returns {Own[]} own sliders of the chosen stages */
  get own() {
    return this.kept.own.filter(({ stages }) => stages === this.stages.value);
  }

  /** @returns {HTMLInputElement[]} */
  get sliders() {
    return [...this.rows.querySelectorAll('input')].filter(({ type }) => type === 'range');
  }

  /** @returns {number[]} of all sliders */
  get values() {
    return this.sliders.map(({ value }) => Number(value));
  }

  /** As the protocol has them. @returns {import('./view-text.js').Moves | undefined} */
  get moves() {
    const { values, own } = this;
    const amounts = values.slice(0, COUNT);
    own.forEach((one, i) => one.amounts.forEach((amount, k) => (amounts[k] += values[COUNT + i] * amount)));
    return amounts.some((amount) => amount !== 0) ? { stages: this.stages.value, amounts } : undefined;
  }

  /** @param {import('./view-text.js').Moves | undefined} moves */
  set moves(moves) {
    this.stages.value = moves?.stages ?? 'all';
    this.build(moves?.amounts.slice(0, COUNT));
  }

  /** Sets all sliders to zero. */
  rest() {
    for (const slider of this.sliders) slider.value = '0';
    this.to.changed();
  }

  /** Writes the rows. @param {number[]} [values] */
  build(values = []) {
    const names = this.kept.names[this.stages.value] ?? [];
    const first = Array.from({ length: COUNT }, (_, i) => {
      const row = this.row(MOST, 0.1, values[i] ?? 0, names[i] || t('directions.number', { n: i + 1 }));
      const name = document.createElement('input');
      Object.assign(name, { className: 'move-name', maxLength: 24, value: names[i] ?? '' });
      name.placeholder = t('directions.number', { n: i + 1 });
      name.ariaLabel = t('directions.name', { n: i + 1 });
      name.onkeydown = (event) => {
        if (event.key === 'Enter') event.preventDefault();
      };
      name.onchange = () => this.name(i, name.value.trim());
      row.prepend(name);
      return row;
    });
    const own = this.own.map((one, i) => {
      const row = this.row(MOST_OWN, 0.05, values[COUNT + i] ?? 0, one.name);
      const name = document.createElement('span');
      Object.assign(name, { className: 'move-name', textContent: one.name });
      const remove = document.createElement('button');
      Object.assign(remove, {
        type: 'button',
        textContent: '×',
        ariaLabel: t('directions.remove', { name: one.name }),
      });
      remove.className = 'small';
      remove.onclick = () => this.remove(one);
      name.append(remove);
      row.prepend(name);
      return row;
    });
    this.rows.replaceChildren(...first, ...own);
    this.showEnds();
  }

  /** @param {number} most @param {number} step @param {number} value @param {string} label @returns {HTMLElement} */
  row(most, step, value, label) {
    const row = document.createElement('div');
    row.className = 'move';
    const slider = document.createElement('input');
    Object.assign(slider, { type: 'range', min: -most, max: most, step, ariaLabel: label });
    slider.value = String(value);
    slider.oninput = () => this.to.changed();
    const ends = [0, 1].map(() => document.createElement('canvas'));
    for (const end of ends) end.ariaHidden = 'true';
    row.append(ends[0], slider, ends[1]);
    return row;
  }

  /** Shows one face at both ends of each slider. */
  async showEnds() {
    const example = this.to.example();
    if (!this.box.open || !example) return;
    const mine = ++this.asked;
    const stages = this.stages.value;
    const base = Array.from({ length: COUNT }, (_, i) => Array.from({ length: COUNT }, (_, k) => (i === k ? MOST : 0)));
    const own = this.own.map(({ amounts }) => amounts.map((amount) => amount * MOST_OWN));
    const faces = [...base, ...own].flatMap((amounts) =>
      [-1, 1].map((sign) => ({ ...example, moves: { stages, amounts: amounts.map((amount) => sign * amount) } })),
    );
    const reply = await this.app.client.request('generate', { faces, source: this.app.source }).catch(() => null);
    if (!reply || mine !== this.asked) return;
    this.rows.querySelectorAll('canvas').forEach((end, i) => drawPicture(reply, i, end));
  }

  /** Reads the names and own sliders of the model that is here now. */
  async load() {
    const { app } = this;
    if (!this.box.open || !this.to.example()) return;
    const of = app.source === 'run' && app.project ? app.project : await markOf(app, app.source).catch(() => '');
    if (of !== this.of) {
      this.of = of;
      const [, kept] = readAll().find(([id]) => id === of) ?? [];
      const { values } = this;
      this.kept = { names: kept?.names ?? {}, own: kept?.own ?? [] };
      this.build(values);
    } else {
      await this.showEnds();
    }
  }

  keep() {
    if (!this.of) return;
    const all = [...readAll().filter(([id]) => id !== this.of), [this.of, this.kept]].slice(-MOST_MODELS);
    try {
      localStorage.setItem(KEPT, JSON.stringify(all));
    } catch {
      // Nothing is kept here: they are there until the page is closed.
    }
  }

  /** @param {number} index @param {string} name */
  name(index, name) {
    const names = (this.kept.names[this.stages.value] ??= []);
    for (let i = 0; i <= index; i++) names[i] ??= '';
    names[index] = name;
    this.sliders[index].ariaLabel = name || t('directions.number', { n: index + 1 });
    this.keep();
  }

  /** Makes a slider of how the others stand now. */
  save() {
    const { moves } = this;
    const name = this.title.value.trim();
    tell(element('move-state', HTMLElement), () =>
      moves ? (name ? '' : t('directions.no-name')) : t('directions.none'),
    );
    if (!moves || !name) return;
    const before = this.own.length;
    this.kept.own.push({ name, stages: moves.stages, amounts: moves.amounts });
    this.title.value = '';
    this.keep();
    this.build([...Array.from({ length: COUNT + before }, () => 0), 1]); // the faces stay as they are
  }

  /** @param {Own} one */
  remove(one) {
    this.kept.own = this.kept.own.filter((other) => other !== one);
    this.keep();
    this.build(this.values.slice(0, COUNT));
    this.to.changed();
  }
}
