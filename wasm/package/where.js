/**
 * Where the built modules lie for a page. Each address is written out, because bundlers find files by this form only; they
 * copy the file and put its new address here. Node needs none of this: loader.js looks beside the package.
 */

/** @type {Record<string, URL>} */
const FILES = {
  'ssdgan.simd.mjs': new URL('../../build/wasm/ssdgan.simd.mjs', import.meta.url),
  'ssdgan.simd.wasm': new URL('../../build/wasm/ssdgan.simd.wasm', import.meta.url),
  'ssdgan.simd-mt.mjs': new URL('../../build/wasm/ssdgan.simd-mt.mjs', import.meta.url),
  'ssdgan.simd-mt.wasm': new URL('../../build/wasm/ssdgan.simd-mt.wasm', import.meta.url),
  'ssdgan.relaxed.mjs': new URL('../../build/wasm/ssdgan.relaxed.mjs', import.meta.url),
  'ssdgan.relaxed.wasm': new URL('../../build/wasm/ssdgan.relaxed.wasm', import.meta.url),
  'ssdgan.relaxed-mt.mjs': new URL('../../build/wasm/ssdgan.relaxed-mt.mjs', import.meta.url),
  'ssdgan.relaxed-mt.wasm': new URL('../../build/wasm/ssdgan.relaxed-mt.wasm', import.meta.url),
};

/**
 * Vite's development server bundles a package into node_modules/.vite/deps and leaves its other files where they are. (The address
 * is a variable, so that bundlers do not look for files here.)
 */
const here = import.meta.url;
const moved = /\/\.vite\/deps[^/]*\//.test(here);

/** @param {string} name of a build product @returns {string} its address */
export function builtModule(name) {
  if (moved) return new URL(`../../ssdgan/build/wasm/${name}`, here).href;
  return (FILES[name] ?? new URL(name, here)).href;
}

/** Throws where Vite keeps what it has bundled somewhere else than beside the package. */
export async function findModules() {
  if (!moved) return;
  const { headers } = await fetch(builtModule('ssdgan.simd.wasm'), { method: 'HEAD' });
  if (headers.get('content-type') !== 'application/wasm')
    throw new Error(
      "Vite has moved ssdgan away from its WebAssembly modules. Add this to vite.config.js: optimizeDeps: { exclude: ['ssdgan'] }",
    );
}
