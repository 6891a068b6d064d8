/** `ssdgan doodles`: the built-in sample pictures as files. */
import { rgbaFromRgb } from '../engine/pixels.js';
import { writeFolder } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: { type: 'string', value: 'N', number: true, whole: true, help: 'number of doodles (default: 100)' },
  size: { type: 'string', value: 'N', number: true, whole: true, help: 'side in pixels, 8 to 1024 (default: 64)' },
  seed: { type: 'string', value: 'N', number: true, whole: true, help: 'seed of the collection (default: 0)' },
  out: { type: 'string', value: 'DIR', help: 'folder (default: doodles)' },
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
  if (n < 1 || n > 100000) throw new CliError(`--n is ${n}, but must be from 1 to 100000.`);
  if (size < 8 || size > 1024) throw new CliError(`--size is ${size}, but must be from 8 to 1024.`);
  if (seed < 0) throw new CliError(`--seed is ${seed}, but must not be negative.`);
  const engine = await engineFrom({ threads: 1, ...values });
  for (let i = 0; i < n; i++) {
    const rgba = rgbaFromRgb(engine.doodle(seed, i, size));
    writeFolder(out, rgba, size, () => `doodle-${String(i).padStart(5, '0')}`);
  }
  console.log(`${n} doodles of ${size} x ${size} in ${out}`);
  return 0;
}
