/** `ssdgan verify`: stored training steps replayed and compared (docs/verify.md). */
import { readFile } from './files.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, number, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  tolerance: number('largest error allowed at step 0; ten times as much later (default: 1e-4)'),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Replays the training steps stored in FILE and prints the error |got - want| / |want| of each group over all
its tensors, and of its worst tensor. The exit status is 0 within the tolerance, 1 beyond it, 2 for a bad file.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'verify');
  if (values.help) {
    console.log(helpText('verify FILE.safetensors [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { tolerance = 1e-4 } = values;
  if (positionals.length !== 1) throw new CliError('Name one file to verify.');
  if (!(tolerance > 0)) throw new CliError(`--tolerance is ${tolerance}, but must be above 0.`);
  const bytes = readFile(positionals[0]);
  const engine = await engineFrom(values);
  const groups = engine.verify(bytes);
  const width = Math.max(...groups.map(({ name }) => name.length));
  let beyond = 0;
  for (const { name, step, error, worst, worstName } of groups) {
    const limit = step === 0 ? tolerance : 10 * tolerance;
    const good = error <= limit;
    if (!good) beyond++;
    console.log(
      `${name.padEnd(width)}  ${error.toExponential(2)}  ${good ? 'ok    ' : 'BEYOND'}  worst ${worst.toExponential(2)} ${worstName}`,
    );
  }
  console.log(
    beyond
      ? `${beyond} of ${groups.length} groups are beyond the tolerance ${tolerance}`
      : `all ${groups.length} groups are within the tolerance ${tolerance} (${engine.variant} SIMD, ${engine.threads} threads)`,
  );
  return beyond ? 1 : 0;
}
