/** Finds the faces of a collection's photos, by several workers at once. */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { photosOf } from './photos.js';

/** @typedef {import('./finder.js').FoundFace} FoundFace */
/** photo: its number among those that were looked at. @typedef {FoundFace & {name: string, photo: number, blob: Blob}} Face */

/** What a worker finds in a photo. @typedef {{faces?: FoundFace[], unreadable?: string, missing?: string}} Answer */

/** @param {string} name of a photo @param {number} number of the face in it @returns {string} a file's name */
const nameOf = (name, number) => `${name.replace(/\.\w{1,5}$/, '')} face ${number + 1}.png`;

export class FaceSearch {
  /** @param {MessagePort[]} ports to workers (finder.js), one at least, which the page starts and ends */
  constructor(ports) {
    this.ports = ports;
    this.isCancelled = false;
    /** Why there is no finder. */
    this.missing = '';
    /** Ends the wait for a worker. @type {Set<() => void>} */
    this.waiting = new Set();
  }

  /** Ends all work at once. run() returns what was found so far. @param {string} missing why there is no finder: run() throws then */
  cancel(missing = '') {
    this.isCancelled = true;
    this.missing ||= missing;
    for (const give of this.waiting) give();
  }

  /** @param {MessagePort} port @param {Blob} photo @returns {Promise<Answer>} */
  ask(port, photo) {
    return new Promise((resolve) => {
      /** @param {Answer} answer */
      const done = (answer) => {
        this.waiting.delete(give);
        resolve(answer);
      };
      const give = () => done({ faces: [] });
      this.waiting.add(give);
      port.onmessage = ({ data }) => done(data);
      port.postMessage(photo);
    });
  }

  /**
   * @param {(File | import('../intake.js').Stored | null)[]} files @param {string[]} origins
   * @param {(done: number, total: number, faces: number) => void} progress
   * @returns {Promise<{photos: number, empty: number, unreadable: number, faces: Face[]}>} in the order of the photos;
   *   photos: that were looked at; empty: those without a face
   */
  async run(files, origins, progress) {
    /** @type {Map<number, Face[]>} */
    const found = new Map();
    const photos = photosOf(files, origins);
    let [next, count, unreadable] = [0, 0, 0];
    const work = async (/** @type {MessagePort} */ port) => {
      for (;;) {
        const { value: photo } = await photos.next();
        if (!photo) return;
        const number = next++;
        const blob = await photo.read().catch(() => null);
        if (this.isCancelled) return; // the worker may be gone: it would not answer
        const answer = blob ? await this.ask(port, blob) : { unreadable: 'it cannot be read' };
        if (answer.missing) this.cancel(answer.missing);
        if (this.isCancelled) return;
        if (answer.unreadable || !blob) unreadable++;
        const faces = (answer.faces ?? []).map((face, i) => ({
          ...face,
          name: face.png ? nameOf(photo.name, i) : photo.name,
          photo: number,
          blob: face.png ?? /** @type {Blob} */ (blob),
        }));
        found.set(number, faces);
        count += faces.length;
        progress(found.size, origins.length, count);
      }
    };
    progress(0, origins.length, 0);
    await Promise.all(this.ports.map(work));
    if (this.missing)
      throw new SsdganError(
        'unavailable',
        `the face finder could not be loaded (${this.missing}): is the network there? Try again`,
      );
    const all = [...found].sort(([a], [b]) => a - b).map(([, faces]) => faces);
    const empty = all.filter((faces) => !faces.length).length - unreadable;
    return { photos: all.length, empty, unreadable, faces: all.flat() };
  }
}
