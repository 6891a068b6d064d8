/** The native library, installed: it shows the public functions only, and the C examples train with it through pkg-config. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { linesOf } from './runs.js';
import { folder, SMALL, ssdgan } from './terminal.js';

const lacking = ['cmake', 'ninja', 'pkg-config', 'cc'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
);
const skip = lacking.length ? `there is no ${lacking.join(', ')}` : false;
const text = fs.readFileSync(path.join(ROOT, 'docs/native.md'), 'utf8');
const blocks = [...text.matchAll(/^```\n([^]*?)^```/gm)].map(([, block]) => block.trim());

/** @param {string} command of a shell @param {string} cwd @param {object} env @returns {string} */
function must(command, cwd, env = {}) {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, `${command}\n${stdout}\n${stderr}`);
  return stdout;
}

/** @param {string} run */
const stepsOf = (run) =>
  linesOf(fs.readFileSync(path.join(folder, run, 'log.jsonl'))).filter(({ event }) => event === 'step');

/** Where the first test installs the library. */
const prefix = path.join(folder, 'installed');
const library = path.join(prefix, 'lib');
const env = { PKG_CONFIG_PATH: path.join(library, 'pkgconfig'), LD_LIBRARY_PATH: library };

test('the commands of docs/native.md install the library and train with it', { skip }, () => {
  assert.equal(blocks.length, 3);
  must(blocks[0].replace('sudo ', '').replace('/usr/local', prefix), ROOT);
  fs.copyFileSync(path.join(ROOT, 'examples/c/faces.c'), path.join(folder, 'faces.c'));
  const told = must(blocks[1].replace('./faces', './faces 40'), folder, env);
  assert.match(told, /step 40: loss G \d\.\d{3}, D \d\.\d{3}/);
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  assert.equal(must('pkg-config --modversion ssdgan', folder, env).trim(), version);

  const picture = fs.readFileSync(path.join(folder, 'faces.ppm'));
  assert.equal(picture.subarray(0, 15).toString(), 'P6\n192 192\n255\n');
  assert.equal(picture.length, 15 + 192 * 192 * 3);
  assert.ok(new Set(picture.subarray(15)).size > 50, 'and it is no single colour');
  assert.match(ssdgan('info', 'model.safetensors').out, /step +40/);

  const names = must(`nm -D --defined-only ${path.join(library, 'libssdgan.so')}`, folder)
    .trim()
    .split('\n');
  const shown = names.map((line) => line.split(' ')[2]);
  const header = fs.readFileSync(path.join(ROOT, 'include/ssdgan.h'), 'utf8');
  const declared = [...header.replace(/\/\*[^]*?\*\//g, '').matchAll(/\b(ssd_\w+)\(/g)].map(([, name]) => name);
  assert.deepEqual(shown.sort(), [...new Set(declared)].sort());
});

test('a project goes on in C, and then in the terminal, as if it had never left', { skip }, () => {
  ssdgan('doodles', '--n', '40', '--size', '32', '--out', 'pictures');
  ssdgan('train', 'pictures', '--out', 'project', ...SMALL, '--steps', '4');
  fs.cpSync(path.join(folder, 'project'), path.join(folder, 'stayed'), { recursive: true });

  fs.copyFileSync(path.join(ROOT, 'examples/c/continue.c'), path.join(folder, 'continue.c'));
  const told = must(blocks[2].replace('10000', '12'), folder, env);
  assert.equal(ssdgan('train', '--resume', 'stayed', '--steps', '12').status, 0);
  const { loss_g: g, loss_d: d } = stepsOf('stayed')[11];
  const [, ownG, ownD] = /^step 12: loss G (\S+), D (\S+)\n$/.exec(told) ?? assert.fail(told);
  assert.ok(Math.abs(Number(ownG) - g) < 0.005 && Math.abs(Number(ownD) - d) < 0.005, `${told} ${g} ${d}`);
  assert.throws(() => must('./continue project 12', folder, env), /project: it has made that many steps already/);

  assert.equal(ssdgan('train', '--resume', 'project', '--steps', '20').status, 0);
  assert.deepEqual(stepsOf('project').map(({ step }) => step), [1, 2, 3, 4, 13, 14, 15, 16, 17, 18, 19, 20]); // prettier-ignore
});

test("built for this processor, with its wider vectors, a training step is PyTorch's all the same", { skip }, () => {
  const build = 'build/library-native';
  must(`cmake --preset library -B ${build} -DSSDGAN_ARCH=native && cmake --build ${build}`, ROOT);
  const library = path.join(ROOT, build, 'src');
  // The golden files, by the public functions alone.
  must(
    `cc -std=gnu11 tests/native/test_verify.c -Iinclude -Isrc src/file/checksum.c -L${library} -lssdgan -lm -o ${folder}/verify`,
    ROOT,
  );
  must(`${folder}/verify`, ROOT, { LD_LIBRARY_PATH: library });
});
