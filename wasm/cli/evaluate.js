/** `ssdgan evaluate`: how good a model's pictures are, beside what real pictures and noise would score. */
import fs from 'node:fs';
import { FEATURES, FEW } from '../engine/evaluate.js';
import { rgbaFromRgb } from '../engine/pixels.js';
import { summaryOf, warningsOf } from '../engine/summary.js';
import { faceDetector } from './face-detector.js';
import { outputKind, readFile, readModel } from './files.js';
import { OnnxGenerator } from './onnx-generator.js';
import { gridOf } from '../engine/png.js';
import { addPictures, refusedLines, requirePictures, writePng } from './pictures.js';
import { NETWORKS } from './trained-features.js';
import { TrainedScores } from './trained-scores.js';
import {
  CliError,
  commandLine,
  ENGINE_OPTIONS,
  engineFrom,
  flag,
  helpText,
  number,
  orList,
  parse,
  text,
  whole,
} from './usage.js';

/** @typedef {import('../engine/evaluate.js').Scores & {trained?: import('./trained-scores.js').Trained,
 *   faces?: import('./face-detector.js').Found}} Scores */

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  n: whole('number of samples (default: as many as held out, at least 500)', { min: 6, max: 50000 }),
  seed: whole('seed of the first sample, and of the scores (default: 0)', { min: 0 }),
  psi: number('truncation (default: 1)'),
  'held-out': whole('the last N of PICTURES were not trained on (default: as ssdgan train: a tenth, 1 to 500)', {
    min: 0,
  }),
  doodles: whole('score against the first N doodles instead of PICTURES, as ssdgan train uses them', { min: 6 }),
  size: whole('side in pixels, if pictures are scored instead of a model (default: 64)', { min: 8, max: 1024 }),
  crop: text('HOW', 'centre (default), pad or squash, as in training'),
  filter: text('NAME', 'resampling: triangle (default) or cubic, as in training'),
  quick: flag('faster: no Frechet distance, no precision, recall, density and coverage; a coarser SWD'),
  features: text(
    'NETWORK',
    `scores in the features of a trained network too: ${orList(Object.keys(NETWORKS))} (needs development dependencies)`,
    Object.keys(NETWORKS),
  ),
  faces: flag(
    'for photographs of faces: the share in which a detector finds no face (needs development dependencies too)',
  ),
  sheet: text('FILE', 'a PNG to draw: samples, each above the training picture that is nearest to it'),
  json: flag('print JSON'),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Scores the samples of a model (a file, also .onnx, or the folder of a run) against real PICTURES (files, folders, zips). Instead of
a model, a folder or zip of pictures can be scored.
Lower is better for swd (sliced Wasserstein distance x 1,000), kernel (the formula of KID) and frechet. 1 is best for
precision (samples look real), recall (all kinds of pictures occur), density, coverage and diversity.
Each score stands beside its floor (real pictures that were not trained on, or one half against the other: the best
possible) and its ceilings (noise, and the mean picture: the worst). The features come from ${FEATURES}, a fixed random
network, and with --features from a trained one too; neither distance is FID. docs/metrics.md explains every score.`;

/** Images that are scored for a ceiling, noise or the mean picture: more tell no more, and MobileNetV2 takes 0.06 s a picture. */
const CEILING = { keep: true, count: 50 };

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
  ['trained kernel x 1000', (s) => s.trained && 1000 * s.trained.kernel, 1],
  ['trained kernel spread x 1000', (s) => s.trained && 1000 * s.trained.kernelSpread, 1],
  ['trained precision', (s) => s.trained?.precision, 3],
  ['trained recall', (s) => s.trained?.recall, 3],
  ['trained density', (s) => s.trained?.density, 3],
  ['trained coverage', (s) => s.trained?.coverage, 3],
  ['far', (s) => s.trained?.far, 3],
  ['far, standard error', (s) => s.trained?.farError, 3],
  ['no face', (s) => s.faces && 1 - s.faces.found, 3],
  ['no face, standard error', (s) => s.faces?.error, 3],
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

/** @param {string} name @param {import('../engine/engine.js').Engine} engine @param {Record<string, any>} values @returns {Promise<OnnxGenerator | null>} */
async function onnxIn(name, engine, { psi }) {
  if (!/\.onnx$/i.test(name)) return null;
  if (psi !== undefined) throw new CliError('--psi needs the model as .safetensors: an ONNX file has no truncation.');
  return OnnxGenerator.load(name, engine);
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'evaluate');
  if (values.help) {
    console.log(helpText('evaluate MODEL PICTURES... [options]', ABOUT, OPTIONS));
    return 0;
  }
  if (positionals.length < (values.doodles ? 1 : 2))
    throw new CliError('Name a model (or a folder of pictures), then the real pictures.');
  const [name, ...pictureNames] = positionals;
  if (values.sheet) outputKind(values.sheet, ['.png'], 'sheet');
  const engine = await engineFrom(values);
  const onnx = await onnxIn(name, engine, values);
  const generator = onnx || holdsPictures(name) ? null : engine.loadGenerator(readModel(name).bytes);
  const isModel = onnx !== null || generator !== null;
  const size = (onnx ?? generator)?.imageSize ?? values.size ?? 64;
  const make = () => engine.createDataset({ size, crop: values.crop, filter: values.filter });
  const dataset = make();
  if (values.doodles) dataset.addDoodles(0, 0, values.doodles);
  const { refused } = await addPictures(dataset, pictureNames);
  requirePictures(dataset, refused);
  const heldOut = values['held-out'] ?? engine.heldOut(dataset.count);
  const { seed = 0, psi = 1 } = values;

  const evaluator = engine.createEvaluator(dataset, { heldOut, seed });
  evaluator.requireVariety();
  const trained = values.features ? await TrainedScores.create(evaluator, values.features) : null;
  const facesIn = values.faces ? await faceDetector() : null;
  /** @param {import('../engine/dataset.js').Dataset} pictures @param {{keep?: boolean, count?: number}} [options] @returns {Promise<Scores>} */
  const measure = async (pictures, options) => ({
    ...evaluator.measure(pictures, { quick: values.quick }),
    ...(trained && { trained: await trained.measure(pictures, options) }),
    ...(facesIn && { faces: await facesIn(pictures, 0, options?.count) }),
  });
  /** @type {Scores} */
  const floor = { ...evaluator.floor({ quick: values.quick }), ...(trained && { trained: trained.floor }) };
  // Where there are too few pictures to hold some out, those that are trained on give the floor.
  if (facesIn) floor.faces = await facesIn(dataset, evaluator.floorKind === 'held-out' ? evaluator.count : 0);
  const n = values.n ?? Math.max(500, heldOut);
  const samples = generator
    ? evaluator.samples(generator, { n, seed, psi })
    : ((await onnx?.samples({ n, seed })) ?? make());
  if (!isModel) refused.push(...(await addPictures(samples, [name])).refused);
  if (samples.count < 6) throw new CliError(`${name} holds ${samples.count} pictures; scores need at least 6.`);
  const scores = await measure(samples);
  const { noise, mean } = evaluator.ceilingPictures();
  const ceilings = { noise: await measure(noise, CEILING), mean: await measure(mean, CEILING) };
  if (values.sheet) writeSheet(values.sheet, engine, samples, dataset, scores);
  const about = {
    features: FEATURES, trained: values.features, pictures: evaluator.count, heldOut, floor: evaluator.floorKind, seed, psi, size,
    command: commandLine('evaluate', args),
  }; // prettier-ignore
  const warnings = warningsOf(scores, floor, evaluator.count, FEW);
  const summary = summaryOf(scores, floor, ceilings);
  if (values.json) {
    console.log(JSON.stringify({ about, scores, floor, ceilings, summary, warnings }, plain));
    return 0;
  }
  refusedLines(refused).forEach((line) => console.log(line));
  const kind =
    evaluator.floorKind === 'held-out'
      ? `${heldOut} held-out pictures`
      : 'one half of the training pictures against the other';
  const networks = trained ? `${FEATURES}, trained ${values.features}` : FEATURES;
  console.log(`Against ${evaluator.count} training pictures, features ${networks}. Floor: ${kind}.\n`);
  console.log(
    table({ [isModel ? 'model' : 'pictures']: scores, floor, noise: ceilings.noise, 'mean picture': ceilings.mean }),
  );
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
  const near = (/** @type {number} */ i) =>
    Math.max(pixels.distances[i] / pixels.threshold, features.distances[i] / features.threshold);
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
