/** Panel 3: faces from seeds, and files out and in. */
import { any, button, canvas, download, downloadCanvas, drawGrid, element, pictureAt } from './draw.js';

export class MakePanel {
  /**
   * @param {import('./app.js').App} app
   * @param {(seed: number, picture?: {size: number, rgba: Uint8ClampedArray}) => void} pick
   * @param {(metadata: Record<string, string>) => Promise<void>} onRun a checkpoint was loaded
   */
  constructor(app, pick, onRun) {
    this.app = app;
    this.onRun = onRun;
    this.form = element('generate', HTMLFormElement);
    /** @type {{size: number, rgba: Uint8ClampedArray, seeds: number[], columns: number} | null} */
    this.made = null;
    /** @type {HTMLCanvasElement | null} */
    this.face = null;
    this.faceSeed = 0;
    const psi = /** @type {HTMLInputElement} */ (this.form.elements.namedItem('psi'));
    const output = /** @type {HTMLOutputElement} */ (this.form.elements.namedItem('psi-value'));
    let queued = false;
    psi.oninput = async () => {
      output.value = Number(psi.value).toFixed(2);
      if (!this.made || queued) return;
      queued = true;
      await this.generate();
      queued = false;
    };
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.generate();
    };
    button('generate-button').onclick = () => this.generate();
    canvas('made-grid').onclick = (event) => {
      if (!this.made) return;
      const { size, rgba, seeds, columns } = this.made;
      const index = pictureAt(canvas('made-grid'), event, size, columns, seeds.length);
      if (index < 0) return;
      const bytes = size * size * 4;
      pick(seeds[index], { size, rgba: rgba.slice(index * bytes, (index + 1) * bytes) });
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
    button('save-face').onclick = () => this.face && downloadCanvas(this.face, `face-${this.faceSeed}.png`);
    app.watch(() => this.show());
  }

  show() {
    const { busy, canGenerate: has } = this.app;
    button('generate-button').disabled = !has;
    for (const id of ['save-model', 'save-checkpoint']) button(id).disabled = !busy;
    if (has && any('make-state').textContent?.startsWith('Train first')) any('make-state').textContent = '';
  }

  /** Remembers the face for its download. @param {HTMLCanvasElement} face @param {number} seed */
  picked(face, seed) {
    this.face = face;
    this.faceSeed = seed;
    button('save-face').disabled = false;
  }

  /** @param {string} name */
  number(name) {
    return Number(/** @type {HTMLInputElement} */ (this.form.elements.namedItem(name)).value);
  }

  get psi() {
    return this.number('psi');
  }

  generate() {
    return this.app.attempt('make-state', async () => {
      if (!this.form.reportValidity()) return;
      const [seed, count] = [this.number('seed'), this.number('count')];
      const seeds = Array.from({ length: count }, (_, i) => seed + i);
      const began = performance.now();
      const { size, rgba } = await this.app.client.request('generate', {
        seeds,
        psi: this.psi,
        source: this.app.source,
      });
      const ms = performance.now() - began;
      const columns = Math.min(count, Math.max(1, Math.ceil(Math.sqrt(count))));
      this.made = { size, rgba, seeds, columns };
      any('made').hidden = false;
      drawGrid(canvas('made-grid'), rgba, size, columns);
      button('save-grid').disabled = false;
      any('make-state').textContent =
        `${count} face${count > 1 ? 's' : ''} in ${ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}.`;
    });
  }

  /** @param {boolean} checkpoint */
  save(checkpoint) {
    return this.app.attempt('make-state', async () => {
      const { bytes } = await this.app.client.request('save', { checkpoint });
      download(bytes, checkpoint ? 'checkpoint.safetensors' : 'model.safetensors');
      if (checkpoint) this.app.unsaved = false;
      any('make-state').textContent =
        `${checkpoint ? 'Checkpoint' : 'Model'} downloaded, ${(bytes.length / 1e6).toFixed(1)} MB.`;
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
      any('make-state').textContent = run ? `${told} ${run}` : told;
    });
  }

  /**
   * Where the file is a checkpoint, its training can go on: its settings are shown, and it waits for its pictures.
   * @param {Uint8Array} bytes
   * @returns {Promise<string | null>} what to tell
   */
  async readRun(bytes) {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const metadata = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))).__metadata__ ?? {};
    if (metadata.format !== 'ssdgan-checkpoint') return null;
    this.app.resume = { bytes, step: Number(metadata.step) };
    await this.onRun(metadata);
    return 'It is a checkpoint: give it the pictures it began with, and press Continue.';
  }
}
