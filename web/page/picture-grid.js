/**
 * A grid of thousands of pictures, of which only those in view are elements. It is one list box: the keyboard's focus stays on
 * it, and aria-activedescendant names the chosen picture, so that elements may come and go.
 */

import { drawPicture } from './draw.js';
import { placeAfter } from './grid-keys.js';

/** Pictures that are asked for at once. */
const CHUNK = 64;
/** Pixels that are kept, in bytes. */
const KEPT_BYTES = 24e6;
/** Rows above and below the view that are drawn too. */
const MORE_ROWS = 2;
/** The mark of a picture that takes it out, in pixels (pictures.css). */
const MARK = 24;

/** @typedef {import('./draw.js').Picture} Pixels of several pictures */

export class PictureGrid {
  /**
   * @param {HTMLElement} element that scrolls
   * @param {{load: (indices: number[]) => Promise<Pixels>, label: (index: number) => string,
   *   onChoose: (index: number) => void, onRemove: (index: number) => void, onOpen: (index: number) => void}} of
   *   load: thumbnails; onChoose: -1 is none
   */
  constructor(element, of) {
    this.element = element;
    this.of = of;
    this.count = 0;
    /** The chosen picture; -1: none. */
    this.index = -1;
    /** May pictures be taken out? */
    this.isFree = false;
    this.columns = 1;
    this.tile = 50;
    this.gap = 4;
    /** @type {Map<number, Pixels>} by number of the chunk, the one used last at the end */
    this.chunks = new Map();
    /** Which pictures these are: what was asked for before they changed is not drawn. */
    this.version = 0;
    this.isLoading = false;
    /** @type {HTMLElement[]} the elements, each of a picture in view */
    this.tiles = [];
    this.room = document.createElement('div');
    this.room.role = 'presentation';
    element.append(this.room);
    element.tabIndex = 0;
    element.role = 'listbox';
    element.onclick = (event) => this.press(event);
    element.onkeydown = (event) => this.type(event);
    element.ondblclick = () => this.index >= 0 && of.onOpen(this.index);
    let isAsked = false;
    element.onscroll = () => {
      if (isAsked) return;
      isAsked = true;
      requestAnimationFrame(() => {
        isAsked = false;
        this.draw();
      });
    };
    new ResizeObserver(() => this.fit()).observe(element);
  }

  /** Other pictures than before. @param {number} count */
  show(count) {
    this.version++;
    this.count = count;
    this.chunks.clear();
    if (this.index >= count) this.choose(count - 1, false);
    this.fit();
    void this.load();
  }

  get rowHeight() {
    return this.tile + this.gap;
  }

  /** Takes the width that there is. */
  fit() {
    const { element, gap } = this;
    const width = this.room.clientWidth;
    if (!width) return;
    const least = matchMedia('(pointer: coarse)').matches ? 56 : 46;
    this.columns = Math.max(3, Math.floor((width + gap) / (least + gap)));
    this.tile = (width - gap * (this.columns - 1)) / this.columns;
    const rows = Math.ceil(this.count / this.columns);
    this.room.style.height = `${Math.max(0, rows * this.rowHeight - gap)}px`;
    for (const tile of this.tiles) tile.dataset.index = '';
    element.style.setProperty('--tile', `${this.tile}px`);
    this.draw();
  }

  /** The pictures in view, and some more. @returns {[number, number]} the first, and the one behind the last */
  get range() {
    const { scrollTop, clientHeight } = this.element;
    const row = Math.max(0, Math.floor(scrollTop / this.rowHeight) - MORE_ROWS);
    const end = Math.ceil((scrollTop + clientHeight) / this.rowHeight) + MORE_ROWS;
    return [Math.min(this.count, row * this.columns), Math.min(this.count, end * this.columns)];
  }

  draw() {
    const [first, end] = this.range;
    while (this.tiles.length < end - first) this.tiles.push(this.makeTile());
    const wanted = new Set(Array.from({ length: end - first }, (_, i) => first + i));
    /** @type {HTMLElement[]} */
    const free = [];
    for (const tile of this.tiles) {
      const index = tile.dataset.index ? Number(tile.dataset.index) : -1;
      if (wanted.delete(index)) this.drawTile(tile, index);
      else free.push(tile);
    }
    for (const tile of free) {
      const [index = -1] = wanted;
      wanted.delete(index);
      tile.hidden = index < 0;
      if (index >= 0) this.place(tile, index);
      else tile.dataset.index = '';
    }
    this.mark();
    void this.load();
  }

  makeTile() {
    const tile = document.createElement('div');
    tile.className = 'thumb';
    tile.role = 'option';
    tile.append(document.createElement('canvas'));
    this.room.append(tile);
    return tile;
  }

  /** @param {HTMLElement} tile @param {number} index */
  place(tile, index) {
    const [column, row] = [index % this.columns, Math.floor(index / this.columns)];
    tile.dataset.index = String(index);
    tile.dataset.drawn = '';
    tile.id = `thumb-${index}`;
    tile.ariaLabel = this.of.label(index);
    tile.ariaPosInSet = String(index + 1);
    tile.ariaSetSize = String(this.count);
    tile.style.transform = `translate(${column * this.rowHeight}px, ${row * this.rowHeight}px)`;
    this.drawTile(tile, index);
  }

  /** @param {HTMLElement} tile @param {number} index */
  drawTile(tile, index) {
    const drawn = `${this.version}`;
    if (tile.dataset.drawn === drawn) return;
    const target = /** @type {HTMLCanvasElement} */ (tile.firstChild);
    const pixels = this.chunks.get(Math.floor(index / CHUNK));
    // A chunk ends early where the worker has fewer pictures already: the page will be told.
    if (!pixels || (index % CHUNK) * pixels.size ** 2 * 4 >= pixels.rgba.length) {
      // A picture of before stays until the new one is here, at the same place.
      if (!tile.dataset.drawn) target.width = 1;
      return;
    }
    drawPicture(pixels, index % CHUNK, target);
    tile.dataset.drawn = drawn;
  }

  /** Asks for what is in view and not here, a chunk at a time: one that has been scrolled past is not asked for. */
  async load() {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      for (;;) {
        const [first, end] = this.range;
        let wanted = Math.floor(first / CHUNK);
        const last = Math.floor((end - 1) / CHUNK);
        while (wanted <= last && this.chunks.has(wanted)) wanted++;
        if (!this.count || wanted > last) return;
        const { version } = this;
        const count = Math.min(CHUNK, this.count - wanted * CHUNK);
        const pixels = await this.of.load(Array.from({ length: count }, (_, i) => wanted * CHUNK + i));
        if (version !== this.version) continue;
        this.keep(wanted, pixels);
        for (const tile of this.tiles) if (tile.dataset.index) this.drawTile(tile, Number(tile.dataset.index));
      }
    } catch {
      // The engine has stopped; the page says so.
    } finally {
      this.isLoading = false;
    }
  }

  /** @param {number} chunk @param {Pixels} pixels */
  keep(chunk, pixels) {
    this.chunks.set(chunk, pixels);
    const most = Math.max(4, Math.floor(KEPT_BYTES / Math.max(1, pixels.rgba.length)));
    const [oldest] = this.chunks.keys();
    if (this.chunks.size > most) this.chunks.delete(oldest);
  }

  /** Shows which one is chosen. */
  mark() {
    let isThere = false;
    for (const tile of this.tiles) {
      const isChosen = tile.dataset.index === String(this.index);
      tile.ariaSelected = String(isChosen);
      if (isChosen) isThere = true;
    }
    if (isThere) this.element.setAttribute('aria-activedescendant', `thumb-${this.index}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  /** @param {number} index @param {boolean} andShow scroll there */
  choose(index, andShow = true) {
    this.index = Math.min(index, this.count - 1);
    if (andShow && this.index >= 0) {
      const top = Math.floor(this.index / this.columns) * this.rowHeight;
      const { element } = this;
      if (top < element.scrollTop) element.scrollTop = top;
      const over = top + this.tile - element.clientHeight;
      if (over > element.scrollTop) element.scrollTop = over;
      this.draw();
    }
    this.mark();
    this.of.onChoose(this.index);
  }

  /** @param {MouseEvent} event */
  press(event) {
    const tile = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.thumb'));
    if (!tile) return;
    const index = Number(tile.dataset.index);
    const { right, top } = tile.getBoundingClientRect();
    const isOnMark = right - event.clientX < MARK && event.clientY - top < MARK;
    this.choose(index);
    if (isOnMark && this.isFree && matchMedia('(hover: hover)').matches) this.of.onRemove(index);
  }

  /** @param {KeyboardEvent} event */
  type(event) {
    const { index, columns, count } = this;
    const page = columns * Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 1);
    if (event.altKey || event.ctrlKey || event.metaKey || !count) return;
    /** @type {Record<string, number | undefined>} */
    const pages = { PageUp: index - page, PageDown: Math.max(0, index) + page };
    const to = pages[event.key] ?? placeAfter(event.key, index, count, columns);
    // Where none is chosen, an arrow chooses the first.
    if (to !== undefined)
      this.choose(index < 0 && event.key.startsWith('Arrow') ? 0 : Math.max(0, Math.min(count - 1, to)));
    else if (event.key === 'Delete' || event.key === 'Backspace') this.isFree && index >= 0 && this.of.onRemove(index);
    else if (event.key === 'Enter' || event.key === ' ') index >= 0 && this.of.onOpen(index);
    else return;
    event.preventDefault();
  }
}
