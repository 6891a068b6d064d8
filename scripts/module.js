/** Building a WebAssembly module: shell commands, one variant each (simd, simd-mt, relaxed, relaxed-mt, debug). */

/** @param {string} variant @returns {string} silent unless it fails */
export function configureModule(variant) {
  const log = `build/wasm-${variant}.log`;
  return `mkdir -p build && cmake --preset wasm-${variant} >${log} 2>&1 || { cat ${log}; false; }`;
}

/** @param {string} variant */
export const buildModule = (variant) => `cmake --build --preset wasm-${variant} -- --quiet`;
