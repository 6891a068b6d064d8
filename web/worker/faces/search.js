/// <reference types="vite/client" />
/** Finds the faces of a collection's photos, by several workers at once. */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { PolicyWorker } from '../../policy-worker.js';
import finderUrl from './finder.js?worker&url';
import { photosOf } from './photos.js';

/** @typedef {import('./finder.js').FoundFace} FoundFace */
/** photo: its number among those that were looked at. @typedef {FoundFace & {name: string, photo: number, blob: Blob}} Face */

/** Each holds a detector and a photo: about 100 MB. */
const MOST_WORKERS = 3;

/** @param {string} name of a photo @param {number} number of the face in it @returns {string} a file's name */
const nameOf = (name, number) => `${name.replace(/\.\w{1,5}$/, '')} face ${number + 1}.png`;

export class FaceSearch {
  constructor() {
    /** @type {Worker[]} */
    this.workers = [];
    this.isCancelled = false;
    /** Ends what a worker is at. @type {Set<() => void>} */
    this.waiting = new Set();
  }

  /** Ends all work at once. run() returns what was found so far. */
  cancel() {
    this.isCancelled = true;
    this.end();
    for (const give of this.waiting) give();
  }

  end() {
    for (const worker of this.workers.splice(0)) worker.terminate();
  }

  /** @param {Worker} worker @param {Blob} photo @returns {Promise<{faces?: FoundFace[], unreadable?: string, missing?: string}>} */
  ask(worker, photo) {
    return new Promise((resolve) => {
      /** @param {any} answer */
      const done = (answer) => {
        this.waiting.delete(give);
        resolve(answer);
      };
      const give = () => done({ faces: [] });
      this.waiting.add(give);
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = (event) => {
        event.preventDefault();
        done({ missing: event.message || 'its worker stopped' });
      };
      worker.postMessage(photo);
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
    const work = async () => {
      const worker = new PolicyWorker(finderUrl);
      this.workers.push(worker);
      for (;;) {
        const { value: photo } = await photos.next();
        if (!photo || this.isCancelled) return;
        const number = next++;
        const blob = await photo.read().catch(() => null);
        const answer = blob ? await this.ask(worker, blob) : { unreadable: 'it cannot be read' };
        if (this.isCancelled) return;
        if (answer.missing)
          throw new SsdganError(
            'unavailable',
            `the face finder could not be loaded (${answer.missing}): is the network there? Try again`,
          );
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
    const hands = Math.max(1, Math.min(MOST_WORKERS, origins.length, (navigator.hardwareConcurrency ?? 2) >> 1));
    progress(0, origins.length, 0);
    try {
      await Promise.all(Array.from({ length: hands }, work));
    } finally {
      this.end();
    }
    const all = [...found].sort(([a], [b]) => a - b).map(([, faces]) => faces);
    const empty = all.filter((faces) => !faces.length).length - unreadable;
    return { photos: all.length, empty, unreadable, faces: all.flat() };
  }
}
