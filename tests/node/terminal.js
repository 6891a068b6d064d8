/** What the tests of the command line share: a folder that is removed in the end, and the program run in it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readMetadata } from '../../wasm/engine/safetensors.js';

export const MAIN = fileURLToPath(new URL('../../wasm/cli/main.js', import.meta.url));
/** A network and a batch that take milliseconds a step. */
export const SMALL = ['--size', '32', '--width', '4', '--batch', '4'];

/** @type {string} where the program runs */
export const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} args @returns {{status: number | null, out: string, error: string}} */
export function ssdgan(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, out: stdout, error: stderr };
}

/**
 * The newer checkpoint of a run. Which of its two slots that is depends on how often a run was saved, and so on the clock.
 * @param {string} run @returns {string} its name in the folder
 */
export function newestCheckpoint(run) {
  const names = ['a', 'b'].map((slot) => `${run}/checkpoint-${slot}.safetensors`);
  const stepOf = (/** @type {string} */ name) => {
    const file = path.join(folder, name);
    return fs.existsSync(file) ? Number(readMetadata(fs.readFileSync(file)).step) : -1;
  };
  return stepOf(names[0]) > stepOf(names[1]) ? names[0] : names[1];
}

/** Exit status 2 and one clear line. @param {RegExp} sentence @param {string[]} args */
export function refuses(sentence, ...args) {
  const { status, error } = ssdgan(...args);
  assert.equal(status, 2, `${args.join(' ')}: ${error}`);
  assert.match(error, sentence);
  assert.doesNotMatch(error, /\n\s+at /, 'no stack trace');
}
