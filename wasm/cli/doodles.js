/** `ssdgan doodles`: the built-in sample pictures as files. */
import { rgbaFromRgb } from '../engine/pixels.js';
import { outputKind } from './files.js';
import { writeFolder } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: whole('number of doodles (default: 100)', { min: 1, max: 100000 }),
  size: whole('side in pixels, 8 to 1024 (default: 64)', { min: 8, max: 1024 }),
  seed: whole('seed of the collection (default: 0)', { min: 0 }),
  out: text('DIR', 'folder (default: doodles)'),
  ...ENGINE_OPTIONS,
};

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'doodles');
  if (values.help) {
    console.log(
      helpText(
        'doodles [options]',
        'Draws doodles: cartoon animal faces, to try everything without pictures of your own.',
        OPTIONS,
      ),
    );
    return 0;
  }
  const { n = 100, size = 64, seed = 0, out = 'doodles' } = values;
  if (positionals.length) throw new CliError(`doodles takes no file names, but got ${positionals[0]}.`);
  outputKind(out, ['']);
  const engine = await engineFrom({ threads: 1, ...values });
  for (let i = 0; i < n; i++) {
    const rgba = rgbaFromRgb(engine.doodle(seed, i, size));
    writeFolder(out, rgba, size, () => `doodle-${String(i).padStart(5, '0')}`);
  }
  console.log(`${n} doodles of ${size} x ${size} in ${out}`);
  return 0;
}
