/** Panel 2: settings, and Train / Pause / Continue / Start over. */
import { byId, button, element } from './draw.js';
import { RunView } from './run-view.js';

export class TrainPanel {
  /** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake @param {(seed: number) => void} pick a face of the grid */
  constructor(app, intake, pick) {
    this.app = app;
    this.intake = intake;
    this.view = new RunView(app, pick);
    this.form = element('settings', HTMLFormElement);
    /** @type {'starter' | 'scratch'} where a training begins, where both are possible */
    this.start = 'starter';
    /** @type {{name: string, about: string, batch: number}[]} */
    this.recipes = [];
    /** @type {Record<string, number>} by recipe, for the pictures that are there */
    this.epochs = {};
    const width = app.options.get('width');
    if (width) /** @type {any} */ (this.form.elements.namedItem('width')).value = width;

    button('train-button').onclick = () => this.press();
    button('restart').onclick = () => this.restart();
    this.form.addEventListener('change', ({ target }) => {
      const { name, value } = /** @type {HTMLSelectElement} */ (target);
      if (name === 'start') this.start = /** @type {any} */ (value);
      if (name === 'recipe') this.showUsual();
      this.show();
    });
    for (const name of ['image_size', 'crop']) {
      const field = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem(name));
      field.onchange = () => this.app.attempt('intake-state', () => this.intake.readAgain());
    }
    app.watch(() => this.show());
    this.listen();
  }

  /** Listens to the client. Call it again after a restart. */
  listen() {
    const { app, view } = this;
    const { client } = app;
    view.listen();
    client.on('epochs', ({ epochs }) => {
      this.epochs = epochs;
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

  /** @param {string} name */
  number(name) {
    return Number(/** @type {HTMLInputElement} */ (this.form.elements.namedItem(name)).value);
  }

  /** @param {string} name */
  flag(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name)).checked ? 1 : 0;
  }

  config() {
    const crop = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('crop')).value;
    const numbers = ['image_size', 'batch', 'lr', 'seed', 'width'].map((name) => [name, this.number(name)]);
    const flags = { flip: this.flag('flip'), reuse_fake: this.flag('reuse_fake') };
    /** @type {Record<string, string | number>} */
    const config = { crop, ...flags, ...Object.fromEntries(numbers) };
    // The recipe decides what the user has not touched.
    for (const name of ['lr', 'flip', 'reuse_fake']) {
      const { type, value, defaultValue, checked } = /** @type {HTMLInputElement} */ (
        this.form.elements.namedItem(name)
      );
      if (type === 'checkbox' ? !checked : value === defaultValue) delete config[name];
    }
    return config;
  }

  recipe() {
    return /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('recipe')).value;
  }

  /** The recipe in the form, once the engine has told of it. */
  chosen() {
    return this.recipes.find(({ name }) => name === this.recipe());
  }

  /** The recipe decides batch and epochs, unless the user has changed them; epochs depend on the number of pictures. */
  showUsual() {
    const recipe = this.chosen();
    if (!recipe) return;
    for (const [name, value] of Object.entries({ batch: recipe.batch, epochs: this.epochs[recipe.name] })) {
      const field = /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
      const usual = String(value);
      if (field.value === field.defaultValue) field.value = usual;
      field.defaultValue = usual;
    }
  }

  /** The engine's recipes, once it is there. @param {{name: string, about: string, batch: number}[]} recipes */
  offer(recipes) {
    this.recipes = recipes;
    const select = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('recipe'));
    const chosen = select.value;
    select.replaceChildren(...recipes.map(({ name, about }) => new Option(`${name}: ${about}`, name)));
    select.value = chosen;
    this.showUsual();
  }

  /** A training from the starter model has its sizes. */
  showStart() {
    const { starter } = this.app;
    const select = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('start'));
    const fits = this.number('image_size') === starter?.size && this.number('width') === starter?.width;
    byId('start-row').hidden = !starter;
    select.options[0].disabled = !fits;
    select.value = fits ? this.start : 'scratch';
    const only = starter && !fits ? `: only at ${starter.size} × ${starter.size}, width ${starter.width}` : '';
    select.options[0].textContent = `the starter model${only}`;
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
    for (const field of this.form.elements) {
      const { name } = /** @type {HTMLInputElement} */ (field);
      /** @type {HTMLInputElement} */ (field).disabled = (busy || resume !== null) && name !== 'epochs';
    }
  }

  press() {
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
      if (!this.form.reportValidity()) return;
      if (phase === 'ready') await this.begin();
      const epochs = this.number('epochs');
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
      const from = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('start')).value;
      await client.request('train.create', { config: this.config(), recipe: this.recipe(), from });
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
    for (const name of ['image_size', 'batch', 'lr', 'seed', 'crop', 'width']) {
      /** @type {any} */ (this.form.elements.namedItem(name)).value = metadata[name];
    }
    for (const name of ['flip', 'reuse_fake']) {
      /** @type {any} */ (this.form.elements.namedItem(name)).checked = Number(metadata[name]) === 1;
    }
    const { recipe, epochs } = JSON.parse(metadata.plan ?? '{}');
    if (this.recipes.some(({ name }) => name === recipe))
      /** @type {any} */ (this.form.elements.namedItem('recipe')).value = recipe;
    if (epochs) /** @type {any} */ (this.form.elements.namedItem('epochs')).value = epochs;
    await this.intake.readAgain();
    this.say(
      `A checkpoint of step ${Number(metadata.step).toLocaleString('en')}. Drop its pictures, then press Continue.`,
    );
  }

  /** Forgets the training. */
  forget() {
    this.app.checkpoint = this.app.resume = this.app.best = null;
    this.app.unsaved = false;
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
