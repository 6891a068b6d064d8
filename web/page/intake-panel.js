/** Panel 1: pictures in, what was refused and why. The pictures themselves are shown by pictures-panel.js. */
import { byId, button, element } from './draw.js';
import { onWords, t, tell, translated } from './words.js';

/** How many doodles stand in for pictures, where the address does not say it (app.js). */
const DOODLES = 1000;

/** @typedef {{name: string, reason: string}} Refused */

/**
 * All files below dropped entries. One that the browser cannot open is refused by name; the others are taken.
 * @param {DataTransfer} transfer
 * @returns {Promise<{files: File[], refused: Refused[]}>}
 */
async function droppedFiles(transfer) {
  /** @type {Refused[]} */
  const refused = [];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry);
  if (!entries.length) return { files: [...transfer.files], refused };
  /** @param {any} entry @returns {Promise<File[]>} */
  const filesOf = async (entry) => {
    try {
      if (entry.isFile)
        return [named(await new Promise((resolve, reject) => entry.file(resolve, reject)), entry.fullPath)];
      const reader = entry.createReader();
      /** @type {File[]} */
      const files = [];
      for (;;) {
        // A folder is handed out a hundred entries at a time.
        const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!batch.length) return files;
        for (const child of batch) files.push(...(await filesOf(child)));
      }
    } catch (error) {
      const why = /** @type {any} */ (error)?.message ?? '–';
      const reason = t(entry.isFile ? 'refused.file' : 'refused.folder', { why });
      refused.push({ name: entry.fullPath.slice(1), reason });
      return [];
    }
  };
  return { files: (await Promise.all(entries.map(filesOf))).flat(), refused };
}

/** A dropped file knows its path only through its entry. @param {File} file @param {string} path @returns {File} */
function named(file, path) {
  if (!file.webkitRelativePath) Object.defineProperty(file, 'webkitRelativePath', { value: path.slice(1) });
  return file;
}

export class IntakePanel {
  /**
   * @param {import('./app.js').App} app @param {(file: File) => void} openModel for .safetensors files
   * @param {(file: File) => Promise<boolean>} openProject for zips: false where it holds no project
   */
  constructor(app, openModel, openProject) {
    this.app = app;
    this.openModel = openModel;
    this.openProject = openProject;
    /** Other pictures are here than before. */
    this.onPictures = () => {};
    /** Shows the pictures. */
    this.onShow = () => {};
    /** What waits to be taken becomes the pictures, before they are trained on. */
    this.settle = async () => {};
    /** Faces are in the place of the photos. */
    this.isExchanged = false;
    /** Another project is open than before. */
    this.onProject = () => {};
    /** How many changes of single pictures can be undone. */
    this.changes = 0;
    /** @type {{size: number, crop: string, filter: string} | null} how the pictures were read */
    this.readAs = null;
    this.doodles = 0;
    this.isReadable = true;
    /** Something was given or opened: the doodles of the first visit are not wanted. */
    this.given = false;
    /** @type {Refused[]} */
    this.refused = [];
    /** @type {Refused[]} by the browser, before the worker saw them */
    this.unopened = [];
    /** How many readings run or wait, and the last of them. */
    this.readings = 0;
    this.last = Promise.resolve();
    const files = element('file-input', HTMLInputElement);
    const folder = element('folder-input', HTMLInputElement);
    button('pick-files').onclick = () => files.click();
    button('pick-folder').onclick = () => folder.click();
    button('use-doodles').onclick = () => this.takeDoodles();
    for (const input of [files, folder]) {
      input.onchange = () => {
        this.takeFiles([...(input.files ?? [])]);
        input.value = '';
      };
    }
    this.listenForDrops();
    this.listenForPaste();
    app.client.on('intake', ({ done, total }) => this.showProgress(done, total));
    app.watch(() => this.lock());
    onWords(() => this.showRefused());
  }

  listenForDrops() {
    let depth = 0;
    const mark = () => document.body.classList.toggle('dragging', depth > 0);
    window.addEventListener('dragenter', () => (depth++, mark()));
    window.addEventListener('dragleave', () => (depth--, mark()));
    window.addEventListener('dragover', (event) => event.preventDefault());
    window.addEventListener('drop', async (event) => {
      const taken = event.defaultPrevented; // by a panel that it was dropped on
      event.preventDefault();
      depth = 0;
      mark();
      if (!event.dataTransfer || taken) return;
      const { files, refused } = await droppedFiles(event.dataTransfer);
      this.takeFiles(files, refused);
    });
  }

  /** Pictures from the clipboard. Text that is pasted into a field is left to it. */
  listenForPaste() {
    window.addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.takeFiles(files);
    });
  }

  get reading() {
    return this.readings > 0;
  }

  /**
   * One reading at a time; others wait. Training is locked from the first moment on.
   * @param {() => Promise<void>} work
   */
  async inTurn(work) {
    this.app.isReading = ++this.readings > 0;
    this.app.enter(this.app.phase);
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    try {
      await done;
    } finally {
      this.app.isReading = --this.readings > 0;
      this.app.enter(this.app.phase);
    }
  }

  lock() {
    const { busy, phase, isReadOnly } = this.app;
    for (const id of ['pick-files', 'pick-folder', 'use-camera', 'use-doodles'])
      button(id).disabled = busy || isReadOnly || phase === 'stopped';
  }

  /** @param {File[]} files @param {Refused[]} unopened */
  async takeFiles(files, unopened = []) {
    this.given = true;
    const isModel = (/** @type {File} */ file) => /\.safetensors$/i.test(file.name);
    const models = files.filter(isModel);
    if (models.length) this.openModel(models[0]);
    const more = models.slice(1).map(({ name }) => ({ name, reason: t('refused.second-model') }));
    this.unopened = [...unopened, ...more];
    this.showRefused();
    let pictures = files.filter((file) => !isModel(file));
    if (!pictures.length) return;
    if (this.app.phase === 'starting') this.say(() => t('pictures.next'));
    await this.app.attempt('intake-state', async () => {
      await this.app.started;
      /** @type {File[]} */
      const rest = [];
      for (const file of pictures) if (!/\.zip$/i.test(file.name) || !(await this.openProject(file))) rest.push(file);
      pictures = rest;
    });
    if (!pictures.length) return;
    if (this.app.busy || this.app.isReadOnly) {
      this.say(() => t('pictures.in-use'), true);
      return;
    }
    await this.ask('pictures.add', { files: pictures }, pictures.length);
  }

  takeDoodles() {
    return this.ask('pictures.doodles', { count: Number(this.app.options.get('doodles') ?? DOODLES) });
  }

  /** Asks the worker to change the pictures, in turn. @param {string} type @param {object} fields @param {number} [reading] files that will be read */
  ask(type, fields, reading = 0) {
    return this.app.attempt('intake-state', () =>
      this.inTurn(async () => {
        await this.app.started;
        if (reading) this.showProgress(0, reading);
        try {
          await this.take(await this.app.client.request(type, fields));
        } finally {
          byId('intake-progress').hidden = true;
        }
      }),
    );
  }

  /** How the settings want the pictures. */
  get wanted() {
    const { settings } = this.app;
    return {
      size: Number(settings.value('image_size')),
      crop: String(settings.value('crop')),
      filter: String(settings.value('filter')),
    };
  }

  /** The pictures were read otherwise than the settings want them now. */
  get isStale() {
    return this.readAs !== null && JSON.stringify(this.readAs) !== JSON.stringify(this.wanted);
  }

  /** Begins with no pictures. */
  async begin() {
    this.unopened = [];
    await this.take(await this.app.client.request('pictures.begin', this.wanted), false);
  }

  /** Reads everything again, because size or crop have changed. */
  readAgain() {
    return this.ask('pictures.read', this.wanted, this.doodles ? 0 : 1);
  }

  /** Takes the worker's pictures. @param {any} reply @param {boolean} isTold */
  async take(
    { count, doodles, refused, reading, isReadable, isExchanged = false, changes = 0, project },
    isTold = true,
  ) {
    const { app } = this;
    const isOther = project !== app.project;
    app.count = count;
    app.project = project;
    Object.assign(this, { doodles, refused, readAs: reading, isReadable, isExchanged, changes });
    if (isTold) this.say(() => this.summary(), count < 2);
    this.showRefused();
    byId('thumbs-box').hidden = count === 0;
    app.enter(app.phase);
    if (isOther) this.onProject();
    this.onPictures();
    if (count) this.onShow();
  }

  summary() {
    const { count } = this.app;
    const none = this.refused.length ? [t('pictures.none')] : []; // files were given, and doodles are still here
    if (this.doodles) return [t('pictures.are-doodles', { n: count }), ...none].join(' ');
    if (count === 0) return t('pictures.none');
    if (count === 1) return t('pictures.one');
    return [t('pictures.count', { n: count }), ...(count < 50 ? [t('pictures.few')] : [])].join(' ');
  }

  /** @param {() => string} text @param {boolean} bad @param {boolean} isProgress */
  say(text, bad = false, isProgress = false) {
    const state = byId('intake-state');
    tell(state, text, isProgress);
    state.classList.toggle('bad', bad);
  }

  /** @param {number} done @param {number} total */
  showProgress(done, total) {
    const bar = element('intake-progress', HTMLProgressElement);
    bar.hidden = false;
    bar.max = Math.max(1, total);
    bar.value = done;
    this.say(() => t('pictures.reading-of', { done, total }), false, true);
  }

  showRefused() {
    const refused = [...this.unopened, ...this.refused];
    const box = byId('refused');
    box.hidden = refused.length === 0;
    const summary = box.querySelector('summary');
    const list = box.querySelector('ul');
    if (!summary || !list) return;
    summary.textContent = t('pictures.left-out', { n: refused.length });
    list.replaceChildren(
      ...refused.slice(0, 500).map(({ name, reason }) => {
        const item = document.createElement('li');
        item.textContent = `${name}: ${translated(reason)}`;
        return item;
      }),
    );
  }
}
