/** Two models side by side: the same faces of the model above, and of another one. */
import { byId, button, canvas, drawGrid, element } from '../draw.js';
import { onWords, t, tell } from '../words.js';

/** @typedef {import('./make-panel.js').Made} Made */

export class Compare {
  /** @param {import('../app.js').App} app @param {() => Made | null} made the faces of the model that is in use */
  constructor(app, made) {
    this.app = app;
    this.made = made;
    this.box = element('compare', HTMLDetailsElement);
    this.choice = element('compare-with', HTMLSelectElement);
    /** A file's name. */
    this.name = '';
    this.asked = 0;
    const input = element('compare-input', HTMLInputElement);
    button('compare-load').onclick = () => input.click();
    input.onchange = () => {
      if (input.files?.[0]) this.load(input.files[0]);
      input.value = '';
    };
    this.box.ontoggle = () => this.show();
    this.choice.onchange = () => this.show();
    app.watch(() => this.offer());
    app.watchModel(() => this.offer());
    onWords(() => this.offer());
    this.offer();
  }

  /** What faces can be made with, beside the model that is in use. */
  offer() {
    const { app, choice, name } = this;
    const all = { run: app.busy, starter: app.starter !== null, second: name !== '' };
    const words = { run: () => t('compare.run'), starter: () => t('compare.starter'), second: () => name };
    const { value } = choice;
    const names = /** @type {(keyof typeof all)[]} */ (Object.keys(all)).filter(
      (one) => all[one] && one !== app.source,
    );
    choice.replaceChildren(...names.map((one) => new Option(words[one](), one)));
    if (names.some((one) => one === value)) choice.value = value;
    byId('compare-choice').hidden = !names.length;
  }

  /** @param {File} file */
  load(file) {
    return this.app.attempt('compare-state', async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.app.client.request('model.load', { bytes, isSecond: true });
      this.name = file.name;
      this.offer();
      this.choice.value = 'second';
      await this.show();
    });
  }

  /** Draws both, where they can be seen. */
  async show() {
    const made = this.made();
    if (!this.box.open) return;
    byId('compared').hidden = true;
    tell(byId('compare-state'), () => (made ? '' : t('compare.make-first')));
    const source = this.choice.value;
    if (!made || !source) return;
    const mine = ++this.asked;
    await this.app.attempt('compare-state', async () => {
      const ask = (/** @type {any[]} */ faces) => this.app.client.request('generate', { faces, source });
      // A model without stages cannot be moved.
      const other = await ask(made.faces).catch((error) => {
        if (error.code !== 'unsupported') throw error;
        return ask(made.faces.map((face) => ({ ...face, moves: undefined })));
      });
      if (mine !== this.asked) return;
      byId('compared').hidden = false;
      drawGrid(canvas('compare-left'), made.rgba, made.size, made.columns);
      drawGrid(canvas('compare-right'), other.rgba, other.size, made.columns);
      const name = this.choice.selectedOptions[0].text;
      tell(byId('compare-name'), () => name);
      const [left, right] = [made.latentSize, other.latentSize];
      tell(byId('compare-state'), () => (left === right ? t('compare.same') : t('compare.other-z', { left, right })));
    });
  }
}
