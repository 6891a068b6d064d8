/** Serving and bundling of the page. The engine's modules stand beside the page as they are, under engine/. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { notices } from './scripts/notices.js';
import { hashOf, installable, serviceWorker } from './scripts/site.js';
import { languages, words } from './scripts/words.js';

const root = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(root, process.env.SSDGAN_MODULES ?? 'build/wasm');

// Shared memory, and so threads, need an isolated page.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The page asks for the starter model only where there is one: a request in vain is an error in the console. */
const starter = fs.existsSync(path.join(root, 'web/public/starter/model.safetensors'));

const types = { '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** @returns {Record<string, string>} the built modules -> their names in the site, which change with their content */
function engineFiles() {
  if (!fs.existsSync(modules)) throw new Error('build/wasm is missing: run npm run build');
  const names = fs.readdirSync(modules).filter((file) => /\.(mjs|wasm)$/.test(file));
  return Object.fromEntries(
    names.map((name) => {
      const hash = hashOf(fs.readFileSync(path.join(modules, name)));
      return [name, name.replace(/(?=\.[a-z]+$)/, `.${hash}`)];
    }),
  );
}

/** Serves build/wasm as engine/, and copies it into the site. @param {Record<string, string>} hashed */
function engineModules(hashed) {
  return {
    name: 'engine-modules',
    /** @param {import('vite').ViteDevServer} server */
    configureServer(server) {
      server.middlewares.use('/engine', (request, response, next) => {
        const file = path.join(modules, path.basename((request.url ?? '').split('?')[0]));
        const type = types[/** @type {keyof typeof types} */ (path.extname(file))];
        if (!type || !fs.existsSync(file)) return next();
        response.writeHead(200, { ...headers, 'Content-Type': type });
        response.end(fs.readFileSync(file));
      });
    },
    generateBundle() {
      for (const [name, fileName] of Object.entries(hashed)) {
        // @ts-expect-error the plugin context
        this.emitFile({
          type: 'asset',
          fileName: `engine/${fileName}`,
          source: fs.readFileSync(path.join(modules, name)),
        });
      }
    },
  };
}

export default defineConfig(({ command }) => {
  // While one works on the core, its modules change under the server.
  const noticesOfAll = notices();
  const names = Object.fromEntries(Object.entries(languages()).map(([code, { language }]) => [code, language]));
  const hashed = command === 'build' ? engineFiles() : {};
  return {
    root: path.join(root, 'web'),
    base: './',
    cacheDir: path.join(root, 'build/vite'),
    // The worker's packages too, so that they are not found, and the page loaded again, after its first load.
    optimizeDeps: { entries: ['index.html', 'worker/worker.js'] },
    plugins: [words(), engineModules(hashed), installable(), serviceWorker([noticesOfAll]), noticesOfAll],
    define: {
      'import.meta.env.LANGUAGES': JSON.stringify(names),
      'import.meta.env.STARTER': JSON.stringify(starter),
      'import.meta.env.ENGINE_FILES': JSON.stringify(hashed),
    },
    server: { headers },
    preview: { headers, port: 4173 },
    worker: { format: 'es', plugins: () => [noticesOfAll] },
    build: { outDir: path.join(root, 'dist'), emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  };
});
