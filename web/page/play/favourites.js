/** The chosen face, large, and the favourites: faces that one wants to find again. They are kept with the project. */
import { byId, button, canvas, drawPicture } from '../draw.js';
import { onWords, t, tell } from '../words.js';
import { makeChip, picturesOf, revived, textOf } from './keys.js';

/** @typedef {import('./keys.js').Key} Key */
/** @typedef {import('./keys.js').Picture} Picture */

export class Favourites {
  /** @param {import('../app.js').App} app @param {{pick: (key: Key, picture: Picture) => void, keep: () => Promise<void>}} to */
  constructor(app, to) {
    this.app = app;
    this.to = to;
    /** @type {Key[]} */
    this.keys = [];
    this.restored = 0;
    /** @type {{key: Key, picture: Picture} | null} the face that is shown large */
    this.chosen = null;
    button('face-favour').onclick = () => this.toggle();
    app.watchModel(() => this.clear());
    onWords(() => this.tellState());
  }

  clear() {
    this.keys = [];
    this.chosen = null;
    byId('favourites').replaceChildren();
    byId('face').hidden = byId('favourites-box').hidden = true;
  }

  /** Shows a face large. @param {Key} key @param {Picture} picture */
  choose(key, picture) {
    this.chosen = { key, picture };
    byId('face').hidden = false;
    const target = drawPicture(picture, 0, canvas('face-canvas'));
    target.ariaLabel = key.label;
    byId('face-name').textContent = key.label;
    this.tellState();
  }

  /** Which favourite the chosen face is; -1: none. */
  get place() {
    const text = this.chosen && textOf(this.chosen.key);
    return this.keys.findIndex((key) => textOf(key) === text);
  }

  tellState() {
    const isOne = this.place >= 0;
    button('face-favour').ariaPressed = String(isOne);
    tell(button('face-favour'), () => t(isOne ? 'face.is-favourite' : 'face.favour'));
    byId('favourites-box').hidden = !this.keys.length;
  }

  async toggle() {
    const { chosen, place } = this;
    if (!chosen) return;
    if (place < 0) {
      this.add(chosen.key, chosen.picture);
    } else {
      this.keys.splice(place, 1);
      byId('favourites').children[place].remove();
    }
    await this.to.keep(); // who sees the star may close the tab
    this.tellState();
  }

  /** @param {Key} key @param {Picture} picture */
  add(key, picture) {
    const { item, chip } = makeChip(key, picture);
    chip.onclick = () => this.to.pick(key, picture);
    byId('favourites').append(item);
    this.keys.push(key);
  }

  /** @param {Key[]} kept */
  async restore(kept) {
    this.clear();
    const keys = kept.map(revived);
    const mine = ++this.restored;
    const pictures = await picturesOf(this.app, keys);
    if (mine !== this.restored) return; // others took their place
    keys.forEach((key, i) => this.add(key, pictures[i]));
    this.tellState();
  }
}
