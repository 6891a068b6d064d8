/** In panel 1: the pictures as a grid; one of them can be chosen and taken out, which can be undone. */
import './pictures.css';
import { byId } from './draw.js';
import { FrameDialog } from './frame-dialog.js';
import { HealthReport } from './health-report.js';
import { PictureGrid } from './picture-grid.js';
import { t, takeLaterWords, tell } from './words.js';

/** @param {string} id @param {() => unknown} act */
const makeButton = (id, act) =>
  Object.assign(document.createElement('button'), { type: 'button', id, className: 'small', onclick: () => act() });

export class PicturesPanel {
  /** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake */
  constructor(app, intake) {
    this.app = app;
    this.intake = intake;
    /** @type {FrameDialog | null} */
    this.frame = null;
    const box = byId('thumbs-box');
    const list = Object.assign(document.createElement('div'), { id: 'thumbs' });
    this.name = Object.assign(document.createElement('p'), { id: 'thumb-name', className: 'quiet' });
    this.remover = makeButton('thumb-remove', () => this.remove(this.grid.index));
    this.framer = makeButton('thumb-frame', () => this.openFrame(this.grid.index));
    this.undoer = makeButton('thumb-undo', () => this.undo());
    this.actions = Object.assign(document.createElement('div'), { className: 'thumb-actions' });
    this.actions.append(this.name, this.framer, this.remover, this.undoer);
    box.append(list, this.actions);
    this.grid = new PictureGrid(list, {
      load: (indices) => app.client.request('picture.thumbnails', { indices }),
      label: (index) => t('thumbs.one', { n: index + 1, count: this.app.count }),
      onChoose: () => this.chosen(),
      onRemove: (index) => this.remove(index),
      onOpen: (index) => this.openFrame(index),
    });
    tell(this.remover, () => t('thumbs.remove'));
    tell(this.framer, () => t('frame.open'));
    tell(this.undoer, () => t('thumbs.undo'));
    tell(this.name, () => this.about);
    this.about = t('thumbs.choose');
    box.onkeydown = (event) => {
      if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || this.undoer.disabled) return;
      event.preventDefault();
      this.undo();
    };
    app.watch(() => this.lock());
    this.report = new HealthReport(this);
    box.after(this.report.element);
  }

  /** The pictures have changed. */
  show() {
    const { grid, app } = this;
    grid.element.ariaLabel = t('thumbs.label');
    grid.show(app.count);
    this.chosen();
    this.report.pictures();
  }

  lock() {
    const { app, intake, grid } = this;
    grid.isFree = !app.busy && !app.isReadOnly && app.phase !== 'stopped';
    this.remover.disabled = !grid.isFree || grid.index < 0 || intake.reading;
    this.framer.disabled = this.remover.disabled || intake.doodles > 0;
    this.undoer.disabled = !grid.isFree || !intake.changes || intake.reading;
  }

  /** Another picture is chosen, or none. */
  async chosen() {
    const { grid, app } = this;
    const { index } = grid;
    this.lock();
    const isHere = index >= 0;
    const reply = isHere ? await app.client.request('picture.about', { index }).catch(() => null) : null;
    if (index !== grid.index) return;
    const number = index + 1;
    this.about = '';
    tell(this.name, () => (reply ? t('thumbs.about', { n: number, name: reply.name }) : t('thumbs.choose')));
  }

  /** Asks for a change of the pictures. @param {string} type @param {object} fields @param {() => string} said */
  change(type, fields, said) {
    const { app, intake } = this;
    return app.attempt('intake-state', () =>
      intake.inTurn(async () => {
        await intake.take(await app.client.request(type, fields), false);
        intake.say(() => `${said()} ${intake.summary()}`, app.count < 2);
      }),
    );
  }

  /** @param {number} index */
  remove(index) {
    if (this.intake.reading) return;
    this.report.left = 0;
    return this.change('picture.remove', { indices: [index] }, () => t('thumbs.removed'));
  }

  /** @param {number} index */
  openFrame(index) {
    if (this.framer.disabled) return;
    this.frame ??= new FrameDialog(this);
    const { frame } = this;
    return this.app.attempt('intake-state', () => frame.open(index));
  }

  undo() {
    this.report.left = 0;
    return this.change('picture.undo', {}, () => t('thumbs.undone'));
  }
}

/** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake */
export async function openPictures(app, intake) {
  await takeLaterWords();
  return new PicturesPanel(app, intake);
}
