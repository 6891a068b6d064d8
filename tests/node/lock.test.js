/** One training in a folder at a time; what a dead process left is no hindrance. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { holdFolder, LOCK } from '../../wasm/cli/lock.js';
import { folder as place, MAIN, SMALL, ssdgan } from './terminal.js';

const MODULE = new URL('../../wasm/cli/lock.js', import.meta.url).href;
const OPTIONS = [...SMALL, '--doodles', '20', '--threads', '1', '--recipe', 'paper'];

/** @param {string} name @param {object} [holder] fields of its lock that differ from this process's @returns {string} a folder with a lock */
function locked(name, holder) {
  const folder = path.join(place, name);
  fs.mkdirSync(folder);
  holdFolder(folder);
  const lock = JSON.parse(fs.readFileSync(path.join(folder, LOCK), 'utf8'));
  fs.writeFileSync(path.join(folder, LOCK), JSON.stringify({ ...lock, ...holder }));
  return folder;
}

/** @param {string} folder @returns {number} */
const holderOf = (folder) => JSON.parse(fs.readFileSync(path.join(folder, LOCK), 'utf8')).pid;

/** A training without end, once it has saved. @param {string[]} args */
async function begun(...args) {
  const child = spawn(process.execPath, [MAIN, 'train', ...args, '--steps', '1000000'], {
    cwd: place,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  const saved = () => fs.existsSync(path.join(place, 'run/checkpoint-a.safetensors'));
  while (child.exitCode === null && !saved()) await new Promise((resolve) => setTimeout(resolve, 20));
  return { child, ended };
}

test('a second training in a folder is refused with who has it, and harms the first in nothing', async () => {
  const first = await begun('--out', 'run', ...OPTIONS, '--save-every', '5');
  const inUse = new RegExp(`^ssdgan: run is in use: process ${first.child.pid} trains there since 2\\d{3}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\. Wait`); // prettier-ignore
  for (const args of [
    ['--out', 'run', ...OPTIONS],
    ['--out', 'run', '--force', ...OPTIONS],
    ['--resume', 'run'],
    ['--resume', 'run/checkpoint-a.safetensors'],
  ]) {
    const { status, error } = ssdgan('train', ...args, '--steps', '2');
    assert.equal(status, 2);
    assert.match(error, inUse);
  }
  assert.equal(ssdgan('train', '--resume', 'run', '--out', 'copy', '--steps', '1').status, 0, 'a copy may be made');
  first.child.kill('SIGINT');
  assert.equal(await first.ended, 130);
  assert.ok(!fs.existsSync(path.join(place, 'run', LOCK)) && !fs.existsSync(path.join(place, 'copy', LOCK)));

  const second = await begun('--resume', 'run');
  while (!fs.existsSync(path.join(place, 'run', LOCK))) await new Promise((resolve) => setTimeout(resolve, 20));
  second.child.kill('SIGKILL');
  await second.ended;
  assert.equal(holderOf(path.join(place, 'run')), second.child.pid, 'killed, it left its lock');
  const third = ssdgan('train', '--resume', 'run', '--steps', '1');
  assert.equal(third.status, 0, third.error);
  assert.match(third.out, /already at step/);
  assert.ok(!fs.existsSync(path.join(place, 'run', LOCK)));
});

test('a lock of this process, of another machine, of before a restart, of a number used again', () => {
  const parent = process.ppid; // it lives
  holdFolder(locked('own')); // again: nothing happens
  assert.throws(() => holdFolder(locked('elsewhere', { host: 'attic', pid: 4 })), /elsewhere is in use: process 4 on attic .* If it no longer runs there, remove .*\.lock\./); // prettier-ignore
  const others = {
    restart: { pid: parent, boot: 'another' },
    reused: { pid: parent, started: '1' },
    dead: { pid: 2 ** 30 },
    old: { pid: parent, boot: null, started: null, since: '2001-01-01T00:00:00.000Z' },
  };
  for (const [name, holder] of Object.entries(others)) {
    const folder = locked(name, holder);
    holdFolder(folder);
    assert.equal(holderOf(folder), process.pid, name);
  }
});

test('a lock that was cut off by a kill or a full disk is no lock, but one that is being written is waited for', () => {
  for (const text of ['', '{"pid":', 'null', '[]']) {
    const folder = fs.mkdtempSync(path.join(place, 'cut-'));
    fs.writeFileSync(path.join(folder, LOCK), text);
    holdFolder(folder);
    assert.equal(holderOf(folder), process.pid, text);
  }
});

test('of many that find the lock of a dead process, one gets the folder', async () => {
  const script = path.join(place, 'hold.mjs');
  fs.writeFileSync(
    script,
    `import { holdFolder } from '${MODULE}';
     process.stdin.once('data', () => {
       try { holdFolder(process.argv[2]); console.log('held'); } catch (error) { console.log(error.message); }
     });
     process.stdin.once('end', () => process.exit());
     console.log('ready');`,
  );
  for (let round = 0; round < 3; round++) {
    const folder = locked(`race-${round}`, { pid: 2 ** 30 });
    const racers = Array.from({ length: 8 }, () => spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })); // prettier-ignore
    const said = racers.map(() => '');
    racers.forEach((racer, i) => racer.stdout.on('data', (data) => (said[i] += data)));
    const all = async (/** @type {number} */ lines) => {
      while (said.some((text) => text.split('\n').length <= lines))
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await all(1);
    for (const racer of racers) racer.stdin.write('go\n');
    await all(2);
    for (const racer of racers) racer.stdin.end();
    assert.equal(said.filter((text) => /^held$/m.test(text)).length, 1, said.join());
    assert.equal(said.filter((text) => /is in use: process/.test(text)).length, 7, said.join());
  }
});
