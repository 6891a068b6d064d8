/**
 * The storyboard: picked faces in the order in which they are morphed. A face is moved by dragging it, by Shift and an arrow key, or
 * by the buttons that show below when it is chosen; Delete takes it out.
 */
import { byId, button } from '../draw.js';
import { onWords, t, tell } from '../words.js';
import { makeChip } from './keys.js';

/** @typedef {import('./keys.js').Key} Key */

/** Pixels that a pointer moves before it drags. */
const SLACK = 6;

export class Storyboard {
  /** @param {{change: () => void, show: (index: number) => void}} to change: another order, or one less; show: one was chosen */
  constructor(to) {
    this.to = to;
    this.list = byId('picked');
    /** @type {Map<Element, Key>} */
    this.keyOf = new Map();
    /** @type {HTMLLIElement | null} */
    this.chosen = null;
    button('key-earlier').onclick = () => this.move(-1);
    button('key-later').onclick = () => this.move(1);
    button('key-remove').onclick = () => this.remove();
    this.list.onkeydown = (event) => this.press(event);
    onWords(() => this.tellPlace());
  }

  /** @returns {Key[]} in order */
  get keys() {
    return this.items.map((item) => /** @type {Key} */ (this.keyOf.get(item)));
  }

  /** @returns {HTMLLIElement[]} */
  get items() {
    return /** @type {HTMLLIElement[]} */ ([...this.list.children]);
  }

  clear() {
    this.keyOf.clear();
    this.list.replaceChildren();
    this.choose(null);
  }

  /** @param {Key} key @param {import('./keys.js').Picture} picture */
  add(key, picture) {
    const { item, chip } = makeChip(key, picture);
    chip.onclick = () => this.choose(item);
    chip.ariaPressed = 'false';
    chip.onpointerdown = (event) => this.drag(event, item, chip);
    this.keyOf.set(item, key);
    this.list.append(item);
    this.tellPlace();
  }

  /** @param {HTMLLIElement | null} item */
  choose(item) {
    this.chosen = item;
    for (const one of this.items) /** @type {HTMLElement} */ (one.firstElementChild).ariaPressed = String(one === item);
    this.tellPlace();
    if (item) this.to.show(this.items.indexOf(item));
  }

  tellPlace() {
    const { chosen, items } = this;
    byId('key-tools').hidden = !chosen;
    if (!chosen) return;
    const at = items.indexOf(chosen);
    const name = this.keyOf.get(chosen)?.label ?? '';
    tell(byId('key-place'), () => t('keys.place', { name, at: at + 1, of: items.length }));
    button('key-earlier').disabled = at === 0;
    button('key-later').disabled = at === items.length - 1;
  }

  /** Moves the chosen face. @param {number} way */
  move(way) {
    const { chosen, items } = this;
    if (!chosen) return;
    const other = items[items.indexOf(chosen) + way];
    if (!other) return;
    const { activeElement } = document; // what moves in the page loses the focus
    if (way < 0) other.before(chosen);
    else other.after(chosen);
    if (activeElement instanceof HTMLElement) activeElement.focus();
    this.tellPlace();
    this.to.change();
  }

  remove() {
    const { chosen, items } = this;
    if (!chosen) return;
    const next = items[items.indexOf(chosen) + 1] ?? items[items.indexOf(chosen) - 1] ?? null;
    const hadFocus = chosen.contains(document.activeElement) || byId('key-tools').contains(document.activeElement);
    chosen.remove();
    this.keyOf.delete(chosen);
    this.choose(next);
    if (hadFocus && next) /** @type {HTMLElement} */ (next.firstElementChild).focus();
    this.to.change();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const item = /** @type {HTMLElement} */ (event.target).closest('li');
    const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const isOut = event.key === 'Delete' || event.key === 'Backspace';
    if (!item || (!way && !isOut)) return;
    event.preventDefault();
    if (way && !event.shiftKey) {
      const next = this.items[this.items.indexOf(item) + way];
      if (next) /** @type {HTMLElement} */ (next.firstElementChild).focus();
      return;
    }
    if (this.chosen !== item) this.choose(item);
    if (way) this.move(way);
    else this.remove();
  }

  /** @param {PointerEvent} down @param {HTMLLIElement} item @param {HTMLElement} chip */
  drag(down, item, chip) {
    if (down.button !== 0) return;
    const before = this.items.indexOf(item);
    const move = (/** @type {PointerEvent} */ event) => {
      const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > SLACK;
      if (!item.classList.contains('dragged')) {
        if (!far) return;
        item.classList.add('dragged');
        chip.setPointerCapture(event.pointerId);
      }
      const over = this.items.find((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        const { clientX: x, clientY: y } = event;
        return one !== item && x >= left && x <= right && y >= top && y <= bottom;
      });
      if (!over) return;
      if (this.items.indexOf(over) < this.items.indexOf(item)) over.before(item);
      else over.after(item);
    };
    const end = () => {
      removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) removeEventListener(name, end);
      item.classList.remove('dragged');
      if (this.items.indexOf(item) === before) return;
      this.tellPlace();
      this.to.change();
    };
    addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel']) addEventListener(name, end);
  }
}
