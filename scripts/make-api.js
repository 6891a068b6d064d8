/** Makes the API reference in build/api: the package's modules by TypeDoc, and beside them the C header and some documents. */
import fs from 'node:fs';
import path from 'node:path';
import { Application } from 'typedoc';
import { ROOT } from './shell.js';

/**
 * The header as a document: its comments between the lines `/* --- name --- *\/` as headings, everything else as it is.
 * @param {string} text @returns {string} Markdown
 */
export function headerDocument(text) {
  const [intro, ...sections] = text.split(/^\/\* -+ ([a-z ,]+) -+ \*\/\n/m);
  const code = (/** @type {string} */ part) => `\`\`\`c\n${part.trim()}\n\`\`\`\n`;
  const parts = [`# ssdgan.h\n`, code(intro)];
  for (let i = 0; i < sections.length; i += 2) parts.push(`## ${sections[i]}\n`, code(sections[i + 1]));
  return parts.join('\n');
}

/** @returns {Promise<string[]>} what TypeDoc finds wrong */
export async function makeApi() {
  const header = path.join(ROOT, 'build/ssdgan.h.md');
  fs.mkdirSync(path.dirname(header), { recursive: true });
  fs.writeFileSync(header, headerDocument(fs.readFileSync(path.join(ROOT, 'include/ssdgan.h'), 'utf8')));
  const app = await Application.bootstrap({
    name: 'ssdgan',
    entryPoints: ['wasm/package/index.js', 'wasm/package/node.js', 'wasm/package/ssd-faces.js', 'wasm/package/worker.js', 'wasm/engine/styles.js', 'wasm/engine/latents.js', 'wasm/engine/safetensors.js'].map((file) => path.join(ROOT, file)), // prettier-ignore
    projectDocuments: [path.join(ROOT, 'docs/package.md'), path.join(ROOT, 'docs/errors.md'), path.join(ROOT, 'docs/settings.md'), header], // prettier-ignore
    tsconfig: path.join(ROOT, 'scripts/types.json'),
    readme: 'none',
    disableSources: true,
    highlightLanguages: ['c', 'javascript', 'typescript', 'html', 'json', 'bash'],
    skipErrorChecking: true,
    excludePrivate: true,
    logLevel: 'Error',
    validation: { notExported: false, invalidLink: true },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc read nothing');
  await app.generateDocs(project, path.join(ROOT, 'build/api'));
  return project.children?.map(({ name }) => name) ?? [];
}

if (process.argv[1] === import.meta.filename) {
  console.log(`build/api/index.html: ${(await makeApi()).join(', ')}`);
}
