/**
 * The health report of the pictures (protocol.js has the messages): nearly the same ones, blurred, small, long and odd ones. It
 * works in slices, between which other requests are answered, and ends when the pictures change or a training begins.
 */
import { Features } from '../../../wasm/engine/features.js';
import { rgbaFromRgb } from '../../../wasm/engine/pixels.js';
import { nextTurn } from '../../../wasm/run/next-turn.js';
import { findBlurred, findOdd, findSame } from './find.js';
import { blocksOf, BLOCKS, hashOf, sharpnessOf } from './look.js';

/** @typedef {import('../collection.js').Collection} Collection */
/** @typedef {import('./find.js').Look} Look */

/** Others wait at most about so many milliseconds. */
const SLICE_MS = 40;
/** Features are computed of pictures of this size: 31 MFLOP each. The core always computes so many at once; fewer take as long. */
const SIZE = 64;
const AT_ONCE = 64;
const KIND = 'random-conv-1';
/** Longer than this by its width: most of it is cut off. */
const LONG = 2;
/** Shares of the work: what is noted of each picture, features. */
const SHARES = [0.1, 0.8];

/** The pictures have changed, or a training begins. */
class Ended extends Error {}

/**
 * @param {() => Collection} picturesOf @param {() => boolean} isTraining
 * @param {(message: Record<string, unknown>) => void} send
 * @returns {Record<string, (request: any) => any>}
 */
export function reportHandlers(picturesOf, isTraining, send) {
  /** What was noted already, by origin and frame. @type {Map<string, Look>} */
  let known = new Map();
  /** Features bring each number to the mean and deviation of these. @type {Features | null} */
  let reference = null;
  /** @type {import('../../../wasm/engine/engine.js').Dataset | null} that they are of */
  let of = null;
  let run = 0;

  function forget() {
    known = new Map();
    reference?.dispose();
    of = reference = null;
  }

  /** @param {Collection} pictures */
  function watch(pictures) {
    const number = ++run;
    const { origins, dataset } = pictures;
    const { count } = pictures;
    let began = performance.now();
    let done = 0;
    return {
      /** @param {number} share of the work that is done by now */
      at(share) {
        done = share;
      },
      async pause() {
        if (performance.now() - began < SLICE_MS) return;
        send({ event: 'report', done });
        await nextTurn();
        began = performance.now();
        const now = picturesOf();
        const isSame = now === pictures && now.origins === origins && now.dataset === dataset && now.count === count;
        if (number !== run || !isSame || isTraining()) throw new Ended();
      },
    };
  }

  /** @param {Collection} pictures @param {Look[]} looks @param {ReturnType<typeof watch>} turn */
  async function addFeatures({ engine, dataset }, looks, turn) {
    const wanted = looks.flatMap(({ row }, i) => (row ? [] : [i]));
    for (let first = 0; first < wanted.length; first += AT_ONCE) {
      turn.at(SHARES[0] + (SHARES[1] * first) / wanted.length);
      await turn.pause();
      const some = wanted.slice(first, first + AT_ONCE);
      const small = engine.createDataset({ size: SIZE });
      try {
        for (const i of some) {
          const rgb = dataset.picture(i);
          if (dataset.size === SIZE) small.addRgb(rgb);
          else small.addRgba(rgbaFromRgb(rgb), dataset.size, dataset.size);
        }
        const features = Features.extract(engine.heap, small, 0, some.length, KIND, reference);
        const rows = features.rows();
        some.forEach((i, k) => (looks[i].row = rows.slice(k * features.size, (k + 1) * features.size)));
        if (reference) features.dispose();
        else reference = features;
      } finally {
        small.dispose();
      }
    }
  }

  return {
    async 'report.check'() {
      const pictures = picturesOf();
      const { dataset, origins, reading } = pictures;
      if (dataset !== of) forget();
      of = dataset;
      const turn = watch(pictures);
      try {
        /** @type {Look[]} */
        const looks = [];
        for (const [i, origin] of origins.entries()) {
          turn.at((SHARES[0] * i) / origins.length);
          await turn.pause();
          const key = origin + JSON.stringify(pictures.frames.get(origin) ?? '');
          const rgb = known.has(key) ? null : dataset.picture(i);
          if (rgb) {
            const small = blocksOf(rgb, reading.size, BLOCKS);
            known.set(key, { small, hash: hashOf(small), sharpness: sharpnessOf(rgb, reading.size), row: null, side: pictures.sides.get(origin) ?? null }); // prettier-ignore
          }
          looks.push(/** @type {Look} */ (known.get(key)));
        }
        const where = (/** @type {(side: [number, number]) => boolean} */ is) =>
          looks.flatMap(({ side }, i) => (side && is(side) ? [i] : []));
        const pause = () => turn.pause();
        const found = {
          same: (await findSame(looks, pause)).map(({ index }) => index),
          blurred: findBlurred(looks),
          odd: /** @type {number[]} */ ([]),
          small: where(([shorter]) => shorter < reading.size),
          long: where(([shorter, longer]) => longer > LONG * shorter),
        };
        send({ event: 'report', done: SHARES[0], found }); // features take longest
        await addFeatures(pictures, looks, turn);
        turn.at(SHARES[0] + SHARES[1]);
        return { ...found, odd: await findOdd(looks, pause) };
      } catch (error) {
        if (!(error instanceof Ended)) throw error;
        if (isTraining()) forget(); // its memory is wanted elsewhere
        return { ended: true };
      }
    },
    /** Nothing is looked at any more. */
    'report.stop'() {
      run++;
      return {};
    },
  };
}
