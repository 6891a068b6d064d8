/** What the build adds to the site: icons, the manifest of the installed page, and the service worker. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { build } from 'vite';
import { ROOT } from './shell.js';
import { languages } from './words.js';

const WEB = path.join(ROOT, 'web');
const GROUND = { light: '#fbf6f0', dark: '#1b171d' };

/** @param {string | Uint8Array} content @returns {string} */
export const hashOf = (content) => crypto.createHash('sha256').update(content).digest('hex').slice(0, 8);

/**
 * The icon as a PNG. Systems cut icons to their own shape: `room` is what is left free around the drawing.
 * @param {string} svg with a viewBox of 64 x 64 @param {number} size @param {number} room share of the side @param {string} [ground]
 */
function pngOf(svg, size, room, ground) {
  const margin = (64 * room) / (1 - 2 * room);
  const side = 64 + 2 * margin;
  const framed = svg.replace('viewBox="0 0 64 64"', `viewBox="${-margin} ${-margin} ${side} ${side}"`);
  return new Resvg(framed, { fitTo: { mode: 'width', value: size }, background: ground }).render().asPng();
}

/** @param {string} html @returns {string} the page's Content-Security-Policy */
function policyOf(html) {
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1];
  if (!policy) throw new Error('index.html has no Content-Security-Policy');
  return policy;
}

const WORDS = languages();
/** A text of the page in every language but English, for systems that choose. @param {string} key */
const inOthers = (key) =>
  Object.fromEntries(Object.entries(WORDS).flatMap(([code, { page }]) => (code === 'en' ? [] : [[code, page[key]]])));

const MANIFEST = {
  id: './',
  name: WORDS.en.page['page.title'],
  name_localized: inOthers('page.title'),
  short_name: 'ssdgan',
  description: WORDS.en.page['page.description'],
  description_localized: inOthers('page.description'),
  start_url: './',
  scope: './',
  display: 'standalone',
  lang: 'en',
  categories: ['graphics', 'education'],
  background_color: GROUND.light,
  theme_color: GROUND.light,
  icons: [
    { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
    { src: 'icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
    { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
    { src: 'icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
  ],
  screenshots: [
    {
      src: 'screenshot.jpg',
      sizes: '1200x781',
      type: 'image/jpeg',
      form_factor: 'wide',
      label: 'The page when it opens',
    },
  ],
};

/** The face finder: its script, TensorFlow.js and its network. */
const OF_FACES = /^assets\/(finder|tfjs-backend-wasm|blazeface)/;

/** Makes the page installable. @returns {import('vite').Plugin} */
export function installable() {
  return {
    name: 'installable',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => ({
        // From a file on disk, a style sheet with crossorigin is refused: the page could not explain itself in style.
        html: html.replace('rel="stylesheet" crossorigin', 'rel="stylesheet"'),
        tags: [
          { tag: 'link', attrs: { rel: 'manifest', href: './manifest.webmanifest' }, injectTo: 'head' },
          { tag: 'link', attrs: { rel: 'apple-touch-icon', href: './apple-touch-icon.png' }, injectTo: 'head' },
        ],
      }),
    },
    async generateBundle() {
      await initWasm(fs.readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
      const svg = fs.readFileSync(path.join(WEB, 'public/icon.svg'), 'utf8');
      const files = {
        'icon-192.png': pngOf(svg, 192, 0),
        'icon-512.png': pngOf(svg, 512, 0),
        'icon-maskable.png': pngOf(svg, 512, 0.14, GROUND.light),
        'apple-touch-icon.png': pngOf(svg, 180, 0.08, GROUND.light),
        'screenshot.jpg': fs.readFileSync(path.join(ROOT, 'docs/page.jpg')),
        'manifest.webmanifest': JSON.stringify(MANIFEST),
      };
      for (const [fileName, source] of Object.entries(files)) this.emitFile({ type: 'asset', fileName, source });
    },
  };
}

/** @param {string} folder @returns {string[]} the files below it */
const filesIn = (folder) =>
  fs
    .readdirSync(folder, { recursive: true })
    .map((name) => String(name).replaceAll(path.sep, '/'))
    .filter((name) => fs.statSync(path.join(folder, name)).isFile())
    .sort();

/** Builds web/service-worker.js, which must know all the other files. @param {import('vite').Plugin[]} plugins @returns {import('vite').Plugin} */
export function serviceWorker(plugins) {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      /** @param {string} url */
      const entry = (url) => {
        const named = /^(assets|engine)\//.test(url); // its name has a hash
        return { url, revision: named ? null : hashOf(fs.readFileSync(path.join(folder, url))) };
      };
      // Nothing that the page does needs the others.
      const urls = filesIn(folder).filter((url) => !/^(NOTICES|screenshot|service-worker|apple|icon-[5m])/.test(url));
      const large = urls.filter((url) => /^(engine|starter)\//.test(url) || OF_FACES.test(url));
      await build({
        configFile: false,
        logLevel: 'warn',
        plugins,
        root: WEB,
        define: {
          'import.meta.env.SITE_SMALL': JSON.stringify(urls.filter((url) => !large.includes(url)).map(entry)),
          'import.meta.env.SITE_LARGE': JSON.stringify(large.map(entry)),
          'import.meta.env.SITE_POLICY': JSON.stringify(
            policyOf(fs.readFileSync(path.join(folder, 'index.html'), 'utf8')),
          ),
        },
        build: {
          outDir: folder,
          emptyOutDir: false,
          copyPublicDir: false,
          target: 'es2022',
          modulePreload: { polyfill: false },
          rollupOptions: {
            input: path.join(WEB, 'service-worker.js'),
            output: { format: 'iife', entryFileNames: 'service-worker.js' },
          },
        },
      });
    },
  };
}
