/** The worker's answers about faces in photos (protocol.js has the messages). */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { exchange, exchangeBack } from './exchange.js';
import { photosOf, someOf } from './photos.js';
import { FaceSearch } from './search.js';

/** @typedef {import('../collection.js').Collection} Collection */

/** Pictures that are looked at, to tell whether they are photos; and those in which faces are looked for. */
const SAMPLE = 8;
const SMALL_SAMPLE = 4;
/** A face's picture is about as wide as high. */
const SQUARE = 1.2;
/** A square picture of so many pixels may hold a small face, which takes less than this share of its side. */
const LARGE = 256;
const SMALL_SHARE = 0.6;

/** @param {Collection} pictures @returns {Promise<boolean | null>} whether most pictures have the shape of photos; null: they may hold a small face */
async function lookLikePhotos({ files, origins }) {
  let [wide, large, seen] = [0, 0, 0];
  for await (const photo of photosOf(files, someOf(origins, SAMPLE))) {
    const bitmap = await photo
      .read()
      .then((blob) => createImageBitmap(blob))
      .catch(() => null);
    if (!bitmap) continue;
    const [shorter, longer] = [Math.min(bitmap.width, bitmap.height), Math.max(bitmap.width, bitmap.height)];
    bitmap.close();
    seen++;
    if (longer > SQUARE * shorter) wide++;
    else if (shorter >= LARGE) large++;
  }
  if (2 * wide > seen) return true;
  return 2 * (wide + large) > seen ? null : false;
}

/**
 * @param {() => Collection} freePictures that may be changed @param {(pictures: Collection) => Promise<any>} changed keeps them; the reply of pictures.add
 * @param {(message: Record<string, unknown>) => void} send @param {(done: number, total: number) => void} progress of reading
 * @returns {Record<string, (request: any) => any>}
 */
export function facesHandlers(freePictures, changed, send, progress) {
  /** Searches that run. @type {Set<FaceSearch>} */
  const searches = new Set();
  let isFinding = false;
  /** @type {import('./search.js').Face[]} */
  let faces = [];
  const refuse = (/** @type {string} */ message) => {
    throw new SsdganError('bad_state', message);
  };

  /** @param {MessagePort[]} ports @param {Collection} pictures @param {string[]} origins @param {(done: number, total: number, found: number) => void} tell */
  async function run(ports, { files }, origins, tell) {
    const search = new FaceSearch(ports);
    searches.add(search);
    try {
      return { ...(await search.run(files, origins, tell)), stopped: search.isCancelled };
    } finally {
      searches.delete(search);
    }
  }

  /** @param {Collection} pictures @param {MessagePort[]} ports @returns {Promise<boolean>} whether most pictures hold a small face */
  async function holdSmallFaces(pictures, ports) {
    const some = someOf(pictures.origins, SMALL_SAMPLE);
    const found = (await run(ports, pictures, some, () => {})).faces;
    const photos = new Set(found.filter(({ share }) => share < SMALL_SHARE).map(({ photo }) => photo));
    return 2 * photos.size > some.length;
  }

  return {
    async 'faces.check'({ ports }) {
      const pictures = freePictures();
      if (pictures.doodles || !pictures.count || !pictures.isReadable) return { offer: false };
      return { offer: await (ports ? holdSmallFaces(pictures, ports) : lookLikePhotos(pictures)) };
    },
    async 'faces.find'({ ports }) {
      const pictures = freePictures();
      if (pictures.doodles || !pictures.count) refuse('drop your photos first');
      if (!pictures.isReadable) refuse('the photos themselves are not here any more: drop them again');
      if (isFinding) refuse('the photos are being looked at already');
      isFinding = true;
      try {
        const tell = (/** @type {number} */ done, /** @type {number} */ total, /** @type {number} */ found) =>
          send({ event: 'faces', done, total, found });
        const result = await run(ports, pictures, pictures.origins, tell);
        faces = result.faces;
        const about = faces.map(({ fault, photo, name, png }) => ({ fault, photo, name, isWhole: png === null }));
        return { ...result, faces: about };
      } finally {
        isFinding = false;
      }
    },
    'faces.stop'({ missing }) {
      for (const search of searches) search.cancel(missing);
      return {};
    },
    'faces.thumbnails'({ first, count }) {
      const wanted = faces.slice(first, first + count).map(({ thumbnail }) => thumbnail);
      const size = wanted.length ? Math.sqrt(wanted[0].length / 4) : 0;
      const rgba = new Uint8ClampedArray(wanted.length * size * size * 4);
      wanted.forEach((thumbnail, i) => rgba.set(thumbnail, i * size * size * 4));
      return { reply: { size, rgba }, transfer: [rgba.buffer] };
    },
    async 'faces.take'({ kept }) {
      const pictures = freePictures();
      const files = /** @type {number[]} */ (kept).map((i) => new File([faces[i].blob], faces[i].name));
      if (!files.length) refuse('keep at least one face');
      await exchange(pictures, files, progress);
      faces = [];
      return changed(pictures);
    },
    async 'faces.undo'() {
      const pictures = freePictures();
      await exchangeBack(pictures, progress);
      return changed(pictures);
    },
    /** The photos stay as they are. */
    'faces.forget'() {
      faces = [];
      return {};
    },
  };
}
