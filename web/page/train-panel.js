/** Panel 2: settings, and Train / Pause / Continue / Start over. */
import { byId, button } from './draw.js';
import { HowLong } from './how-long.js';
import { RunView } from './run-view.js';
import { offerSmallerBatch } from './smaller-batch.js';
import { t, tell, translated } from './words.js';

export class TrainPanel {
  /**
   * @param {import('./app.js').App} app @param {import('./intake-panel.js').IntakePanel} intake
   * @param {{pick: (seed: number) => void, onModel: (bytes: Uint8Array, step: number) => Promise<void>}} chosen pick: a face of the
   *   grid; onModel: an earlier model
   */
  constructor(app, intake, { pick, onModel }) {
    this.app = app;
    this.intake = intake;
    this.view = new RunView(app, pick, onModel);
    this.howLong = new HowLong(app.settings);
    /** @type {import('./projects-panel.js').ProjectsPanel | null} */
    this.projects = null;
    /** @type {import('./expected.js').Expected | null} */
    this.expected = null;
    /** @type {'starter' | 'scratch'} where a training begins, where both are possible */
    this.start = 'starter';

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
      this.howLong.usual = epochs;
      this.show();
    });
    client.on('planned', ({ minutes, epochs, total }) => {
      this.howLong.plan(epochs);
      const pictures = (total - view.step) * Number(app.settings.value('batch'));
      this.expected?.learn(pictures / (60 * minutes));
      view.total = total;
    });
    client.on('checkpoint', ({ step }) => {
      app.savedStep = step;
      app.unsaved = !app.keeps;
      this.projects?.saved(step);
      view.film.list();
    });
    client.on('not_saved', (problem) => this.tellNotSaved(problem));
    client.on('trouble', ({ to, sentence }) => {
      if (to !== undefined) view.goBack(to);
      this.say(() => translated(sentence), true);
    });
    client.on('finished', ({ reason, error }) => {
      this.projects?.refresh();
      view.film.list(true);
      if (reason === 'stopped') return; // by the button, which waits for it
      if (app.phase === 'finished') return; // there was nothing to train, which has been said
      app.enter(reason === 'done' ? 'finished' : 'paused');
      if (reason === 'done') this.say(() => t('train.done'));
      if (reason === 'failed') this.say(() => t('train.failed', { why: translated(error.message) }), true);
    });
  }

  /** Saving failed: the training goes on, and can be downloaded. @param {{what: string, name: string, message: string}} problem */
  tellNotSaved({ what, name, message }) {
    const { app } = this;
    app.unsaved = true;
    const full = name === 'QuotaExceededError';
    const text = () => t(full ? 'not-saved.full' : 'not-saved.refused', { what: t(`not-saved.${what}`), message });
    app.notice(text, { label: () => t('make.save-checkpoint'), act: () => button('save-checkpoint').click() });
  }

  /** @param {() => string} text @param {boolean} bad */
  say(text, bad = false) {
    tell(byId('train-state'), text);
    byId('train-state').classList.toggle('bad', bad);
  }

  /** A training from the starter model has its networks. */
  showStart() {
    const { starter, settings } = this.app;
    const select = /** @type {HTMLSelectElement} */ (settings.control('start'));
    const needed = starter && settings.conflict(starter.metadata);
    byId('start-row').hidden = !starter && !this.app.awaitsStarter;
    select.options[0].disabled = !starter || needed !== null;
    select.value = select.options[0].disabled ? 'scratch' : this.start;
    select.options[0].textContent = needed ? t('train.starter-only', { needed }) : t('train.starter');
  }

  show() {
    const { phase, count, busy, resume } = this.app;
    if (!busy) this.showStart();
    if (!busy && !resume) this.howLong.showUsual();
    const main = button('train-button');
    const goesOn = phase === 'paused' || phase === 'finished' || resume;
    tell(main, () => t(phase === 'training' ? 'train.pause' : goesOn ? 'train.continue' : 'train.train'));
    const idle = phase === 'starting' || phase === 'stopped';
    main.disabled = idle || this.intake.reading || this.app.isReadOnly || (count < 2 && !busy);
    button('restart').hidden = !busy && !resume;
    this.app.settings.lock(busy || resume !== null);
  }

  press() {
    button('smaller-batch').hidden = true;
    return this.app.attempt('train-state', async () => {
      const { phase, client } = this.app;
      if (phase === 'training') {
        this.say(() => t('train.pausing'));
        const { reason } = await client.request('train.pause');
        if (reason !== 'stopped') return; // it had ended by itself, and has said so
        this.app.enter('paused');
        this.say(() => t('train.paused'));
        return;
      }
      if (!this.app.settings.form.reportValidity()) return;
      if (phase === 'ready') await this.intake.settle();
      if (phase === 'ready') this.view.clear();
      this.view.makeRoom();
      if (phase === 'ready') {
        await this.begin().catch((error) => {
          this.view.clear();
          throw error;
        });
      }
      const { total, stats } = await client.request('train.run', this.howLong.request(phase));
      this.howLong.isChanged = false;
      this.view.total = total;
      this.app.use('run');
      if (stats.step >= total) {
        this.app.enter('finished');
        const n = Number(this.howLong.epochs.value);
        this.say(() => t('train.all-done', { n }));
        return;
      }
      this.app.enter('training');
      this.say(() => t('train.training'));
      this.projects?.askToKeep();
    });
  }

  /** A new run, or the loaded checkpoint's. */
  async begin() {
    this.say(() => t('train.setting-up'));
    const { client, resume } = this.app;
    if (!resume) {
      const { settings } = this.app;
      const [recipe, from] = [settings.control('recipe').value, settings.control('start').value];
      const request = { config: settings.config(), recipe, from };
      const { config, project } = await client.request('train.create', request).catch((error) => {
        throw offerSmallerBatch(this.app, error, () => this.press());
      });
      this.app.project = project;
      settings.fixed = config;
      settings.show();
      await this.projects?.refresh();
      return;
    }
    const { bytes } = resume;
    const { project } = await client.request('train.load', { bytes, acceptOther: false }).catch((error) => {
      if (error.code !== 'bad_state' || !confirm(t('train.other-pictures'))) throw error;
      return client.request('train.load', { bytes, acceptOther: true });
    });
    this.app.project = project;
    this.app.resume = null;
    await this.projects?.refresh();
  }

  /**
   * Shows a project that was opened, and its run.
   * @param {any} reply of project.open
   */
  async showProject({ pictures, isReadOnly, step, metadata, history, model }) {
    const { app, intake, view } = this;
    this.forget();
    app.isReadOnly = isReadOnly;
    const { settings, client } = app;
    if (metadata) this.showSettings(metadata);
    else
      settings.choose({
        image_size: pictures.reading?.size,
        crop: pictures.reading?.crop,
        filter: pictures.reading?.filter,
      });
    app.enter('ready');
    if (pictures.reading) await intake.take(pictures);
    if (isReadOnly) {
      if (model) await client.request('model.load', { bytes: model });
      if (model) app.use('model', true);
      app.enter('ready');
      this.say(() => t('train.elsewhere'), true);
      return;
    }
    if (step === null) return this.say(() => '');
    const { stats, total, notes, ...course } = await client.request('train.load');
    view.takeCourse(course);
    view.total = total;
    for (const point of history) if (point.step <= step) view.curves.add(point);
    view.showStats(stats, 0);
    app.savedStep = step;
    app.unsaved = false;
    app.use('run');
    app.enter(step >= total ? 'finished' : 'paused');
    view.film.list(true);
    this.projects?.saved(step);
    const told = step >= total ? 'train.is-trained' : 'train.press-continue';
    this.say(() => [...notes.map(translated), t(told)].join(' '));
  }

  /** Shows a loaded checkpoint's settings, and reads the pictures at its size. @param {Record<string, string>} metadata */
  async prepare(metadata) {
    this.showSettings(metadata);
    await this.intake.readAgain();
    this.say(() => t('train.is-checkpoint', { step: Number(metadata.step) }));
  }

  /** A run's settings and plan. @param {Record<string, string>} metadata of its checkpoint */
  showSettings(metadata) {
    const { settings } = this.app;
    const { recipe, ...plan } = JSON.parse(metadata.plan ?? '{}');
    if (settings.recipes.some(({ name }) => name === recipe)) settings.control('recipe').value = recipe;
    this.howLong.showPlan(plan);
    settings.fixed = metadata;
    settings.show();
  }

  /** Forgets the training. */
  forget() {
    this.app.use('run', true);
    this.app.resume = null;
    this.app.unsaved = false;
    this.app.settings.fixed = null;
    this.app.settings.show();
    this.howLong.reset();
    if (this.intake.isStale) this.app.attempt('intake-state', () => this.intake.readAgain());
    this.view.clear();
  }

  async restart() {
    if (this.app.busy && !confirm(t('train.really-over'))) return;
    await this.app.attempt('train-state', async () => {
      await this.app.client.request('train.forget');
      this.forget();
      this.say(() => '');
      this.app.enter('ready');
      await this.projects?.refresh();
    });
  }
}
