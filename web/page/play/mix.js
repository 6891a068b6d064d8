/** Panel 4's grid of mixed styles: the coarse ones come from the row's face, the fine ones from the column's. */
import { byId, canvas, drawGrid, element, pictureAt, pictureOf } from '../draw.js';
import { onWords, t, tell } from '../words.js';
import { FaceGrid } from './face-grid.js';

/** @typedef {import('./keys.js').Key} Key */

export class Mixer {
  /**
   * @param {import('../app.js').App} app
   * @param {() => Key[]} keys
   * @param {(key: Key, picture: import('../draw.js').Picture) => void} pick
   */
  constructor(app, keys, pick) {
    this.app = app;
    this.keys = keys;
    this.pick = pick;
    /** @type {any} the worker's last reply */
    this.mixed = null;
    this.box = element('mix', HTMLDetailsElement);
    this.slider = element('mix-stage', HTMLInputElement);
    this.box.ontoggle = () => this.show();
    this.slider.oninput = () => this.show();
    this.grid = new FaceGrid(canvas('mix-grid'));
    onWords(() => this.nameFaces());
    canvas('mix-grid').onclick = (event) => this.take(event);
  }

  /** Draws the picked faces' mixtures, where the grid is open. */
  async show() {
    const keys = this.keys();
    this.box.hidden = keys.length < 2;
    if (this.box.hidden || !this.box.open) return;
    await this.app.attempt('mix-state', async () => {
      const faces = keys.map(({ face }) => face);
      const stage = this.mixed ? Number(this.slider.value) : undefined;
      const mixed = await this.app.client.request('mix', { faces, stage, source: this.app.source });
      this.mixed = { ...mixed, keys };
      this.slider.max = String(mixed.stages);
      this.slider.value = String(mixed.stage);
      const { stage: at, stages } = mixed;
      const key = at === 0 ? 'mix.all-column' : at === stages ? 'mix.all-row' : 'mix.both';
      tell(byId('mix-state'), () => t(key, { stage: at, stages }));
      drawGrid(canvas('mix-grid'), mixed.rgba, mixed.size, mixed.columns);
      this.nameFaces();
    });
  }

  /** The faces themselves, above and on the left, cannot be picked. */
  nameFaces() {
    if (!this.mixed) return;
    const { size, columns, keys } = this.mixed;
    const nameOf = (/** @type {number} */ i) => {
      const [row, column] = [Math.floor(i / columns) - 1, (i % columns) - 1];
      return row < 0 || column < 0 ? '' : `${keys[row].label} × ${keys[column].label}`;
    };
    this.grid.show({ size, columns, count: columns * columns, nameOf });
  }

  /** @param {MouseEvent} event a click on a mixture picks it */
  take(event) {
    if (!this.mixed) return;
    const { size, columns, styles, keys } = this.mixed;
    const index = pictureAt(canvas('mix-grid'), event, size, columns, columns * columns);
    const [row, column] = [Math.floor(index / columns) - 1, (index % columns) - 1];
    if (index < 0 || row < 0 || column < 0) return;
    const length = styles.length / (columns - 1) ** 2;
    const at = (row * (columns - 1) + column) * length;
    this.pick(
      { face: { styles: styles.slice(at, at + length) }, label: `${keys[row].label} × ${keys[column].label}` },
      pictureOf(this.mixed, index),
    );
  }
}
