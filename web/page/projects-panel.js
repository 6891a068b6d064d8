/** On top of the page: the project that is open, the one to continue with, and the list of all. */
import { button, byId, download, drawGrid, element } from './draw.js';

/** @typedef {import('./app.js').App} App */
/**
 * @typedef {{id: string, name: string, changed: string, pictures: number, doodles: number, bytes: number,
 *   progress: {step: number, total: number | null} | null, preview: {size: number, rgba: Uint8ClampedArray} | null, isHere: boolean, isElsewhere: boolean}} Listed
 */

/** @param {number} count */
const number = (count) => count.toLocaleString('en');

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1e9) return `${Math.max(1, Math.round(bytes / 1e6))} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** @param {string} date ISO @returns {string} "today, 14:05", "yesterday", "12 March" */
function when(date) {
  const then = new Date(date);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 864e5);
  if (days <= 0) return `today, ${then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
  return days === 1 ? 'yesterday' : then.toLocaleDateString('en', { day: 'numeric', month: 'long' });
}

/** @param {Listed['progress']} progress */
const isDone = (progress) => progress !== null && progress.total !== null && progress.step >= progress.total;

/** @param {Listed} project */
function describe({ pictures, doodles, progress, bytes, changed }) {
  const what = doodles ? 'doodles' : pictures === 1 ? 'picture' : 'pictures';
  const trained = !progress
    ? 'not trained yet'
    : isDone(progress)
      ? `trained, ${number(progress.step)} steps`
      : `step ${number(progress.step)}${progress.total === null ? '' : ` of ${number(progress.total)}`}`;
  return `${number(pictures)} ${what} · ${trained} · ${size(bytes)} · ${when(changed)}`;
}

export class ProjectsPanel {
  /**
   * @param {App} app @param {(id: string, andTrain: boolean) => Promise<void>} open
   * @param {() => Promise<void>} fresh leaves the open project
   */
  constructor(app, open, fresh) {
    this.app = app;
    this.open = open;
    this.fresh = fresh;
    /** @type {Listed[]} */
    this.projects = [];
    /** How often the list was asked for. */
    this.asked = 0;
    /** What the browser said when it was asked not to delete anything. */
    this.promise = '';
    button('continue-button').onclick = () => this.projects[0] && this.enter(this.projects[0].id, true);
    button('project-new').onclick = () => this.begin();
    button('project-download').onclick = () => app.project && this.export(app.project);
    const list = element('project-list', HTMLDetailsElement);
    list.ontoggle = () => list.open && this.refresh();
    // Another tab may have begun or ended something.
    document.addEventListener('visibilitychange', () => !document.hidden && list.open && this.refresh());
    app.watch(() => this.show());
  }

  /** Asks the worker for the list. */
  refresh() {
    return this.app.attempt('projects-state', async () => {
      const mine = ++this.asked;
      const { projects, home, usage, quota } = await this.app.client.request('projects.list');
      if (mine !== this.asked) return; // a later list is on its way
      this.projects = projects;
      this.app.keeps = home !== 'memory';
      const shown = quota ? ` The browser gives this page ${size(quota)}; ${size(usage)} are used.` : '';
      byId('projects-state').textContent = this.app.keeps
        ? `Everything is kept in this browser, on this device.${shown}${this.promise}`
        : 'This browser keeps nothing for this page (a private window?). Download the project before you close the tab.';
      this.show();
    });
  }

  show() {
    const { app, projects } = this;
    const isAtRest = app.phase === 'ready' && app.project === null && !app.resume;
    byId('projects').hidden = app.phase === 'starting' || (!projects.length && app.keeps && app.project === null);
    byId('continue').hidden = !isAtRest || !projects.length;
    byId('project-now').hidden = app.project === null;
    const list = element('project-list', HTMLDetailsElement);
    const summary = list.querySelector('summary');
    if (summary) summary.textContent = `Projects (${projects.length})`;
    list.hidden = !projects.length;
    if (!byId('continue').hidden) this.showContinue(projects[0]);
    const here = projects.find(({ id }) => id === app.project);
    if (here) byId('project-name').textContent = here.name;
    // Not under the fingers of who is typing a name.
    if (!document.activeElement?.matches('#project-items input'))
      byId('project-items').replaceChildren(...projects.map((project) => this.item(project)));
  }

  /** @param {Listed} project */
  showContinue(project) {
    byId('continue-name').textContent = project.name;
    byId('continue-about').textContent = describe(project);
    byId('continue-picture').replaceChildren(...this.picture(project));
    button('continue-button').textContent =
      project.isElsewhere || isDone(project.progress) || !project.progress ? 'Open' : 'Continue';
  }

  /** @param {Listed} project @returns {HTMLElement[]} */
  picture({ preview }) {
    if (!preview) return [];
    const drawn = document.createElement('canvas');
    drawGrid(drawn, preview.rgba, preview.size, 2, 1);
    return [drawn];
  }

  /** @param {Listed} project */
  item(project) {
    const { id, name, isHere, isElsewhere } = project;
    const item = document.createElement('li');
    const picture = Object.assign(document.createElement('div'), { className: 'project-picture' });
    picture.append(...this.picture(project));
    const input = Object.assign(document.createElement('input'), {
      value: name,
      maxLength: 80,
      className: 'project-name',
    });
    input.setAttribute('aria-label', 'Name of the project');
    input.onchange = () => this.change('project.rename', { project: id, name: input.value.trim() || name });
    const about = Object.assign(document.createElement('p'), { className: 'quiet', textContent: describe(project) });
    if (isHere) about.textContent += ' · open';
    if (isElsewhere) about.textContent += ' · open in another tab';
    const words = Object.assign(document.createElement('div'), { className: 'project-words' });
    const row = Object.assign(document.createElement('div'), { className: 'buttons' });
    /** @param {string} label @param {() => void} act @param {boolean} disabled */
    const add = (label, act, disabled = false) => {
      const made = Object.assign(document.createElement('button'), { type: 'button', className: 'small', disabled });
      made.textContent = label;
      made.setAttribute('aria-label', `${label} ${name}`);
      made.onclick = act;
      row.append(made);
    };
    if (!isHere) add(isElsewhere ? 'Look' : 'Open', () => this.enter(id, false));
    add('Duplicate', () => this.change('project.duplicate', { project: id }));
    add('Download', () => this.export(id));
    add('Delete', () => this.remove(project), isHere || isElsewhere);
    words.append(input, about, row);
    item.append(picture, words);
    return item;
  }

  /** @param {string} id @param {boolean} andTrain */
  enter(id, andTrain) {
    return this.app.attempt('projects-state', async () => {
      if (this.app.phase === 'training') await this.app.client.request('train.pause');
      await this.open(id, andTrain);
      element('project-list', HTMLDetailsElement).open = false;
      await this.refresh();
    });
  }

  /** @param {string} type @param {object} fields */
  change(type, fields) {
    return this.app.attempt('projects-state', async () => {
      await this.app.client.request(type, fields);
      await this.refresh();
    });
  }

  /** @param {Listed} project */
  remove({ id, name }) {
    if (!confirm(`Delete “${name}” with its pictures and its training? This cannot be undone.`)) return;
    this.change('project.delete', { project: id });
  }

  /** @param {string} id */
  export(id) {
    return this.app.attempt('projects-state', async () => {
      byId('projects-state').textContent = 'Writing the zip …';
      const { blob, name } = await this.app.client.request('project.export', { project: id });
      download(blob, name);
      byId('projects-state').textContent =
        `${name}, ${size(blob.size)}. Drop it on this page in any browser, or continue with: ssdgan train --resume ${name}`;
    });
  }

  /** A project zip: taken into the list, and opened where nothing trains. @param {File} file @returns {Promise<boolean>} false: it is none */
  async import(file) {
    const { project: id } = await this.app.client.request('project.import', { file });
    if (id === null) return false;
    await this.refresh();
    if (!this.app.busy) await this.enter(id, false);
    else byId('projects-state').textContent = `${file.name} is among your projects now.`;
    return true;
  }

  /** Leaves the open project, which is kept, and begins with nothing. */
  begin() {
    return this.app.attempt('projects-state', async () => {
      if (this.app.phase === 'training') await this.app.client.request('train.pause');
      await this.fresh();
      await this.refresh();
    });
  }

  /** Asks the browser, once, not to delete projects when room gets short. */
  async askToKeep() {
    if (this.promise || !navigator.storage?.persist) return;
    const kept = (await navigator.storage.persisted()) || (await navigator.storage.persist());
    this.promise = kept
      ? ' The browser has promised not to delete it.'
      : ' If room gets short, the browser may delete it: download what is dear to you.';
    await this.refresh();
  }

  /** @param {number} step */
  saved(step) {
    byId('project-saved').textContent = `saved at step ${number(step)}`;
  }
}
