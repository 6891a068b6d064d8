/** The commands of the guide run, one after the other, on drawn faces and for some steps only. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { trouble } from '../../wasm/run/doctor.js';
import { folder, ssdgan } from './terminal.js';

const GUIDE = fs.readFileSync(path.join(ROOT, 'docs/guide/README.md'), 'utf8');
const WORDS = fs.readFileSync(path.join(ROOT, 'web/words/en.json'), 'utf8');
const COMMANDS = [...GUIDE.matchAll(/^```\n([^]*?)^```$/gm)].flatMap(([, block]) => block.trim().split('\n'));

/** What a command becomes here: networks of milliseconds, and steps for minutes. @param {string[]} args */
function shortened([command, ...args]) {
  if (command === 'evaluate') return [command, ...args, '--n', '20', '--quick'];
  if (command !== 'train') return [command, ...args];
  const rest = args.join(' ').replace(/ --minutes \d+/, '').replace(/ --size \d+/, '').split(' '); // prettier-ignore
  const steps = ['--steps', args.includes('--resume') ? '6' : '3'];
  if (args.includes('--resume')) return [command, ...rest, ...steps];
  return args.includes('--from') ? [command, ...rest, ...steps] : [command, ...rest, ...steps, '--size', '32', '--width', '4', '--batch', '4']; // prettier-ignore
}

test('every command of the guide', () => {
  assert.ok(COMMANDS.length >= 9);
  assert.equal(ssdgan('doodles', '--n', '40', '--size', '48', '--out', 'photos').status, 0);
  for (const command of COMMANDS) {
    const [program, ...args] = command.split(' ');
    assert.equal(program, 'ssdgan', command);
    const { status, out, error } = ssdgan(...shortened(args));
    assert.equal(status, 0, `${command}: ${out}${error}`);
  }
  for (const file of [
    'faces.png',
    'nearest.png',
    'faces.safetensors',
    'faces.onnx',
    'project.zip',
    'large/model.safetensors',
  ])
    assert.ok(fs.existsSync(path.join(folder, file)), file);
});

test('what the guide quotes, the program says', () => {
  const kinds = /** @type {const} */ (['not_finite', 'exploding', 'd_won', 'saturated', 'collapse']);
  for (const kind of kinds)
    assert.ok([...GUIDE.matchAll(/^\| (The|Training) [^|]+/gm)].some(([row]) => trouble(kind).message.startsWith(row.slice(2).trim())), kind); // prettier-ignore
  const quoted = [...GUIDE.matchAll(/(?<![\w_])_([A-Za-z][^_\n]+)_/g)].map(([, text]) => text);
  assert.ok(quoted.length > 6);
  for (const text of quoted) assert.ok(WORDS.includes(text), `the page does not say "${text}"`);
});
