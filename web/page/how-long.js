/** How long to train: a time, or a number of epochs, which has a field of its own. */
import { byId } from './draw.js';

/** The choice that is no number of minutes. */
const EPOCHS = 'epochs';

export class HowLong {
  /** @param {import('./settings-form.js').SettingsForm} settings */
  constructor(settings) {
    this.settings = settings;
    /** The field shows the epochs of a training that there is. */
    this.hasPlan = false;
    /** What the visitor has chosen, and typed, for the next one. */
    this.chosen = this.select.value;
    /** @type {string | null} */
    this.typed = null;
    /** @type {Record<string, number>} epochs by recipe, for the pictures that are there */
    this.usual = {};
    /** The visitor has changed it since the training went on. */
    this.isChanged = false;
    // While it is typed, not after, as the other settings (settings-form.js).
    settings.form.addEventListener('input', ({ target }) => {
      if (target === this.select) this.chosen = this.select.value;
      else if (target === this.epochs) this.typed = this.epochs.value;
      else return;
      this.isChanged = true;
      this.show();
    });
    this.show();
  }

  get select() {
    return /** @type {HTMLSelectElement} */ (this.settings.control('minutes'));
  }

  get epochs() {
    return /** @type {HTMLInputElement} */ (this.settings.control('epochs'));
  }

  get inEpochs() {
    return this.select.value === EPOCHS;
  }

  show() {
    byId('epochs-row').hidden = !this.inEpochs;
    this.epochs.disabled = !this.inEpochs; // what nobody sees must not be wrong
  }

  /** The recipe's epochs, unless the visitor has typed others. */
  showUsual() {
    const usual = this.usual[this.settings.control('recipe').value];
    if (!this.hasPlan && (this.typed ?? usual)) this.epochs.value = this.typed ?? String(usual);
  }

  /** The length of a training that there is. @param {{epochs?: number | null, minutes?: number | null}} plan */
  showPlan({ epochs, minutes }) {
    const isOffered = [...this.select.options].some(({ value }) => value === String(minutes));
    this.select.value = isOffered ? String(minutes) : EPOCHS; // minutes: it was closed before they had become epochs
    if (epochs) this.plan(epochs);
    this.isChanged = false;
    this.show();
  }

  /** There is no training any more. */
  reset() {
    this.hasPlan = false;
    this.select.value = this.chosen;
    this.show();
  }

  /** The time has become so many epochs. @param {number} epochs */
  plan(epochs) {
    this.hasPlan = true;
    this.epochs.value = String(epochs);
  }

  /**
   * What train.run is asked for. A training that was paused goes on as planned, unless the visitor has changed the length: a
   * time is counted from now on then, as it is for a training that is finished.
   * @param {import('./app.js').Phase} phase
   * @returns {{epochs?: number, minutes?: number}}
   */
  request(phase) {
    if (phase === 'paused' && !this.isChanged) return {};
    return this.inEpochs ? { epochs: Number(this.epochs.value) } : { minutes: Number(this.select.value) };
  }
}
