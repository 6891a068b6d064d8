/** The packed package in pages: from a static folder without a build, and in a Vite app; its element and its worker. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { build, createServer } from 'vite';
import { BROWSER, serveFolder } from '../../scripts/serve.js';
import { loadGenerator } from '../../wasm/package/index.js';
import { emptyProject, smallModel } from '../packed.js';

const { folder, missing, remove } = emptyProject();
const skip = missing ?? false;
const installed = path.join(folder, 'node_modules/ssdgan');
const browser = await chromium.launch(BROWSER);
after(async () => {
  await browser.close();
  remove();
});

/** A folder of files, with the small model. @param {string} name @param {Record<string, string>} files @returns {string} */
function site(name, files) {
  const root = path.join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
  fs.mkdirSync(path.join(root, 'public'), { recursive: true });
  for (const place of ['.', 'public']) fs.copyFileSync(smallModel(folder), path.join(root, place, 'model.safetensors'));
  return root;
}

/** @param {string} url @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(url, options) {
  const page = await (await browser.newContext(options)).newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/favicon.ico')) problems.push(response.url());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, problems };
}

/** The pixels of a face in the element. @param {import('playwright-core').Page} page @param {number} at */
const pixelsOf = (page, at) =>
  page.evaluate((index) => {
    const canvas = document.querySelector('ssd-faces')?.shadowRoot?.querySelectorAll('canvas')[index];
    const { width = 0, height = 0 } = canvas ?? {};
    return Array.from(canvas?.getContext('2d')?.getImageData(0, 0, width, height).data ?? []);
  }, at);

/** @param {import('playwright-core').Page} page @param {number} at @param {number} seed @param {number} psi */
async function untilFace(page, at, seed, psi = 1) {
  const generator = await loadGenerator(smallModel(folder), { variant: 'simd' });
  const wanted = generator.generateRgba([seed], psi);
  generator.dispose();
  for (let tries = 0; ; tries++) {
    const pixels = await pixelsOf(page, at);
    const most = pixels.length === wanted.length ? Math.max(...pixels.map((level, i) => Math.abs(level - wanted[i]))) : 256; // prettier-ignore
    if (most <= 1) return; // relaxed SIMD has other last bits
    assert.ok(tries < 200, `face ${at} differs from seed ${seed} by ${most} levels`);
    await page.waitForTimeout(50);
  }
}

test('the example page, from a static folder that sends no headers: faces, keyboard, names', { skip }, async () => {
  const root = site('static', { 'index.html': fs.readFileSync(path.join(installed, 'examples/faces/index.html'), 'utf8') }); // prettier-ignore
  fs.cpSync(path.join(installed, 'build'), path.join(root, 'ssdgan'), { recursive: true });
  const server = await serveFolder(root, undefined, { prefix: '/some/where/', isolated: false });
  const { page, problems } = await open(server.url);
  await untilFace(page, 11, 11);
  const group = page.getByRole('group', { name: '12 generated faces' });
  assert.equal(await group.getByRole('button').count(), 12);
  await page.locator('#more').focus();
  await page.keyboard.press('Shift+Tab');
  const focused = () => page.evaluate(() => document.querySelector('ssd-faces')?.shadowRoot?.activeElement?.ariaLabel);
  assert.equal(await focused(), 'Face 0', 'one stop for Tab');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await focused(), 'Face 1');
  await page.keyboard.press('Enter');
  assert.equal(await page.inputValue('#chosen').catch(() => page.textContent('#chosen')), 'Seed 1');
  await page.keyboard.press('End');
  assert.equal(await focused(), 'Face 11');
  await page.evaluate(() => {
    const faces = /** @type {HTMLElement} */ (document.querySelector('ssd-faces'));
    for (const [name, value] of [['seed', '40'], ['count', '3'], ['psi', '0.5'], ['label', 'My people']]) faces.setAttribute(name, value); // prettier-ignore
  });
  await untilFace(page, 2, 42, 0.5);
  assert.equal(await page.getByRole('group', { name: 'My people' }).getByRole('button').count(), 3);
  assert.equal(
    await page.locator('ssd-faces button[tabindex="0"]').count(),
    1,
    'the stop for Tab was face 11, which is gone',
  );
  assert.deepEqual(problems, []);
  await page.evaluate(() => document.querySelector('ssd-faces')?.setAttribute('src', 'nothing.safetensors'));
  await page.getByRole('alert').filter({ hasText: 'could not be loaded: status 404' }).waitFor();
  await page.evaluate(() => document.querySelector('ssd-faces')?.setAttribute('src', 'model.safetensors'));
  await untilFace(page, 0, 40, 0.5);
  assert.equal(await page.getByRole('alert').count(), 0);
  server.close();
});

test('a plain page trains: in threads where it is isolated, and in the worker', { skip }, async () => {
  const root = site('plain', { 'index.html': '<!doctype html><title>Plain</title>' });
  fs.cpSync(path.join(installed, 'build'), path.join(root, 'ssdgan'), { recursive: true });
  const server = await serveFolder(root, undefined, { prefix: '/some/where/', isolated: true });
  const { page, problems } = await open(server.url);
  const settings = { image_size: 32, width: 4, batch: 4 };
  const direct = await page.evaluate(async (small) => {
    const url = new URL('ssdgan/browser/ssdgan.js', location.href).href;
    const { createEngine, MemoryStore, TrainingRun, loadGenerator } = await import(url);
    const engine = await createEngine({ threads: 2 });
    const dataset = engine.createDataset({ size: 32 });
    dataset.addDoodles(0, 0, 40);
    const store = new MemoryStore();
    const run = TrainingRun.create(engine, store, { settings: small, wishes: { steps: 3 } });
    await run.begin(dataset);
    const events = [];
    for await (const { event } of run.events()) events.push(event);
    const generator = await loadGenerator(new Blob([await store.read('model.safetensors')]), { engine });
    return {
      threads: engine.threads,
      last: events.at(-1),
      reason: run.reason,
      bytes: generator.generateRgba([1]).length,
    };
  }, settings);
  assert.deepEqual(direct, { threads: 2, last: 'finished', reason: 'done', bytes: 4096 });
  const told = await page.evaluate(
    (small) =>
      new Promise((resolve) => {
        const worker = new Worker('ssdgan/browser/worker.js', { type: 'module' });
        /** @type {any[]} */
        const seen = [];
        worker.onmessage = ({ data }) => {
          if (data.event === 'pictures') worker.postMessage({ type: 'train' });
          if (data.event === 'samples') data = { event: 'samples', step: data.step, bytes: data.rgba.length };
          if (data.event === 'finished')
            data = { event: 'finished', step: data.step, isModel: data.model.length > 1000 };
          seen.push(data);
          if (data.event === 'finished') resolve(seen);
        };
        const pictures = Array.from({ length: 12 }, (_, i) => {
          const pixels = new Uint8Array(192).fill(20 * i);
          return new File(['P6 8 8 255\n', pixels], `${i}.ppm`);
        });
        pictures.push(new File(['nothing'], 'broken.png'));
        worker.postMessage({ type: 'train', pictures, settings: small, wishes: { steps: 5 }, seeds: [1, 2] });
      }),
    settings,
  );
  const of = (/** @type {string} */ event) => /** @type {any[]} */ (told).filter((entry) => entry.event === event);
  assert.equal(of('pictures')[0].count, 12);
  assert.equal(of('pictures')[0].refused[0].name, 'broken.png');
  assert.match(of('error')[0].message, /trains already/);
  assert.equal(of('step').length, 5);
  assert.deepEqual(of('samples')[0], { event: 'samples', step: 0, bytes: 2 * 4096 });
  assert.deepEqual(of('finished'), [{ event: 'finished', step: 5, isModel: true }]);
  assert.deepEqual(problems, []);
  server.close();
});

const APP = `
import { createEngine, loadGenerator, TrainingRun } from 'ssdgan';
import 'ssdgan/ssd-faces';
const engine = await createEngine({ threads: 2 });
const generator = await loadGenerator('model.safetensors', { engine });
globalThis.told = [engine.threads, generator.generateRgba([1]).length, typeof TrainingRun.create];
`;
const PAGE = '<!doctype html><title>App</title><ssd-faces src="model.safetensors" count="2"></ssd-faces><script type="module" src="./main.js"></script>'; // prettier-ignore

/** @param {import('playwright-core').Page} page */
async function works(page) {
  await page.waitForFunction(() => 'told' in globalThis);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).told), [2, 4096, 'function']);
  await untilFace(page, 1, 1);
}

test('a Vite app: built, in a sub-path', { skip }, async () => {
  const root = site('app', { 'index.html': PAGE, 'main.js': APP });
  await build({ root, configFile: false, base: './', logLevel: 'silent', build: { target: 'es2022' } });
  const server = await serveFolder(path.join(root, 'dist'), undefined, { prefix: '/some/where/', isolated: true });
  const { page, problems } = await open(server.url);
  await works(page);
  assert.deepEqual(problems, []);
  server.close();
});

test(
  'a Vite app while it is developed, with nothing set; where Vite keeps its bundles elsewhere, a sentence says what to set',
  { skip },
  async () => {
    const root = site('app', { 'index.html': PAGE, 'main.js': APP });
    const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    const start = async (/** @type {import('vite').InlineConfig} */ config) => {
      const server = await createServer({ root, configFile: false, logLevel: 'silent', server: { headers, port: 0, host: '127.0.0.1' }, ...config }); // prettier-ignore
      await server.listen();
      const { port } = /** @type {any} */ (server.httpServer).address();
      return { server, ...(await open(`http://127.0.0.1:${port}/`)) };
    };
    const good = await start({});
    await works(good.page);
    assert.deepEqual(good.problems, []);
    await good.server.close();
    const cacheDir = path.join(root, 'elsewhere/.vite');
    const bad = await start({ cacheDir });
    await bad.page.waitForFunction(() => document.querySelector('ssd-faces')?.shadowRoot?.querySelector('p')?.textContent); // prettier-ignore
    assert.match(bad.problems.join(), /optimizeDeps: \{ exclude: \['ssdgan'\] \}/);
    const shown = await bad.page.evaluate(() => document.querySelector('ssd-faces')?.shadowRoot?.querySelector('p')?.textContent); // prettier-ignore
    assert.equal(shown?.split('optimizeDeps').length, 2, `said once: ${shown}`);
    await bad.server.close();
    const told = await start({ cacheDir, optimizeDeps: { exclude: ['ssdgan'] } });
    await works(told.page);
    await told.server.close();
  },
);
