/** `ssdgan directions`: what moves a model's pictures most, in closed form. */
import { stylesOf } from '../engine/styles.js';
import { stagesNamed } from '../engine/latents.js';
import { PSI, psisOf, seedsOf } from './faces-options.js';
import { gridOf } from '../engine/png.js';
import { outputKind, readModel } from './files.js';
import { writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, helpText, number, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: whole('how many directions, strongest first (default: 6)', { min: 1 }),
  stages: text('NAME', 'stages that move: all (default), coarse, fine, or numbers like 1,2'),
  seeds: text('SEEDS', 'seeds of the faces to move, as 3,8 (default: 0)'),
  reach: number('move from -X to X, in standard deviations of w (default: 2)'),
  columns: whole('samples in a row (default: 7)', { min: 2, max: 100 }),
  psi: PSI,
  out: text('PATH', 'where to draw: a row for each direction and face (default: directions.png)'),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Finds the directions in which a model's faces change most (SeFa, Shen & Zhou 2021: the eigenvectors of the AdaIN
weights). It prints how strong each one is and draws faces moved along it. Use them with ssdgan generate --move K:X.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'directions');
  if (values.help) {
    console.log(helpText('directions MODEL [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { n = 6, stages = 'all', reach = 2, columns = 7, out = 'directions.png' } = values;
  if (positionals.length > 1) throw new CliError('Name one model only.');
  if (!(reach > 0 && reach <= 100)) throw new CliError(`--reach is ${reach}, but must be above 0, at most 100.`);
  const seeds = seedsOf(values.seeds ?? '0', 'seeds');
  const psis = psisOf(values.psi);
  const { bytes } = readModel(positionals[0]);
  outputKind(out, ['.png']);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  if (!generator.stages) throw generator.noStyles();
  if (n < 1 || n > generator.latentSize)
    throw new CliError(`--n is ${n}, but must be from 1 to ${generator.latentSize}.`);
  const chosen = stagesNamed(stages, generator.stages);
  const { eigenvalues } = generator.directions(chosen);
  const total = eigenvalues.reduce((a, b) => a + b, 0);
  console.log(
    `stages ${chosen.map((stage) => stage + 1).join(', ')} of ${generator.stages}; direction, eigenvalue, share:`,
  );
  for (let k = 0; k < n; k++) {
    const share = ((100 * eigenvalues[k]) / total).toFixed(1);
    console.log(`${String(k + 1).padStart(3)}  ${eigenvalues[k].toPrecision(5).padStart(10)}  ${share} %`);
  }
  const faces = Array.from({ length: n }, (_, k) =>
    seeds.flatMap((seed) =>
      Array.from({ length: columns }, (_, column) => {
        const amounts = Array(n).fill(0);
        amounts[k] = reach * ((2 * column) / (columns - 1) - 1);
        return { seed, psis, moves: { stages, amounts } };
      }),
    ),
  ).flat();
  const rgba = generator.synthesiseRgba(stylesOf(generator, faces), true);
  writePng(out, gridOf(rgba, generator.imageSize, columns));
  console.log(`${faces.length} samples in ${out}, from -${reach} to ${reach}`);
  return 0;
}
