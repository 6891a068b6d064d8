/** A dialog in which one picture is framed by hand: a square of its file, by mouse, fingers or keys. */
import { make } from './make.js';
import { t, tell } from './words.js';

/** A frame is at least this share of the shorter side. */
const LEAST = 0.08;
/** A key moves by this share of the frame, and changes its side by this one. */
const MOVE = 0.04;
const GROW = 1.05;
const PREVIEW = 96;

/** @typedef {{x: number, y: number, side: number}} Frame as protocol.js has it */

export class FrameDialog {
  /** @param {import('./pictures-panel.js').PicturesPanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.index = -1;
    /** @type {Frame} */
    this.frame = { x: 0.5, y: 0.5, side: 1 };
    this.isChanged = false;
    this.width = this.height = 1;
    /** Fingers on the photo. @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.corner = '';
    /** @param {keyof HTMLElementTagNameMap} tag @param {string} key @param {Partial<HTMLElement>} fields */
    const told = (tag, key, fields = {}) => {
      const element = make(tag, /** @type {any} */ (fields));
      tell(element, () => t(key));
      return /** @type {HTMLElement} */ (element);
    };
    const button = (/** @type {string} */ key, /** @type {string} */ id, /** @type {() => unknown} */ act) =>
      told('button', key, /** @type {any} */ ({ type: 'button', id, onclick: () => act() }));
    this.title = make('p', { className: 'frame-title' });
    this.photo = make('canvas');
    this.square = make('div', { className: 'frame-square' }, ...['nw', 'ne', 'sw', 'se'].map((corner) => make('span', { className: `corner ${corner}` }))); // prettier-ignore
    this.stage = make('div', { id: 'frame-stage', className: 'frame-stage', tabIndex: 0 }, this.photo, this.square);
    this.stage.role = 'application';
    this.preview = make('canvas', { width: PREVIEW, height: PREVIEW, className: 'frame-preview' });
    this.preview.ariaHidden = 'true';
    this.previous = button('frame.previous', 'frame-previous', () => this.go(-1));
    this.next = button('frame.next', 'frame-next', () => this.go(1));
    const use = button('frame.use', 'frame-use', () => this.use());
    use.className = 'primary';
    const middle = button('frame.middle', 'frame-middle', () => this.middle());
    const cancel = button('frame.cancel', 'frame-cancel', () => this.close());
    const buttons = make('div', { className: 'buttons' }, use, this.previous, this.next, middle, cancel);
    /** @type {HTMLDialogElement} */
    this.element = make('dialog', { id: 'frame' }, this.title, this.stage, make('div', { className: 'frame-foot' }, this.preview, told('p', 'frame.about', { className: 'quiet' })), buttons); // prettier-ignore
    document.body.append(this.element);
    this.listen();
  }

  listen() {
    const { stage } = this;
    stage.onpointerdown = (event) => this.press(event);
    stage.onpointermove = (event) => this.drag(event);
    stage.onpointerup = stage.onpointercancel = (event) => this.fingers.delete(event.pointerId);
    stage.onkeydown = (event) => this.type(event);
    const wheel = (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      this.put({ ...this.frame, side: this.frame.side * Math.exp(event.deltaY / 800) });
    };
    stage.addEventListener('wheel', wheel, { passive: false });
  }

  /** Opens with a picture. @param {number} index */
  async open(index) {
    const { app, grid } = this.panel;
    const { bitmap, name, frame } = await app.client.request('picture.original', { index });
    this.index = index;
    const { width, height } = bitmap;
    Object.assign(this, { width, height, isChanged: false });
    Object.assign(this.photo, { width, height });
    this.photo.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    tell(this.title, () => t('thumbs.about', { n: index + 1, name }));
    this.stage.ariaLabel = t('frame.label', { name });
    for (const [button, by] of /** @type {[HTMLElement, number][]} */ ([[this.previous, -1], [this.next, 1]])) {
      const to = index + by;
      /** @type {HTMLButtonElement} */ (button).disabled = to < 0 || to >= app.count;
    } // prettier-ignore
    if (!this.element.open) this.element.showModal();
    grid.choose(index);
    this.put(frame ?? { x: 0.5, y: 0.5, side: 1 }, false);
    this.stage.focus();
  }

  /** Takes a frame, within the photo. @param {Frame} frame @param {boolean} isChanged by hand */
  put({ x, y, side }, isChanged = true) {
    const { width, height } = this;
    const shorter = Math.min(width, height);
    const size = Math.max(LEAST, Math.min(1, side));
    const [halfX, halfY] = [(size * shorter) / width / 2, (size * shorter) / height / 2];
    this.frame = {
      x: Math.max(halfX, Math.min(1 - halfX, x)),
      y: Math.max(halfY, Math.min(1 - halfY, y)),
      side: size,
    };
    this.isChanged ||= isChanged;
    const { style } = this.square;
    style.left = `${100 * (this.frame.x - halfX)}%`;
    style.top = `${100 * (this.frame.y - halfY)}%`;
    style.width = `${200 * halfX}%`;
    style.height = `${200 * halfY}%`;
    const context = this.preview.getContext('2d');
    if (!context) return;
    context.imageSmoothingQuality = 'high';
    const pixels = size * shorter;
    context.drawImage(this.photo, this.frame.x * width - pixels / 2, this.frame.y * height - pixels / 2, pixels, pixels, 0, 0, PREVIEW, PREVIEW); // prettier-ignore
  }

  /** Where the pointer is, as shares of the photo. @param {PointerEvent} event */
  placeOf({ clientX, clientY }) {
    const box = this.photo.getBoundingClientRect();
    return { x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height };
  }

  /** @param {PointerEvent} event */
  press(event) {
    event.preventDefault();
    this.stage.focus();
    this.stage.setPointerCapture(event.pointerId);
    const place = this.placeOf(event);
    this.fingers.set(event.pointerId, place);
    const { classList } = /** @type {Element} */ (event.target);
    this.corner = classList.contains('corner') ? String(classList[1]) : '';
    // Beside the square: it comes there.
    if (event.target === this.photo && this.fingers.size === 1) this.put({ ...this.frame, ...place });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const last = this.fingers.get(event.pointerId);
    if (!last) return;
    const place = this.placeOf(event);
    const { x, y, side } = this.frame;
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    const apart = (/** @type {{x: number, y: number}} */ a, /** @type {{x: number, y: number}} */ b) =>
      Math.hypot((a.x - b.x) * this.width, (a.y - b.y) * this.height);
    if (other) {
      this.put({ x, y, side: (side * apart(place, other)) / Math.max(1, apart(last, other)) });
    } else if (this.corner) {
      // The opposite corner stays.
      const shorter = Math.min(this.width, this.height);
      const [east, south] = [this.corner.endsWith('e') ? 1 : -1, this.corner.startsWith('s') ? 1 : -1];
      const fixedX = x * this.width - (east * side * shorter) / 2;
      const fixedY = y * this.height - (south * side * shorter) / 2;
      const wanted = Math.max((place.x * this.width - fixedX) * east, (place.y * this.height - fixedY) * south);
      const room = Math.min(east > 0 ? this.width - fixedX : fixedX, south > 0 ? this.height - fixedY : fixedY);
      const pixels = Math.max(LEAST * shorter, Math.min(room, wanted));
      this.put({ x: (fixedX + (east * pixels) / 2) / this.width, y: (fixedY + (south * pixels) / 2) / this.height, side: pixels / shorter }); // prettier-ignore
    } else this.put({ x: x + place.x - last.x, y: y + place.y - last.y, side });
    this.fingers.set(event.pointerId, place);
  }

  /** @param {KeyboardEvent} event */
  type(event) {
    const { x, y, side } = this.frame;
    const shorter = Math.min(this.width, this.height);
    const [dx, dy] = [this.width, this.height].map((length) => (MOVE * side * shorter) / length);
    /** @type {Record<string, Frame>} */
    const frames = {
      ArrowLeft: { x: x - dx, y, side }, ArrowRight: { x: x + dx, y, side }, ArrowUp: { x, y: y - dy, side },
      ArrowDown: { x, y: y + dy, side }, '+': { x, y, side: side * GROW }, '=': { x, y, side: side * GROW }, '-': { x, y, side: side / GROW },
    }; // prettier-ignore
    if (event.key in frames) this.put(frames[event.key]);
    else if (event.key === 'Enter') void this.use();
    else return;
    event.preventDefault();
  }

  /** As pictures that nobody has framed. */
  middle() {
    this.put({ x: 0.5, y: 0.5, side: 1 });
  }

  /** Keeps the frame, if it is another one. */
  async keep() {
    if (!this.isChanged) return;
    const { index, frame } = this;
    this.isChanged = false;
    await this.panel.change('picture.frame', { index, frame }, () => t('frame.done'));
  }

  close() {
    this.element.close();
  }

  async use() {
    this.close();
    await this.keep();
  }

  /** Keeps the frame, and goes to another picture. @param {number} by */
  async go(by) {
    await this.keep();
    await this.panel.app.attempt('intake-state', () => this.open(this.index + by));
  }
}
