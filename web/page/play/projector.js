/** Panel 4's projection: the face of the model that is nearest to a picture. */
import { byId, button, canvas, drawGrid, element } from '../draw.js';
import { number, t, tell } from '../words.js';

/** @param {number} error */
const shown = (error) => number(error, 1);

export class Projector {
  /**
   * @param {import('../app.js').App} app
   * @param {(key: import('./keys.js').Key, picture: import('../draw.js').Picture) => void} pick
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
    this.show();
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
    tell(byId('project-state'), () => t('project.so-far', { name: this.name, found: shown(errors.found) }), true);
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
      tell(byId('project-state'), () => t('project.searching', { name: file.name }));
      try {
        const perStage = element('project-space', HTMLSelectElement).value === 'w+';
        const request = { file, perStage, source: this.app.source };
        const { size, rgba, styles, errors, psnr, cancelled } = await this.app.client.request('project', request);
        if (cancelled) {
          byId('projected').hidden = true;
          tell(byId('project-state'), () => t('project.cancelled'));
          return;
        }
        const values = () => ({
          name: file.name,
          found: shown(errors.found),
          psnr: number(psnr, 1),
          typical: shown(errors.typical),
          nearest: shown(errors.nearest),
        });
        tell(byId('project-state'), () => t('project.found', values()));
        this.pick({ face: { styles }, label: file.name }, { size, rgba });
      } finally {
        this.working = false;
        this.show();
      }
    });
  }
}
