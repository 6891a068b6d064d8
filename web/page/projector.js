/** Panel 4's projection: the face of the model that is nearest to a picture. */
import { byId, button, canvas, drawGrid, element } from './draw.js';

/** @param {number} error */
const shown = (error) => error.toFixed(1);

export class Projector {
  /**
   * @param {import('./app.js').App} app
   * @param {(key: import('./mix.js').Key, picture: {size: number, rgba: Uint8ClampedArray}) => void} pick
   */
  constructor(app, pick) {
    this.app = app;
    this.pick = pick;
    this.working = false;
    this.name = '';
    const input = element('project-input', HTMLInputElement);
    button('project-button').onclick = () => input.click();
    input.onchange = () => {
      if (input.files?.[0]) this.project(input.files[0]);
      input.value = '';
    };
    button('project-cancel').onclick = () => this.app.client.request('project.cancel');
    // Pictures that are dropped anywhere else are to be trained on.
    byId('interpolate').addEventListener('drop', (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file || file.name.endsWith('.safetensors')) return;
      event.preventDefault();
      this.project(file);
    });
    app.watch(() => this.show());
  }

  /** Shows the worker's progress. Call it again after a restart. */
  listen() {
    this.app.client.on('projection', (event) => this.draw(event));
  }

  show() {
    button('project-button').disabled = !this.app.canGenerate || this.working;
    button('project-cancel').hidden = byId('project-progress').hidden = !this.working;
  }

  /** @param {{done: number, total: number, size: number, rgba: Uint8ClampedArray, errors: {typical: number, nearest: number, found: number}}} event */
  draw({ done, total, size, rgba, errors }) {
    if (!this.working) return;
    byId('projected').hidden = false;
    drawGrid(canvas('project-canvas'), rgba, size, 2);
    element('project-progress', HTMLProgressElement).value = done / total;
    byId('project-state').textContent =
      `${this.name}: the nearest face so far differs by ${shown(errors.found)} of 255 levels.`;
  }

  /** @param {File} file */
  project(file) {
    return this.app.attempt('project-state', async () => {
      if (this.working) return;
      this.working = true;
      this.name = file.name;
      this.listen();
      this.show();
      byId('projected').hidden = true;
      element('project-progress', HTMLProgressElement).value = 0;
      byId('project-state').textContent = `Searching for the face nearest to ${file.name} …`;
      try {
        const perStage = element('project-space', HTMLSelectElement).value === 'w+';
        const request = { file, perStage, source: this.app.source };
        const { size, rgba, styles, errors, psnr, cancelled } = await this.app.client.request('project', request);
        if (cancelled) {
          byId('projected').hidden = true;
          byId('project-state').textContent = 'Cancelled.';
          return;
        }
        byId('project-state').textContent =
          `${file.name}: the face found differs by ${shown(errors.found)} of 255 levels (${psnr.toFixed(1)} dB); ` +
          `the typical face by ${shown(errors.typical)}, the nearest of 1,024 random faces by ${shown(errors.nearest)}.`;
        this.pick({ face: { styles }, label: file.name }, { size, rgba });
      } finally {
        this.working = false;
        this.show();
      }
    });
  }
}
