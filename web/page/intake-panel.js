/** Panel 1: pictures in, thumbnails, what was refused and why. */
import { byId, button, canvas, drawGrid, element, pictureAt } from './draw.js';

const COLUMNS = 10;
const PAGE = 200;
const DOODLES = 1000;

/** All files below dropped entries. @param {DataTransfer} transfer @returns {Promise<File[]>} */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.length) return [...transfer.files];
  /** @param {any} entry @returns {Promise<File[]>} */
  const filesOf = async (entry) => {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const reader = entry.createReader();
    /** @type {File[]} */
    const files = [];
    for (;;) {
      // A folder is handed out a hundred entries at a time.
      const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!batch.length) return files;
      for (const child of batch) files.push(...(await filesOf(child)));
    }
  };
  return (await Promise.all(entries.map(filesOf))).flat();
}

export class IntakePanel {
  /** @param {import('./app.js').App} app @param {(file: File) => void} openModel for .safetensors files */
  constructor(app, openModel) {
    this.app = app;
    this.openModel = openModel;
    this.shown = PAGE;
    this.size = 64;
    /** @type {IntakePanel['wanted'] | null} */
    this.readAs = null;
    /** @type {{name: string, reason: string}[]} */
    this.refused = [];
    /** How many readings run or wait, and the last of them. */
    this.readings = 0;
    this.last = Promise.resolve();
    const files = element('file-input', HTMLInputElement);
    const folder = element('folder-input', HTMLInputElement);
    button('pick-files').onclick = () => files.click();
    button('pick-folder').onclick = () => folder.click();
    button('use-doodles').onclick = () => this.take({ kind: 'doodles', count: DOODLES });
    for (const input of [files, folder]) {
      input.onchange = () => {
        this.takeFiles([...(input.files ?? [])]);
        input.value = '';
      };
    }
    this.listenForDrops();
    canvas('thumbs').onclick = (event) => this.removeAt(event);
    button('thumbs-more').onclick = () => {
      this.shown += 5 * PAGE;
      this.showThumbnails();
    };
    app.client.on('intake', ({ done, total }) => this.showProgress(done, total));
    app.watch(() => this.lock());
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
      if (event.dataTransfer && !taken) this.takeFiles(await droppedFiles(event.dataTransfer));
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
    this.readings++;
    this.app.enter(this.app.phase);
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    try {
      await done;
    } finally {
      this.readings--;
      this.app.enter(this.app.phase);
    }
  }

  lock() {
    const { busy, phase } = this.app;
    for (const id of ['pick-files', 'pick-folder', 'use-doodles']) {
      button(id).disabled = busy || this.reading || phase === 'starting' || phase === 'stopped';
    }
  }

  /** @param {File[]} files */
  async takeFiles(files) {
    const model = files.find((file) => file.name.endsWith('.safetensors'));
    if (model) this.openModel(model);
    const pictures = files.filter((file) => !file.name.endsWith('.safetensors'));
    if (!pictures.length) return;
    if (this.app.busy) {
      this.say('The training uses these pictures. Press Start over before you add others.', true);
      return;
    }
    await this.take({ kind: 'files', files: pictures });
  }

  /** @param {import('./app.js').Source} source */
  async take(source) {
    if (this.app.phase === 'starting') return;
    await this.app.attempt('intake-state', () =>
      this.inTurn(async () => {
        // Real pictures replace the doodles, and doodles replace everything.
        if (source.kind === 'doodles' || this.app.sources.some(({ kind }) => kind === 'doodles')) {
          this.app.sources = [];
          await this.begin();
        }
        this.app.sources.push(source);
        await this.read(source);
      }),
    );
  }

  /** How the settings want the pictures. */
  get wanted() {
    const { settings } = this.app;
    return {
      size: Number(settings.value('image_size')),
      crop: settings.value('crop'),
      filter: settings.value('filter'),
    };
  }

  /** The pictures were read otherwise than the settings want them now. */
  get isStale() {
    return this.readAs !== null && JSON.stringify(this.readAs) !== JSON.stringify(this.wanted);
  }

  async begin() {
    this.refused = [];
    this.readAs = this.wanted;
    this.size = this.readAs.size;
    await this.app.client.request('pictures.reset', this.readAs);
    this.app.count = 0;
  }

  /** Reads everything again, because size or crop have changed, or the worker is new. */
  readAgain() {
    return this.inTurn(async () => {
      await this.begin();
      for (const source of this.app.sources) await this.read(source);
    });
  }

  /** @param {import('./app.js').Source} source */
  async read(source) {
    const { client } = this.app;
    await this.app.attempt('intake-state', async () => {
      if (source.kind === 'doodles') {
        const { count } = await client.request('pictures.doodles', { seed: 0, count: source.count });
        this.app.count = count;
        this.say(`${count.toLocaleString('en')} doodles: cartoon animals, drawn by the engine.`);
      } else {
        this.showProgress(0, source.files.length);
        const { count, refused } = await client.request('pictures.add', { files: source.files });
        this.app.count = count;
        this.refused.push(...refused);
        this.say(this.summary(), count < 2);
      }
    });
    byId('intake-progress').hidden = true;
    this.showRefused();
    await this.showThumbnails();
  }

  summary() {
    const { count } = this.app;
    if (count === 0) return 'None of these files could be read as a picture; the list below says why.';
    if (count === 1) return 'One picture. Training needs at least two; a few dozen are better.';
    const advice = count < 50 ? ' These are few: expect samples that are nearly copies of them.' : '';
    return `${count.toLocaleString('en')} pictures.${advice}`;
  }

  /** @param {string} text @param {boolean} bad */
  say(text, bad = false) {
    const state = byId('intake-state');
    state.textContent = text;
    state.classList.toggle('bad', bad);
  }

  /** @param {number} done @param {number} total */
  showProgress(done, total) {
    const bar = element('intake-progress', HTMLProgressElement);
    bar.hidden = false;
    bar.max = Math.max(1, total);
    bar.value = done;
    this.say(`Reading ${done.toLocaleString('en')} of ${total.toLocaleString('en')} …`);
  }

  showRefused() {
    const box = byId('refused');
    box.hidden = this.refused.length === 0;
    const summary = box.querySelector('summary');
    const list = box.querySelector('ul');
    if (!summary || !list) return;
    summary.textContent = `${this.refused.length} file${this.refused.length === 1 ? ' was' : 's were'} left out`;
    list.replaceChildren(
      ...this.refused.slice(0, 500).map(({ name, reason }) => {
        const item = document.createElement('li');
        item.textContent = `${name}: ${reason}`;
        return item;
      }),
    );
  }

  async showThumbnails() {
    const { count, client } = this.app;
    const first = Math.min(count, this.shown);
    byId('thumbs-box').hidden = count === 0;
    byId('thumbs-more-row').hidden = count <= this.shown;
    if (!count) return;
    const { size, rgba } = await client.request('pictures.thumbnails', { first: 0, count: first });
    drawGrid(canvas('thumbs'), rgba, size, COLUMNS);
    button('thumbs-more').textContent = `Show more (${(count - first).toLocaleString('en')} hidden)`;
  }

  /** @param {MouseEvent} event */
  async removeAt(event) {
    if (this.app.busy) return;
    const index = pictureAt(canvas('thumbs'), event, this.size, COLUMNS, Math.min(this.app.count, this.shown));
    if (index < 0) return;
    await this.app.attempt('intake-state', async () => {
      const { count } = await this.app.client.request('pictures.remove', { index });
      this.app.count = count;
      this.say(`Removed one. ${this.summary()}`);
      await this.showThumbnails();
    });
    this.app.enter(this.app.phase);
  }
}
