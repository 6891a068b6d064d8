/**
 * The pictures of a project in the worker: the dataset, and the files that they were read from, so that size and crop can
 * change. A picture that was removed stays out, however often the files are read again.
 */
import { SsdganError } from '../../wasm/engine/engine.js';
import { later } from '../later.js';
import { addFiles, fileOf } from './intake.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */
/** @typedef {import('../../wasm/engine/engine.js').Dataset} Dataset */
/** @typedef {import('./intake.js').Refused} Refused */
/** @typedef {{size: number, crop: string, filter: string}} Reading how pictures are read */
/** @typedef {(done: number, total: number) => void} Progress */

const loadFrames = later(() => import('./pictures/frames.js'));

export class Collection {
  /** @param {Engine} engine @param {Reading} reading */
  constructor(engine, reading) {
    this.engine = engine;
    this.reading = reading;
    /** @type {Dataset} */
    this.drawn = this.makeDataset();
    /** Doodles that have not been drawn yet: 1,000 take 1.7 processor seconds, and few visitors train on them. */
    this.undrawn = 0;
    /** How many doodles are the pictures; 0: they are files. */
    this.doodles = 0;
    /** @type {(File | import('./intake.js').Stored | null)[]} that were given; null: it gave no picture, or is not there any more */
    this.files = [];
    /** @type {string[]} where each picture came from (intake.js) */
    this.origins = [];
    /** How large the pictures in the files are, by origin. @type {Map<string, import('./intake.js').Sides>} */
    this.sides = new Map();
    /** @type {Set<string>} origins */
    this.removed = new Set();
    /** @type {Refused[]} */
    this.refused = [];
    /** The photos whose faces took their place, until a training begins. @type {Pick<Collection, 'files' | 'removed' | 'refused'> | null} */
    this.photos = null;
    /** What can be undone, the last one at the end. @type {import('./pictures/changes.js').Change[]} */
    this.changes = [];
    /** Frames that were set by hand, by the picture's origin. @type {Map<string, import('./pictures/frames.js').Frame>} */
    this.frames = new Map();
  }

  /** The files are here, so that they can be read again. */
  get isReadable() {
    return this.doodles > 0 || this.origins.every((origin) => this.files[fileOf(origin)]);
  }

  makeDataset() {
    return this.engine.createDataset(/** @type {any} */ (this.reading));
  }

  get count() {
    return this.drawn.count + this.undrawn;
  }

  /** All pictures. */
  get dataset() {
    return this.firstOnes(Infinity);
  }

  /** @param {number} count @returns {Dataset} that holds at least the first ones */
  firstOnes(count) {
    const { drawn, undrawn } = this;
    const more = Math.min(count - drawn.count, undrawn);
    if (more > 0) {
      drawn.addDoodles(0, drawn.count, more);
      this.undrawn -= more;
    }
    return drawn;
  }

  /** Puts doodles in the place of everything. @param {number} count @param {Set<string>} removed origins that are left out */
  takeDoodles(count, removed = new Set()) {
    const origins = Array.from({ length: count }, (_, i) => `doodle ${i}`);
    this.replace(this.makeDataset());
    this.undrawn = count;
    for (let i = count - 1; removed.size && i >= 0; i--) if (removed.has(origins[i])) this.dataset.remove(i);
    const changes = removed === this.removed ? this.changes : [];
    Object.assign(this, {
      doodles: count,
      files: [],
      refused: [],
      removed,
      changes,
      frames: new Map(),
      sides: new Map(),
    });
    this.origins = origins.filter((origin) => !removed.has(origin));
  }

  /** @param {Dataset} dataset */
  replace(dataset) {
    this.dispose();
    this.drawn = dataset;
    this.undrawn = 0;
  }

  /**
   * Adds files. Doodles make room for the first real picture; files without one change nothing.
   * @param {File[]} files @param {Progress} progress
   * @returns {Promise<number>} pictures added
   */
  async add(files, progress) {
    const dataset = this.doodles ? this.makeDataset() : this.drawn;
    if (this.doodles) this.files = [];
    const { sides } = this;
    const { origins, refused } = await addFiles(dataset, files, progress, { first: this.files.length, sides });
    this.refused.push(...refused);
    if (dataset !== this.drawn && !origins.length) {
      dataset.dispose();
      return 0;
    }
    if (dataset !== this.drawn) this.replace(dataset);
    if (this.doodles)
      Object.assign(this, { doodles: 0, origins: [], removed: new Set(), changes: [], frames: new Map() });
    const used = new Set(origins.map(fileOf));
    this.photos = null;
    const first = this.files.length;
    this.files.push(...files.map((file, i) => (used.has(first + i) ? file : null)));
    this.origins.push(...origins);
    return origins.length;
  }

  /** Reads everything again, another way. @param {Reading} reading @param {Progress} progress */
  async readAgain(reading, progress) {
    const isSame = JSON.stringify(reading) === JSON.stringify(this.reading);
    if (isSame) return;
    for (const change of this.changes) change.pixels = null; // they have the last size
    if (this.doodles) {
      this.reading = reading;
      this.takeDoodles(this.doodles, this.removed);
      return;
    }
    if (!this.isReadable && this.count)
      throw new SsdganError(
        'bad_state',
        'the original files are not here, so that the pictures cannot be read another way: begin a new project and drop them again',
      );
    this.reading = reading;
    this.replace(this.makeDataset()); // before the memory of the next ones is taken
    this.origins = [];
    const { removed, sides } = this;
    const { origins, refused } = await addFiles(this.dataset, this.files, progress, { removed, sides });
    Object.assign(this, { origins, refused });
    await this.frameAgain();
  }

  /** All have been read again. */
  async frameAgain() {
    if (this.frames.size) await (await loadFrames()).applyFrames(this);
  }

  /** How they were read, and from where: for project and store. */
  get about() {
    const { reading, origins, doodles, removed, frames } = this;
    const sides = origins.map((origin) => this.sides.get(origin) ?? null);
    return { ...reading, names: origins, sides, doodles, removed: [...removed], frames: [...frames] };
  }

  dispose() {
    this.drawn.dispose();
  }
}
