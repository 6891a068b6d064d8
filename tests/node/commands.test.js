/**
 * Every command that a document names. Tests run many of them (RUN says which); of every other one the program's own parser takes
 * the options, and the files, stages and scripts that it names are there.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { stagesOf } from '../../scripts/stages.js';
import { folder, ssdgan } from './terminal.js';

const PYTHON = process.env.SSDGAN_PYTHON ?? '/usr/bin/python3';
const NO_TORCH = spawnSync(PYTHON, ['-c', 'import torch']).status === 0 ? false : 'python3-torch is not installed';
/** @param {string} file */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const SCRIPTS = JSON.parse(read('package.json')).scripts;
const DOCUMENTS = ['docs', 'examples', 'packages']
  .flatMap((room) => fs.readdirSync(path.join(ROOT, room), { recursive: true }).map((file) => `${room}/${file}`))
  .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
  .concat('README.md', 'CONTRIBUTING.md');

/** Blocks and lines that another test runs as they stand, or nearly: what, the test, what it must hold. @type {[RegExp, string, string][]} */
const RUN = [
  [/^(pytorch(\(\)| verify) |[STU]=)/, 'tests/node/pytorch.test.js', "'docs/verify.md says how the golden files were made'"],
  [/^torchrun /, 'tests/node/pytorch.test.js', 'const TORCHRUN'],
  [/^(sudo cmake --install|cc (faces|continue)\.c|\.\/(faces|continue))/, 'tests/node/library.test.js', 'the commands of docs/native.md'],
  [/^export default \{ optimizeDeps/, 'tests/browser/packed.test.js', "exclude: ['ssdgan']"],
  [/^const worker = new Worker/, 'tests/browser/packed.test.js', "new Worker('ssdgan/browser/worker.js'"],
  [/^<script type="module" src="ssdgan\/browser\/ssd-faces\.js">/, 'examples/faces/index.html', 'ssdgan/browser/ssd-faces.js'],
  [/^generator\.load_state_dict/, 'examples/pytorch/faces.py', 'load_state_dict('],
]; // prettier-ignore

/** @typedef {{file: string, language: string, text: string}} Block */

/** @param {string} file @returns {Block[]} the fenced blocks, without a drawing */
const blocksOf = (file) =>
  [...read(file).matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm)]
    .map(([, language, text]) => ({ file, language, text: text.trim() }))
    .filter(({ text }) => !text.includes('│'));

/** @param {string} file @returns {string[]} commands within sentences */
const inlineOf = (file) =>
  [
    ...read(file)
      .replace(/^ *```[^]*?^ *```$/gm, '')
      .matchAll(/`([^`]+)`/g),
  ]
    .map(([, text]) => text.replace(/\s+/g, ' ').trim())
    .filter((text) => /^(npm|npx|node|python3|cmake|ssdgan|torchrun|apt-get) [^A-Z]/.test(text));

/** @param {string} line @returns {string[]} its commands, without comments, redirections and what is set before them */
const commandsOf = (line) =>
  line
    .split(/\s#\s|\s#\w/)[0]
    .replace(/ >\S+$/, '')
    .split(' && ')
    .map((command) => command.trim().replace(/^([A-Z_]{2,}=\S+ )+/, ''));

/** Files of the project that a command reads. @param {string[]} args */
function filesAreThere(args) {
  args.forEach((arg, i) => {
    if (!/^(tests|scripts|docs|wasm|web|experiments|\.\/packages)\//.test(arg)) return;
    const isOutput = args[i - 1] === '--out' || args[i - 1] === '--save';
    assert.ok(isOutput || fs.existsSync(path.join(ROOT, arg)) || fs.existsSync(path.join(ROOT, 'docs', arg)), arg);
  });
}

/** A script of ours names each of the options. @param {string} script @param {string[]} args */
function knowsOptions(script, args) {
  const text = read(script);
  for (const option of args.filter((arg) => arg.startsWith('--') && arg !== '--'))
    assert.ok(text.includes(option) || text.includes(`${option.slice(2)}: {`), `${script} has no ${option}`);
}

/** Of `npm`. @param {string[]} args */
function npm([verb, ...args]) {
  if (['install', 'pack', 'init', 'ci'].includes(verb)) return filesAreThere(args);
  const name = verb === 'run' ? args.shift() : verb;
  assert.ok(name !== undefined && SCRIPTS[name], `npm ${verb} ${name}`);
  const rest = args.slice(args.indexOf('--') + 1);
  if (name === 'test') rest.filter((what) => what !== 'WHAT...').forEach((what) => stagesOf(what.replace('NAME', 'context'))); // prettier-ignore
  const [, script] = /^node (\S+)$/.exec(SCRIPTS[name]) ?? [];
  if (script && name !== 'test') knowsOptions(script, rest);
}

/** Of `ssdgan`. @param {string[]} args */
function ours(args) {
  const known = args.filter((arg) => arg !== '…').map((arg) => arg.replace(/^\[|\]$/g, ''));
  if (!known.length) return;
  filesAreThere(known);
  if (known.at(-1)?.startsWith('--')) known.push('x'); // a sentence may leave the value out
  const { status, error } = ssdgan(...known, '--help');
  assert.equal(status, 0, error);
}

/** What checks a command; null: nothing does. @param {string} command @returns {(() => void) | null} */
function checkOf(command) {
  const [program, ...args] = command.split(' ');
  if (RUN.some(([what]) => what.test(command))) return () => {};
  if (program === 'npm') return () => npm(args);
  if (program === 'ssdgan') return () => ours(args);
  if (program === 'npx' && args[0] === 'ssdgan') return () => ours(args.slice(1));
  if (program === 'node' && args[0] === 'wasm/cli/main.js') return () => ours(args.slice(1));
  if (program === 'node' && args[0].endsWith('.mjs')) return () => assert.ok(example(args[0]));
  if (program === 'node') return () => (filesAreThere(args), knowsOptions(args[0], args));
  if (command === '. .toolchain/env') return () => assert.match(read('scripts/setup'), /toolchain\/env/);
  if (program === 'cmake') return () => assert.match(read('CMakePresets.json'), new RegExp(`"name": "${args.at(-1)}"`));
  if (program === 'apt-get' && args[0] === 'install') return () => {};
  if (isPython(command)) return () => {}; // below, all in one process
  if (program === 'python3' && args[0].endsWith('.py')) return () => assert.ok(example(args[0]));
  return null;
}

/** @param {string} name @returns {boolean} whether an example has the file */
const example = (name) => fs.readdirSync(path.join(ROOT, 'examples'), { recursive: true }).some((file) => path.basename(String(file)) === name); // prettier-ignore

/** @param {string} command */
const isPython = (command) => /^(\/usr\/bin\/)?python3 scripts\/pytorch/.test(command);

const ALL = DOCUMENTS.flatMap((file) => [
  ...blocksOf(file).filter(({ language }) => !language).flatMap(({ text }) => text.split('\n')),
  ...inlineOf(file),
].flatMap(commandsOf).map((command) => ({ file, command }))); // prettier-ignore

test('every command: its program takes it', () => {
  assert.ok(ALL.length > 90, String(ALL.length));
  for (const { file, command } of ALL) {
    const check = checkOf(command);
    assert.ok(check, `${file}: nothing checks "${command}"`);
    assert.doesNotThrow(check, `${file}: ${command}`);
  }
});

test('a command that is wrong is noticed', () => {
  const all = [
    ['npm run nothing', 'npm test -- nothing', 'npm run bench -- --nothing', 'npm pack ./packages/nothing'],
    ['ssdgan train --nothing', 'ssdgan train --epochs few', 'ssdgan verify tests/nothing', 'npx ssdgan nothing'],
    ['cmake --preset nothing', 'node scripts/nothing.js', 'node nothing.mjs', 'python3 nothing.py'],
  ];
  for (const wrong of all.flat()) {
    const check = checkOf(wrong);
    assert.ok(check, wrong);
    assert.throws(check, Error, wrong);
  }
  assert.equal(checkOf('rm -r /'), null);
});

test('what is run by another test, is there', () => {
  for (const [what, file, text] of RUN) {
    assert.ok(read(file).includes(text), `${file} does not hold ${text}`);
    const lines = DOCUMENTS.flatMap(blocksOf).flatMap((block) => block.text.split('\n'));
    assert.ok(lines.some((line) => what.test(line.trim())), `no document has ${what}`); // prettier-ignore
  }
});

test('every command of scripts/pytorch: its parser takes it', { skip: NO_TORCH }, () => {
  const commands = ALL.flatMap(({ command }) => (isPython(command) || command.startsWith('torchrun ') ? [command.split('scripts/pytorch ')[1].split(' ')] : [])); // prettier-ignore
  assert.ok(commands.length > 6);
  const program = `
import argparse, importlib, json, sys
sys.path.insert(0, "scripts/pytorch")
class Parsed(Exception): pass
original = argparse.ArgumentParser.parse_args
def parse(self, *rest):
    original(self, *rest)
    raise Parsed
argparse.ArgumentParser.parse_args = parse
for command, *rest in json.loads(sys.argv[1]):
    try: importlib.import_module(command).main(rest)
    except Parsed: print("taken")
`;
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program, JSON.stringify(commands)], { cwd: ROOT, encoding: 'utf8' }); // prettier-ignore
  assert.equal(status, 0, stderr);
  assert.equal(stdout.match(/taken/g)?.length, commands.length);
});

test('the programs of README.md and docs/package.md run', () => {
  // A module in the project finds the package by its own name.
  const file = path.join(ROOT, `build/commands-${process.pid}.mjs`);
  const model = path.join(folder, 'run/model.safetensors');
  const { status, error } = ssdgan('train', '--doodles', '40', '--steps', '2', '--size', '32', '--width', '4', '--batch', '4', '--out', 'run'); // prettier-ignore
  assert.equal(status, 0, error);
  const programs = ['README.md', 'docs/package.md'].flatMap(blocksOf).filter(({ text }) => text.startsWith('import'));
  assert.equal(programs.length, 2);
  for (const { file: document, text } of programs) {
    const small = text
      .replace("loadGenerator('model.safetensors')", `loadGenerator(${JSON.stringify(model)})`)
      .replace('size: 64', 'size: 32')
      .replace('0, 0, 500', '0, 0, 40')
      .replace('minutes: 15', 'steps: 3')
      .replace("recipe: 'best'", "recipe: 'best', settings: { image_size: 32, width: 4, batch: 4 }");
    fs.writeFileSync(file, `${small}\nconsole.log('faces:', rgba.length / 4096);\nprocess.exit(0);\n`);
    const ran = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    fs.rmSync(file);
    assert.equal(ran.status, 0, `${document}: ${ran.stderr}`);
    assert.match(ran.stdout, /faces: 3\n$/);
  }
});
