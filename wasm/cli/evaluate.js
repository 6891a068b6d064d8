/** `ssdgan evaluate`: how good a model's pictures are, beside what real pictures and noise would score. */
import fs from 'node:fs';
import { FEATURES, FEW } from '../engine/evaluate.js';
import { rgbaFromRgb } from '../engine/pixels.js';
import { summaryOf, warningsOf } from '../engine/summary.js';
import { readFile, readModel } from './files.js';
import { onnxFeatures } from './onnx-features.js';
import { addPictures, gridOf, refusedLines, requirePictures, writePng } from './pictures.js';
import { CliError, commandLine, ENGINE_OPTIONS, engineFrom, helpText, parse } from './usage.js';

/** @typedef {import('../engine/evaluate.js').Scores} Scores */

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: { type: 'string', value: 'N', number: true, whole: true, help: 'number of samples (default: as many as held out, at least 500)' }, // prettier-ignore
  seed: { type: 'string', value: 'N', number: true, whole: true, help: 'seed of the first sample, and of the scores (default: 0)' }, // prettier-ignore
  psi: { type: 'string', value: 'X', number: true, help: 'truncation (default: 1)' },
  'held-out': { type: 'string', value: 'N', number: true, whole: true, help: 'the last N of PICTURES were not trained on (default: as ssdgan train: a tenth, 1 to 500)' }, // prettier-ignore
  doodles: { type: 'string', value: 'N', number: true, whole: true, help: 'score against the first N doodles instead of PICTURES, as ssdgan train uses them' }, // prettier-ignore
  size: { type: 'string', value: 'N', number: true, whole: true, help: 'side in pixels, if pictures are scored instead of a model (default: 64)' }, // prettier-ignore
  crop: { type: 'string', value: 'HOW', help: 'centre (default), pad or squash, as in training' },
  filter: { type: 'string', value: 'NAME', help: 'resampling: triangle (default) or cubic, as in training' },
  quick: {
    type: 'boolean',
    help: 'faster: no Frechet distance, no precision, recall, density and coverage; a coarser SWD',
  },
  features: { type: 'string', value: 'FILE', help: 'take the features from an ONNX network (needs npm install onnxruntime-node)' }, // prettier-ignore
  'features-size': { type: 'string', value: 'N', number: true, whole: true, help: "side of that network's input, in pixels (default: 299)" }, // prettier-ignore
  'features-resize': { type: 'string', value: 'HOW', help: 'clean (default: bicubic, as clean-fid does), or none' },
  'features-range': { type: 'string', value: 'RANGE', help: "range of that network's input: 255 (0 to 255, default), 1 (0 to 1) or -1 (-1 to 1)" }, // prettier-ignore
  sheet: {
    type: 'string',
    value: 'FILE',
    help: 'a PNG to draw: samples, each above the training picture that is nearest to it',
  },
  json: { type: 'boolean', help: 'print JSON' },
  ...ENGINE_OPTIONS,
};

const ABOUT = `Scores the samples of a model (a file, or the folder of a run) against real PICTURES (files, folders, zips). Instead of
a model, a folder or zip of pictures can be scored.
Lower is better for swd (sliced Wasserstein distance x 1,000), kernel (the formula of KID) and frechet. 1 is best for
precision (samples look real), recall (all kinds of pictures occur), density, coverage and diversity.
Each score stands beside its floor (real pictures that were not trained on, or one half against the other: the best
possible) and its ceilings (noise, and the mean picture: the worst). The features come from ${FEATURES}, a fixed random
network, so the distances are not FID. docs/metrics.md explains every score.`;

/** Name, how to read it, digits. @type {[string, (s: Scores) => number | undefined, number][]} */
const ROWS = [
  ['swd', (s) => s.swd, 2],
  ['kernel', (s) => s.kernel, 4],
  ['kernel spread', (s) => s.kernelSpread, 4],
  ['frechet', (s) => s.frechet, 2],
  ['precision', (s) => s.precision, 3],
  ['recall', (s) => s.recall, 3],
  ['density', (s) => s.density, 3],
  ['coverage', (s) => s.coverage, 3],
  ['copies', (s) => s.copying.share, 3],
  ['diversity, pixels', (s) => s.diversity.pixels, 3],
  ['diversity, features', (s) => s.diversity.features, 3],
  ['diversity, nearest', (s) => s.diversity.nearest, 3],
];

/** @param {Record<string, Scores>} columns @returns {string} */
export function table(columns) {
  const names = Object.keys(columns);
  const lines = [
    ['', ...names],
    ['pictures', ...names.map((name) => String(columns[name].count))],
  ];
  for (const [label, read, digits] of ROWS) {
    const values = names.map((name) => read(columns[name]));
    if (values.every((value) => value === undefined)) continue;
    lines.push([label, ...values.map((value) => (value === undefined ? '-' : value.toFixed(digits)))]);
  }
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A folder or a zip without a model in it is pictures. @param {string | undefined} name @returns {boolean} */
function holdsPictures(name) {
  if (name === undefined) return false;
  const stat = fs.statSync(name, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return !fs.existsSync(`${name}/model.safetensors`);
  return !/\.safetensors$/i.test(name) && stat !== undefined && readFile(name)[0] === 0x50;
}

/** @param {Record<string, any>} values @param {string[]} positionals */
function check(values, positionals) {
  if (values.doodles !== undefined && values.doodles < 6) throw new CliError(`--doodles is ${values.doodles}, but must be at least 6.`); // prettier-ignore
  if (positionals.length < (values.doodles ? 1 : 2))
    throw new CliError('Name a model (or a folder of pictures), then the real pictures.');
  if (values.n !== undefined && (values.n < 6 || values.n > 50000))
    throw new CliError(`--n is ${values.n}, but must be from 6 to 50000.`);
  if (values.seed !== undefined && values.seed < 0) throw new CliError(`--seed is ${values.seed}, but must not be negative.`); // prettier-ignore
  if (values['held-out'] !== undefined && values['held-out'] < 0)
    throw new CliError(`--held-out is ${values['held-out']}, but must not be negative.`);
  if (!['clean', 'none', undefined].includes(values['features-resize']))
    throw new CliError(`--features-resize is "${values['features-resize']}", but must be clean or none.`);
  if (!['255', '1', '-1', undefined].includes(values['features-range']))
    throw new CliError(`--features-range is "${values['features-range']}", but must be 255, 1 or -1.`);
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'evaluate');
  if (values.help) {
    console.log(helpText('evaluate MODEL PICTURES... [options]', ABOUT, OPTIONS));
    return 0;
  }
  check(values, positionals);
  const [name, ...pictureNames] = positionals;
  const engine = await engineFrom(values);
  const generator = holdsPictures(name) ? null : engine.loadGenerator(readModel(name).bytes);
  const size = generator?.imageSize ?? values.size ?? 64;
  const make = () => engine.createDataset({ size, crop: values.crop, filter: values.filter });
  const dataset = make();
  if (values.doodles) dataset.addDoodles(0, 0, values.doodles);
  const refused = addPictures(dataset, pictureNames);
  requirePictures(dataset, refused);
  const heldOut = values['held-out'] ?? engine.heldOut(dataset.count);
  const { seed = 0, psi = 1 } = values;

  /** @type {(pictures: import('../engine/dataset.js').Dataset) => Promise<import('../engine/features.js').Features | null>} */
  const featuresOf = values.features ? await onnxFeatures(engine, values) : async () => null;
  const evaluator = engine.createEvaluator(dataset, { heldOut, seed, features: await featuresOf(dataset) });
  const floor = evaluator.floor({ quick: values.quick });
  const samples = generator
    ? evaluator.samples(generator, { n: values.n ?? Math.max(500, heldOut), seed, psi })
    : make();
  if (!generator) refused.push(...addPictures(samples, [name]));
  if (samples.count < 6) throw new CliError(`${name} holds ${samples.count} pictures; scores need at least 6.`);
  const scores = evaluator.measure(samples, { quick: values.quick, features: await featuresOf(samples) });
  const { noise, mean } = evaluator.ceilingPictures();
  const ceilings = {
    noise: evaluator.measure(noise, { quick: values.quick, features: await featuresOf(noise) }),
    mean: evaluator.measure(mean, { quick: values.quick, features: await featuresOf(mean) }),
  };
  if (values.sheet) writeSheet(values.sheet, engine, samples, dataset, scores);
  const about = {
    features: values.features ?? FEATURES, pictures: evaluator.count, heldOut, floor: evaluator.floorKind, seed, psi, size,
    command: commandLine('evaluate', args),
  }; // prettier-ignore
  const warnings = warningsOf(scores, floor, evaluator.count, FEW);
  const summary = summaryOf(scores, floor, ceilings);
  if (values.json) {
    console.log(JSON.stringify({ about, scores, floor, ceilings, summary, warnings }, plain));
    return 0;
  }
  refusedLines(refused).forEach((line) => console.log(line));
  const kind = evaluator.floorKind === 'held-out' ? `${heldOut} held-out pictures` : 'one half of the training pictures against the other'; // prettier-ignore
  console.log(`Against ${evaluator.count} training pictures, features ${about.features}. Floor: ${kind}.\n`);
  console.log(table({ [generator ? 'model' : 'pictures']: scores, floor, noise: ceilings.noise, 'mean picture': ceilings.mean })); // prettier-ignore
  console.log(`\n${[...Object.values(summary), ...warnings.map((line) => `Careful: ${line}`)].join('\n')}`);
  if (values.sheet) console.log(`Samples and their nearest training pictures: ${values.sheet}`);
  return 0;
}

/** Typed arrays as plain lists. @param {string} _key @param {any} value */
function plain(_key, value) {
  return ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;
}

/** The 16 samples nearest to training pictures (relative to those' distances) above these.
 * @param {string} file @param {import('../engine/engine.js').Engine} engine @param {import('../engine/dataset.js').Dataset} samples
 * @param {import('../engine/dataset.js').Dataset} dataset @param {Scores} scores */
function writeSheet(file, engine, samples, dataset, { copying }) {
  const { pixels, features } = copying;
  const near = (/** @type {number} */ i) => Math.max(pixels.distances[i] / pixels.threshold, features.distances[i] / features.threshold); // prettier-ignore
  const order = Array.from(pixels.distances, (_, i) => i).sort((a, b) => near(a) - near(b));
  const size = dataset.size;
  const columns = Math.min(16, order.length);
  const rgba = new Uint8ClampedArray(3 * columns * size * size * 4).fill(255);
  const put = (/** @type {number} */ cell, /** @type {Uint8Array} */ rgb) => rgbaFromRgb(rgb, rgba, cell * size * size);
  order.slice(0, columns).forEach((sample, i) => {
    put(i, samples.picture(sample));
    put(columns + i, dataset.picture(pixels.index[sample]));
    put(2 * columns + i, dataset.picture(features.index[sample]));
  });
  writePng(file, gridOf(rgba, size, columns));
}
