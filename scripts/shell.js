/** Running programs from scripts, in the project's folder and with its toolchain. */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @param {string} command @returns {[string, string[]]} program and arguments: bash with the toolchain's environment */
function inBash(command) {
  const environment = '[ -e .toolchain/env ] && . .toolchain/env';
  return ['bash', ['-c', `${environment}; export PATH="$PWD/node_modules/.bin:$PATH"; ${command}`]];
}

/**
 * Runs a shell command with the toolchain's environment; output goes where ours goes.
 * @param {string} command
 * @returns {boolean} it ended well
 */
export function shell(command) {
  return spawnSync(...inBash(command), { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

/** The same without waiting here. @param {string} command @returns {Promise<boolean>} it ended well */
export function shellLater(command) {
  return new Promise((resolve) => {
    const child = spawn(...inBash(command), { cwd: ROOT, stdio: 'inherit' });
    child.on('error', () => resolve(false));
    child.on('close', (status) => resolve(status === 0));
  });
}

/** @param {string} command ends the program where it fails */
export function must(command) {
  if (shell(command)) return;
  console.error(`failed: ${command}`);
  process.exit(1);
}
