/** `ssdgan info`: what a model, checkpoint or any other safetensors file holds. */
import { readSafetensors } from '../engine/safetensors.js';
import { escaped } from './escape.js';
import { readModel } from './files.js';
import { CliError, flag, helpText, parse } from './usage.js';

/** @type {Record<string, import('./usage.js').Option>} */
const OPTIONS = {
  json: flag('as JSON'),
  tensors: flag('list every tensor'),
  help: flag('this text'),
};

const STATE = /running_|weight_u$|weight_v$|num_batches_tracked|^adam\.|^average\./;

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parse(args, OPTIONS, 'info');
  if (values.help) {
    console.log(helpText('info MODEL [options]', 'Shows what a model, a checkpoint or a verify file holds.', OPTIONS));
    return 0;
  }
  if (positionals.length > 1) throw new CliError('Name one file only.');
  const { file, bytes } = readModel(positionals[0]);
  const { tensors, metadata } = readSafetensors(bytes);
  const rows = Object.entries(tensors).map(([name, { shape }]) => ({
    name,
    shape,
    count: shape.reduce((a, b) => a * b, 1),
  }));
  const trained = rows.filter(({ name }) => !STATE.test(name));
  const discriminator = trained
    .filter(({ name }) => name.startsWith('discriminator.'))
    .reduce((sum, { count }) => sum + count, 0);
  const generator = trained
    .filter(({ name }) => !/^(discriminator|grad|after|z|real|fake|loss)\./.test(name))
    .reduce((sum, { count }) => sum + count, 0);
  if (values.json) {
    console.log(JSON.stringify({ file, bytes: bytes.length, metadata, generator, discriminator, tensors: rows }));
    return 0;
  }
  console.log(
    `${file}: ${metadata.format ?? 'safetensors'}, ${(bytes.length / 1e6).toFixed(1)} MB, ${rows.length} tensors`,
  );
  console.log(`generator      ${generator.toLocaleString('en')} parameters`);
  if (discriminator) console.log(`discriminator  ${discriminator.toLocaleString('en')} parameters`);
  for (const [key, value] of Object.entries(metadata))
    if (key !== 'format' && key !== 'random') console.log(escaped(`${key.padEnd(16)} ${value}`));
  if (values.tensors)
    for (const { name, shape } of rows) console.log(escaped(`  ${name}  ${shape.join(' x ') || 'one number'}`));
  return 0;
}
