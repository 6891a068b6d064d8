/** The package as a user gets it: packed, and installed into an empty project. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../scripts/shell.js';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E50\d|E403|network/;

/**
 * @param {string} folder of a package @param {string} to where the tarball goes @param {string[]} options
 * @returns {{file: string, bytes: number, unpacked: number, names: string[]}}
 */
export function pack(folder, to, ...options) {
  const out = execFileSync(npm, ['pack', '--json', '--pack-destination', to, ...options], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The scripts before it may print.
  const [about] = JSON.parse(out.slice(out.search(/^\[$/m)));
  return {
    file: path.join(to, about.filename),
    bytes: about.size,
    unpacked: about.unpackedSize,
    names: about.files.map((/** @type {{path: string}} */ entry) => entry.path),
  };
}

/** @param {string} folder @param {string[]} packages @returns {string | null} why they are not installed; null: they are */
export function install(folder, ...packages) {
  const { status, stderr } = spawnSync(
    npm,
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=1', ...packages],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status === 0) return null;
  if (NO_NETWORK.test(stderr)) return 'the npm registry cannot be reached';
  throw new Error(stderr);
}

/**
 * An empty project with the packed package in it.
 * @returns {{folder: string, packed: ReturnType<typeof pack>, missing: string | null, remove: () => void}} missing: why it could
 *   not be installed
 */
export function emptyProject() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-packed-'));
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true, "type": "module"}\n');
  const packed = pack(ROOT, folder);
  return {
    folder,
    packed,
    missing: install(folder, packed.file),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** A small model, as the examples need one. @param {string} folder an empty project @returns {string} its file */
export function smallModel(folder) {
  const file = path.join(folder, 'small/model.safetensors');
  if (fs.existsSync(file)) return file;
  const options = ['--doodles', '40', '--steps', '4', '--size', '32', '--width', '4', '--batch', '4', '--out', 'small'];
  execFileSync('npx', ['ssdgan', 'train', ...options], { cwd: folder });
  return file;
}
