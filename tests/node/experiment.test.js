/** `ssdgan experiment`: finishes what an interruption left, does nothing twice, and its tables say what the runs say. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { curves, markdown, troubles } from '../../wasm/cli/experiment-report.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { OPTIONS } from '../../wasm/cli/train-options.js';
import { parse } from '../../wasm/cli/usage.js';
import { folder, MAIN, ssdgan } from './terminal.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} name @param {unknown} value */
const write = (name, value) =>
  fs.writeFileSync(path.join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
/** @param {string} name */
const read = (name) => fs.readFileSync(path.join(folder, name));

const SMALL = {
  title: 'Small',
  train: { size: 32, width: 4, batch: 4, doodles: 60, val: 10, 'save-every': 1 },
  evaluate: { quick: true, n: 60 },
  runs: [
    { name: 'SSD', steps: 60 },
    {
      name: 'DCGAN, half',
      model: 'dcgan',
      fraction: 50,
      steps: 8,
      'reuse-fake': true,
      score: 'best',
      'keep-best': 'kernel-swd',
    },
  ],
};

test('an interrupted experiment goes on where it stopped, to the same bits', async () => {
  write('small.json', SMALL);
  const child = spawn(process.execPath, [MAIN, 'experiment', 'small.json', '--out', 'cut'], {
    cwd: folder,
    detached: true,
  });
  const log = path.join(folder, 'cut/ssd-seed-0/log.jsonl');
  while (child.exitCode === null && (!fs.existsSync(log) || fs.readFileSync(log, 'utf8').split('\n').length < 4))
    await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(-(/** @type {number} */ (child.pid)), 'SIGINT'); // as a terminal does: to all of them
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 130);
  assert.match(read('cut/small.md').toString(), /Not finished: SSD \(seed 0\), DCGAN, half \(seed 0\)/);
  const { status, out } = ssdgan('experiment', 'small.json', '--out', 'cut');
  assert.equal(status, 0);
  assert.match(out, /SSD, seed 0, continues/);

  assert.equal(ssdgan('experiment', 'small.json', '--out', 'whole', '--only', 'SSD').status, 0);
  assert.doesNotMatch(ssdgan('experiment', 'small.json', '--only', 'DCGAN, half', '--report').error, /no run/);
  assert.deepEqual(read('cut/ssd-seed-0/model.safetensors'), read('whole/ssd-seed-0/model.safetensors'));
  const [{ name, step, pictures, parameters, scores }] = JSON.parse(read('whole/small.json').toString()).rows;
  assert.deepEqual([name, step, pictures], ['SSD', 60, 240]);
  assert.ok(parameters > 1000 && scores.kernel > 0 && scores.swd > 0);

  const again = ssdgan('experiment', 'small.json', '--out', 'cut');
  assert.doesNotMatch(again.out, /^--- /m, 'nothing is trained or scored twice');
  const table = read('cut/small.md').toString();
  assert.match(table, /\| SSD \| 1 \| [\d.]+ \| 240 \|/);
  assert.match(table, /\| DCGAN, half \| 1 \| [\d.]+ \| 32 \|/);
  assert.doesNotMatch(table, /trained kernel|precision|##/, 'no columns of what was not measured');
  assert.match(table, /\| ceiling: noise \|/);
  for (const file of [
    'sheets/ssd-seed-0.png',
    'sheets/dcgan-half-seed-0-best.png',
    'dcgan-half-seed-0/scores-best.json',
  ])
    assert.ok(fs.existsSync(path.join(folder, 'cut', file)), file);

  write('small.json', { ...SMALL, runs: [{ ...SMALL.runs[0], steps: 61 }] });
  assert.match(ssdgan('experiment', 'small.json', '--out', 'cut').error, /holds a run of that name with other options/);
});

test('by processor time: one run is scored at each budget, and its models are those of a run by steps', () => {
  const budgets = [0.01, 0.02];
  write('time.json', { ...SMALL, minutes: budgets, seeds: [0, 1], runs: [{ name: 'SSD' }] });
  const { status, out, error } = ssdgan('experiment', 'time.json', '--out', 'time');
  assert.equal(status, 0, error);
  assert.equal(out.match(/^--- SSD, seed \d.*, to 0\.0[12] processor minutes$/gm)?.length, 4);
  const { rows } = JSON.parse(read('time/time.json').toString());
  assert.deepEqual(
    rows.map((/** @type {any} */ row) => [row.seed, row.budget]),
    [0, 1].flatMap((seed) => budgets.map((budget) => [seed, budget])),
  );
  for (const { budget, minutes } of rows) assert.ok(minutes >= budget && minutes < 3 * budget + 0.1, `${minutes}`);
  assert.ok(rows[1].step > rows[0].step && rows[0].step > 0);
  const { progress } = JSON.parse(read('time/ssd-seed-0/project.json').toString());
  assert.ok(progress.total > 1e6, 'the budget ends it, not the length of the recipe');
  assert.equal(rows[0].scores.count, SMALL.evaluate.n);
  assert.match(read('time/time.md').toString(), /^## 0\.01 processor minutes$[^]*^\| SSD \| 2 \|[^]*^## 0\.02 /m);
  const steps = String(rows[1].step);
  const settings = ['--size', '32', '--width', '4', '--batch', '4', '--doodles', '60', '--val', '10', '--seed', '0'];
  assert.equal(ssdgan('train', '--out', 'steps', '--steps', steps, ...settings).status, 0);
  const tensors = (/** @type {string} */ file) => readSafetensors(read(file)).tensors;
  assert.deepEqual(tensors('time/ssd-seed-0/model-at-0.02.safetensors'), tensors('steps/model.safetensors'));
  const [one, both] = ['seed-0', 'seeds'].map((name) => decode(read(`time/sheets/ssd-${name}-at-0.02.png`)));
  assert.deepEqual([both.width, both.height], [2 * one.width + 16, one.height]);
  assert.doesNotMatch(ssdgan('experiment', 'time.json', '--out', 'time').out, /^--- /m);
});

test('train stops at its processor minutes, which all sittings share', () => {
  const args = ['--size', '32', '--width', '4', '--batch', '4', '--doodles', '60', '--steps', '100000'];
  const first = ssdgan('train', '--out', 'spent', '--processor-minutes', '0.005', ...args);
  assert.equal(first.status, 0, first.error);
  assert.match(first.out, /The 0\.005 processor minutes are spent at step \d+ of 100000; everything is saved/);
  const note = () => JSON.parse(read('spent/project.json').toString());
  const { progress, processorMinutes } = note();
  assert.ok(processorMinutes >= 0.005);
  assert.equal(ssdgan('train', '--resume', 'spent', '--processor-minutes', '0.005').status, 0);
  assert.deepEqual(note().progress, progress, 'nothing is left to spend');
  assert.equal(ssdgan('train', '--resume', 'spent', '--steps', String(progress.step + 5)).status, 0);
  assert.ok(note().progress.step === progress.step + 5 && note().processorMinutes > processorMinutes);
});

test('a slip in the file is told before anything is trained', () => {
  for (const [value, sentence] of /** @type {[unknown, RegExp][]} */ ([
    ['{', /is not JSON/],
    [{}, /names no runs/],
    [{ runs: [{ recipe: 'paper' }] }, /every run needs a name/],
    [{ runs: [{ name: 'a' }, { name: 'a' }] }, /two runs are called "a"/],
    [{ runs: [{ name: 'a', rate: 1 }] }, /run "a": .*rate/],
    [{ runs: [{ name: 'a', recipe: 'fast' }] }, /run "a": --recipe is "fast"/],
    [{ runs: [{ name: 'a', out: 'x' }] }, /sets out, which the experiment decides/],
    [{ runs: [{ name: 'a', score: 'worst' }] }, /score is "worst", but must be model or best/],
    [{ seeds: ['x'], runs: [{ name: 'a' }] }, /seeds .* must be whole numbers/],
    [{ minutes: [5, 5], runs: [{ name: 'a' }] }, /minutes .* each larger than the one before/],
    [{ minutes: ['5'], runs: [{ name: 'a' }] }, /minutes .* must be numbers above 0/],
    [{ minutes: 5, runs: [{ name: 'a' }] }, /minutes .* must be numbers above 0/],
    [{ runs: [{ name: 'a', minutes: 5, epochs: 2 }] }, /run "a": --minutes and --epochs both say how long/],
  ])) {
    write('slip.json', value);
    const { status, error } = ssdgan('experiment', 'slip.json', '--out', 'slip');
    assert.equal(status, 2, error);
    assert.match(error, sentence);
  }
  assert.match(ssdgan('experiment').error, /Name an experiment/);
});

test('the committed experiments name recipes and options that exist', () => {
  const files = fs.readdirSync(path.join(ROOT, 'experiments')).filter((name) => name.endsWith('.json'));
  assert.ok(files.length >= 4);
  for (const file of files) {
    const { runs, train = {} } = JSON.parse(fs.readFileSync(path.join(ROOT, 'experiments', file), 'utf8'));
    for (const { name, score, ...options } of runs) {
      assert.ok([undefined, 'model', 'best'].includes(score), `${file}, ${name}: ${score}`);
      const all = { ...train, ...options };
      const args = Object.entries(all).flatMap(([option, value]) => [
        `--${option}`,
        ...(value === true ? [] : [String(value)]),
      ]);
      assert.doesNotThrow(() => parse(args, OPTIONS, 'train'), `${file}, ${name}`);
    }
  }
});

test('the report: means over seeds, curves over equal stretches, the first of each trouble', () => {
  /** @param {number} swd */
  const scores = (swd) =>
    /** @type {any} */ ({ swd, kernel: 1, copying: { share: 0 }, diversity: { features: 1, nearest: 1 } });
  const row = {
    name: 'a',
    options: {},
    budget: null,
    step: 1,
    pictures: 32000,
    minutes: 3,
    parameters: 1e6,
    troubles: [],
  };
  const text = markdown(
    'T',
    [
      { ...row, seed: 0, scores: scores(1) },
      { ...row, seed: 1, scores: scores(3) },
    ],
    null,
    [],
    'x',
  );
  assert.match(text, /\| a \| 2 \| 1.00 \| 32,000 \| 2.0 ± 1.4 \| 1.000 ± 0.000 \| 0.000 ± 0.000 \|/);
  const log = [1, 2, 3, 4, 5]
    .map((step) => JSON.stringify({ step, loss_g: step, loss_d: 2, d_real: 1, d_fake: 0 }))
    .concat(JSON.stringify({ trouble: 'd_won', kind: 'd_won', step: 4, sentence: 's' }), '')
    .join('\n');
  assert.deepEqual(curves(log, 3), {
    step: [2, 4, 5],
    loss_g: [1.5, 3.5, 5],
    loss_d: [2, 2, 2],
    d_real: [1, 1, 1],
    d_fake: [0, 0, 0],
  });
  assert.deepEqual(troubles(log), [{ kind: 'd_won', step: 4, sentence: 's' }]);
});
