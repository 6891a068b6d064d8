/** Builds the four WebAssembly modules into build/wasm/ and the static site into dist/. */
import { must } from './shell.js';

for (const variant of ['simd', 'simd-mt', 'relaxed', 'relaxed-mt']) {
  must(
    `mkdir -p build && cmake --preset wasm-${variant} >build/wasm-${variant}.log 2>&1 || { cat build/wasm-${variant}.log; false; }`,
  );
  must(`cmake --build --preset wasm-${variant} -- --quiet`);
}
must('vite build --logLevel warn');
console.log('build: dist/ is ready; it works from any folder of any web server');
