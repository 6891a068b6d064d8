/** `ssdgan experiment`: finishes what an interruption left, does nothing twice, and its tables say what the runs say. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { curves, markdown, troubles } from '../../wasm/cli/experiment-report.js';
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
      'keep-best': 'swd',
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
  const row = { name: 'a', options: {}, step: 1, pictures: 32000, minutes: 3, parameters: 1e6, troubles: [] };
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
  assert.match(text, /\| a \| 2 \| 1.00 \| 32,000 \| 2.0 ± 1.4 \| 1.000 ± 0.000 \| - \|/);
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
