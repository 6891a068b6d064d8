/**
 * A custom element that shows faces of a model:
 *
 *   <script type="module" src="ssdgan/browser/ssd-faces.js"></script>
 *   <ssd-faces src="model.safetensors" seed="0" count="12"></ssd-faces>
 *
 * Attributes, all of which may change at any time:
 *   src      address of a model
 *   seed     of the first face (0); the next ones follow
 *   count    faces (12), at most 400
 *   psi      truncation (1): 0.7 gives more usual faces
 *   label    its name for screen readers, if "12 generated faces" does not tell enough
 *   disabled faces cannot be chosen
 *
 * Tab reaches the faces, the arrow keys move among them, Enter or a click chooses one: event `choose`, detail {seed, psi,
 * canvas}. Event `ready` when all are drawn; `error`, detail {error}, when something fails, which is shown as a sentence too.
 * Style it from outside: --size (64px) of a face, --gap (2px), ::part(face). One thread: a face takes 2 ms, and the page
 * stays free between two groups of them.
 *
 * @module ssdgan/ssd-faces
 */
import { createEngine, loadGenerator, SsdganError } from './index.js';

/** Faces that are drawn at once: below 10 ms, so that the page stays smooth. */
const GROUP = 4;
const MOST = 400;

const STYLE = `
  :host { display: block; }
  :host([hidden]) { display: none; }
  div { display: flex; flex-wrap: wrap; gap: var(--gap, 2px); }
  button { all: unset; display: block; line-height: 0; cursor: pointer; }
  button[aria-disabled=true] { cursor: default; }
  button:focus-visible { outline: 3px solid Highlight; outline-offset: 1px; }
  canvas { width: var(--size, 64px); height: var(--size, 64px); }
  p { margin: 0; }`;

/** One engine for all elements of a page. @type {Promise<import('../engine/engine.js').Engine> | null} */
let engine = null;
/** @type {Map<string, Promise<import('../engine/generator.js').Generator>>} by address */
const generators = new Map();

/** @param {string} url @returns {Promise<import('../engine/generator.js').Generator>} after a failure the next call tries again */
function generatorOf(url) {
  engine ??= createEngine({ threads: 1 });
  const loading = generators.get(url) ?? engine.then((ready) => loadGenerator(url, { engine: ready }));
  generators.set(url, loading);
  loading.catch(() => {
    generators.delete(url);
    engine?.catch(() => (engine = null));
  });
  return loading;
}

/** @returns {Promise<void>} when the page has drawn, and waiting events are handled */
const nextTurn = () => new Promise((resolve) => setTimeout(resolve));

/** Where an arrow key leads. @param {string} key @param {number} at @param {number} count @param {number} columns @returns {number} */
function moved(key, at, count, columns) {
  /** @type {Record<string, number>} */
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1 }; // prettier-ignore
  const wanted = to[key] ?? at;
  return wanted >= 0 && wanted < count ? wanted : at;
}

export class SsdFaces extends HTMLElement {
  static observedAttributes = ['src', 'seed', 'count', 'psi', 'label', 'disabled'];

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    root.innerHTML = `<style>${STYLE}</style><div role="group" part="faces"></div><p role="alert" part="error" hidden></p>`;
    this.grid = /** @type {HTMLElement} */ (root.querySelector('div'));
    this.problem = /** @type {HTMLElement} */ (root.querySelector('p'));
    /** The number of the newest drawing: it ends those before it. */
    this.turn = 0;
    this.grid.addEventListener('keydown', (event) => this.move(event));
    this.grid.addEventListener('click', (event) => this.choose(event));
  }

  connectedCallback() {
    this.draw();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.draw();
  }

  /** @param {string} name @param {number} usual @param {number} [most] @returns {number} */
  number(name, usual, most = Number.MAX_SAFE_INTEGER - MOST) {
    const value = Number(this.getAttribute(name) ?? usual);
    return Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : usual;
  }

  get seeds() {
    const first = Math.floor(this.number('seed', 0));
    return Array.from({ length: Math.floor(this.number('count', 12, MOST)) }, (_, i) => first + i);
  }

  /** @returns {HTMLButtonElement[]} */
  get faces() {
    return [...this.grid.querySelectorAll('button')];
  }

  async draw() {
    const turn = ++this.turn;
    await null; // attributes that are set together are one change
    if (turn !== this.turn || !this.hasAttribute('src')) return;
    const { seeds } = this;
    const psi = this.number('psi', 1, 2);
    try {
      const generator = await generatorOf(new URL(this.getAttribute('src') ?? '', document.baseURI).href);
      if (turn !== this.turn) return;
      this.lay(seeds, generator.imageSize);
      for (let at = 0; at < seeds.length; at += GROUP) {
        const group = seeds.slice(at, at + GROUP);
        this.paint(at, group.length, generator.generateRgba(group, psi), generator.imageSize);
        await nextTurn();
        if (turn !== this.turn) return;
      }
      this.dispatchEvent(new Event('ready'));
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    }
  }

  /** A button for each face; those that are there stay, with the focus. @param {number[]} seeds @param {number} size */
  lay(seeds, size) {
    this.problem.hidden = true;
    this.grid.ariaLabel = this.getAttribute('label') ?? `${seeds.length} generated faces`;
    const before = this.faces;
    before.slice(seeds.length).forEach((face) => face.remove());
    for (let i = before.length; i < seeds.length; i++) {
      const face = document.createElement('button');
      face.setAttribute('part', 'face');
      face.append(document.createElement('canvas'));
      this.grid.append(face);
    }
    const current = Math.max(0, this.faces.findIndex(({ tabIndex }) => tabIndex === 0)); // prettier-ignore
    this.faces.forEach((face, i) => {
      face.tabIndex = i === current ? 0 : -1;
      face.ariaLabel = `Face ${seeds[i]}`;
      face.ariaDisabled = String(this.hasAttribute('disabled'));
      face.value = String(seeds[i]);
      const canvas = /** @type {HTMLCanvasElement} */ (face.firstChild);
      if (canvas.width !== size) canvas.width = canvas.height = size;
    });
  }

  /** @param {number} first @param {number} count @param {Uint8ClampedArray<ArrayBuffer>} rgba @param {number} size */
  paint(first, count, rgba, size) {
    const bytes = size * size * 4;
    const { faces } = this;
    for (let i = 0; i < count; i++) {
      const canvas = /** @type {HTMLCanvasElement} */ (faces[first + i].firstChild);
      canvas.getContext('2d')?.putImageData(new ImageData(rgba.slice(i * bytes, (i + 1) * bytes), size, size), 0, 0);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    this.faces.forEach((face) => face.remove());
    const reason = error instanceof SsdganError || error instanceof Error ? error.message : String(error);
    this.problem.textContent = `The faces cannot be shown: ${reason}`;
    this.problem.hidden = false;
    this.dispatchEvent(new CustomEvent('error', { detail: { error } }));
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const { faces } = this;
    const at = faces.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const columns = faces.filter(({ offsetTop }) => offsetTop === faces[0].offsetTop).length;
    const to = moved(event.key, at, faces.length, columns);
    if (to === at) return;
    event.preventDefault();
    faces[at].tabIndex = -1;
    faces[to].tabIndex = 0;
    faces[to].focus();
  }

  /** @param {Event} event */
  choose(event) {
    const face = /** @type {HTMLElement} */ (event.target).closest('button');
    if (!face || this.hasAttribute('disabled')) return;
    const detail = { seed: Number(face.value), psi: this.number('psi', 1, 2), canvas: face.firstChild };
    this.dispatchEvent(new CustomEvent('choose', { detail, bubbles: true }));
  }
}

if (!customElements.get('ssd-faces')) customElements.define('ssd-faces', SsdFaces);
