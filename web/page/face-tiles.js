/** Faces that were found: a button each, which takes it out or puts it back. */
import { drawPicture } from './draw.js';
import { t, tell } from './words.js';

/** Faces that are drawn at once; more come by a button. */
const PAGE = 200;

/** @typedef {{fault: '' | 'small' | 'blurred' | 'cut', photo: number, name: string, isWhole: boolean}} Face */

/** Why a face is left out. */
const FAULTS = { small: 'faces.small', blurred: 'faces.blurred', cut: 'faces.cut' };

export class FaceTiles {
  /** @param {() => void} onChange another choice */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Face[]} */
    this.faces = [];
    /** Which of them are left out. @type {boolean[]} */
    this.out = [];
    /** Numbers of the faces that were taken out or put back, the last one at the end. @type {number[]} */
    this.done = [];
    this.pixels = new Uint8ClampedArray();
    this.side = 0;
    this.shown = PAGE;
    this.inside = document.createElement('div');
    this.outside = document.createElement('div');
    this.inside.id = 'faces-kept';
    this.inside.className = this.outside.className = 'found-faces';
    this.summary = document.createElement('summary');
    this.rest = document.createElement('details');
    this.rest.id = 'faces-out';
    this.rest.open = true;
    this.rest.append(this.summary, this.outside);
    this.element = document.createElement('div');
    this.element.className = 'found';
    this.element.append(this.inside, this.rest);
    for (const place of [this.inside, this.outside]) place.onclick = (event) => this.press(event);
  }

  /** @param {Face[]} faces @param {Uint8ClampedArray} pixels RGBA, one after the other @param {number} side of each */
  take(faces, pixels, side) {
    Object.assign(this, { faces, pixels, side, done: [], shown: PAGE });
    this.out = faces.map(({ fault }) => fault !== '');
    this.draw();
  }

  /** The numbers of those that are not left out. @returns {number[]} */
  get kept() {
    return this.out.flatMap((isOut, i) => (isOut ? [] : [i]));
  }

  get count() {
    return this.kept.length;
  }

  /** @param {number} index */
  tile(index) {
    const { fault, name } = this.faces[index];
    const isOut = this.out[index];
    const why = fault ? t(FAULTS[fault]) : isOut ? t('faces.yours') : '';
    const tile = document.createElement('button');
    tile.type = 'button';
    tile.dataset.face = String(index);
    tile.title = name;
    tile.ariaLabel = t(isOut ? 'faces.put-back' : 'faces.take-out', { name: why ? `${name}, ${why}` : name });
    tile.append(drawPicture({ size: this.side, rgba: this.pixels }, index));
    if (isOut) tile.append(Object.assign(document.createElement('span'), { textContent: why }));
    return tile;
  }

  draw() {
    for (const place of [this.inside, this.outside]) {
      const isOut = place === this.outside;
      const indices = this.out.flatMap((out, i) => (out === isOut ? [i] : []));
      const tiles = indices.slice(0, this.shown).map((i) => this.tile(i));
      if (indices.length > this.shown) {
        const more = document.createElement('button');
        more.type = 'button';
        more.textContent = t('faces.more', { n: indices.length - this.shown });
        tiles.push(more);
      }
      place.replaceChildren(...tiles);
    }
    const left = this.faces.length - this.count;
    this.rest.hidden = left === 0;
    tell(this.summary, () => t('faces.left-out', { n: left }));
    this.onChange();
  }

  /** @param {MouseEvent} event */
  press({ target }) {
    const tile = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (target).closest('button'));
    if (!tile) return;
    if (tile.dataset.face === undefined) {
      this.shown += 5 * PAGE;
      this.draw();
      return;
    }
    const index = Number(tile.dataset.face);
    this.done.push(index);
    this.toggle(index);
  }

  /** @param {number} index */
  toggle(index) {
    const place = this.out[index] ? this.outside : this.inside;
    const hadFocus = place.contains(document.activeElement);
    const at = [...place.children].findIndex(
      (tile) => /** @type {HTMLElement} */ (tile).dataset.face === String(index),
    );
    const { scrollTop } = place;
    this.out[index] = !this.out[index];
    this.draw();
    place.scrollTop = scrollTop;
    // The focus stays where it was: on the next face.
    const next = place.children[Math.min(at, place.children.length - 1)];
    if (hadFocus && next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  undo() {
    const last = this.done.pop();
    if (last !== undefined) this.toggle(last);
  }
}
