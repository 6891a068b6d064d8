/** Builds the four WebAssembly modules into build/wasm/ and the static site into dist/. */
import { buildModule, configureModule } from './module.js';
import { must } from './shell.js';

for (const variant of ['simd', 'simd-mt', 'relaxed', 'relaxed-mt']) {
  must(configureModule(variant));
  must(buildModule(variant));
}
must('vite build --logLevel warn');
console.log('build: dist/ is ready; it works from any folder of any web server');
