/**
 * Random kills of `ssdgan train`, at any moment of training and saving: every run goes on, and ends with the same bits as
 * one that was never stopped. 6 kills; 200 with SSDGAN_LONG=1 (npm run test:long). SSDGAN_SEED=N repeats a series.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readMetadata, readSafetensors } from '../../wasm/engine/safetensors.js';

const MAIN = fileURLToPath(new URL('../../wasm/cli/main.js', import.meta.url));
const KILLS = process.env.SSDGAN_LONG ? 200 : 6;
const SEED = Number(process.env.SSDGAN_SEED ?? Date.now() % 1e6);
/** A save every 3 steps, so that a good share of the kills falls into one. */
const OPTIONS = [
  ...['--size', '32', '--width', '4', '--batch', '4', '--threads', '1', '--recipe', 'paper', '--on-trouble', 'ignore'],
  ...['--steps', '45', '--save-every', '3', '--sample-every', '5'],
];

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-kills-'));
after(() => fs.rmSync(place, { recursive: true, force: true }));

let state = SEED;
/** @returns {number} from 0 to 1 */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

fs.mkdirSync(path.join(place, 'photos'));
for (let i = 0; i < 14; i++) {
  const pixels = Buffer.from(Array.from({ length: 3072 }, () => 256 * random()));
  fs.writeFileSync(path.join(place, `photos/${i}.ppm`), Buffer.concat([Buffer.from('P6 32 32 255\n'), pixels]));
}

/** @param {string} run @returns {string[]} the files of its folder, the locks and half-written ones too */
const filesOf = (run) =>
  fs.existsSync(path.join(place, run))
    ? fs.readdirSync(path.join(place, run), { recursive: true, encoding: 'utf8' }).sort()
    : [];
const read = (/** @type {string} */ run, /** @type {string} */ name) =>
  new Uint8Array(fs.readFileSync(path.join(place, run, name)));

/** @param {string} run @returns {{step: number, bytes: Uint8Array} | null} its newest checkpoint */
function checkpointOf(run) {
  const found = filesOf(run)
    .filter((name) => /^checkpoint-[ab]\.safetensors$/.test(name))
    .map((name) => ({ step: Number(readMetadata(read(run, name)).step), bytes: read(run, name) }));
  return found.sort((a, b) => b.step - a.step)[0] ?? null;
}

/** Continues the run, or begins it anew where it has no checkpoint yet. @param {string} run @returns {string[]} */
const commandOf = (run) =>
  checkpointOf(run) ? [MAIN, 'train', '--resume', run] : [MAIN, 'train', 'photos', '--out', run, '--force', ...OPTIONS];

/**
 * Kills the training after a random time, or in the middle of a random write.
 * @param {string} run @returns {Promise<{killed: boolean, output: string, status: number | null}>}
 */
async function killed(run) {
  const child = spawn(process.execPath, commandOf(run), { cwd: place });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = new Promise((resolve) => child.on('close', (status) => resolve(status)));
  const kill = () => child.kill('SIGKILL');
  if (random() < 0.5) {
    const timer = setTimeout(kill, 3000 * random());
    await ended;
    clearTimeout(timer);
  } else {
    fs.mkdirSync(path.join(place, run), { recursive: true });
    let left = Math.floor(40 * random());
    const watcher = fs.watch(path.join(place, run), () => {
      if (left-- === 0) setTimeout(kill, 4 * random());
    });
    await ended;
    watcher.close();
  }
  return { killed: child.signalCode === 'SIGKILL', output, status: child.exitCode };
}

/** Everything that a run leaves but its note of how it was called. @param {string} run */
function results(run) {
  const names = filesOf(run).filter((name) => !/^(checkpoint-[ab]\.safetensors|project\.json)$/.test(name));
  const isFile = (/** @type {string} */ name) => fs.statSync(path.join(place, run, name)).isFile();
  return {
    checkpoint: checkpointOf(run),
    files: Object.fromEntries(names.filter(isFile).map((name) => [name, read(run, name)])),
  };
}

test(`${KILLS} kills at random moments: every run goes on and ends with the bits of one never stopped`, async (t) => {
  const whole = spawnSync(process.execPath, commandOf('whole'), { cwd: place, encoding: 'utf8' });
  assert.equal(whole.status, 0, whole.stderr);
  const wanted = results('whole');
  assert.deepEqual(
    Object.keys(wanted.files).filter((name) => !/^samples/.test(name)),
    ['best.safetensors', 'log.jsonl', 'model.safetensors', 'pictures.safetensors'],
  );

  const counts = { kills: 0, 'before the first checkpoint': 0, 'in a write': 0, 'runs ended': 0 };
  for (let number = 0; counts.kills < KILLS; number++) {
    const run = `run-${number}`;
    for (;;) {
      const from = checkpointOf(run)?.step ?? 0;
      const { killed: wasKilled, output, status } = await killed(run);
      const told = `seed ${SEED}, kill ${counts.kills}: ${output}`;
      if (!wasKilled) {
        assert.equal(status, 0, told);
        break;
      }
      counts.kills++;
      const names = filesOf(run);
      for (const name of names.filter((file) => /\.safetensors$/.test(file))) readSafetensors(read(run, name));
      const step = checkpointOf(run)?.step ?? 0;
      assert.ok(step >= from, `went back from ${from}: ${told}`);
      counts['before the first checkpoint'] += Number(step === 0);
      counts['in a write'] += Number(names.some((name) => name.endsWith('.part')));
    }
    counts['runs ended']++;
    assert.deepEqual(results(run), wanted, `seed ${SEED}, after ${counts.kills} kills`);
    fs.rmSync(path.join(place, run), { recursive: true });
  }
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
});
