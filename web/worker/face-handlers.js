/** The worker's answers about faces: generate, interpolate, mix and project (protocol.js has the messages). */
import { Projection, SsdganError } from '../../wasm/engine/engine.js';
import { mixedGrid, stylesOf, interpolateFaces } from '../../wasm/engine/styles.js';
import { rgbaFromRgb } from '../../wasm/engine/pixels.js';
import { psnr } from '../../wasm/engine/projection.js';
import { addFiles } from './intake.js';
import { nextTurn } from '../../wasm/run/next-turn.js';

/** Milliseconds of projection between two messages, and between two progress events. */
const SLICE = 40;
const SHOW = 200;

/** @typedef {import('../../wasm/engine/generator.js').Generator} Generator */

/** @param {Record<string, any>} reply @param {Uint8ClampedArray} rgba */
const withPictures = (reply, rgba) => ({ reply: { ...reply, rgba }, transfer: [rgba.buffer] });

/** The picture, cropped and reduced to the model's size. @param {import('../../wasm/engine/engine.js').Engine} engine @param {File} file @param {number} size */
async function readPicture(engine, file, size) {
  const dataset = engine.createDataset({ size });
  try {
    const { refused } = await addFiles(dataset, [file], () => {});
    if (!dataset.count) throw new SsdganError('bad_file', `${file.name}: ${refused[0]?.reason ?? 'no picture'}`);
    return dataset.picture(0);
  } finally {
    dataset.dispose();
  }
}

/**
 * @param {() => import('../../wasm/engine/engine.js').Engine} engineOf
 * @param {(source: string) => Generator} generatorOf
 * @param {(message: Record<string, unknown>, transfer?: Transferable[]) => void} send
 * @returns {Record<string, (request: any) => any>}
 */
export function faceHandlers(engineOf, generatorOf, send) {
  /** @type {{cancelled: boolean} | null} the projection that runs */
  let running = null;

  /** @param {Projection} projection @param {Generator} generator @param {() => boolean} goesOn @param {Uint8ClampedArray} original */
  async function search(projection, generator, goesOn, original) {
    let shown = 0;
    for (let left = projection.rounds; left > 0 && goesOn();) {
      for (const began = performance.now(); left > 0 && performance.now() - began < SLICE;) left = projection.run(1);
      if (performance.now() - shown > SHOW || left === 0) {
        shown = performance.now();
        const { styles, errors } = projection.result();
        const rgba = new Uint8ClampedArray(2 * original.length);
        rgba.set(original);
        rgba.set(generator.synthesiseRgba(styles, true), original.length);
        const done = projection.rounds - left;
        const size = generator.imageSize;
        send({ event: 'projection', done, total: projection.rounds, size, rgba, errors }, [rgba.buffer]);
      }
      await nextTurn();
    }
  }

  return {
    generate({ faces, source }) {
      const generator = generatorOf(source);
      const { imageSize: size, latentSize, stages } = generator;
      return withPictures({ size, latentSize, stages }, generator.synthesiseRgba(stylesOf(generator, faces), true));
    },
    interpolate({ faces, space, frames, loop, ease, source, first = 0, count = frames }) {
      const generator = generatorOf(source);
      const all = interpolateFaces(generator, faces, { space, frames, loop, ease });
      const length = generator.styleCount * generator.latentSize;
      const styles = all.subarray(first * length, (first + count) * length);
      return withPictures({ size: generator.imageSize, frames }, generator.synthesiseRgba(styles, true));
    },
    mix({ faces, stage, source }) {
      const generator = generatorOf(source);
      const { stages, imageSize: size } = generator;
      const at = Math.min(stage ?? Math.ceil(stages / 2), stages);
      const { rgba, ...mixed } = mixedGrid(generator, faces, faces, at);
      return withPictures({ size, stages, stage: at, ...mixed }, rgba);
    },
    async project({ file, perStage, source }) {
      if (running)
        throw new SsdganError('bad_state', 'a search for another picture is running; wait for it or cancel it');
      const mine = { cancelled: false };
      running = mine;
      /** @type {Projection | null} */
      let projection = null;
      try {
        const generator = generatorOf(source);
        const rgb = await readPicture(engineOf(), file, generator.imageSize);
        const present = () => {
          if (generatorOf(source) !== generator)
            throw new SsdganError('bad_state', 'the model was replaced during the search; start the search again');
          return !mine.cancelled;
        };
        present();
        projection = new Projection(generator, rgb, { perStage });
        await search(projection, generator, present, rgbaFromRgb(rgb));
        if (mine.cancelled) return { cancelled: true };
        const { styles, errors } = projection.result();
        const rgba = generator.synthesiseRgba(styles, true);
        return withPictures({ size: generator.imageSize, styles, errors, psnr: psnr(errors.found) }, rgba);
      } finally {
        projection?.dispose();
        running = null;
      }
    },
    'project.cancel'() {
      if (running) running.cancelled = true;
      return {};
    },
  };
}
