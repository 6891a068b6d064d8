/** `ssdgan export`: the model alone, in float32 or float16, and beside it what is known about it. */
import path from 'node:path';
import { modelIn } from '../engine/model-file.js';
import { onnxOf } from '../engine/onnx.js';
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { makeFolderOf, readFile, readModel, writeWhole } from './files.js';
import { FolderStore } from './folder-store.js';
import { holdsRun, readNote } from './project-folder.js';
import { writeProjectZip } from './project-zip.js';
import { CliError, ENGINE_OPTIONS, engineFrom, flag, helpText, orList, parse, text } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  half: flag('write float16: half the size'),
  discriminator: text('CHECKPOINT', "write this checkpoint's discriminator too, for fine-tuning (train --from)"),
  input: text('NAME', 'with FILE.onnx: z (default), w, or w+ (a style for each stage)', ['z', 'w', 'w+']),
  uint8: flag('with FILE.onnx: whole levels from 0 to 255, as tools that compute FID take them'),
  scores: text('FILE', 'scores to put into FILE.json: the output of ssdgan evaluate --json'),
  command: text('TEXT', "the command that trained the model, if the run's project.json does not have it"),
  ...ENGINE_OPTIONS,
};

const ABOUT = `Writes the generator alone to FILE.safetensors (from a checkpoint: its average, if it has one). FILE.json beside it
says which command, recipe and seed made the model, how it scores, and how far its samples are from those of the
float32 model. To FILE.onnx it writes the generator for onnxruntime and other programs: N x 100 latents to images, N x 3 x H x W
from -1 to 1 (opset 13). To FILE.zip it writes the whole project of a run, as the page does: continue it anywhere.`;

const PICTURES = 64;

/** @typedef {ReturnType<typeof readSafetensors>['tensors']} Tensors */

/** @param {string} checkpoint @returns {Tensors} its discriminator's tensors by their own names */
function discriminatorOf(checkpoint) {
  const { tensors } = readSafetensors(readModel(checkpoint).bytes);
  const names = Object.keys(tensors).filter((name) => name.startsWith('discriminator.'));
  if (!names.length)
    throw new CliError(
      `--discriminator: ${checkpoint} has none. Name a checkpoint, as checkpoint-a.safetensors in the folder of a run.`,
    );
  return Object.fromEntries(names.map((name) => [name, tensors[name]]));
}

/** @param {string} file @returns {any} */
function readJson(file) {
  try {
    return JSON.parse(new TextDecoder().decode(readFile(file)));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${file} is not JSON.`);
  }
}

/**
 * How far the pictures of two models are from each other, in levels of 0..255.
 * @param {import('../engine/generator.js').Generator} a @param {import('../engine/generator.js').Generator} b
 */
function pictureError(a, b) {
  const seeds = Array.from({ length: PICTURES }, (_, i) => i);
  const [x, y] = [a.generate(seeds), b.generate(seeds)];
  let max = 0;
  let squares = 0;
  x.forEach((value, i) => {
    const difference = Math.abs(value - y[i]) * 127.5;
    max = Math.max(max, difference);
    squares += difference ** 2;
  });
  return { pictures: PICTURES, max: Number(max.toFixed(4)), rms: Number(Math.sqrt(squares / x.length).toFixed(5)) };
}

/** The numbers among an evaluation's scores; the lists about single pictures stay behind. @param {any} scores */
function numbersOf(scores) {
  if (typeof scores?.kernel !== 'number')
    throw new CliError('The --scores file holds no scores: give it what ssdgan evaluate --json printed.');
  const numbers = Object.entries(scores).filter(([, value]) => typeof value === 'number');
  if (typeof scores.copying?.share === 'number') numbers.push(['copies', scores.copying.share]);
  return Object.fromEntries(numbers.map(([name, value]) => [name, Number(Number(value).toPrecision(5))]));
}

/** @param {string} file */
function scoresFrom(file) {
  const { about, scores, floor, ceilings } = readJson(file);
  const [model, real, noise, mean] = [scores, floor, ceilings?.noise, ceilings?.mean].map(numbersOf);
  const { command, pictures, heldOut, features } = about;
  return { command, features, pictures, held_out: heldOut, model, floor: real, noise, mean_picture: mean };
}

/** The whole project. @param {string} folder @param {string} out a zip @returns {Promise<number>} exit status */
async function exportProject(folder, out) {
  if (!holdsRun(folder)) throw new CliError(`${folder} holds no run, which a .zip is made of.`);
  const bytes = await writeProjectZip(new FolderStore(folder, { readOnly: true }), out);
  console.log(
    `${out}: ${(bytes / 1e6).toFixed(2)} MB. Continue it with: ssdgan train --resume ${out}, or drop it on the page.`,
  );
  return 0;
}

/** @param {ReturnType<typeof readSafetensors>} source @param {string} out @param {Record<string, any>} values @returns {number} exit status */
function exportOnnx(source, out, { input = 'z', uint8 = false, half = false }) {
  const written = onnxOf(modelIn(source), { input, isUint8: uint8, isHalf: half });
  makeFolderOf(out);
  writeWhole(out, written);
  const range = uint8 ? 'levels from 0 to 255' : 'numbers from -1 to 1';
  console.log(`${out}: ${(written.length / 1e6).toFixed(2)} MB; input ${input}, output images: ${range}.`);
  return 0;
}

/** Options that some kinds of files have: elsewhere they would be without effect. @type {Record<string, string[]>} */
const ONLY_FOR = {
  '.safetensors': ['discriminator', 'scores', 'command', 'half'],
  '.onnx': ['input', 'uint8', 'half'],
};

/** @param {string} kind of the file to write @param {Record<string, any>} values */
function refuseOthers(kind, values) {
  for (const name of Object.values(ONLY_FOR).flat()) {
    const kinds = Object.keys(ONLY_FOR).filter((ending) => ONLY_FOR[ending].includes(name));
    if (values[name] !== undefined && !kinds.includes(kind))
      throw new CliError(`--${name} is for ${orList(kinds)}, but a ${kind} file is to be written: leave it out.`);
  }
}

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'export');
  if (values.help) {
    console.log(
      helpText(
        'export MODEL FILE.safetensors [--half] [options]\n       ssdgan export MODEL FILE.onnx [--input w] [--uint8] [--half]\n       ssdgan export RUN FILE.zip',
        ABOUT,
        OPTIONS,
      ),
    );
    return 0;
  }
  const [name, out = ''] = positionals;
  const kind = path.extname(out).toLowerCase();
  if (positionals.length !== 2 || !['.safetensors', '.onnx', '.zip'].includes(kind))
    throw new CliError(
      'Name a model (a file, a run, starter) and the .safetensors or .onnx file to write, or a run and the .zip.',
    );
  refuseOthers(kind, values);
  if (kind === '.zip') return exportProject(name, out);
  const { file, bytes } = readModel(name);
  if (kind === '.onnx') return exportOnnx(readSafetensors(bytes), out, values);
  const scores = values.scores === undefined ? undefined : scoresFrom(values.scores);
  const engine = await engineFrom(values);
  const before = engine.loadGenerator(bytes);

  const note = readNote(path.dirname(file));
  const command = values.command ?? (note.commands ?? []).join('; ');
  const source = readSafetensors(bytes);
  const known = new Set(['version', 'step', 'command', ...engine.describe.config.map(({ name: field }) => field)]);
  const kept = Object.entries(source.metadata).filter(([key]) => known.has(key));
  /** @type {Record<string, string>} */
  const metadata = { format: 'ssdgan-model', ...Object.fromEntries(kept), ...(command ? { command } : {}) };
  const networks = { ...modelIn(source).tensors, ...(values.discriminator && discriminatorOf(values.discriminator)) };
  const written = writeSafetensors(networks, metadata, { half: values.half });
  const after = engine.loadGenerator(written);
  const error = pictureError(before, after);

  makeFolderOf(out);
  writeWhole(out, written);
  const { sources = [], doodles, recipe = /--recipe[ =](\S+)/.exec(command)?.[1] } = note;
  const about = {
    file: path.basename(out),
    bytes: written.length,
    type: values.half ? 'float16' : 'float32',
    image_size: after.imageSize,
    parameters: after.parameterCount,
    command: metadata.command,
    recipe,
    seed: metadata.seed === undefined ? undefined : Number(metadata.seed),
    step: metadata.step === undefined ? undefined : Number(metadata.step),
    pictures: sources.length ? sources.map((p) => path.basename(p)) : doodles && `${doodles} doodles`,
    error_in_levels_of_255: error,
    scores,
  };
  const beside = out.replace(/safetensors$/, 'json');
  writeWhole(beside, `${JSON.stringify(about, null, 2)}\n`);
  console.log(
    `${out}: ${(written.length / 1e6).toFixed(2)} MB, ${about.type}; ${path.basename(beside)} beside it. ` +
      `${PICTURES} samples differ from those of ${name} by ${error.max} of 255 levels at most, ${error.rms} as a root mean square.`,
  );
  if (!command)
    console.log(
      'The command that trained the model is unknown, because there is no project.json beside it. Name it with --command.',
    );
  return 0;
}
