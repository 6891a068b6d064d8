/**
 * `npm run dev`: the page at work. Scripts and styles are served as they are; a change of the core builds the module
 * that Chromium uses and reloads the page. `npm run dev -- simd-mt` builds another one (Safari has no relaxed SIMD).
 */
import fs from 'node:fs';
import { startDevServer } from './dev-server.js';
import { buildModule, configureModule } from './module.js';
import { must, ROOT, shellLater } from './shell.js';

const variant = process.argv[2] ?? 'relaxed-mt';
process.chdir(ROOT);
/** The page gets copies: a reload during a build would meet a half-written module. */
const SERVED = 'build/dev';
process.env.SSDGAN_MODULES = SERVED;

/** @returns {Promise<boolean>} */
async function build() {
  const built = await shellLater(buildModule(variant));
  if (built) fs.cpSync('build/wasm', SERVED, { recursive: true });
  return built;
}

must(configureModule(variant));
if (!(await build())) process.exit(1);
const server = await startDevServer({
  sources: ['src', 'include', 'CMakeLists.txt', 'wasm/module/CMakeLists.txt', 'wasm/module/exports.txt'],
  build,
});
server.printUrls();
