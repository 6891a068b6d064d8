/** The film of a training, on the live grid: a slider over the sample grids that the project keeps, and what a moment is good for. */
import { byId, button, element } from './draw.js';
import { saveVideo } from './save-video.js';
import { size, t, tell } from './words.js';

const FRAME_MS = 90;
/** The last frame of the video stays so many frames. */
const REST = 15;
/** While it trains, the list is asked for at most so often. */
const LIST_MS = 10000;

export class Film {
  /**
   * @param {import('./app.js').App} app @param {HTMLCanvasElement} grid
   * @param {{toNow: () => void, onModel: (bytes: Uint8Array, step: number) => Promise<void>}} view toNow: draws the present samples
   */
  constructor(app, grid, { toNow, onModel }) {
    this.app = app;
    this.grid = grid;
    this.toNow = toNow;
    this.onModel = onModel;
    /** @type {number[]} steps of the grids */
    this.steps = [];
    /** @type {number[]} steps with a model */
    this.models = [];
    this.listed = 0;
    /** Counts what is asked for: an answer that comes too late is dropped. */
    this.asked = 0;
    this.playing = false;
    this.slider = element('film-slider', HTMLInputElement);
    this.slider.oninput = () => {
      this.stop();
      this.show();
    };
    button('film-play').onclick = () => (this.playing ? this.stop() : this.play());
    button('film-use').onclick = () => this.use();
    button('film-save').onclick = () => this.save();
  }

  /** The grid shows an earlier moment: the present one must not be drawn over it. */
  get isBack() {
    return Number(this.slider.value) < this.steps.length;
  }

  clear() {
    this.stop();
    this.steps = this.models = [];
    this.listed = 0;
    this.slider.max = this.slider.value = '0';
    byId('film').inert = true;
    this.label();
  }

  /** Asks what is kept. @param {boolean} now however lately it has been asked */
  async list(now = false) {
    if (!now && performance.now() - this.listed < LIST_MS) return;
    this.listed = performance.now();
    const found = await this.app.client.request('film').catch(() => null);
    if (!found) return;
    const at = this.isBack ? this.steps[Number(this.slider.value)] : null;
    ({ steps: this.steps, models: this.models } = found);
    this.slider.max = String(this.steps.length);
    const place = at === null ? -1 : this.steps.findIndex((step) => step >= at);
    this.slider.value = String(place < 0 ? this.steps.length : place);
    byId('film').inert = this.steps.length < 2; // its room is there from the beginning
    this.label();
    if (!this.isBack) this.toNow();
  }

  /** The step of the nearest kept model. @returns {number | undefined} */
  get model() {
    const step = this.steps[Number(this.slider.value)] ?? Infinity;
    return this.models.findLast((kept) => kept <= step) ?? this.models[0];
  }

  label() {
    const { isBack, model } = this;
    const step = this.steps[Number(this.slider.value)];
    tell(byId('film-moment'), () => (isBack ? t('film.step', { step }) : t('film.now')));
    this.slider.setAttribute('aria-valuetext', byId('film-moment').textContent ?? '');
    button('film-use').disabled = !isBack || model === undefined;
    tell(button('film-use'), () =>
      isBack && model !== undefined ? t('film.use', { step: model }) : t('film.use-then'),
    );
  }

  /** @param {number} step @returns {Promise<ImageBitmap>} */
  async frame(step) {
    const { bytes } = await this.app.client.request('film.grid', { step });
    return createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  }

  /** @param {number} step */
  async draw(step) {
    const mine = ++this.asked;
    const bitmap = await this.frame(step);
    if (mine !== this.asked) return;
    this.grid.width = bitmap.width;
    this.grid.height = bitmap.height;
    this.grid.getContext('2d')?.drawImage(bitmap, 0, 0);
    byId('live').hidden = false;
  }

  /** The last moment that is kept: a project that was opened again has no samples yet. */
  drawLast() {
    const step = this.steps.at(-1);
    if (step !== undefined) this.draw(step).catch(() => {});
  }

  /** Draws the moment of the slider. */
  show() {
    this.label();
    if (this.isBack) return this.app.attempt('film-state', () => this.draw(this.steps[Number(this.slider.value)]));
    this.asked++; // what was asked for comes too late
    this.toNow();
    return Promise.resolve();
  }

  /** From this moment, or from the first one, to now. */
  async play() {
    this.playing = true;
    tell(button('film-play'), () => t('film.stop'));
    if (!this.isBack) this.slider.value = '0';
    while (this.playing && this.isBack) {
      const next = new Promise((resolve) => setTimeout(resolve, FRAME_MS));
      await this.show();
      await next;
      if (this.playing) this.slider.value = String(Number(this.slider.value) + 1);
    }
    if (!this.playing) return;
    this.stop();
    this.show();
  }

  stop() {
    this.playing = false;
    tell(button('film-play'), () => t('film.play'));
  }

  use() {
    return this.app.attempt('film-state', async () => {
      const step = /** @type {number} */ (this.model);
      const { bytes } = await this.app.client.request('film.model', { step });
      await this.onModel(bytes, step);
      tell(byId('film-state'), () => '');
    });
  }

  save() {
    return this.app.attempt('film-state', async () => {
      const { steps } = this;
      const state = byId('film-state');
      tell(state, () => t('film.making', { n: 0, of: steps.length }), true);
      const last = await this.frame(steps[steps.length - 1]);
      const side = last.width + (last.width % 2);
      const bytes = await saveVideo(
        'training',
        steps.length + REST,
        async (context, i) => {
          const bitmap = i < steps.length ? await this.frame(steps[i]) : last;
          context.fillStyle = '#fff';
          context.fillRect(0, 0, side, side);
          context.drawImage(bitmap, 0, 0);
          const n = Math.min(i, steps.length);
          if (i % 10 === 0) tell(state, () => t('film.making', { n, of: steps.length }), true);
        },
        { side, rate: 1000 / FRAME_MS },
      );
      tell(state, () => t('film.saved', { n: steps.length, size: size(bytes) }));
    });
  }
}
