/** On top of the page: the project that is open, the one to continue with, and the list of all. */
import { button, byId, download, drawGrid, element } from './draw.js';
import { lang, size, t, tell } from './words.js';

/** @typedef {import('./app.js').App} App */
/**
 * @typedef {{id: string, name: string, changed: string, pictures: number, doodles: number, bytes: number,
 *   progress: {step: number, total: number | null} | null, preview: {size: number, rgba: Uint8ClampedArray} | null, isHere: boolean, isElsewhere: boolean}} Listed
 */

/** @param {string} date ISO @returns {string} "today, 14:05", "yesterday", "12 March" */
function when(date) {
  const then = new Date(date);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 864e5);
  if (days > 1) return then.toLocaleDateString(lang(), { day: 'numeric', month: 'long' });
  const day = new Intl.RelativeTimeFormat(lang(), { numeric: 'auto' }).format(-Math.max(0, days), 'day');
  return days === 1 ? day : `${day}, ${then.toLocaleTimeString(lang(), { hour: '2-digit', minute: '2-digit' })}`;
}

/** In localStorage: the height of the card to continue with. first.js keeps room for it. */
const ROOM = 'ssdgan-continue';

/** @param {Listed['progress']} progress */
const isDone = (progress) => progress !== null && progress.total !== null && progress.step >= progress.total;

/** @param {Listed} project */
function describe({ pictures, doodles, progress, bytes, changed }) {
  const what = t(doodles ? 'projects.doodles' : 'projects.pictures', { n: pictures });
  const { step, total } = progress ?? { step: 0, total: null };
  const trained = !progress
    ? t('projects.not-trained')
    : isDone(progress)
      ? t('projects.trained', { n: step })
      : total === null
        ? t('projects.step', { step })
        : t('projects.step-of', { step, total });
  return [what, trained, size(bytes), when(changed)].join(' · ');
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
    /** The one that is being opened or left: the next one waits. */
    this.last = Promise.resolve();
    /** How often the list was asked for. */
    this.asked = 0;
    /** @type {string | null} what the browser said when it was asked not to delete anything */
    this.promise = null;
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
      const { projects, usage, quota } = await this.app.client.request('projects.list');
      if (mine !== this.asked) return; // a later list is on its way
      this.projects = projects;
      tell(byId('projects-state'), () => {
        if (!this.app.keeps) return t('projects.not-kept');
        const room = quota ? [t('projects.room', { quota: size(quota), usage: size(usage) })] : [];
        return [t('projects.kept'), ...room, ...(this.promise ? [t(this.promise)] : [])].join(' ');
      });
      this.show();
      this.keepRoom();
    });
  }

  /** At the next visit the card moves nothing. */
  keepRoom() {
    const card = byId('continue');
    document.documentElement.classList.remove('returns');
    try {
      if (!this.projects.length) return localStorage.removeItem(ROOM);
      const { hidden } = card;
      if (hidden) this.showContinue(this.projects[0]);
      card.hidden = false;
      localStorage.setItem(ROOM, `${card.offsetHeight}px`);
      card.hidden = hidden;
    } catch {
      // Nothing is kept here.
    }
  }

  show() {
    const { app, projects } = this;
    const isAtRest = app.phase === 'ready' && app.project === null && !app.resume;
    byId('projects').hidden = app.phase === 'starting' || (!projects.length && app.keeps && app.project === null);
    byId('continue').hidden = !isAtRest || !projects.length;
    byId('project-now').hidden = app.project === null;
    const list = element('project-list', HTMLDetailsElement);
    const summary = list.querySelector('summary');
    if (summary) summary.textContent = t('projects.list', { n: projects.length });
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
    const isOver = project.isElsewhere || isDone(project.progress) || !project.progress;
    tell(button('continue-button'), () => t(isOver ? 'projects.open' : 'train.continue'));
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
    input.setAttribute('aria-label', t('projects.name'));
    input.onchange = () => this.change('project.rename', { project: id, name: input.value.trim() || name });
    const about = Object.assign(document.createElement('p'), { className: 'quiet', textContent: describe(project) });
    if (isHere) about.textContent += ` · ${t('projects.is-open')}`;
    if (isElsewhere) about.textContent += ` · ${t('projects.is-elsewhere')}`;
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
    if (!isHere) add(t(isElsewhere ? 'projects.look' : 'projects.open'), () => this.enter(id, false));
    add(t('projects.duplicate'), () => this.change('project.duplicate', { project: id }));
    add(t('projects.download-this'), () => this.export(id));
    add(t('projects.delete'), () => this.remove(project), isHere || isElsewhere);
    words.append(input, about, row);
    item.append(picture, words);
    return item;
  }

  /** Goes to another project, once the last one is there. @param {() => Promise<void>} go */
  inTurn(go) {
    this.last = this.last.then(() =>
      this.app.attempt('projects-state', async () => {
        if (this.app.phase === 'training') await this.app.client.request('train.pause');
        await go();
        await this.refresh();
      }),
    );
    return this.last;
  }

  /** @param {string} id @param {boolean} andTrain */
  enter(id, andTrain) {
    return this.inTurn(async () => {
      await this.open(id, andTrain);
      element('project-list', HTMLDetailsElement).open = false;
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
    if (!confirm(t('projects.really-delete', { name }))) return;
    this.change('project.delete', { project: id });
  }

  /** @param {string} id */
  export(id) {
    return this.app.attempt('projects-state', async () => {
      tell(byId('projects-state'), () => t('projects.writing'));
      const { blob, name } = await this.app.client.request('project.export', { project: id });
      download(blob, name);
      tell(byId('projects-state'), () => t('projects.written', { name, size: size(blob.size) }));
    });
  }

  /** A project zip: taken into the list, and opened where nothing trains. @param {File} file @returns {Promise<boolean>} false: it is none */
  async import(file) {
    const { project: id } = await this.app.client.request('project.import', { file });
    if (id === null) return false;
    await this.refresh();
    if (!this.app.busy) await this.enter(id, false);
    else tell(byId('projects-state'), () => t('projects.imported', { name: file.name }));
    return true;
  }

  /** Leaves the open project, which is kept, and begins with nothing. */
  begin() {
    return this.inTurn(() => this.fresh());
  }

  /** Asks the browser, once, not to delete projects when room gets short. */
  async askToKeep() {
    if (this.promise || !navigator.storage?.persist) return;
    const kept = (await navigator.storage.persisted()) || (await navigator.storage.persist());
    this.promise = kept ? 'projects.promised' : 'projects.not-promised';
    await this.refresh();
  }

  /** @param {number} step */
  saved(step) {
    tell(byId('project-saved'), () => t('projects.saved', { step }));
  }
}
