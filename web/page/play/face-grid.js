/**
 * A grid of faces on a canvas, for the keyboard and for screen readers: over each face lies a button with its name. Tab reaches one
 * of them, arrow keys lead to the others, Enter does what a click on the face does. The mouse goes through to the canvas.
 */
import { pictureAt } from '../draw.js';
import { placeAfter } from '../grid-keys.js';

export class FaceGrid {
  /** @param {HTMLCanvasElement} target its click handler gets the keyboard's clicks too */
  constructor(target) {
    this.target = target;
    this.size = this.columns = 1;
    this.gap = 2;
    this.layout = '';
    this.keys = document.createElement('div');
    this.keys.className = 'face-keys';
    this.keys.role = 'group';
    const box = document.createElement('div');
    box.className = 'face-grid';
    target.before(box);
    box.append(target, this.keys);
    target.ariaHidden = 'true'; // the buttons tell it all
    target.addEventListener('pointermove', (event) => this.hover(event));
    target.addEventListener('pointerleave', () => this.mark(-1));
    this.keys.onkeydown = (event) => this.move(event);
    this.keys.onclick = ({ target: key }) => this.press(/** @type {HTMLElement} */ (key));
  }

  /** @returns {HTMLElement[]} */
  get all() {
    return /** @type {HTMLElement[]} */ ([...this.keys.children]);
  }

  /**
   * What the canvas shows now.
   * @param {{size: number, columns: number, count: number, gap?: number, nameOf: (index: number) => string}} grid size of a face
   *   and the gap, in pixels of the canvas; a face without a name cannot be picked
   */
  show({ size, columns, count, gap = 2, nameOf }) {
    const layout = [size, columns, count, gap].join();
    this.keys.ariaLabel = this.target.getAttribute('aria-label');
    if (layout !== this.layout) {
      this.layout = layout;
      Object.assign(this, { size, columns, gap });
      const rows = Math.ceil(count / columns);
      const share = (/** @type {number} */ at, /** @type {number} */ of) =>
        `${(100 * at * (size + gap)) / (of * (size + gap) - gap)}%`;
      const [width, height] = [columns, rows].map((n) => `${(100 * size) / (n * (size + gap) - gap)}%`);
      const keys = Array.from({ length: count }, (_, i) => {
        const key = document.createElement('button');
        key.type = 'button';
        key.tabIndex = -1;
        const [left, top] = [share(i % columns, columns), share(Math.floor(i / columns), rows)];
        Object.assign(key.style, { left, top, width, height });
        return key;
      });
      this.keys.replaceChildren(...keys);
    }
    this.all.forEach((key, i) => {
      const name = nameOf(i);
      key.ariaLabel = name;
      key.hidden = !name;
    });
    if (!this.all.some((key) => key.tabIndex === 0 && !key.hidden))
      this.enter(this.all.findIndex((key) => !key.hidden));
  }

  /** Tab reaches this one. @param {number} index */
  enter(index) {
    this.all.forEach((key, i) => (key.tabIndex = i === index ? 0 : -1));
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const { all, columns } = this;
    const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = placeAfter(event.key, at, all.length, columns);
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = all[to];
    if (!next || next.hidden) return;
    this.enter(all.indexOf(next));
    next.focus();
  }

  /** @param {HTMLElement} key */
  press(key) {
    const index = this.all.indexOf(key);
    if (index < 0) return;
    this.enter(index);
    const { left, top, width, height } = key.getBoundingClientRect();
    const [clientX, clientY] = [left + width / 2, top + height / 2];
    this.target.dispatchEvent(new MouseEvent('click', { clientX, clientY, bubbles: true }));
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const { target, columns, all, size, gap } = this;
    this.mark(pictureAt(target, event, size, columns, all.length, gap));
  }

  /** Shows which face a click would take. @param {number} index */
  mark(index) {
    this.all.forEach((key, i) => key.classList.toggle('over', i === index));
  }
}
