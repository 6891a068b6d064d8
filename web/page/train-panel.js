/** Panel 2: settings, and Train / Pause / Continue / Start over. */
import { byId, button } from './draw.js';
import { RunView } from './run-view.js';
import { offerSmallerBatch } from './smaller-batch.js';

export class TrainPanel {
  /** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake @param {(seed: number) => void} pick a face of the grid */
  constructor(app, intake, pick) {
    this.app = app;
    this.intake = intake;
    this.view = new RunView(app, pick);
    /** @type {'starter' | 'scratch'} where a training begins, where both are possible */
    this.start = 'starter';
    /** @type {Record<string, number>} by recipe, for the pictures that are there */
    this.usualEpochs = {};

    let pressed = false;
    button('train-button').onclick = async () => {
      if (pressed) return; // a second click while the network is set up
      pressed = true;
      await this.press().finally(() => (pressed = false));
    };
    button('restart').onclick = () => this.restart();
    app.settings.form.addEventListener('change', ({ target }) => {
      const { name, value } = /** @type {HTMLSelectElement} */ (target);
      if (name === 'start') this.start = /** @type {any} */ (value);
      this.show();
      if (intake.isStale) app.attempt('intake-state', () => intake.readAgain());
    });
    app.watch(() => this.show());
    this.listen();
  }

  /** Listens to the client. Call it again after a restart. */
  listen() {
    const { app, view } = this;
    const { client } = app;
    view.listen();
    client.on('epochs', ({ epochs }) => {
      this.usualEpochs = epochs;
      this.show();
    });
    client.on('checkpoint', ({ bytes, step }) => {
      app.checkpoint = { bytes, step };
    });
    client.on('best', ({ bytes }) => {
      app.best = bytes;
    });
    client.on('trouble', ({ to, sentence }) => {
      if (to !== undefined) view.goBack(to);
      this.say(sentence, true);
    });
    client.on('finished', ({ reason, error }) => {
      if (reason === 'stopped') return; // by the button, which waits for it
      app.enter(reason === 'done' ? 'finished' : 'paused');
      if (reason === 'done') this.say('Done. Make faces in panel 3, or set more epochs and continue.');
      if (reason === 'failed') this.say(`Training stopped: ${error.message}.`, true);
    });
  }

  /** @param {string} text @param {boolean} bad */
  say(text, bad = false) {
    byId('train-state').textContent = text;
    byId('train-state').classList.toggle('bad', bad);
  }

  get epochs() {
    return /** @type {HTMLInputElement} */ (this.app.settings.control('epochs'));
  }

  /** The recipe decides the epochs, unless the user has changed them; they depend on the number of pictures. */
  showUsual() {
    const { recipe } = this.app.settings;
    if (!recipe) return;
    const usual = String(this.usualEpochs[recipe.name]);
    if (this.epochs.value === this.epochs.defaultValue) this.epochs.value = usual;
    this.epochs.defaultValue = usual;
  }

  /** A training from the starter model has its networks. */
  showStart() {
    const { starter, settings } = this.app;
    const select = /** @type {HTMLSelectElement} */ (settings.control('start'));
    const needed = starter && settings.conflict(starter.metadata);
    byId('start-row').hidden = !starter;
    select.options[0].disabled = !starter || needed !== null;
    select.value = select.options[0].disabled ? 'scratch' : this.start;
    select.options[0].textContent = `the starter model${needed ? `: only with ${needed}` : ''}`;
  }

  show() {
    const { phase, count, busy, resume } = this.app;
    if (!busy) this.showStart();
    if (!busy && !resume) this.showUsual();
    const main = button('train-button');
    main.textContent =
      { training: 'Pause', paused: 'Continue', finished: 'Continue' }[/** @type {string} */ (phase)] ??
      (resume ? 'Continue' : 'Train');
    const idle = phase === 'starting' || phase === 'stopped';
    main.disabled = idle || this.intake.reading || (count < 2 && !busy);
    button('restart').hidden = !busy && !resume;
    this.app.settings.lock(busy || resume !== null);
  }

  press() {
    button('smaller-batch').hidden = true;
    return this.app.attempt('train-state', async () => {
      const { phase, client } = this.app;
      if (phase === 'training') {
        this.say('Pausing after this step …');
        const { reason } = await client.request('train.pause');
        if (reason !== 'stopped') return; // it had ended by itself, and has said so
        this.app.enter('paused');
        this.say('Paused. Nothing is lost. Press Continue when you like.');
        return;
      }
      if (!this.app.settings.form.reportValidity()) return;
      if (phase === 'ready') await this.begin();
      const epochs = Number(this.epochs.value);
      const { total, stats } = await client.request('train.run', { epochs });
      this.view.total = total;
      this.app.source = 'run';
      if (stats.step >= total) {
        this.app.enter('paused');
        this.say(`All ${epochs} epochs are done. Set more epochs to continue.`);
        return;
      }
      this.app.enter('training');
      this.say('Training. The first faces appear after an epoch or two. It continues while the tab is hidden.');
    });
  }

  /** A new run, or the loaded checkpoint's. */
  async begin() {
    this.view.clear();
    this.say('Setting up the network …');
    const { client, resume } = this.app;
    this.app.checkpoint = this.app.best = null;
    if (!resume) {
      const { settings } = this.app;
      const [recipe, from] = [settings.control('recipe').value, settings.control('start').value];
      const request = { config: settings.config(), recipe, from };
      const { config } = await client.request('train.create', request).catch((error) => {
        throw offerSmallerBatch(this.app, error, () => this.press());
      });
      settings.fixed = config;
      settings.show();
      return;
    }
    const { bytes } = resume;
    await client.request('train.load', { bytes, acceptOther: false }).catch((error) => {
      const question = 'These are not the pictures that this training began with. Continue with them anyway?';
      if (error.code !== 'bad_state' || !confirm(question)) throw error;
      return client.request('train.load', { bytes, acceptOther: true });
    });
    this.app.checkpoint = resume;
    this.app.resume = null;
  }

  /** Shows a loaded checkpoint's settings, and reads the pictures at its size. @param {Record<string, string>} metadata */
  async prepare(metadata) {
    const { settings } = this.app;
    const { recipe, epochs } = JSON.parse(metadata.plan ?? '{}');
    if (settings.recipes.some(({ name }) => name === recipe)) settings.control('recipe').value = recipe;
    if (epochs) this.epochs.value = epochs;
    settings.fixed = metadata;
    settings.show();
    await this.intake.readAgain();
    this.say(
      `A checkpoint of step ${Number(metadata.step).toLocaleString('en')}. Drop its pictures, then press Continue.`,
    );
  }

  /** Forgets the training. */
  forget() {
    this.app.checkpoint = this.app.resume = this.app.best = null;
    this.app.unsaved = false;
    this.app.settings.fixed = null;
    this.app.settings.show();
    if (this.intake.isStale) this.app.attempt('intake-state', () => this.intake.readAgain());
    this.view.clear();
  }

  async restart() {
    if (this.app.unsaved && !confirm('Start over? This training will be lost, unless you have downloaded it.')) return;
    await this.app.attempt('train-state', async () => {
      await this.app.client.request('train.drop');
      this.forget();
      this.say('');
      this.app.enter('ready');
    });
  }
}
