/** Panel 3: faces from seeds, and files out and in. */
import { byId, button, canvas, download, drawGrid, element, pictureAt, pictureOf } from '../draw.js';
import { number, onWords, size as bytesOf, t, tell, translated, withUnit } from '../words.js';
import { Directions } from './directions.js';
import { FaceGrid } from './face-grid.js';

/** @typedef {{size: number, rgba: Uint8ClampedArray, faces: any[], columns: number, latentSize: number}} Made faces as the protocol has them, and their pictures */

export class MakePanel {
  /**
   * @param {import('../app.js').App} app
   * @param {(key: import('./keys.js').Key, picture: import('../draw.js').Picture) => void} pick
   * @param {(metadata: Record<string, string>) => Promise<void>} onRun a checkpoint was loaded
   */
  constructor(app, pick, onRun) {
    this.app = app;
    this.onRun = onRun;
    this.form = element('generate', HTMLFormElement);
    /** @type {Made | null} */
    this.made = null;
    this.grid = new FaceGrid(canvas('made-grid'));
    /** @type {(() => void)[]} called when faces were made */
    this.watchers = [];
    this.directions = new Directions(app, {
      changed: () => this.changed(),
      example: () => this.made && { seed: this.number('seed'), psis: this.psis },
    });
    this.making = this.late = false;
    this.isFirst = true;
    tell(byId('make-state'), () => t('make.first'));
    for (const name of ['psi', 'psi-fine']) {
      this.input(name).oninput = () => {
        if (name === 'psi') this.input('psi-fine').value = this.input('psi').value;
        this.changed();
      };
    }
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.generate();
    };
    button('generate-button').onclick = () => this.generate();
    canvas('made-grid').onclick = (event) => {
      if (!this.made) return;
      const { size, faces, columns } = this.made;
      const index = pictureAt(canvas('made-grid'), event, size, columns, faces.length);
      if (index < 0) return;
      const key = { face: faces[index], label: t('face.seed', { seed: String(faces[index].seed) }) };
      pick(key, pictureOf(this.made, index));
    };
    const input = element('model-input', HTMLInputElement);
    button('load-model').onclick = () => input.click();
    input.onchange = () => {
      if (input.files?.[0]) this.open(input.files[0]);
      input.value = '';
    };
    button('save-model').onclick = () => this.save(false);
    button('save-checkpoint').onclick = () => this.save(true);
    app.watch(() => this.show());
    app.watchModel(() => this.clear());
    this.showPsis();
    onWords(() => {
      this.showPsis();
      this.nameFaces();
    });
  }

  show() {
    const { busy, canGenerate: has } = this.app;
    button('generate-button').disabled = !has;
    for (const id of ['save-model', 'save-checkpoint']) button(id).disabled = !busy;
    if (!has || !this.isFirst) return;
    this.isFirst = false;
    tell(byId('make-state'), () => '');
  }

  /** Another model: its faces are others. */
  clear() {
    this.made = null;
    byId('made').hidden = true;
  }

  /** @param {string} name */
  input(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /** @param {string} name */
  number(name) {
    return Number(this.input(name).value);
  }

  /** Truncation, coarse and fine. */
  get psis() {
    return [this.number('psi'), this.number('psi-fine')];
  }

  showPsis() {
    for (const name of ['psi', 'psi-fine']) {
      const output = /** @type {HTMLOutputElement} */ (this.form.elements.namedItem(`${name}-value`));
      output.value = number(this.number(name), 2);
    }
  }

  /** A slider moved: the faces follow, as fast as they are made. */
  async changed() {
    this.showPsis();
    if (!this.made) return;
    this.late = this.making; // what moves meanwhile counts afterwards
    if (this.making) return;
    this.making = true;
    do {
      this.late = false;
      await this.generate();
    } while (this.late);
    this.making = false;
  }

  /** Which faces are wanted. @returns {{seed: number, count: number, psis: number[], moves?: import('./view-text.js').Moves}} */
  get view() {
    return { seed: this.number('seed'), count: this.number('count'), psis: this.psis, moves: this.directions.moves };
  }

  set view({ seed, count, psis, moves }) {
    for (const [name, value] of [
      ['seed', seed],
      ['count', count],
      ['psi', psis[0]],
      ['psi-fine', psis[1] ?? psis[0]],
    ])
      this.input(String(name)).value = String(value);
    this.showPsis();
    this.directions.moves = moves;
  }

  generate() {
    return this.app.attempt('make-state', async () => {
      if (!this.form.reportValidity()) return;
      const { seed, count, psis, moves } = this.view;
      const faces = Array.from({ length: count }, (_, i) => ({ seed: seed + i, psis, moves }));
      const began = performance.now();
      const { size, rgba, ...reply } = await this.app.client.request('generate', { faces, source: this.app.source });
      const ms = performance.now() - began;
      const columns = Math.min(count, Math.max(1, Math.ceil(Math.sqrt(count))));
      this.made = { size, rgba, faces, columns, latentSize: reply.latentSize };
      byId('made').hidden = false;
      byId('move').hidden = reply.stages === 0;
      drawGrid(canvas('made-grid'), rgba, size, columns);
      this.nameFaces();
      const time = () => (ms < 1000 ? withUnit(Math.round(ms), 'millisecond') : withUnit(ms / 1000, 'second', 1));
      tell(byId('make-state'), () => t('make.made', { n: count, time: time() }));
      this.watchers.forEach((watcher) => watcher());
    });
  }

  nameFaces() {
    if (!this.made) return;
    const { size, faces, columns } = this.made;
    const nameOf = (/** @type {number} */ i) => t('face.seed', { seed: String(faces[i].seed) });
    this.grid.show({ size, columns, count: faces.length, nameOf });
  }

  /** @param {boolean} checkpoint */
  save(checkpoint) {
    return this.app.attempt('make-state', async () => {
      const { bytes, step, best } = await this.app.client.request('save', { checkpoint });
      download(bytes, checkpoint ? 'checkpoint.safetensors' : 'model.safetensors');
      if (checkpoint) this.app.unsaved = false;
      const what = checkpoint ? 'make.saved-checkpoint' : best ? 'make.saved-best' : 'make.saved-model';
      tell(byId('make-state'), () => t(what, { step, best: translated(best ?? ''), size: bytesOf(bytes.length) }));
    });
  }

  /** A model or a checkpoint. @param {File} file */
  open(file) {
    return this.app.attempt('make-state', async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { size, parameters } = await this.use(bytes);
      const run = !this.app.busy && (await this.readRun(bytes));
      const about = { name: file.name, size: String(size), parameters };
      const told = () => t('make.loaded', about);
      tell(byId('make-state'), () => (run ? `${told()} ${t('make.is-checkpoint')}` : told()));
    });
  }

  /** Makes faces with a model. @param {Uint8Array} bytes @returns {Promise<{size: number, parameters: number}>} */
  async use(bytes) {
    const about = await this.app.client.request('model.load', { bytes });
    this.app.use('model', true);
    this.app.enter(this.app.phase);
    await this.generate();
    return about;
  }

  /**
   * If the file is a checkpoint, its training can continue: its settings are shown, and it waits for its pictures.
   * @param {Uint8Array} bytes
   * @returns {Promise<boolean>} whether it is one
   */
  async readRun(bytes) {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const metadata = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))).__metadata__ ?? {};
    if (metadata.format !== 'ssdgan-checkpoint') return false;
    this.app.resume = { bytes, step: Number(metadata.step) };
    await this.onRun(metadata);
    return true;
  }
}
