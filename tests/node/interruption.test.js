/** What ends a training from outside loses nothing, as a user sees it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readMetadata } from '../../wasm/engine/safetensors.js';
import { folder, MAIN, SMALL, ssdgan } from './terminal.js';

const OPTIONS = [...SMALL, '--doodles', '60', '--threads', '1', '--recipe', 'paper'];

/** @param {string} run @param {string} file @returns {Record<string, string>} */
const metadataOf = (run, file) => readMetadata(new Uint8Array(fs.readFileSync(path.join(folder, run, file))));

/**
 * A training without end, of which something becomes known before its first save.
 * @param {string[]} args @param {(child: import('node:child_process').ChildProcess) => void} end once it has made a few steps
 */
async function interrupted(args, end) {
  const [, , run] = args;
  const log = path.join(folder, run, 'log.jsonl');
  fs.rmSync(log, { force: true });
  const child = spawn(process.execPath, [MAIN, ...args, ...OPTIONS, '--steps', '1000000', '--save-every', '1000000'], {
    cwd: folder,
  });
  let [out, error] = ['', ''];
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (error += data));
  while (child.exitCode === null && !(fs.existsSync(log) && fs.readFileSync(log, 'utf8').split('\n').length > 5))
    await new Promise((resolve) => setTimeout(resolve, 20));
  end(child);
  const status = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  return { status, out, error };
}

for (const [signal, status] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  test(`${signal} saves and says how to go on`, async () => {
    const ended = await interrupted(['train', '--out', signal], (child) => child.kill(signal));
    assert.equal(ended.status, status);
    assert.match(
      ended.out,
      new RegExp(`Stopped at step \\d+ of 1000000; everything is saved\\. .*ssdgan train --resume ${signal}`),
    );
    assert.equal(metadataOf(signal, 'checkpoint-a.safetensors').step, metadataOf(signal, 'model.safetensors').step);
  });
}

test('a reader of the output that goes away: all is saved, and the status says so', async () => {
  const { status, error } = await interrupted(['train', '--out', 'head', '--on-trouble', 'ignore'], (child) => {
    child.stdout?.destroy();
  });
  assert.equal(status, 141);
  assert.match(
    error,
    /Stopped at step \d+ of 1000000; everything is saved\. Continue with: ssdgan train --resume head/,
  );
  assert.ok(Number(metadataOf('head', 'checkpoint-a.safetensors').step) >= 4);
});

test('--force and a kill before the first save: the old run is not resumed', async () => {
  assert.equal(ssdgan('train', '--out', 'forced', ...OPTIONS, '--steps', '3').status, 0);
  const { status } = await interrupted(['train', '--out', 'forced', '--force', '--seed', '9'], (child) =>
    child.kill('SIGKILL'),
  );
  assert.equal(status, 'SIGKILL');
  const { status: refused, error } = ssdgan('train', '--resume', 'forced');
  assert.equal(refused, 2);
  assert.match(error, /forced holds no checkpoint to resume/);
  assert.ok(!fs.existsSync(path.join(folder, 'forced/model.safetensors')), 'nor is its model taken for the new one');
});

test('a refused command leaves the run that --force would replace', () => {
  assert.equal(ssdgan('train', '--out', 'kept', ...OPTIONS, '--steps', '3').status, 0);
  assert.equal(ssdgan('train', 'no-such-folder', '--out', 'kept', '--force', ...OPTIONS).status, 2);
  assert.equal(metadataOf('kept', 'checkpoint-a.safetensors').step, '3');
});

test('--val 0 trains, and the last model is the best', () => {
  const { status, out } = ssdgan('train', '--out', 'val-0', ...OPTIONS, '--val', '0', '--epochs', '3');
  assert.equal(status, 0);
  assert.match(out, /60 to train on, 0 held out/);
  assert.equal(metadataOf('val-0', 'best.safetensors').step, '45');
});

test('a resumed run keeps its doctor and its length, unless told otherwise', () => {
  const plan = () => JSON.parse(metadataOf('doctor', 'checkpoint-a.safetensors').plan);
  assert.equal(ssdgan('train', '--out', 'doctor', ...OPTIONS, '--epochs', '2', '--steps', '3').status, 0);
  assert.deepEqual([plan().onTrouble, plan().recipe, plan().steps], ['ignore', 'paper', 3]);
  const THREADS = ['--threads', '1'];
  assert.match(ssdgan('train', '--resume', 'doctor', ...THREADS).out, /already at step 3 of 3/);
  assert.equal(ssdgan('train', '--resume', 'doctor', '--steps', '4', '--on-trouble', 'stop', ...THREADS).status, 0);
  assert.equal(ssdgan('train', '--resume', 'doctor', '--steps', '5', ...THREADS).status, 0);
  assert.deepEqual([plan().onTrouble, plan().recipe, plan().steps], ['stop', 'paper', 5]);
});

test('files that cannot be written are said, and the training goes on: too large for a limit, another thing in their place', () => {
  // A checkpoint has 944 KB, the other files less than 500.
  const args = ['train', '--out', 'limited', ...OPTIONS, '--steps', '8', '--save-every', '4'];
  const command = ['-c', 'ulimit -f 500; exec "$@"', 'bash', process.execPath, MAIN, ...args];
  const limited = spawnSync('bash', command, { cwd: folder, encoding: 'utf8' });
  assert.equal(limited.status, 1);
  assert.match(limited.stdout, /^The checkpoint could not be saved: The file would be larger than this system allows/m);
  assert.match(limited.stdout, /^Trained up to step 8 of 8; nothing is saved\.$/m);

  assert.equal(ssdgan('train', '--out', 'noted', ...OPTIONS, '--steps', '2').status, 0);
  const note = path.join(folder, 'noted/project.json');
  const before = fs.readFileSync(note);
  const script = path.join(folder, 'once.mjs');
  // A folder in the place of the temporary file, from the second writing on.
  fs.writeFileSync(
    script,
    `import fs from 'node:fs';
     const { renameSync } = fs;
     fs.renameSync = (from, to) => {
       renameSync(from, to);
       if (String(to).endsWith('project.json')) fs.mkdirSync(from);
     };`,
  );
  const resume = ['--import', script, MAIN, 'train', '--resume', 'noted', '--steps', '6', '--save-every', '2'];
  const noted = spawnSync(process.execPath, resume, { cwd: folder, encoding: 'utf8' });
  assert.equal(noted.status, 0, noted.stderr);
  assert.match(noted.stdout, /^The progress in project\.json could not be saved: .* Training continues/m);
  assert.match(noted.stdout, /^Done: /m);
  assert.equal(metadataOf('noted', 'model.safetensors').step, '6');
  assert.notDeepEqual(fs.readFileSync(note), before);
});
