/** `ssdgan interpolate`: the way from one picture to another. */
import path from 'node:path';
import { lerp, slerp, walk } from '../latents.js';
import { readModel } from './files.js';
import { gridOf, writeFolder, writeGif, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  from: { type: 'string', value: 'SEED', number: true, whole: true, help: 'seed of the first picture (default: 0)' },
  to: { type: 'string', value: 'SEED', number: true, whole: true, help: 'seed of the last (default: 1)' },
  space: { type: 'string', value: 'z|w', help: 'where the way lies: z (along the sphere) or w (straight; default)' },
  frames: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'pictures on the way, both ends included (default: 8; GIF 60)',
  },
  psi: { type: 'string', value: 'X', number: true, help: 'truncation (default: 1)' },
  out: { type: 'string', value: 'PATH', help: 'strip.png (default), x.gif, or a folder' },
  scale: { type: 'string', value: 'N', number: true, whole: true, help: 'GIF: screen pixels a pixel (default: 4)' },
  ...ENGINE_OPTIONS,
};

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'interpolate');
  if (values.help) {
    console.log(
      helpText('interpolate MODEL --from SEED --to SEED [options]', 'Walks from one picture to another.', OPTIONS),
    );
    return 0;
  }
  const { from = 0, to = 1, space = 'w', psi = 1, out = 'strip.png', scale = 4 } = values;
  const kind = path.extname(out).toLowerCase();
  const frames = values.frames ?? (kind === '.gif' ? 60 : 8);
  if (positionals.length > 1) throw new CliError('Name one model only.');
  if (space !== 'z' && space !== 'w') throw new CliError(`--space is "${space}", but must be z or w.`);
  if (frames < 2 || frames > 10000) throw new CliError(`--frames is ${frames}, but must be from 2 to 10000.`);
  if (from < 0 || to < 0) throw new CliError('Seeds must not be negative.');
  if (scale < 1 || scale > 16) throw new CliError(`--scale is ${scale}, but must be from 1 to 16.`);
  if (!['.png', '.gif', ''].includes(kind))
    throw new CliError(`--out is ${out}, but must end in .png or .gif, or be a folder.`);
  const { bytes } = readModel(positionals[0]);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  const { imageSize: size, latentSize } = generator;
  const ends = [from, to].map((seed) => engine.latent(seed, latentSize));
  const w =
    space === 'z'
      ? generator.map(walk(ends, frames, slerp), psi)
      : walk(
          ends.map((z) => generator.map(z, psi)),
          frames,
          lerp,
        );
  const rgba = generator.synthesiseRgba(w);
  if (kind === '.gif') await writeGif(out, rgba, size, 50, scale);
  else if (kind === '.png') writePng(out, gridOf(rgba, size, frames));
  else writeFolder(out, rgba, size, (i) => `frame-${String(i).padStart(5, '0')}`);
  console.log(`${frames} frames from seed ${from} to seed ${to} (${space}) in ${out}`);
  return 0;
}
