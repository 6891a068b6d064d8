/** `ssdgan project`: finds the sample of a model that is nearest to a given picture. */
import path from 'node:path';
import { rgbaFromRgb } from '../engine/pixels.js';
import { Projection, psnr } from '../engine/projection.js';
import { writeSafetensors } from '../engine/safetensors.js';
import { gridOf } from '../engine/png.js';
import { outputKind, readModel, writeWhole } from './files.js';
import { addPictures, refusedLines, writePng } from './pictures.js';
import { CliError, ENGINE_OPTIONS, engineFrom, flag, helpText, parse, text, whole } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  'w-plus': flag('use a style for each stage: nearer to the picture, but less like the faces of the model'),
  samples: whole('random faces to compare first (default: 1024)'),
  starts: whole('how many searches start from the best of them, 1 to 16 (default: 4)'),
  steps: whole('steps of each search (default: 200)'),
  seed: whole('seed of the random faces (default: 0)', { min: 0 }),
  crop: text('NAME', 'centre (default), pad or squash'),
  out: text('FOLDER', 'folder for the results (default: projection)'),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Finds, for each picture (files, folders, zips), the face of the model that is nearest to it: compares many random
faces, then improves the typical face and the best of them with Adam (Abdal et al. 2019, Karras et al. 2020). Writes each
picture beside its result (PNG), and all styles (w.safetensors and w.json, for ssdgan generate --w and interpolate --w).
Errors are root mean squares in levels of 255.`;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'project');
  if (values.help) {
    console.log(helpText('project MODEL PICTURE... [options]', ABOUT, OPTIONS));
    return 0;
  }
  const { samples = 1024, starts = 4, steps = 200, seed = 0, crop = 'centre', out = 'projection' } = values;
  const perStage = values['w-plus'] ?? false;
  const [model, ...pictures] = positionals;
  if (!pictures.length) throw new CliError('Name a model and the pictures to project. See: ssdgan project --help');
  const { bytes } = readModel(model);
  outputKind(out, ['']);
  const engine = await engineFrom(values);
  const generator = engine.loadGenerator(bytes);
  if (!generator.stages) throw generator.noStyles();
  const { imageSize: size, styleCount, latentSize } = generator;
  const dataset = engine.createDataset({ size, crop });
  const { refused } = await addPictures(dataset, pictures);
  for (const line of refusedLines(refused)) console.error(line);
  if (!dataset.count) throw new CliError('No picture could be read.');
  const length = styleCount * latentSize;
  const kept = perStage ? length : latentSize;
  const w = new Float32Array(dataset.count * kept);
  const report = [];
  for (let i = 0; i < dataset.count; i++) {
    const projection = new Projection(generator, dataset.picture(i), { perStage, samples, starts, steps, seed });
    for (let left = projection.rounds; left > 0; left = projection.run(8)) {
      const percent = Math.round(100 * (1 - left / projection.rounds));
      if (process.stdout.isTTY) process.stdout.write(`\rpicture ${i + 1} of ${dataset.count}: ${percent} % `);
    }
    if (process.stdout.isTTY) process.stdout.write('\r');
    const { styles, errors } = projection.result();
    projection.dispose();
    w.set(styles.subarray(0, kept), i * kept);
    const name = `picture-${String(i).padStart(4, '0')}.png`;
    const pair = new Uint8ClampedArray(size * size * 8);
    pair.set(rgbaFromRgb(dataset.picture(i)));
    pair.set(generator.synthesiseRgba(styles, true), size * size * 4);
    writePng(path.join(out, name), gridOf(pair, size, 2));
    report.push({ picture: name, ...errors, psnr: psnr(errors.found) });
    const [typical, nearest, found] = [errors.typical, errors.nearest, errors.found].map((error) => error.toFixed(1));
    console.log(
      `${name}: error ${found} (${psnr(errors.found).toFixed(1)} dB); typical face ${typical}, nearest of ${samples} ${nearest}`,
    );
  }
  const shape = perStage ? [dataset.count, styleCount, latentSize] : [dataset.count, latentSize];
  writeWhole(path.join(out, 'w.safetensors'), writeSafetensors({ w: { shape, data: w } }, { format: 'ssdgan-styles' }));
  const nested = Array.from({ length: w.length / latentSize }, (_, i) =>
    Array.from(w.subarray(i * latentSize, (i + 1) * latentSize)),
  );
  const rows = perStage
    ? Array.from({ length: dataset.count }, (_, i) => nested.slice(i * styleCount, (i + 1) * styleCount))
    : nested;
  writeWhole(path.join(out, 'w.json'), `${JSON.stringify({ pictures: report, w: rows })}\n`);
  console.log(
    `${dataset.count} projected into ${perStage ? 'w+' : 'w'}; the styles are in ${path.join(out, 'w.safetensors')}`,
  );
  return 0;
}
