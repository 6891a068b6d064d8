/** Panel 3: faces from seeds, and files out and in. */
import { byId, button, canvas, download, downloadCanvas, drawGrid, element, pictureAt } from './draw.js';

export class MakePanel {
  /**
   * @param {import('./app.js').App} app
   * @param {(key: import('./mix.js').Key, picture: {size: number, rgba: Uint8ClampedArray}) => void} pick
   * @param {(metadata: Record<string, string>) => Promise<void>} onRun a checkpoint was loaded
   */
  constructor(app, pick, onRun) {
    this.app = app;
    this.onRun = onRun;
    this.form = element('generate', HTMLFormElement);
    /** @type {{size: number, rgba: Uint8ClampedArray, faces: {seed: number}[], columns: number} | null} */
    this.made = null;
    /** @type {HTMLCanvasElement | null} */
    this.face = null;
    this.faceLabel = '';
    this.making = this.late = false;
    for (const name of ['psi', 'psi-fine']) {
      this.input(name).oninput = () => {
        if (name === 'psi') this.input('psi-fine').value = this.input('psi').value;
        this.changed();
      };
    }
    for (const slider of this.moves) slider.oninput = () => this.changed();
    element('move-stages', HTMLSelectElement).onchange = () => this.rest();
    button('move-rest').onclick = () => this.rest();
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.generate();
    };
    button('generate-button').onclick = () => this.generate();
    canvas('made-grid').onclick = (event) => {
      if (!this.made) return;
      const { size, rgba, faces, columns } = this.made;
      const index = pictureAt(canvas('made-grid'), event, size, columns, faces.length);
      if (index < 0) return;
      const bytes = size * size * 4;
      const key = { face: faces[index], label: `seed ${faces[index].seed}` };
      pick(key, { size, rgba: rgba.slice(index * bytes, (index + 1) * bytes) });
    };
    const input = element('model-input', HTMLInputElement);
    button('load-model').onclick = () => input.click();
    input.onchange = () => {
      if (input.files?.[0]) this.open(input.files[0]);
      input.value = '';
    };
    button('save-model').onclick = () => this.save(false);
    button('save-checkpoint').onclick = () => this.save(true);
    button('save-grid').onclick = () => downloadCanvas(canvas('made-grid'), 'faces.png');
    button('save-face').onclick = () => this.face && downloadCanvas(this.face, `face-${this.faceLabel}.png`);
    app.watch(() => this.show());
  }

  show() {
    const { busy, canGenerate: has } = this.app;
    button('generate-button').disabled = !has;
    for (const id of ['save-model', 'save-checkpoint']) button(id).disabled = !busy;
    if (has && byId('make-state').textContent?.startsWith('Train first')) byId('make-state').textContent = '';
  }

  /** Remembers the face for its download. @param {HTMLCanvasElement} face @param {string} label */
  picked(face, label) {
    this.face = face;
    this.faceLabel = label.replace(/^seed /, '').replace(/[^\w.-]+/g, '-');
    button('save-face').disabled = false;
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

  /** The sliders of the strongest directions. @returns {HTMLInputElement[]} */
  get moves() {
    return [...byId('moves').querySelectorAll('input')];
  }

  /** A slider moved: the faces follow, as fast as they are made. */
  async changed() {
    for (const name of ['psi', 'psi-fine']) {
      const output = /** @type {HTMLOutputElement} */ (this.form.elements.namedItem(`${name}-value`));
      output.value = this.number(name).toFixed(2);
    }
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

  /** Sets all directions to zero. */
  rest() {
    for (const slider of this.moves) slider.value = '0';
    this.changed();
  }

  generate() {
    return this.app.attempt('make-state', async () => {
      if (!this.form.reportValidity()) return;
      const [seed, count, psis] = [this.number('seed'), this.number('count'), this.psis];
      const amounts = this.moves.map(({ value }) => Number(value));
      const stages = element('move-stages', HTMLSelectElement).value;
      const moves = amounts.some((amount) => amount !== 0) ? { stages, amounts } : undefined;
      const faces = Array.from({ length: count }, (_, i) => ({ seed: seed + i, psis, moves }));
      const began = performance.now();
      const { size, rgba, ...reply } = await this.app.client.request('generate', { faces, source: this.app.source });
      const ms = performance.now() - began;
      const columns = Math.min(count, Math.max(1, Math.ceil(Math.sqrt(count))));
      this.made = { size, rgba, faces, columns };
      byId('made').hidden = false;
      byId('move').hidden = reply.stages === 0;
      drawGrid(canvas('made-grid'), rgba, size, columns);
      button('save-grid').disabled = false;
      byId('make-state').textContent =
        `${count} face${count > 1 ? 's' : ''} in ${ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}.`;
    });
  }

  /** @param {boolean} checkpoint */
  save(checkpoint) {
    return this.app.attempt('make-state', async () => {
      const { bytes, step, best } = await this.app.client.request('save', { checkpoint });
      download(bytes, checkpoint ? 'checkpoint.safetensors' : 'model.safetensors');
      if (checkpoint) this.app.unsaved = false;
      const what = checkpoint ? 'Checkpoint' : best ? 'The best model' : 'Model';
      const of = best
        ? ` It is that of step ${step.toLocaleString('en')}, with the lowest ${best}; the last one is in the checkpoint.`
        : '';
      byId('make-state').textContent = `${what} downloaded, ${(bytes.length / 1e6).toFixed(1)} MB.${of}`;
    });
  }

  /** A model or a checkpoint. @param {File} file */
  open(file) {
    return this.app.attempt('make-state', async () => {
      const { client } = this.app;
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { size, parameters } = await client.request('model.load', { bytes });
      this.app.source = 'model';
      const run = this.app.busy ? null : await this.readRun(bytes);
      const told = `Loaded ${file.name}: ${size} × ${size} pixels, ${parameters.toLocaleString('en')} parameters.`;
      this.app.enter(this.app.phase);
      await this.generate();
      byId('make-state').textContent = run ? `${told} ${run}` : told;
    });
  }

  /**
   * If the file is a checkpoint, its training can continue: its settings are shown, and it waits for its pictures.
   * @param {Uint8Array} bytes
   * @returns {Promise<string | null>} what to tell
   */
  async readRun(bytes) {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const metadata = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))).__metadata__ ?? {};
    if (metadata.format !== 'ssdgan-checkpoint') return null;
    this.app.resume = { bytes, step: Number(metadata.step) };
    await this.onRun(metadata);
    return 'This is a checkpoint: drop the pictures that it was trained on, then press Continue.';
  }
}
