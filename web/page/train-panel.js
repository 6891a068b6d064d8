/** Panel 2: settings, Train / Pause / Continue / Start over, figures, curves and the live grid. */
import { Curves } from './curves.js';
import { byId, button, canvas, drawGrid, duration, element, pictureAt } from './draw.js';
import { SAMPLE_SEEDS } from '../protocol.js';

const COLUMNS = 8;

export class TrainPanel {
  /** @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake @param {(seed: number) => void} pick a face of the grid */
  constructor(app, intake, pick) {
    this.app = app;
    this.intake = intake;
    this.curves = new Curves();
    this.form = element('settings', HTMLFormElement);
    this.target = 0;
    /** @type {'starter' | 'scratch'} where a training begins, where both are possible */
    this.start = 'starter';
    this.gridSize = 0;
    /** @type {{size: number, rgba: Uint8ClampedArray} | null} waiting for the next frame */
    this.samples = null;
    /** @type {{name: string, about: string, batch: number, grows: boolean}[]} */
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
    canvas('grid').onclick = (event) => {
      const index = this.gridSize ? pictureAt(canvas('grid'), event, this.gridSize, COLUMNS, SAMPLE_SEEDS.length) : -1;
      if (index >= 0) pick(SAMPLE_SEEDS[index]);
    };
    app.watch(() => this.show());
    this.listen();
  }

  listen() {
    const { client } = this.app;
    client.on('stats', ({ stats, rate }) => this.showStats(stats, rate));
    client.on('epochs', ({ epochs }) => {
      this.epochs = epochs;
      this.show();
    });
    client.on('samples', (message) => this.takeSamples(message));
    client.on('checkpoint', ({ bytes, step }) => {
      this.app.checkpoint = { bytes, step };
    });
    client.on('finished', () => {
      this.app.enter('finished');
      this.say('Done. Make faces below, or give more epochs and go on.');
    });
    client.on('trouble', ({ action, sentence }) => {
      if (action === 'stop') this.app.enter('paused');
      this.say(sentence, true);
    });
    client.on('failed', ({ error }) => {
      this.app.enter('paused');
      this.say(`Training stopped: ${error.message}.`, true);
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
    // What the user has left alone is the recipe's to decide.
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

  /** Batch and epochs that the user has left alone are the recipe's; epochs, for as many pictures as there are. */
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

  /** The engine's recipes, once it is there. @param {{name: string, about: string, batch: number, grows: boolean}[]} recipes */
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
        await client.request('train.pause');
        this.app.enter('paused');
        this.say('Paused. Nothing is lost; go on when you like.');
        return;
      }
      if (!this.form.reportValidity()) return;
      const { stats } = phase === 'ready' ? await this.begin() : await client.request('train.pause');
      this.target = this.number('epochs') * stats.steps_per_epoch;
      if (stats.step >= this.target) {
        this.say(`All ${this.number('epochs')} epochs are done. Give more epochs to go on.`);
        return;
      }
      this.app.source = 'run';
      this.app.enter('training');
      this.say(`Training. ${this.outlook()} It goes on in a hidden tab.`);
      await client.request('train.run', { steps: this.target });
    });
  }

  /** When faces are to be seen: a growing network's first pictures are blurs of 8 x 8 pixels. */
  outlook() {
    const { value: from } = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('start'));
    return this.chosen()?.grows && from === 'scratch'
      ? 'The network grows: blurs first, faces a third of the way on.'
      : 'The first faces show after an epoch or two.';
  }

  /** A new run, or the loaded checkpoint's. */
  async begin() {
    this.curves.clear();
    this.say('Setting up the network …');
    const { client, resume } = this.app;
    if (!resume) {
      const from = /** @type {HTMLSelectElement} */ (this.form.elements.namedItem('start')).value;
      return client.request('train.create', { config: this.config(), recipe: this.recipe(), from });
    }
    const { bytes } = resume;
    const reply = await client.request('train.load', { bytes, acceptOther: false }).catch((error) => {
      const question = 'These are not the pictures that this training began with. Go on with them all the same?';
      if (error.code !== 'bad_state' || !confirm(question)) throw error;
      return client.request('train.load', { bytes, acceptOther: true });
    });
    this.app.checkpoint = resume;
    this.app.resume = null;
    return reply;
  }

  /** Shows a loaded checkpoint's settings, and reads the pictures at its size. @param {Record<string, string>} metadata */
  async prepare(metadata) {
    for (const name of ['image_size', 'batch', 'lr', 'seed', 'crop', 'width']) {
      /** @type {any} */ (this.form.elements.namedItem(name)).value = metadata[name];
    }
    for (const name of ['flip', 'reuse_fake']) {
      /** @type {any} */ (this.form.elements.namedItem(name)).checked = Number(metadata[name]) === 1;
    }
    await this.intake.readAgain();
    this.say(
      `A checkpoint of step ${Number(metadata.step).toLocaleString('en')}. Give it its pictures, then press Continue.`,
    );
  }

  async restart() {
    if (this.app.unsaved && !confirm('Start over? This training is forgotten unless you have downloaded it.')) return;
    await this.app.attempt('train-state', async () => {
      await this.app.client.request('train.drop');
      this.app.checkpoint = null;
      this.app.resume = null;
      this.app.unsaved = false;
      this.curves.clear();
      for (const id of ['figures', 'live', 'train-progress', 'curves']) byId(id).hidden = true;
      this.say('');
      this.app.enter('ready');
    });
  }

  /** @param {import('../../wasm/engine/trainer.js').Stats} stats @param {number} rate */
  showStats(stats, rate) {
    this.app.unsaved = true;
    byId('figures').hidden = false;
    const bar = element('train-progress', HTMLProgressElement);
    bar.hidden = false;
    bar.max = Math.max(1, this.target);
    bar.value = stats.step;
    const per = stats.steps_per_epoch;
    byId('figure-step').textContent = `${stats.step.toLocaleString('en')} / ${this.target.toLocaleString('en')}`;
    byId('figure-epoch').textContent = per ? (stats.step / per).toFixed(1) : '0';
    if (rate > 0) {
      const left = ((this.target - stats.step) * (stats.pictures_seen / Math.max(1, stats.step))) / rate;
      byId('figure-rate').textContent = rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
      byId('figure-left').textContent = duration(left);
      document.title = `${Math.floor((100 * stats.step) / Math.max(1, this.target))} % · ${duration(left)} left · ssdgan`;
    } else {
      byId('figure-left').textContent = '–';
      document.title = 'ssdgan';
    }
    this.curves.add(stats);
  }

  /** Draws at the next frame, and only then asks for more: a slow page never piles up pictures. @param {{size: number, rgba: Uint8ClampedArray}} message */
  takeSamples(message) {
    const first = !this.samples;
    this.samples = message;
    if (!first) return;
    const draw = () => {
      if (!this.samples) return;
      const { size, rgba } = this.samples;
      this.samples = null;
      this.gridSize = size;
      byId('live').hidden = false;
      drawGrid(canvas('grid'), rgba, size, COLUMNS);
      this.app.client.request('train.credit').catch(() => {});
    };
    requestAnimationFrame(draw);
  }
}
