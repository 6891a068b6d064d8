/** What `npm pack` needs beside the sources: the built modules, bundles for plain pages, and types. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { buildModule, configureModule } from './module.js';
import { notices } from './notices.js';
import { must, ROOT } from './shell.js';

const MODULES = ['simd', 'simd-mt', 'relaxed', 'relaxed-mt'];
/** Name of a bundle -> its source. */
const BUNDLES = {
  ssdgan: 'wasm/package/index.js',
  'ssd-faces': 'wasm/package/ssd-faces.js',
  worker: 'wasm/package/worker.js',
};

const isBuilt = (/** @type {string} */ variant) =>
  fs.existsSync(path.join(ROOT, `build/wasm/ssdgan.${variant}.wasm`)) &&
  fs.existsSync(path.join(ROOT, `build/wasm/ssdgan.${variant}.mjs`));

/** In the bundles the modules lie in the folder beside: build/wasm and build/browser travel together. @returns {import('vite').Plugin} */
function besideTheBundles() {
  return {
    name: 'beside-the-bundles',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/wasm/package/where.js')) return null;
      const moved = code.replaceAll("new URL('../../build/wasm/", "new URL(/* @vite-ignore */ '../wasm/");
      if (moved.split('@vite-ignore').length !== 2 * MODULES.length + 1)
        throw new Error('where.js has other addresses');
      return moved;
    },
  };
}

for (const variant of MODULES.filter((name) => !isBuilt(name))) {
  must(configureModule(variant));
  must(buildModule(variant));
}

await build({
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  publicDir: false,
  plugins: [besideTheBundles(), notices()],
  build: {
    outDir: 'build/browser',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: {
      input: BUNDLES,
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js' },
    },
  },
});
must('rm -rf build/types && tsc -p scripts/types.json');
