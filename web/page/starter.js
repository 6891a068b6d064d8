/**
 * The starter model is fetched when the engine has started; its faces are what a visitor sees first, and their room is there
 * before them. They change slowly: twelve new ones a second, faded over by the compositor, which costs one per cent of a
 * processor. They stand still if the visitor does not want motion, and are not computed while they cannot be seen, while
 * something trains or while pictures are read.
 */
import { byId, button, canvas, drawGrid, pictureAt } from './draw.js';
import { t, tell } from './words.js';

const FACES = 12;
const FRAME_MS = 1000;
/** Frames from one style to the next. */
const FRAMES_A_WAY = 8;
const GAP = 4;

/** Where it lies, or none: the build knows whether there is one (vite.config.js). @param {URLSearchParams} options */
function addressOf(options) {
  const name = options.get('starter') ?? (import.meta.env.STARTER ? 'starter/model.safetensors' : 'none');
  return name === 'none' ? null : new URL(name, document.baseURI);
}

/** @param {URL} address @returns {Promise<Uint8Array | null>} null: the page does without */
async function fetchModel(address) {
  try {
    const response = await fetch(address);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

export class Starter {
  /** @param {import('./app.js').App} app @param {(seed: number) => void} pick a face was clicked */
  constructor(app, pick) {
    this.app = app;
    const address = addressOf(app.options);
    // Do not load megabytes for a visitor who saves data.
    this.address = /** @type {any} */ (navigator).connection?.saveData ? null : address;
    /** @type {Promise<Uint8Array | null> | null} once it is asked for */
    this.bytes = null;
    app.awaitsStarter = this.address !== null;
    this.layers = [canvas('starter-faces'), canvas('starter-next')];
    this.front = 0;
    this.frame = 0;
    /** @type {{size: number, seeds: number[], rgba: Uint8ClampedArray} | null} what is drawn last */
    this.drawn = null;
    this.held = false;
    this.seen = true;
    this.timer = 0;
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.narrow = matchMedia('(max-width: 899px)'); // style.css keeps their room

    const about = byId('starter-about');
    if (address) about.setAttribute('href', address.href.replace(/safetensors$/, 'json'));
    const box = byId('starter');
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.go();
    }).observe(box);
    document.addEventListener('visibilitychange', () => this.go());
    this.still.addEventListener('change', () => this.show());
    this.narrow.addEventListener('change', () => this.draw(true));
    button('starter-hold').onclick = () => {
      this.held = !this.held;
      this.show();
    };
    box.querySelector('.faces')?.addEventListener('click', (event) => {
      const { drawn } = this;
      if (!drawn) return;
      const mouse = /** @type {MouseEvent} */ (event);
      const index = pictureAt(this.layers[0], mouse, drawn.size, this.columns, FACES, GAP);
      if (index >= 0) pick(drawn.seeds[index]);
    });
    app.watch(() => this.show());
  }

  get columns() {
    return this.narrow.matches ? 6 : 4;
  }

  /** Gives the model to the engine; resolves when the first faces are drawn, or at once without a model. */
  async begin() {
    if (!this.address) return;
    this.bytes ??= fetchModel(this.address);
    const bytes = await this.bytes;
    this.app.awaitsStarter = bytes !== null;
    try {
      if (!bytes) return;
      const { metadata } = await this.app.client.request('starter.load', { bytes });
      this.app.starter = { metadata };
      await this.next();
    } catch (error) {
      this.app.awaitsStarter = false;
      console.warn('the starter model cannot be used:', error);
    } finally {
      this.app.enter(this.app.phase);
    }
  }

  /** After the worker died, the model is gone too. */
  forget() {
    this.app.starter = null;
    this.drawn = null;
    this.app.use('run');
  }

  get shown() {
    const { phase, resume, starter } = this.app;
    return phase === 'ready' && !resume && starter !== null && this.drawn !== null;
  }

  get moving() {
    return this.shown && this.seen && !this.app.isReading && !this.held && !this.still.matches && !document.hidden;
  }

  show() {
    const { app } = this;
    // Until there is something else, faces are made with it.
    if (app.starter && app.phase === 'ready' && app.source === 'run') app.use('starter');
    const { phase, resume } = app;
    const isAwaited = app.awaitsStarter && !resume && (phase === 'starting' || phase === 'ready');
    byId('starter').hidden = !this.shown && !isAwaited;
    byId('starter').classList.toggle('drawn', this.shown);
    const hold = button('starter-hold');
    hold.hidden = this.still.matches;
    tell(hold, () => t(this.held ? 'starter.move' : 'starter.hold'));
    this.go();
  }

  /** Continues to move, unless something forbids it. */
  go() {
    clearTimeout(this.timer);
    if (this.moving) this.timer = window.setTimeout(() => this.step(), FRAME_MS);
  }

  async step() {
    try {
      await this.next();
    } catch {
      return; // a dead worker: told on top of the page
    }
    this.go();
  }

  async next() {
    this.drawn = await this.app.client.request('starter.faces', { time: this.frame++ / FRAMES_A_WAY, count: FACES });
    this.draw(false);
  }

  /** Draws on the hidden canvas, which then fades in. @param {boolean} both draw on both at once, without fading */
  draw(both) {
    if (!this.drawn) return;
    const { rgba, size } = this.drawn;
    if (!both) this.front = 1 - this.front;
    const layers = both || this.frame === 1 ? this.layers : [this.layers[this.front]];
    for (const layer of layers) drawGrid(layer, rgba, size, this.columns, GAP);
    this.layers[1].classList.toggle('in', this.front === 1);
  }
}
