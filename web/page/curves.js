/** The curves: the score over time beside its floor, both losses, D(x) and D(G(z)), drawn by uPlot. */
import { later } from '../later.js';
import { byId, element } from './draw.js';
import { onWords, t } from './words.js';

/** Most points kept. Beyond that, every second one is dropped. */
const MOST_POINTS = 2000;

/** How much of a smoothed value is the last one: curves of single batches are zigzags. */
const SMOOTHING = 0.9;

/** Exponential smoothing, without its pull to the first value. @param {number[]} values @returns {number[]} */
function smooth(values) {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * value;
    weight = SMOOTHING * weight + 1 - SMOOTHING;
    return sum / weight;
  });
}

const loadUPlot = later(() => import('./plot.js'));

export class Curves {
  constructor() {
    /** @type {number[][]} step, loss G, loss D, D(x), D(G(z)) */
    this.columns = [[], [], [], [], []];
    this.stride = 1;
    /** @type {{step: number, swd: number}[]} */
    this.scores = [];
    /** @type {number | null} */
    this.floor = null;
    /** @type {any[]} */
    this.plots = [];
    this.loading = false;
    this.failed = false;
    addEventListener('online', () => this.tryAgain()); // the next training tries too
    byId('curves').addEventListener('toggle', () => this.draw());
    new ResizeObserver(() => this.resize()).observe(byId('curves'));
    onWords(() => this.plots.length && this.load());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.plots.length && this.load());
  }

  clear() {
    this.columns = [[], [], [], [], []];
    this.stride = 1;
    this.scores = [];
    this.tryAgain();
    this.draw();
  }

  /** Takes away what lies beyond a step. @param {number} step */
  cut(step) {
    const kept = this.columns[0].filter((at) => at <= step).length;
    this.columns = this.columns.map((column) => column.slice(0, kept));
    this.scores = this.scores.filter((score) => score.step <= step);
    this.draw();
  }

  /** @param {{step: number, swd: number}[]} scores of all models so far @param {number | null} floor that of real pictures */
  takeScores(scores, floor) {
    this.scores = scores;
    this.floor = floor ?? this.floor;
    this.draw();
  }

  /** @param {import('../../wasm/engine/trainer.js').Stats} s */
  add(s) {
    const last = this.columns[0].at(-1) ?? 0;
    if (!Number.isFinite(s.loss_g) || s.step % this.stride !== 0 || s.step <= last) return;
    [s.step, s.loss_g, s.loss_d, s.d_real, s.d_fake].forEach((value, i) => this.columns[i].push(value));
    if (this.columns[0].length > MOST_POINTS) {
      this.stride *= 2;
      this.columns = this.columns.map((column) => column.filter((_, i) => i % 2 === 1));
    }
    this.draw();
  }

  async load() {
    this.loading = true;
    const { default: UPlot } = await loadUPlot();
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue('--quiet').trim();
    const line = style.getPropertyValue('--line').trim();
    const [warm, cool] = [style.getPropertyValue('--accent').trim(), style.getPropertyValue('--good').trim()];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    /** @param {string} title @param {string[]} names @param {object} scales @param {string} id @param {boolean} [isPoints] the first curve has few */
    const plot = (title, names, scales, id, isPoints = false) =>
      new UPlot(
        {
          title,
          width: 400,
          height: 190,
          scales: { x: { time: false }, ...scales },
          axes: [axis, { ...axis, size: 46 }],
          series: [
            { label: t('curves.step') },
            { label: names[0], stroke: warm, width: 2, points: { show: isPoints } },
            { label: names[1], stroke: cool, width: 2, points: { show: false } },
          ],
        },
        /** @type {any} */ ([[], [], []]),
        byId(id),
      );
    /** @param {any} _ @param {number} least @param {number} most @returns {[number, number]} */
    const from0 = (_, least, most) => [0, 1.1 * (most || 1)];
    for (const plotted of this.plots) plotted.destroy();
    this.plots = [
      plot(t('curves.losses'), [t('curves.generator'), t('curves.discriminator')], {}, 'curve-loss'),
      plot(t('curves.belief'), [t('curves.real'), t('curves.made')], { y: { range: [0, 1] } }, 'curve-score'),
      plot(t('curves.course'), [t('curves.made'), t('curves.floor')], { y: { range: from0 } }, 'curve-course', true),
    ];
    this.resize();
    this.draw();
  }

  /** A fetch of uPlot that failed may be repeated. */
  tryAgain() {
    if (this.failed) this.loading = this.failed = false;
  }

  resize() {
    for (const plot of this.plots) {
      const width = plot.root.parentElement.clientWidth;
      if (width) plot.setSize({ width, height: 190 });
    }
  }

  draw() {
    if (!element('curves', HTMLDetailsElement).open) return;
    if (!this.plots.length) {
      if (!this.loading && this.columns[0].length) this.load().catch(() => (this.failed = true));
      return;
    }
    const [step, lossG, lossD, real, fake] = this.columns;
    this.plots[0].setData([step, smooth(lossG), smooth(lossD)]);
    this.plots[1].setData([step, smooth(real), smooth(fake)]);
    const { scores, floor } = this;
    byId('course').hidden = !scores.length;
    this.plots[2].setData([scores.map((one) => one.step), scores.map(({ swd }) => swd), scores.map(() => floor)]);
    if (scores.length) this.resize();
  }
}
