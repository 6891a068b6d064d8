/** Running programs from scripts, in the project's folder and with its toolchain. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a shell command with the toolchain's environment; output goes where ours goes.
 * @param {string} command
 * @returns {boolean} it ended well
 */
export function shell(command) {
  const environment = '[ -e .toolchain/env ] && . .toolchain/env';
  const { status } = spawnSync(
    'bash',
    ['-c', `${environment}; export PATH="$PWD/node_modules/.bin:$PATH"; ${command}`],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
  return status === 0;
}

/** @param {string} command ends the program where it fails */
export function must(command) {
  if (shell(command)) return;
  console.error(`failed: ${command}`);
  process.exit(1);
}
