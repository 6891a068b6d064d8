/** `ssdgan generate`: pictures from a model. */
import { mixedGrid, stylesOf } from '../engine/styles.js';
import { headerOf } from '../engine/safetensors.js';
import { amountsOf, facesFromFile, PSI, psisOf, seedsOf, W } from './faces-options.js';
import { gridOf } from '../engine/png.js';
import { outputKind, readModel, writeWhole } from './files.js';
import { requireRoom, writeFolder, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: whole('number of samples (default: 64)', { min: 1, max: 100000 }),
  seed: whole('seed of the first sample; sample k has seed + k (default: 0)', { min: 0 }),
  psi: PSI,
  move: text('K:X[,...]', 'move along direction K by X; ssdgan directions shows the directions'),
  stages: text('NAME', 'stages that --move changes: all (default), coarse, fine, or numbers like 1,2'),
  mix: text('ROWS:COLS', 'a grid of mixed styles, as 1,2,3:10-14: coarse styles of the row, fine ones of the column'),
  stage: whole('with --mix: how many stages count as coarse (default: half of them)', { value: 'K' }),
  w: W,
  out: text('PATH', 'x.png (a grid; default grid.png), x.safetensors (raw floats), or a folder'),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Makes samples with a model (a file, a checkpoint, or the folder of a run). The same seed gives the same sample.
--out x.safetensors writes the raw numbers: a tensor called images, N x 3 x H x W, from -1 to 1.`;

const PIECE_BYTES = 64e6;

/**
 * @typedef {import('../engine/engine.js').Engine} Engine
 * @typedef {import('../engine/generator.js').Generator} Generator
 * @typedef {import('../engine/styles.js').Face} Face
 */

/** The mixed grid below the columns' faces and beside the rows'. @param {Generator} generator @param {Record<string, any>} values */
function writeMixed(generator, values) {
  const { mix, stage = Math.ceil(generator.stages / 2), out = 'grid.png' } = values;
  const sides = mix.split(':');
  if (sides.length !== 2) throw new CliError(`--mix is "${mix}", but must be like 1,2,3:10-14 (rows:columns).`);
  const psis = psisOf(values.psi);
  const [down, across] = sides.map((/** @type {string} */ side) =>
    seedsOf(side, 'mix').map((seed) => ({ seed, psis })),
  );
  const { rgba, columns } = mixedGrid(generator, down, across, stage);
  rgba.fill(255, 0, generator.imageSize ** 2 * 4); // the empty corner
  writePng(out, gridOf(rgba, generator.imageSize, columns));
  const [rows, count] = [down.length, across.length];
  console.log(
    `${rows} x ${count} faces in ${out}: stages 1-${stage} of the row, the other ${generator.stages - stage} of the column`,
  );
}

/** Faces in pieces that the memory holds: 50,000 at once would take 2.5 GB at 64 pixels. @param {Face[]} faces @param {number} size */
function* inPieces(faces, size) {
  const most = Math.max(1, Math.floor(PIECE_BYTES / (size * size * 12)));
  for (let first = 0; first < faces.length; first += most) yield { first, part: faces.slice(first, first + most) };
}

/** All images as one tensor. @param {string} file @param {Generator} generator @param {Face[]} faces */
function writeFloats(file, generator, faces) {
  const size = generator.imageSize;
  const shape = [faces.length, 3, size, size];
  const bytes = faces.length * 3 * size * size * 4;
  const header = headerOf([{ name: 'images', dtype: 'F32', shape, bytes }], { format: 'ssdgan-images' });
  const images = function* () {
    yield header;
    for (const { part } of inPieces(faces, size)) {
      const floats = generator.synthesise(stylesOf(generator, part), true);
      yield new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
    }
  };
  writeWhole(file, images());
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'generate');
  if (values.help) {
    console.log(helpText('generate MODEL [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { n = 64, seed = 0, out = 'grid.png' } = values;
  if (positionals.length > 1) throw new CliError('Name one model only.');
  const psis = psisOf(values.psi);
  const amounts = amountsOf(values.move);
  const { bytes } = readModel(positionals[0]);
  const kind = outputKind(out, values.mix === undefined ? ['.png', '.safetensors', ''] : ['.png']);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  if (values.mix !== undefined) {
    writeMixed(generator, values);
    return 0;
  }
  const size = generator.imageSize;
  const options = { psis, moves: amounts.length ? { stages: values.stages, amounts } : undefined };
  const file = values.w;
  const faces = file
    ? facesFromFile(file, generator, options)
    : Array.from({ length: n }, (_, i) => ({ seed: seed + i, ...options }));
  const count = faces.length;
  if (kind === '.safetensors') {
    writeFloats(out, generator, faces);
  } else if (kind === '.png') {
    requireRoom(count, size);
    const rgba = new Uint8ClampedArray(count * size * size * 4);
    for (const { first, part } of inPieces(faces, size))
      rgba.set(generator.synthesiseRgba(stylesOf(generator, part), true), first * size * size * 4);
    writePng(out, gridOf(rgba, size, Math.ceil(Math.sqrt(count))));
  } else {
    const [kindOfFace, from] = file ? ['latent', 0] : ['seed', seed];
    for (const { first, part } of inPieces(faces, size))
      writeFolder(out, generator.synthesiseRgba(stylesOf(generator, part), true), size, (i) =>
        [kindOfFace, String(from + first + i).padStart(5, '0')].join('-'),
      );
  }
  console.log(`${count} sample${count > 1 ? 's' : ''} of ${size} x ${size} in ${out}`);
  return 0;
}
