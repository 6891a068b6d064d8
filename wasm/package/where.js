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

/** @param {string} name of a build product @returns {string} its address */
export function builtModule(name) {
  if (/\/\.vite\/deps[^/]*\//.test(import.meta.url))
    throw new Error(
      "Vite has moved ssdgan away from its WebAssembly modules. Add this to vite.config.js: optimizeDeps: { exclude: ['ssdgan'] }",
    );
  return (FILES[name] ?? new URL(name, import.meta.url)).href;
}
