/** Pictures out of the page: a face or all of them, enlarged, as PNG, zip or sprite sheet, to the clipboard or to another app. */
import { button, byId, download, drawPicture, element, pictureOf } from '../draw.js';
import { t, tell } from '../words.js';
import { plain } from './keys.js';

/** @typedef {import('./keys.js').Picture} Picture */

/** Canvases that every browser draws: 8,192 pixels wide or high (Safari on phones: 16 million pixels in all). */
const MOST_SIDE = 8192;
const MOST_PIXELS = 16e6;

/**
 * @param {Picture} picture of one face @param {number} side in pixels @param {boolean} isSmooth
 * @returns {HTMLCanvasElement}
 */
function enlarged(picture, side, isSmooth) {
  return sheetOf([picture], 1, side, 0, isSmooth);
}

/** @param {Picture[]} pictures @param {number} columns @param {number} side of each @param {number} gap @param {boolean} isSmooth @returns {HTMLCanvasElement} */
function sheetOf(pictures, columns, side, gap, isSmooth) {
  const target = document.createElement('canvas');
  const rows = Math.ceil(pictures.length / columns);
  target.width = columns * (side + gap) - gap;
  target.height = rows * (side + gap) - gap;
  const context = /** @type {CanvasRenderingContext2D} */ (target.getContext('2d'));
  context.imageSmoothingEnabled = isSmooth;
  context.imageSmoothingQuality = 'high';
  const small = document.createElement('canvas');
  pictures.forEach((picture, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)].map((at) => at * (side + gap));
    context.drawImage(drawPicture(picture, 0, small), x, y, side, side);
  });
  return target;
}

/** @param {HTMLCanvasElement} source @returns {Promise<Blob>} */
const pngOf = (source) =>
  new Promise((resolve, reject) =>
    source.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(t('out.too-large')))), 'image/png'),
  );

/** A file's name of a face's. @param {string} label */
const fileName = (label) => label.replace(/[^\p{L}\p{N}_.-]+/gu, '-');

export class Outputs {
  /**
   * @param {import('../app.js').App} app
   * @param {() => {key: import('./keys.js').Key, picture: Picture} | null} chosen the face that is shown large
   * @param {() => import('./make-panel.js').Made | null} made all faces
   */
  constructor(app, chosen, made) {
    this.app = app;
    this.chosen = chosen;
    this.made = made;
    this.side = element('out-side', HTMLSelectElement);
    this.edges = element('out-edges', HTMLSelectElement);
    this.edges.onchange = () => byId('make').classList.toggle('crisp', !this.isSmooth);
    button('save-face').onclick = () => this.saveFace();
    button('face-copy').onclick = () => this.copy();
    button('face-copy').hidden = !('ClipboardItem' in globalThis && navigator.clipboard);
    button('face-share').onclick = () => this.share();
    button('face-share').hidden = !this.canShare;
    button('save-grid').onclick = () => this.saveAll('faces', 2);
    button('save-sheet').onclick = () => this.saveAll('sprites', 0);
    button('save-zip').onclick = () => this.saveZip();
  }

  get isSmooth() {
    return this.edges.value === 'smooth';
  }

  get canShare() {
    const file = new File([''], 'face.png', { type: 'image/png' });
    return Boolean(navigator.canShare?.({ files: [file] }));
  }

  /** @param {number} size of the model's faces @returns {number} pixels that a face gets */
  sideOf(size) {
    return Number(this.side.value) || size;
  }

  /** @param {string} told a key @param {() => Promise<import('../words.js').Values | void>} body */
  attempt(told, body) {
    return this.app.attempt('out-state', async () => {
      tell(byId('out-state'), () => '');
      const values = await body();
      if (values) tell(byId('out-state'), () => t(told, values));
    });
  }

  /** The chosen face as a PNG. */
  face() {
    const { key, picture } = /** @type {NonNullable<ReturnType<Outputs['chosen']>>} */ (this.chosen());
    const png = pngOf(enlarged(picture, this.sideOf(picture.size), this.isSmooth));
    return { png, name: `${fileName(key.label)}.png` };
  }

  saveFace() {
    return this.attempt('', async () => {
      const { png, name } = this.face();
      download(await png, name);
    });
  }

  copy() {
    return this.attempt('out.copied', async () => {
      // Safari wants the item while the click lasts, and takes a promise for what is in it.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': this.face().png })]);
      return {};
    });
  }

  share() {
    return this.attempt('', async () => {
      const { png, name } = this.face();
      const files = [new File([await png], name, { type: 'image/png' })];
      await navigator.share({ files }).catch((error) => {
        if (error.name !== 'AbortError') throw error; // the visitor has closed the sheet
      });
    });
  }

  /** @returns {{pictures: Picture[], made: import('./make-panel.js').Made}} */
  all() {
    const made = /** @type {import('./make-panel.js').Made} */ (this.made());
    return { pictures: made.faces.map((_, i) => pictureOf(made, i)), made };
  }

  /** All faces in one picture. @param {string} name @param {number} gap */
  saveAll(name, gap) {
    return this.attempt('out.saved-one', async () => {
      const { pictures, made } = this.all();
      const { columns, size } = made;
      const rows = Math.ceil(pictures.length / columns);
      const most =
        Math.floor(Math.min(MOST_SIDE / Math.max(rows, columns), Math.sqrt(MOST_PIXELS / rows / columns))) - gap;
      const side = Math.max(size, Math.min(this.sideOf(size), most));
      const png = await pngOf(sheetOf(pictures, columns, side, gap, this.isSmooth));
      download(png, `${name}-${columns}x${rows}-${side}px.png`);
      return { n: pictures.length, side: String(side) };
    });
  }

  saveZip() {
    return this.attempt('out.saved-zip', async () => {
      const { pictures, made } = this.all();
      const side = this.sideOf(made.size);
      /** @type {{name: string, data: Blob}[]} */
      const entries = [];
      for (const [i, picture] of pictures.entries()) {
        const png = await pngOf(enlarged(picture, side, this.isSmooth));
        entries.push({ name: `face-${made.faces[i].seed}.png`, data: png });
        tell(byId('out-state'), () => t('out.zipping', { n: i + 1, of: pictures.length }));
      }
      const about = made.faces.map((face, i) => ({ file: entries[i].name, ...plain({ face, label: '' }).face }));
      entries.push({ name: 'faces.json', data: new Blob([JSON.stringify(about, null, 1)]) });
      const { blob } = await this.app.client.request('zip', { entries });
      download(blob, 'faces.zip');
      return { n: pictures.length, side: String(side) };
    });
  }
}
