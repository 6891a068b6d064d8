/** What is seen of a training run: progress, figures, curves and the live grid. */
import { Awake } from './awake.js';
import { Curves } from './curves.js';
import { byId, canvas, drawGrid, duration, element, pictureAt } from './draw.js';
import { Film } from './film.js';
import { Story } from './story.js';
import { number } from './words.js';

const COLUMNS = 8;
/** Above the stage, and for the bar below it, in pixels. */
const [ABOVE, BELOW] = [16, 96];
/** What a training shows. */
const ROOM = ['live', 'figures', 'curves', 'train-progress'];

export class RunView {
  /**
   * @param {import('./app.js').App} app @param {(seed: number) => void} pick a face of the grid
   * @param {(bytes: Uint8Array, step: number) => Promise<void>} onModel an earlier model was chosen
   */
  constructor(app, pick, onModel) {
    this.app = app;
    this.curves = new Curves();
    this.awake = new Awake(app);
    this.story = new Story();
    /** Steps planned in all; Infinity: not known yet. */
    this.total = 0;
    /** Steps made. */
    this.step = 0;
    /** @type {{seeds: number[], size: number, rgba: Uint8ClampedArray} | null} the last ones that came */
    this.samples = null;
    this.isDrawing = false;
    this.film = new Film(app, canvas('grid'), { toNow: () => this.draw(), onModel });
    const stage = byId('stage');
    const stick = () =>
      stage.style.setProperty('--top', `${Math.min(ABOVE, innerHeight - stage.offsetHeight - BELOW)}px`);
    new ResizeObserver(stick).observe(stage);
    addEventListener('resize', stick);
    // What has the focus may lie above the window while a tall stage sticks; browsers scroll too little then.
    stage.addEventListener('focusin', ({ target }) => {
      if (/** @type {Element} */ (target).getBoundingClientRect().bottom > 0) return;
      stage.parentElement?.scrollIntoView();
      /** @type {Element} */ (target).scrollIntoView({ block: 'nearest' });
    });
    canvas('grid').onclick = (event) => {
      if (this.film.isBack) return; // the present model makes other faces of these seeds
      const { seeds, size } = this.samples ?? { seeds: [], size: 0 };
      const index = pictureAt(canvas('grid'), event, size, COLUMNS, seeds.length);
      if (index >= 0) pick(seeds[index]);
    };
  }

  /** Listens to the client. Call it again after a restart. */
  listen() {
    const { client } = this.app;
    client.on('stats', ({ stats, rate }) => this.showStats(stats, rate));
    client.on('scored', (course) => this.takeCourse(course));
    client.on('samples', (message) => this.takeSamples(message));
  }

  /** @param {{story: import('../../wasm/run/story.js').Story, scores: {step: number, swd: number}[], floor: number | null}} course */
  takeCourse({ story, scores, floor }) {
    this.story.take(story);
    this.curves.takeScores(scores, floor);
  }

  /** Removes everything that the last run showed. */
  clear() {
    this.curves.clear();
    this.film.clear();
    this.story.clear();
    this.samples = null;
    this.total = this.step = 0;
    for (const id of ROOM) byId(id).hidden = true;
    canvas('grid').width = canvas('grid').height = 1;
    for (const id of ['step', 'epoch', 'rate', 'left']) byId(`figure-${id}`).textContent = '–';
  }

  /** Makes room for what a training shows, before it comes: then nothing moves, and on a phone the faces come into sight. */
  makeRoom() {
    for (const id of ROOM) byId(id).hidden = false;
    const stage = byId('stage');
    const { top } = stage.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 3) stage.parentElement?.scrollIntoView(); // the stage itself may stick
  }

  /** The run has gone back: removes what was shown beyond this step. @param {number} step */
  goBack(step) {
    this.curves.cut(step);
  }

  /** @param {import('../../wasm/engine/trainer.js').Stats} stats @param {number} rate pictures a second; 0: at rest */
  showStats(stats, rate) {
    if (rate > 0) this.app.unsaved = true; // the last ones come after the checkpoint
    this.step = stats.step;
    for (const id of ['figures', 'curves', 'train-progress']) byId(id).hidden = false;
    const bar = element('train-progress', HTMLProgressElement);
    const isKnown = this.total < Infinity;
    bar.max = isKnown ? Math.max(1, this.total) : 1;
    bar.value = isKnown ? stats.step : 0;
    const per = stats.steps_per_epoch;
    const all = isKnown ? ` / ${number(this.total)}` : '';
    byId('figure-step').textContent = number(stats.step) + all;
    byId('figure-epoch').textContent = per ? number(stats.step / per, 1) : '0';
    if (rate > 0) {
      const left = ((this.total - stats.step) * (stats.pictures_seen / Math.max(1, stats.step))) / rate;
      byId('figure-rate').textContent = number(rate, rate >= 10 ? 0 : 1);
      byId('figure-left').textContent = isKnown ? duration(left) : '–';
      if (isKnown) this.awake.progress(stats.step / Math.max(1, this.total), left, rate);
    } else {
      byId('figure-left').textContent = '–';
    }
    this.curves.add(stats);
    this.story.show(stats, rate);
  }

  /** Draws at the next frame, and only then asks for more: so a slow page is not flooded. @param {{seeds: number[], size: number, rgba: Uint8ClampedArray}} message */
  takeSamples(message) {
    this.samples = message;
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      if (!this.film.isBack) this.draw();
      this.app.client.request('train.credit').catch(() => {});
    });
  }

  /** The last samples. */
  draw() {
    if (!this.samples) return this.film.drawLast();
    const { size, rgba } = this.samples;
    byId('live').hidden = false;
    drawGrid(canvas('grid'), rgba, size, COLUMNS);
  }
}
