/** The worker's answers about projects (protocol.js has the messages): the list, the one that is open, in and out. */
import { SsdganError } from '../../wasm/engine/engine.js';
import { rgbaFromRgb } from '../../wasm/engine/pixels.js';
import { openZip, writeZip } from '../../wasm/engine/zip.js';
import {
  copyProject,
  filesToExport,
  picturesAbout,
  projectIn,
  readProject,
  updateProject,
} from '../../wasm/run/project.js';
import { checkpointsIn, metadataOf } from '../../wasm/run/run-files.js';
import { BEST, linesOf, MODEL } from '../../wasm/run/store.js';
import { blobOf, isOpen, OpenProject } from './open-project.js';
import { openHome } from './stores/home.js';

/** @typedef {import('./stores/home.js').Home} Home */
/** @typedef {import('../../wasm/run/store.js').Store} Store */

/** Pictures by which a project is recognised: two rows of two. */
const PREVIEW = 4;
/** Points of the curves that a project which is opened shows. */
const MOST_POINTS = 1000;
/** A file of a project zip: a checkpoint of a wide network, or thousands of pictures. */
const MAX_FILE_BYTES = 4e9;

/** The size of a project. Its originals, which may be thousands, are not asked: project.json notes their size. @param {Store} store @param {object} project @returns {Promise<number>} */
async function bytesOf(store, project) {
  let bytes = /** @type {any} */ (project).originalBytes ?? 0;
  for (const name of await store.list()) if (!name.startsWith('originals/')) bytes += (await store.size(name)) ?? 0;
  return bytes;
}

/** The first pictures, by which a project is recognised. @param {Store} store @returns {Promise<{size: number, rgba: Uint8ClampedArray} | null>} */
async function previewOf(store) {
  const about = await picturesAbout(store);
  if (!about) return null;
  const { size, names, file } = about;
  const bytes = size * size * 3;
  const end = (await store.size(file)) ?? 0;
  const from = end - names.length * bytes;
  const count = Math.min(PREVIEW, names.length);
  const rgb = await store.read(file, from, from + count * bytes);
  const rgba = new Uint8ClampedArray(count * size * size * 4);
  if (rgb) rgbaFromRgb(rgb, rgba, 0);
  return { size, rgba };
}

/** Steps of the log, evenly spread, for the curves. @param {Store} store @returns {Promise<object[]>} */
async function historyOf(store) {
  const steps = await linesOf(store, 'step');
  const every = Math.ceil(steps.length / MOST_POINTS);
  return steps.filter((_, i) => i % every === every - 1).map((line) => JSON.parse(line));
}

export class Projects {
  constructor() {
    /** @type {Home | null} */
    this.home = null;
    /** @type {OpenProject | null} */
    this.open = null;
    /** Names of projects in the page's language, and what a copy is named. */
    this.names = { doodles: 'Doodles', pictures: 'Pictures', copy: '{name} (copy)' };
  }

  /** @param {string} [only] for tests */
  async begin(only) {
    this.home = await openHome(only);
  }

  /** @returns {Home} */
  get place() {
    if (!this.home) throw new SsdganError('bad_state', 'the engine is starting');
    return this.home;
  }

  async list() {
    const projects = [];
    for (const id of await this.place.list()) {
      const store = await this.place.store(id);
      const project = await readProject(store);
      if (!project) continue;
      const { name, changed, pictures, doodles = 0, progress = null } = project;
      const here = this.open?.id === id;
      projects.push({
        id, name, changed, pictures, doodles, progress, bytes: await bytesOf(store, project), preview: await previewOf(store),
        isHere: here, isElsewhere: !here && (await isOpen(id)),
      }); // prettier-ignore
    }
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    projects.sort((a, b) => (a.changed < b.changed ? 1 : -1));
    return { usage, quota, projects };
  }

  /** The open project, made where there is none. @param {string} name */
  async ensure(name) {
    this.open ??= await OpenProject.create(this.place, name);
    return this.open;
  }

  /** @param {string} id */
  async openIt(id) {
    if (!(await this.place.list()).includes(id))
      throw new SsdganError('bad_state', 'this project is not there any more');
    this.open = await OpenProject.open(this.place, id);
    if (!this.open.isReadOnly) await updateProject(this.open.store, {});
    return this.open;
  }

  leave() {
    this.open?.release();
    this.open = null;
  }

  /** @param {string} id */
  async refuseBusy(id) {
    if (this.open?.id === id) throw new SsdganError('bad_state', 'this project is open; begin another one first');
    if (await isOpen(id)) throw new SsdganError('bad_state', 'another tab has this project open; close it there first');
  }

  /** @param {string} id */
  async remove(id) {
    await this.refuseBusy(id);
    await this.place.remove(id);
  }

  /** @param {string} id @param {string} name */
  async rename(id, name) {
    await updateProject(await this.place.store(id), { name });
  }

  /** @param {string} id @returns {Promise<string>} id of the copy */
  async duplicate(id) {
    const from = await this.place.store(id);
    const { name = this.names.pictures, changed } = (await readProject(from)) ?? {};
    // The copy is not where somebody was.
    return this.fill(name, (store) => copyProject(from, store), {
      name: this.names.copy.replace('{name}', () => name),
      changed,
    });
  }

  /** @param {string} id @returns {Promise<{blob: Blob, name: string}>} a zip */
  async export(id) {
    const store = await this.place.store(id);
    const names = await filesToExport(store);
    async function* entries() {
      for (const name of names) yield { name, data: await blobOf(store, name) };
    }
    const name = (await readProject(store))?.name ?? 'project';
    return {
      blob: /** @type {Blob} */ (await writeZip(entries())),
      name: `${name.replace(/[^\p{L}\p{N} ._-]+/gu, '-')}.zip`,
    };
  }

  /** Takes a project zip. @param {File} file @returns {Promise<string | null>} id of the new project; null: it is no project */
  async import(file) {
    const { files } = await openZip(file, '', { maxBytes: MAX_FILE_BYTES });
    const found = projectIn(files);
    return (
      found &&
      this.fill(file.name.replace(/\.zip$/i, ''), async (store) => {
        for (const { name, file: stored } of found) await store.write(name, await stored.read());
      })
    );
  }

  /** Makes a project of files. What went wrong half way leaves nothing. @param {string} fallback its name where the files tell none @param {(store: Store) => Promise<void>} write @param {object} fields of project.json that change @returns {Promise<string>} */
  async fill(fallback, write, fields = {}) {
    const project = await OpenProject.create(this.place, fallback);
    try {
      await write(project.store);
      if (!(await readProject(project.store)))
        throw new SsdganError('bad_file', 'the project has no whole project.json');
      await updateProject(project.store, fields);
      return project.id;
    } catch (error) {
      await this.place.remove(project.id).catch(() => {});
      throw error;
    } finally {
      project.release();
    }
  }
}

/** The newest model, to look at a project that another tab has. @param {Store} store @returns {Promise<Uint8Array | null>} */
async function modelOf(store) {
  return (await store.read(MODEL)) ?? (await store.read(BEST));
}

/**
 * @param {Projects} projects
 * @param {{leave: () => Promise<void>, enter: (project: OpenProject) => Promise<Record<string, any>>}} worker leave: closes
 *   the open project; enter: takes the pictures of one
 * @returns {Record<string, (request: any) => any>}
 */
export function projectHandlers(projects, { leave, enter }) {
  return {
    'projects.list': () => projects.list(),
    async 'project.open'({ project: id }) {
      await leave();
      const project = await projects.openIt(id);
      try {
        const pictures = await enter(project);
        const { store, isReadOnly } = project;
        const [newest] = await checkpointsIn(store);
        const { favourites = [], keyframes } = (await readProject(store)) ?? {};
        return {
          pictures,
          isReadOnly,
          step: newest?.step ?? null,
          metadata: newest && (await metadataOf(store, newest.name)),
          history: await historyOf(store),
          // They were one list, of the picked faces.
          ...(keyframes ? { favourites, keyframes } : { favourites: [], keyframes: favourites }),
          model: isReadOnly ? await modelOf(store) : null,
        };
      } catch (error) {
        projects.leave();
        throw error;
      }
    },
    async 'project.favour'({ favourites, keyframes }) {
      if (projects.open && !projects.open.isReadOnly)
        await updateProject(projects.open.store, { favourites, keyframes });
      return {};
    },
    async 'project.rename'({ project: id, name }) {
      await projects.rename(id, name);
      return {};
    },
    'project.duplicate': async ({ project }) => ({ project: await projects.duplicate(project) }),
    async 'project.delete'({ project: id }) {
      await projects.remove(id);
      return {};
    },
    'project.export': ({ project }) => projects.export(project),
    'project.import': async ({ file }) => ({ project: await projects.import(file) }),
  };
}
