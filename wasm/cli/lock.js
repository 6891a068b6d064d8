/**
 * A lock says who trains in a folder, so that a second training is refused: two would mix their logs and write over each
 * other's checkpoints. It is a file, since Node has no other lock; a dead process leaves it, and the next one finds that out.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CliError } from './usage.js';

/** boot and started tell the process from a later one with the same number; null where the system does not say. */
/** @typedef {{pid: number, host: string, boot: string | null, started: string | null, since: string}} Holder */

export const LOCK = '.lock';

/** How long another process may take between making its lock and writing into it. */
const WRITING_MS = 2000;
/** How often it tries, with a pause of 20 ms each. */
const TRIES = 500;

const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);

/** @param {string} file @returns {string | null} */
function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** When the machine was started, as Linux names it. */
const bootOf = () => textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null;

/** @param {number} pid @returns {string | null} when that process was started, in the kernel's ticks; '' for one that is dead but not gone */
function startOf(pid) {
  const stat = textOf(`/proc/${pid}/stat`);
  if (!stat) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(fields[0]) ? '' : fields[19];
}

/** @param {Holder} holder @returns {boolean} */
function isAlive({ pid, host, boot, started, since }) {
  if (host !== os.hostname()) return true; // of that nothing can be known here
  if (boot !== bootOf()) return false;
  // Where there is no name for a start of the machine: a minute is left for clocks that are set.
  if (!boot && Date.parse(since) < Date.now() - os.uptime() * 1000 - 60000) return false;
  try {
    process.kill(pid, 0); // only asks
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return false;
  }
  return started === startOf(pid);
}

/** @param {string} text of a lock @returns {Holder | null} null where it is none, or not written yet */
function holderOf(text) {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

/** @param {string} file @param {string} text @returns {boolean} false: there is such a file */
function create(file, text) {
  let handle;
  try {
    handle = fs.openSync(file, 'wx');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
  try {
    fs.writeFileSync(handle, text);
    return true;
  } catch (error) {
    fs.rmSync(file, { force: true });
    throw error;
  } finally {
    fs.closeSync(handle);
  }
}

/** @param {string} file @returns {number} milliseconds since it was written; Infinity: it is gone */
function ageOf(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : Infinity;
}

/** Removes a lock that nobody holds. One process at a time may, since the lock that it removes could be a new one otherwise. @param {string} file @param {string} text what is in it */
function removeStale(file, text) {
  const guard = `${file}.removal`;
  if (!create(guard, '')) {
    if (ageOf(guard) > WRITING_MS) fs.rmSync(guard, { force: true });
    pause();
    return;
  }
  if (textOf(file) === text) fs.rmSync(file, { force: true });
  fs.rmSync(guard, { force: true });
}

/** The locks of this process, and what is in them. @type {Map<string, string>} */
const held = new Map();

function release() {
  for (const [file, text] of held) if (textOf(file) === text) fs.rmSync(file, { force: true });
}

/** @param {string} directory @param {Holder} holder @returns {CliError} */
function inUse(directory, { pid, host, since }) {
  const elsewhere = host !== os.hostname();
  const where = elsewhere ? `process ${pid} on ${host}` : `process ${pid}`;
  const advice = elsewhere ? ` If it no longer runs there, remove ${path.join(directory, LOCK)}.` : '';
  const when = since.slice(0, 16).replace('T', ' ');
  return new CliError(
    `${directory} is in use: ${where} trains there since ${when} UTC. Wait for it, or name another --out.${advice}`,
  );
}

/**
 * Takes a folder for this process, until its end.
 * @param {string} directory an existing folder; another process that trains there is a CliError
 */
export function holdFolder(directory) {
  const file = path.resolve(directory, LOCK);
  const since = new Date().toISOString();
  const mine = { pid: process.pid, host: os.hostname(), boot: bootOf(), started: startOf(process.pid), since };
  const text = `${JSON.stringify(mine)}\n`;
  for (let tries = 0; ; tries++) {
    if (create(file, text)) {
      if (!held.size) process.on('exit', release);
      held.set(file, text);
      return;
    }
    if (tries > TRIES) throw new CliError(`${file} cannot be taken over. Remove it if nothing trains in ${directory}.`);
    const found = textOf(file);
    if (found === null) continue; // it went away meanwhile
    const holder = holderOf(found);
    if (holder && holder.pid === mine.pid && holder.host === mine.host && holder.started === mine.started) return;
    if (holder && isAlive(holder)) throw inUse(directory, holder);
    if (holder || ageOf(file) > WRITING_MS) removeStale(file, found);
    else pause();
  }
}
