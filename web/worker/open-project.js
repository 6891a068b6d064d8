/**
 * The project that the worker has open: its store, its lock, and what the store knows of its pictures. A new collection has no
 * project yet; it gets one with the first own picture, or when doodles are trained on.
 */
import { readPictures, readProject, updateProject, writePictures } from '../../wasm/run/project.js';
import { queue } from '../../wasm/run/queue.js';
import { Collection } from './collection.js';
import { fileOf } from './intake.js';

/** @typedef {import('./stores/home.js').Home} Home */
/** @typedef {import('../../wasm/run/store.js').Store} Store */
/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */

/** The pictures are written so long after the last change, and before a training. */
const SETTLE_MS = 700;
/** Left-out files that are remembered. */
const MOST_REFUSED = 500;
const ORIGINALS = 'originals/';
/** The originals may take this share of what the browser still gives. */
const ORIGINALS_SHARE = 0.25;

/** A page that was just left, or a worker that died, holds its lock for a moment. */
const LOCK_MS = 1500;

/** Holds a lock until it is released. @param {string} id @returns {Promise<(() => void) | null>} null: another tab has the project */
function lock(id) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const hold = () => new Promise((release) => resolve(() => release(undefined)));
    navigator.locks.request(nameOf(id), { signal: AbortSignal.timeout(LOCK_MS) }, hold).catch(() => resolve(null));
  });
}

/** The name of a project's lock. @param {string} id */
const nameOf = (id) => `ssdgan-project-${id}`;

/** @param {string} id @returns {Promise<boolean>} whether a tab has it open */
export async function isOpen(id) {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === nameOf(id));
}

/** @param {Store} store @param {string} name @returns {Promise<Blob>} */
export async function blobOf(store, name) {
  const blob = await /** @type {any} */ (store).blob?.(name);
  return blob ?? new Blob([/** @type {any} */ ((await store.read(name)) ?? new Uint8Array())]);
}

/** A name without what a file system may refuse. @param {string} name */
const plain = (name) =>
  name
    .replace(/[^\p{L}\p{N} ._()-]+/gu, '_')
    .slice(-80)
    .replace(/^[ .]+/, '');

export class OpenProject {
  /** @param {string} id @param {Store} store @param {() => void} release @param {boolean} isReadOnly another tab has it */
  constructor(id, store, release, isReadOnly) {
    this.id = id;
    this.store = store;
    this.release = release;
    this.isReadOnly = isReadOnly;
    this.timer = 0;
    /** Pictures are written one after the other. */
    this.inTurn = queue();
    this.isDirty = false;
    /** No pictures have been kept yet. */
    this.isNew = false;
    /** How many of the files have been kept, or left out for want of room. */
    this.kept = 0;
  }

  /** @param {Home} home @param {string} id @returns {Promise<OpenProject>} */
  static async open(home, id) {
    const release = await lock(id);
    return new OpenProject(id, await home.store(id), release ?? (() => {}), release === null);
  }

  /** @param {Home} home @param {string} name @returns {Promise<OpenProject>} */
  static async create(home, name) {
    const id = crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const project = await OpenProject.open(home, id);
    await updateProject(project.store, { name });
    project.isNew = true;
    return project;
  }

  /** The pictures as they were. @param {Engine} engine @returns {Promise<Collection | null>} null: none were kept */
  async restore(engine) {
    const read = await readPictures(engine, this.store);
    if (!read) return null;
    const { dataset, about } = read;
    const { names, sides, size, crop, filter } = about;
    const reading = { size, crop, filter };
    const collection = new Collection(engine, reading);
    collection.replace(dataset);
    collection.origins = names;
    collection.sides = new Map(names.flatMap((name, i) => (sides?.[i] ? [[name, sides[i]]] : [])));
    const {
      doodles = 0,
      removed = [],
      frames = [],
      refused = [],
      files = 0,
    } = /** @type {any} */ ((await readProject(this.store)) ?? {});
    collection.doodles = doodles;
    collection.refused = refused;
    collection.frames = new Map(frames);
    collection.files = Array.from({ length: files }, () => null);
    for (const stored of await this.store.list()) {
      const [, number, name] = /^originals\/(\d+) (.*)$/.exec(stored) ?? [];
      const load = async () => new File([await blobOf(this.store, stored)], name);
      if (name) collection.files[Number(number)] = { name, load };
    }
    this.kept = collection.files.length;
    const used = new Set(names.map(fileOf));
    collection.files = collection.files.map((file, i) => (used.has(i) ? file : null));
    // A picture that was removed after the others were written.
    collection.removed = new Set(removed);
    for (let i = names.length - 1; i >= 0; i--) {
      if (!collection.removed.has(names[i])) continue;
      dataset.remove(i);
      names.splice(i, 1);
    }
    return collection;
  }

  /** The pictures have changed: what was removed is noted at once, the rest is written when there is time. @param {Collection} collection */
  async changed(collection) {
    if (this.isReadOnly) return;
    this.isDirty = true;
    clearTimeout(this.timer);
    this.timer = /** @type {any} */ (setTimeout(() => this.keep(collection).catch(() => {}), SETTLE_MS)); // told when a training begins
    await this.note(collection);
  }

  /** @param {Collection} collection */
  async note({ about, count, refused }) {
    const { doodles, removed, frames } = about;
    const fields = { pictures: count, doodles, removed, frames, refused: refused.slice(0, MOST_REFUSED) };
    await updateProject(this.store, /** @type {any} */ (fields));
  }

  /** Writes the pictures, if they have changed. @param {Collection} collection */
  keep(collection) {
    clearTimeout(this.timer);
    return this.inTurn(async () => {
      if (!this.isDirty || this.isReadOnly) return;
      this.isDirty = this.isNew = false;
      try {
        await this.note(collection);
        await writePictures(this.store, collection.dataset, collection.about);
        await this.keepOriginals(collection);
      } catch (error) {
        this.isDirty = true;
        throw error;
      }
    });
  }

  /** Keeps the files themselves, where they fit. Photos go when their faces have taken their place for good. @param {Collection} collection */
  async keepOriginals({ files, photos }) {
    let { originalBytes = 0 } = /** @type {any} */ ((await readProject(this.store)) ?? {});
    for (const stored of photos ? [] : await this.store.list()) {
      const [, number] = /^originals\/(\d+) /.exec(stored) ?? [];
      if (!number || files[Number(number)]) continue;
      originalBytes -= (await this.store.size(stored)) ?? 0;
      await this.store.remove(stored);
    }
    for (; this.kept < files.length; this.kept++) {
      const file = files[this.kept];
      if (!(file instanceof File)) continue;
      const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
      if (file.size > (quota - usage) * ORIGINALS_SHARE) continue;
      try {
        await this.store.write(`${ORIGINALS}${String(this.kept).padStart(6, '0')} ${plain(file.name)}`, file);
        originalBytes += file.size;
      } catch {
        // No room after all, or the file was moved: the pictures themselves are kept.
      }
    }
    await updateProject(this.store, /** @type {any} */ ({ files: this.kept, originalBytes }));
  }
}
