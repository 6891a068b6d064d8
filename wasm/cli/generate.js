/** `ssdgan generate`: pictures from a model. */
import path from 'node:path';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { makeFolderOf, readFile, readModel, writeWhole } from './files.js';
import { gridOf, writeFolder, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: { type: 'string', value: 'N', number: true, whole: true, help: 'how many (default: 64)' },
  seed: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'the first seed; picture k has seed + k (default: 0)',
  },
  psi: { type: 'string', value: 'X', number: true, help: 'truncation: 1 all variety (default), 0 the mean face' },
  latents: { type: 'string', value: 'FILE', help: 'latents from a safetensors file: tensor z or w, N x 100' },
  out: {
    type: 'string',
    value: 'PATH',
    help: 'x.png (a grid; default grid.png), x.safetensors (raw floats), or a folder',
  },
  ...ENGINE_OPTIONS,
};

const ABOUT = `Makes pictures with a model (or a run's folder, or a checkpoint). The same seed gives the same picture.
With --out x.safetensors, the raw pictures: tensor images, N x 3 x H x W, in [-1, 1].`;

/** Latents from a file, brought to w. @param {string} file @param {import('../generator.js').Generator} generator @param {number} psi @returns {Float32Array} */
function stylesFromFile(file, generator, psi) {
  const { tensors } = readSafetensors(readFile(file));
  const tensor = tensors.z ?? tensors.w;
  if (!tensor) throw new CliError(`${file} has neither a tensor z nor a tensor w.`);
  const [count, size] = tensor.shape;
  if (tensor.shape.length !== 2 || count < 1 || size !== generator.latentSize) {
    throw new CliError(
      `The latents in ${file} are ${tensor.shape.join(' x ')}, but must be N x ${generator.latentSize}.`,
    );
  }
  if (!tensor.data.every(Number.isFinite)) throw new CliError(`The latents in ${file} are not all finite numbers.`);
  return tensors.z ? generator.map(tensor.data, psi) : tensor.data;
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'generate');
  if (values.help) {
    console.log(helpText('generate MODEL [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { n = 64, seed = 0, psi = 1, out = 'grid.png' } = values;
  if (positionals.length > 1) throw new CliError('Name one model only.');
  if (n < 1 || n > 100000) throw new CliError(`--n is ${n}, but must be from 1 to 100000.`);
  if (seed < 0) throw new CliError(`--seed is ${seed}, but must not be negative.`);
  const { bytes } = readModel(positionals[0]);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  const size = generator.imageSize;
  const w = values.latents
    ? stylesFromFile(values.latents, generator, psi)
    : generator.map(
        engine.latents(
          Array.from({ length: n }, (_, i) => seed + i),
          generator.latentSize,
        ),
        psi,
      );
  const count = w.length / generator.latentSize;
  const images = generator.synthesise(w);

  const kind = path.extname(out).toLowerCase();
  if (kind === '.safetensors') {
    makeFolderOf(out);
    writeWhole(
      out,
      writeSafetensors({ images: { shape: [count, 3, size, size], data: images } }, { format: 'ssdgan-images' }),
    );
  } else if (kind === '.png') {
    writePng(out, gridOf(engine.toRgba(images, size), size, Math.ceil(Math.sqrt(count))));
  } else if (kind === '') {
    writeFolder(out, engine.toRgba(images, size), size, (i) =>
      values.latents ? `latent-${String(i).padStart(5, '0')}` : `seed-${String(seed + i).padStart(5, '0')}`,
    );
  } else {
    throw new CliError(`--out is ${out}, but must end in .png or .safetensors, or be a folder.`);
  }
  console.log(`${count} picture${count > 1 ? 's' : ''} of ${size} x ${size} in ${out}`);
  return 0;
}
