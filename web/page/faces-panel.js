/** In panel 1: photos become faces. Nothing changes before the faces that were found are taken. */
import './faces.css';
import { byId } from './draw.js';
import { FaceTiles } from './face-tiles.js';
import { askWithFinders } from './finders.js';
import { make } from './make.js';
import { size, t, takeLaterWords, tell } from './words.js';

/** What the finder fetches when it is asked for the first time, compressed: script, TensorFlow.js and BlazeFace. */
const BYTES = 0.62e6;

/** @typedef {import('./face-tiles.js').Face} Face */

/** @param {string} id @param {() => unknown} act */
const makeButton = (id, act) => make('button', { type: 'button', id, onclick: () => act() });

class FacesPanel {
  /** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake */
  constructor(app, intake) {
    this.app = app;
    this.intake = intake;
    this.tiles = new FaceTiles(() => this.changedTiles());
    /** @type {{photos: number, empty: number, unreadable: number, stopped: boolean} | null} faces wait to be taken */
    this.result = null;
    this.isFinding = false;
    this.hasLoaded = false;
    /** The pictures seem to be photos. */
    this.isOffered = false;
    /** Which pictures were looked at. */
    this.of = '';

    this.offer = make('p', { id: 'faces-offer', className: 'quiet' });
    tell(this.offer, () => t('faces.offer', { size: size(BYTES) }));
    this.finder = makeButton('find-faces', () => this.find());
    tell(this.finder, () => t('faces.find'));
    this.backer = makeButton('faces-back', () => this.back());
    tell(this.backer, () => t('faces.back'));
    this.first = make('div', { className: 'buttons' }, this.finder, this.backer);
    this.state = make('p', { id: 'faces-state', className: 'state', ariaLive: 'polite' });
    this.progress = make('progress', { id: 'faces-progress' });
    this.stopper = makeButton('faces-stop', () => app.client.request('faces.stop'));
    tell(this.stopper, () => t('faces.stop'));
    this.busy = make('div', { className: 'found' }, this.progress, make('div', { className: 'buttons' }, this.stopper));
    this.taker = makeButton('faces-take', () => this.take());
    this.taker.className = 'primary';
    this.undoer = makeButton('faces-undo', () => this.tiles.undo());
    tell(this.undoer, () => t('faces.undo'));
    this.keeper = makeButton('faces-forget', () => this.forget());
    tell(this.keeper, () => t('faces.keep'));
    const actions = make('div', { className: 'buttons' }, this.taker, this.undoer, this.keeper);
    this.choice = make('div', { id: 'faces-choice', className: 'found' }, this.tiles.element, actions);
    byId('faces').append(this.offer, this.first, this.state, this.busy, this.choice);
    intake.onPictures = () => void this.changed();
    intake.settle = () => (this.result ? this.take() : Promise.resolve());
    app.watch(() => this.show());
    this.show();
  }

  /** Pictures are here. Other ones than before: looks whether they are photos. */
  async changed() {
    const { app, intake } = this;
    app.client.on('faces', (progress) => this.tellProgress(progress));
    const of = [app.project, app.count, intake.doodles, intake.isExchanged].join();
    if (of === this.of) return;
    this.of = of;
    this.drop();
    if (!this.isPossible) return;
    const offer = await this.check().catch(() => false);
    if (of !== this.of) return;
    this.isOffered = offer;
    this.show();
  }

  /** @returns {Promise<boolean>} whether the pictures seem to be photos */
  async check() {
    const { client, count } = this.app;
    const { offer } = await client.request('faces.check');
    return offer ?? (await askWithFinders(client, count, 'faces.check')).offer;
  }

  /** Forgets what was found. */
  drop() {
    this.result = null;
    this.tiles.take([], new Uint8ClampedArray(), 0);
    this.isOffered = this.isFinding = false;
    this.show();
  }

  get isFree() {
    const { phase, isReadOnly, count } = this.app;
    return phase === 'ready' && !isReadOnly && count > 0;
  }

  get isPossible() {
    const { doodles, isReadable, isExchanged } = this.intake;
    return this.isFree && !doodles && isReadable && !isExchanged;
  }

  show() {
    const { intake, isFree, isPossible, isFinding } = this;
    const isOpen = isFinding || this.result !== null;
    byId('faces').hidden = !isFree || !(isPossible || intake.isExchanged);
    byId('pictures').classList.toggle('has-faces', isFree && this.result !== null);
    this.offer.hidden = isOpen || !this.isOffered;
    this.first.hidden = isOpen;
    this.finder.hidden = !isPossible;
    this.finder.disabled = intake.reading;
    this.finder.classList.toggle('primary', this.isOffered);
    this.backer.hidden = !intake.isExchanged;
    this.state.hidden = !isOpen;
    this.busy.hidden = !isFinding;
    this.choice.hidden = isFinding || this.result === null;
  }

  /** @param {{done: number, total: number, found: number}} progress */
  tellProgress({ done, total, found }) {
    if (!this.isFinding) return;
    Object.assign(this.progress, { max: Math.max(1, total), value: done });
    if (done) this.hasLoaded = true;
    const { hasLoaded } = this;
    tell(
      this.state,
      () => (hasLoaded ? t('faces.progress', { done, total, n: found }) : t('faces.loading')),
      hasLoaded,
    );
  }

  find() {
    const { app } = this;
    return app.attempt('intake-state', () =>
      this.intake.inTurn(async () => {
        this.isFinding = true;
        this.tellProgress({ done: 0, total: app.count, found: 0 });
        this.show();
        try {
          const { faces, ...result } = await askWithFinders(app.client, app.count, 'faces.find');
          const thumbnails = await app.client.request('faces.thumbnails', { first: 0, count: faces.length });
          this.result = result;
          this.tiles.take(faces, thumbnails.rgba, thumbnails.size);
        } finally {
          this.isFinding = false;
          this.show();
        }
        byId('faces').scrollIntoView({ block: 'nearest' });
      }),
    );
  }

  changedTiles() {
    const { result, tiles } = this;
    if (!result) return;
    tell(this.state, () => this.summary());
    tell(this.taker, () => t('faces.take', { n: tiles.count }));
    this.taker.hidden = tiles.count === 0;
    this.undoer.hidden = !tiles.faces.length;
    this.undoer.disabled = !tiles.done.length;
  }

  /** What was found. */
  summary() {
    if (!this.result) return '';
    const { photos, empty, unreadable, stopped } = this.result;
    const { faces, count } = this.tiles;
    const sentences = [
      t('faces.count', { n: count, photos: t('faces.photos', { n: photos }) }),
      empty ? t('faces.empty', { n: empty }) : '',
      unreadable ? t('faces.unreadable', { n: unreadable }) : '',
      stopped ? t('faces.stopped') : '',
      faces.length ? t('faces.click') : '',
    ];
    return sentences.filter(Boolean).join(' ');
  }

  /** The faces take the place of the photos. */
  async take() {
    const kept = this.tiles.kept;
    this.result = null;
    if (kept.length) await this.intake.ask('faces.take', { kept }, kept.length);
    this.show();
  }

  async forget() {
    this.drop();
    await this.app.client.request('faces.forget');
    this.finder.focus();
  }

  /** The photos again. */
  back() {
    return this.intake.ask('faces.undo', {}, 1);
  }
}

/** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake */
export async function openFaces(app, intake) {
  await takeLaterWords();
  return new FacesPanel(app, intake);
}
