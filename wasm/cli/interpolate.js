/** `ssdgan interpolate`: from one sample to another in small steps, or through several. */
import path from 'node:path';
import { interpolateFaces } from '../engine/styles.js';
import { EASINGS } from '../engine/latents.js';
import { facesFromFile, PSI, psisOf, seedsOf, W } from './faces-options.js';
import { gridOf } from '../engine/png.js';
import { outputKind, readModel } from './files.js';
import { requireRoom, writeFolder, writeGif, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, flag, helpText, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  from: whole('seed of the first sample (default: 0)', { value: 'SEED', min: 0 }),
  to: whole('seed of the last sample (default: 1)', { value: 'SEED', min: 0 }),
  keys: text('SEEDS', 'instead of --from and --to: seeds to go through, as 3,8,10-14'),
  w: { ...W, help: 'go through these too: styles that ssdgan project wrote (.safetensors or .json)' },
  space: text('z|w', 'what to interpolate: w, the styles (default), or z, the latents, along their sphere', ['z', 'w']),
  ease: text('NAME', 'linear (default), or smooth: slow at each of the given samples', Object.keys(EASINGS)),
  loop: flag('end at the first sample again'),
  frames: whole('number of frames, both ends included (default for two samples: 8, for a GIF 60)', {
    min: 2,
    max: 10000,
  }),
  psi: PSI,
  out: text('PATH', 'x.png (default: strip.png), x.gif, or a folder'),
  scale: whole('in a GIF: how many times to enlarge (default: 4)', { min: 1, max: 16 }),
  ...ENGINE_OPTIONS,
};

/** @param {Record<string, any>} values @param {number} legs */
function framesOf({ frames, out = 'strip.png' }, legs) {
  const gif = path.extname(out).toLowerCase() === '.gif';
  return frames ?? (gif ? Math.max(60, 30 * legs) : Math.max(8, 5 * legs));
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
  if (positionals.length > 1) throw new CliError('Name one model only.');
  const psis = psisOf(values.psi);
  const named = values.keys === undefined ? (values.w === undefined ? [from, to] : []) : seedsOf(values.keys, 'keys');
  const { bytes } = readModel(positionals[0]);
  const kind = outputKind(out, ['.png', '.gif', '']);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  const faces = named.map((seed) => /** @type {import('../engine/styles.js').Face} */ ({ seed, psis }));
  if (values.w !== undefined) faces.push(...facesFromFile(values.w, generator, { psis }));
  if (faces.length < 2) throw new CliError('Interpolation needs at least two samples: name them with --keys or --w.');
  const frames = framesOf(values, faces.length - (loop ? 0 : 1));
  const size = generator.imageSize;
  const styles = interpolateFaces(generator, faces, { space, frames, loop, ease });
  if (kind) {
    requireRoom(frames, size);
    const rgba = generator.synthesiseRgba(styles, true);
    if (kind === '.gif') await writeGif(out, rgba, size, 50, scale);
    else writePng(out, gridOf(rgba, size, frames));
  } else {
    const length = styles.length / frames;
    for (let first = 0; first < frames; first += 64) {
      const rgba = generator.synthesiseRgba(styles.subarray(first * length, (first + 64) * length), true);
      writeFolder(out, rgba, size, (i) => `frame-${String(first + i).padStart(5, '0')}`);
    }
  }
  const between = values.keys === undefined && values.w === undefined ? `from seed ${from} to seed ${to}` : '';
  console.log(`${frames} frames ${between || `through ${faces.length} samples`} (${space}) in ${out}`);
  return 0;
}
