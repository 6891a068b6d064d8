/// <reference types="vite/client" />
/** What a training of the chosen length shows to the model, and faces that a training of about that length gave. */
import after5 from '../../docs/guide/gallery/photos-811-5.jpg';
import after15 from '../../docs/guide/gallery/photos-811-15.jpg';
import after30 from '../../docs/guide/gallery/photos-811-30.jpg';
import after60 from '../../docs/guide/gallery/photos-811-60.jpg';
import after120 from '../../docs/guide/gallery/photos-811-120.jpg';
import { byId, element } from './draw.js';
import { onWords, t, takeLaterWords } from './words.js';

/** In localStorage: the settings of the last training here, and how many pictures a second it was shown. */
const KEPT = 'ssdgan-speed';

/**
 * Pictures a second of the recipe `best`, by size, scores included: planned for 15 minutes by Chromium with two threads on two
 * cores of an EPYC (Zen 4), 2026-11-27; 128: its half hour of one core (docs/experiments.md), with the same gain of the second.
 * @type {Record<string, number>}
 */
const USUAL = { 64: 300, 128: 70 };

/** Sheets of the gallery (docs/guide/gallery.md), and how many pictures each model had been shown. */
const EXAMPLES = [
  { pictures: 68_000, sheet: after5, words: 'rough' },
  { pictures: 202_000, sheet: after15, words: 'clear' },
  { pictures: 434_000, sheet: after30, words: 'fine' },
  { pictures: 941_000, sheet: after60, words: 'varied' },
  { pictures: 1_917_000, sheet: after120, words: 'different' },
];

/** @returns {{settings: string, rate: number} | null} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null');
  } catch {
    return null;
  }
}

export class Expected {
  /** @param {import('./app.js').App} app @param {import('./how-long.js').HowLong} howLong */
  constructor(app, howLong) {
    this.app = app;
    this.howLong = howLong;
    const show = () => this.show();
    app.settings.form.addEventListener('input', show);
    app.settings.form.addEventListener('change', show); // back to the usual values
    app.watch(show);
    onWords(show);
    show();
  }

  /** The settings as a text: they make a step slow or fast. */
  get key() {
    const { settings } = this.app;
    return JSON.stringify([settings.control('recipe').value, settings.value('image_size'), settings.config()]);
  }

  /** The recipe is `best`, and nothing of it is changed. */
  get isUsual() {
    const { recipe, changed } = this.app.settings;
    return !recipe?.comparison && !changed;
  }

  /** @param {number} rate pictures a second of the training that there is */
  learn(rate) {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ settings: this.key, rate }));
    } catch {
      // Nothing is kept here.
    }
    this.show();
  }

  /** @returns {{pictures: number, how: 'here' | 'usual' | 'exact'} | null} how many the model will be shown; null: not known */
  get pictures() {
    const { count, settings } = this.app;
    const { minutes, epochs } = this.howLong.request('ready');
    if (!minutes) return epochs && count ? { pictures: epochs * count, how: 'exact' } : null;
    const last = kept();
    if (last?.settings === this.key) return { pictures: 60 * minutes * last.rate, how: 'here' };
    const rate = this.isUsual && USUAL[settings.value('image_size')];
    return rate ? { pictures: 60 * minutes * rate, how: 'usual' } : null;
  }

  show() {
    const { count, settings } = this.app;
    const expected = this.pictures;
    byId('expected').hidden = !expected;
    if (!expected) return;
    const pictures = Number(expected.pictures.toPrecision(2));
    const times = Math.max(1, Number((pictures / count).toPrecision(2)));
    const sentences = [count > 1 ? t('expected.each', { pictures, times }) : t('expected.shown', { pictures })];
    if (expected.how !== 'exact') sentences.push(t(`expected.${expected.how}`));
    const link = element('example', HTMLAnchorElement);
    link.hidden = !this.isUsual || String(settings.value('image_size')) !== '64'; // as the gallery's
    if (!link.hidden) {
      const example = nearest(pictures);
      link.href = example.sheet;
      const image = /** @type {HTMLImageElement} */ (link.firstElementChild);
      if (image.src !== link.href) image.src = link.href;
      image.alt = t('expected.all');
      sentences.push(t('expected.example', { pictures: example.pictures, what: t(`expected.${example.words}`) }));
    }
    byId('expected-words').textContent = sentences.join(' ');
  }
}

/** @param {number} pictures @returns {typeof EXAMPLES[0]} the example that was shown the most like as many */
function nearest(pictures) {
  const distance = (/** @type {number} */ n) => Math.abs(Math.log(n / pictures));
  return EXAMPLES.reduce((best, one) => (distance(one.pictures) < distance(best.pictures) ? one : best));
}

/** @param {import('./app.js').App} app @param {import('./how-long.js').HowLong} howLong @returns {Promise<Expected>} */
export async function openExpected(app, howLong) {
  await takeLaterWords();
  return new Expected(app, howLong);
}
