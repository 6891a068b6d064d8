/** NOTICES.txt of the site: this project's licence, and those of everything that the site contains. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './shell.js';

/** @param {...string} parts @returns {string} */
const textOf = (...parts) => fs.readFileSync(path.join(...parts), 'utf8').trim();

/** @param {string} folder of a package @returns {string} its name, version and licence */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(textOf(folder, 'package.json'));
  const text = licenceIn(folder) ?? (license === 'Apache-2.0' ? textOf(APACHE) : null);
  if (!text) throw new Error(`the package ${name} has no licence file, which ${NAME} needs`);
  return `${name} ${version} (${license})\n\n${text}`;
}

/** @param {string} folder of a package @returns {string | null} its licence: a file, or the last section of its README */
function licenceIn(folder) {
  const files = fs.readdirSync(folder);
  const file = files.find((entry) => /^licen[cs]e/i.test(entry));
  if (file) return textOf(folder, file);
  const readme = files.includes('README.md') ? textOf(folder, 'README.md') : '';
  return /^LICENSE \(\w+\)\n-+\n+[^]*$/m.exec(readme)?.[0] ?? null;
}

const NAME = 'NOTICES.txt';
/** The text of the Apache licence, version 2.0, which TensorFlow.js names without bringing it. */
const APACHE = path.join(ROOT, 'node_modules/typescript/LICENSE.txt');

/** Notes the packages whose code a build contains, and writes the file. @returns {import('vite').Plugin} for every build of the site */
export function notices() {
  /** @type {Set<string>} */
  const folders = new Set();
  return {
    name: 'notices',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const output of Object.values(bundle)) {
        for (const id of output.type === 'chunk' ? Object.keys(output.modules) : []) {
          const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, '')) ?? [];
          if (folder) folders.add(folder);
        }
      }
    },
    writeBundle({ dir }) {
      const parts = [
        textOf(ROOT, 'LICENSE'),
        textOf(ROOT, 'wasm/module/NOTICES.txt'),
        ...[...folders].sort().map(noticeOf),
      ];
      fs.writeFileSync(path.join(/** @type {string} */ (dir), NAME), `${parts.join(`\n\n${'-'.repeat(100)}\n\n`)}\n`);
    },
  };
}
