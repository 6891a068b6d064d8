/** `ssdgan interpolate`: from one sample to another in small steps, or through several. */
import path from 'node:path';
import { interpolateFaces } from '../engine/styles.js';
import { EASINGS } from '../engine/latents.js';
import { facesFromFile, PSI, psisOf, seedsOf, W } from './faces-options.js';
import { readModel } from './files.js';
import { gridOf, writeFolder, writeGif, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  from: { type: 'string', value: 'SEED', number: true, whole: true, help: 'seed of the first sample (default: 0)' },
  to: { type: 'string', value: 'SEED', number: true, whole: true, help: 'seed of the last sample (default: 1)' },
  keys: { type: 'string', value: 'SEEDS', help: 'instead of --from and --to: seeds to go through, as 3,8,10-14' },
  w: { ...W, help: 'go through these too: styles that ssdgan project wrote (.safetensors or .json)' },
  space: {
    type: 'string',
    value: 'z|w',
    help: 'what to interpolate: w, the styles (default), or z, the latents, along their sphere',
  },
  ease: { type: 'string', value: 'NAME', help: 'linear (default), or smooth: slow at each of the given samples' },
  loop: { type: 'boolean', help: 'end at the first sample again' },
  frames: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'number of frames, both ends included (default for two samples: 8, for a GIF 60)',
  },
  psi: PSI,
  out: { type: 'string', value: 'PATH', help: 'x.png (default: strip.png), x.gif, or a folder' },
  scale: {
    type: 'string',
    value: 'N',
    number: true,
    whole: true,
    help: 'in a GIF: how many times to enlarge (default: 4)',
  },
  ...ENGINE_OPTIONS,
};

/** @param {Record<string, any>} values @param {number} legs */
function framesOf({ frames, out = 'strip.png' }, legs) {
  const gif = path.extname(out).toLowerCase() === '.gif';
  const number = frames ?? (gif ? Math.max(60, 30 * legs) : Math.max(8, 5 * legs));
  if (number < 2 || number > 10000) throw new CliError(`--frames is ${number}, but must be from 2 to 10000.`);
  return number;
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'interpolate');
  if (values.help) {
    const about = 'Goes from one sample to another in small steps, or through several.';
    console.log(helpText('interpolate MODEL --from SEED --to SEED [options]', about, OPTIONS));
    return 0;
  }
  const { from = 0, to = 1, space = 'w', out = 'strip.png', scale = 4, ease = 'linear', loop = false } = values;
  const kind = path.extname(out).toLowerCase();
  if (positionals.length > 1) throw new CliError('Name one model only.');
  if (space !== 'z' && space !== 'w') throw new CliError(`--space is "${space}", but must be z or w.`);
  if (!(ease in EASINGS)) throw new CliError(`--ease is "${ease}", but must be ${Object.keys(EASINGS).join(' or ')}.`);
  if (from < 0 || to < 0) throw new CliError('Seeds must not be negative.');
  framesOf(values, 1);
  if (scale < 1 || scale > 16) throw new CliError(`--scale is ${scale}, but must be from 1 to 16.`);
  if (!['.png', '.gif', ''].includes(kind))
    throw new CliError(`--out is ${out}, but must end in .png or .gif, or be a folder.`);
  const psis = psisOf(values.psi);
  const named = values.keys === undefined ? (values.w === undefined ? [from, to] : []) : seedsOf(values.keys, 'keys');
  const { bytes } = readModel(positionals[0]);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  const faces = named.map((seed) => /** @type {import('../engine/styles.js').Face} */ ({ seed, psis }));
  if (values.w !== undefined) faces.push(...facesFromFile(values.w, generator, { psis }));
  if (faces.length < 2) throw new CliError('Interpolation needs at least two samples: name them with --keys or --w.');
  const frames = framesOf(values, faces.length - (loop ? 0 : 1));
  const size = generator.imageSize;
  const rgba = generator.synthesiseRgba(interpolateFaces(generator, faces, { space, frames, loop, ease }), true);
  if (kind === '.gif') await writeGif(out, rgba, size, 50, scale);
  else if (kind === '.png') writePng(out, gridOf(rgba, size, frames));
  else writeFolder(out, rgba, size, (i) => `frame-${String(i).padStart(5, '0')}`);
  const between = values.keys === undefined && values.w === undefined ? `from seed ${from} to seed ${to}` : '';
  console.log(`${frames} frames ${between || `through ${faces.length} samples`} (${space}) in ${out}`);
  return 0;
}
