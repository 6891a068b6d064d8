/**
 * A project: all that one training is made of, in one store (store.js has the names). Terminal and page keep the same files,
 * so that each continues what the other began.
 *
 * project.json tells of it, and pictures.safetensors holds its pictures as they train: one tensor, N x size x size x 3 bytes.
 */
import { headerOf } from '../engine/safetensors.js';
import { SsdganError } from '../engine/engine.js';
import { planFrom } from './plan.js';
import { queue } from './queue.js';
import { checkpointsIn, goodOf, metadataOf } from './run-files.js';
import { BEST, GOOD_SLOTS, LOG, MODEL, NEXT_BEST, OLD_CHECKPOINT, samplesIn, SLOTS } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('../engine/engine.js').Engine} Engine */
/** @typedef {import('../engine/dataset.js').Dataset} Dataset */
/**
 * @typedef {object} Project project.json; a home may add fields of its own
 * @property {'ssdgan-project'} format
 * @property {string} name
 * @property {string} created ISO 8601
 * @property {string} changed ISO 8601: the last time that it was opened or trained
 * @property {number} pictures how many
 * @property {number} [doodles] that many doodles are the pictures
 * @property {string[]} [sources] where the terminal found the pictures: absolute paths
 * @property {string} [recipe]
 * @property {Record<string, number | string>} [config] all settings of the training
 * @property {number} [parameters] of both networks
 * @property {string[]} [commands] of the terminal that made it so far
 * @property {{step: number, total: number | null}} [progress] of the last save; total: null in the file where it was not known yet (Infinity)
 * @property {number} [processorMinutes] that the terminal's training has used up to its last save
 * @property {{face: any, label: string}[]} [favourites] of the page's visitor (web/page/play/keys.js)
 * @property {{face: any, label: string}[]} [keyframes] faces that were picked for an interpolation, in order
 */
/**
 * names: where each picture came from; sides: the shorter and the longer side of its file's picture, null where unknown; file: that
 * holds them
 * @typedef {{size: number, crop: string, filter: string, names: string[], sides?: ([number, number] | null)[], file: string}} PicturesAbout
 */

export const PROJECT = 'project.json';
export const PICTURES = 'pictures.safetensors';
/**
 * What is written again goes under a second name first: a kill in the middle of a write leaves one of both whole. A kill of the
 * browser in the middle of project.json hid its project from the list (once in a series of 60).
 */
const NEXT = { [PROJECT]: 'project-next.json', [PICTURES]: 'pictures-next.safetensors' };

const PICTURES_FORMAT = 'ssdgan-pictures';
/** Bytes of pictures that are copied at once. */
const PIECE_BYTES = 16e6;

/** @param {Store} store @param {keyof typeof NEXT} name @param {() => import('./store.js').Content} data */
async function writeTwice(store, name, data) {
  await store.write(NEXT[name], data());
  await store.write(name, data());
  await store.remove(NEXT[name]);
}

/** Of those who read or change a project.json: a reader must not meet half of a file, and of two changes at once one would be lost. */
const inTurn = queue();

/** @param {Store} store @returns {Promise<Project | null>} null: there is none, or it is damaged */
export const readProject = (store) => inTurn(() => read(store));

/** Changes some fields; makes the project where there is none. @param {Store} store @param {Partial<Project>} fields @returns {Promise<Project>} */
export const updateProject = (store, fields) => inTurn(() => change(store, fields));

/** @param {Store} store @returns {Promise<Project | null>} */
async function read(store) {
  for (const name of [PROJECT, NEXT[PROJECT]]) {
    const bytes = await store.read(name);
    try {
      const project = bytes && JSON.parse(new TextDecoder().decode(bytes));
      if (project?.format === 'ssdgan-project') return project;
    } catch {
      // Cut off by a kill: the other one is whole.
    }
  }
  return null;
}

/** @param {Store} store @param {Partial<Project>} fields @returns {Promise<Project>} */
async function change(store, fields) {
  const now = new Date().toISOString();
  const earlier = (await read(store)) ?? {
    format: 'ssdgan-project',
    name: 'Project',
    created: now,
    pictures: 0,
  };
  const project = /** @type {Project} */ ({ ...earlier, changed: now, ...fields });
  await writeTwice(store, PROJECT, () => `${JSON.stringify(project, null, 2)}\n`);
  return project;
}

/** Keeps the pictures of a dataset. @param {Store} store @param {Dataset} dataset @param {Omit<PicturesAbout, 'size' | 'file'>} about */
export async function writePictures(store, dataset, { crop, filter, names, sides }) {
  const { count, size } = dataset;
  const metadata = {
    format: PICTURES_FORMAT,
    size: String(size),
    crop,
    filter,
    names: JSON.stringify(names),
    ...(sides && { sides: JSON.stringify(sides) }),
  };
  const header = headerOf([{ name: 'pictures', dtype: 'U8', shape: [count, size, size, 3], bytes: count * size * size * 3 }], metadata); // prettier-ignore
  function* pieces() {
    yield header;
    const step = Math.max(1, Math.floor(PIECE_BYTES / (size * size * 3)));
    for (let first = 0; first < count; first += step) yield dataset.pictures(first, Math.min(step, count - first));
  }
  await writeTwice(store, PICTURES, pieces);
}

/** @param {Store} store @returns {Promise<[Record<string, string> | null, string]>} metadata and name of the file that is whole */
async function wholePictures(store) {
  const metadata = await metadataOf(store, PICTURES);
  return metadata ? [metadata, PICTURES] : [await metadataOf(store, NEXT[PICTURES]), NEXT[PICTURES]];
}

/** How the kept pictures were read. @param {Store} store @returns {Promise<PicturesAbout | null>} null: there are none */
export async function picturesAbout(store) {
  const [metadata, file] = await wholePictures(store);
  if (metadata?.format !== PICTURES_FORMAT) return null;
  const { size, crop, filter, names, sides } = metadata;
  return {
    size: Number(size),
    crop,
    filter,
    names: JSON.parse(names),
    ...(sides && { sides: JSON.parse(sides) }),
    file,
  };
}

/** The pictures that a project keeps. @param {Engine} engine @param {Store} store @returns {Promise<{dataset: Dataset, about: PicturesAbout} | null>} null: there are none */
export async function readPictures(engine, store) {
  const about = await picturesAbout(store);
  const bytes = about && (await store.size(about.file));
  if (!about || !bytes) return null;
  const each = about.size ** 2 * 3;
  const data = about.names.length * each;
  if (!(bytes > data)) throw new SsdganError('bad_file', `${PICTURES} is cut off: give the pictures again`);
  const dataset = engine.createDataset(/** @type {any} */ (about));
  try {
    dataset.reserve(about.names.length);
    const step = Math.max(1, Math.floor(PIECE_BYTES / each)) * each;
    for (let at = bytes - data; at < bytes; at += step)
      dataset.addRgb((await store.read(about.file, at, Math.min(bytes, at + step))) ?? new Uint8Array());
    return { dataset, about };
  } catch (error) {
    dataset.dispose();
    throw error;
  }
}

/** Whether a file is one of a project's: a folder may hold others. @param {string} name @returns {boolean} */
const isProjectFile = (name) =>
  [
    PROJECT,
    PICTURES,
    ...Object.values(NEXT),
    ...SLOTS,
    ...GOOD_SLOTS,
    OLD_CHECKPOINT,
    MODEL,
    BEST,
    NEXT_BEST,
    LOG,
  ].includes(name) ||
  samplesIn(name) !== null ||
  /^originals\/[^/\\]+$/.test(name);

/** Copies all files. @param {Store} from @param {Store} to */
export async function copyProject(from, to) {
  for (const name of (await from.list()).filter(isProjectFile)) {
    const bytes = await from.read(name);
    if (bytes) await to.write(name, bytes);
  }
}

/** What travels: of the two checkpoints only the newest, with the state that its doctor would go back to. @param {Store} store @returns {Promise<string[]>} names */
export async function filesToExport(store) {
  const [newest] = await checkpointsIn(store);
  const files = (await store.list()).filter(isProjectFile);
  const good = newest && (await goodOf(store, planFrom((await metadataOf(store, newest.name))?.plan ?? '')));
  const left = [...SLOTS, ...GOOD_SLOTS].filter((name) => name !== newest?.name && name !== good);
  return files.filter((name) => !left.includes(name));
}

/**
 * The project in a zip or a folder: also one that lies in a folder of its own there.
 * @template {{name: string}} T
 * @param {T[]} files names with / between folders
 * @returns {{name: string, file: T}[] | null} names in the project; null: there is none
 */
export function projectIn(files) {
  const notes = files.map(({ name }) => name).filter((name) => name === PROJECT || name.endsWith(`/${PROJECT}`));
  if (!notes.length) return null;
  const folder = notes.reduce((a, b) => (b.length < a.length ? b : a)).slice(0, -PROJECT.length);
  return files
    .filter(({ name }) => name.startsWith(folder))
    .map((file) => ({ name: file.name.slice(folder.length), file }))
    .filter(({ name }) => isProjectFile(name));
}
