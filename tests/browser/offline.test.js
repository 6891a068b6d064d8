/** The page without its network, and on hosts that send no headers: the service worker, and what goes without it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { after, test } from 'node:test';
import { serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { languages } from '../../scripts/words.js';
import { makeZip } from '../zips.js';
import { MISSING, NAMES, openBrowser, until, untilReady, untilText } from './browsers.js';
import { openPage } from './page.js';
import { chooseSize, clickAt, downloadBy, giveFile, ppm, trainFor } from './steps.js';

const QUERY = '?width=4&starter=none&doodles=100';
const DIST = path.join(ROOT, 'dist');
const ZIP = makeZip([1, 2, 3].map((n) => ({ name: `${n}.ppm`, data: ppm(60 * n) })));

/** @param {(name: string, text: string) => string} [edit] a plain static server: a sub-path, no headers */
const plainServer = (edit) => serveFolder(DIST, edit, { prefix: '/some/where/', isolated: false });

/** @param {string} prefix @returns {string} a folder that is removed in the end */
function temporary(prefix) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param {import('./browsers.js').Tab} tab the page is isolated, by its one reload, and stays as it is */
async function untilIsolated(tab) {
  await until(tab, () => globalThis.crossOriginIsolated);
  await untilReady(tab);
  await tab.run(() => void Object.assign(globalThis, { mark: true }));
}

/** Everything that needs a part of the page which is not loaded at first. @param {import('./browsers.js').Tab} tab */
async function useEverything(tab) {
  await giveFile(tab, 'file-input', 'three.zip', ZIP);
  await untilText(tab, 'intake-state', /^3 pictures/);
  await chooseSize(tab, '32');
  await trainFor(tab, 3);
  await tab.click('#curves summary');
  await until(tab, () => document.querySelector('#curves .u-over') !== null);
  await tab.click('#generate-button');
  await untilText(tab, 'make-state', /^16 faces/);
  await clickAt(tab, 'made-grid', 20, 20);
  await clickAt(tab, 'made-grid', 100, 20);
  await untilText(tab, 'interpolate-state', /^2 faces/);
  assert.equal((await downloadBy(tab, 'save-gif')).begin, 'GIF89a');
}

for (const name of NAMES) {
  test(
    `a plain static server: threads after one reload; then all works without a network (${name})`,
    {
      skip: MISSING[name],
    },
    async () => {
      const profile = name === 'WebKit' ? undefined : temporary('ssdgan-profile-'); // its test browser keeps none
      const site = await plainServer();
      let tab = await openBrowser(name, { profile });
      await tab.goto(site.url + QUERY);
      await untilIsolated(tab);
      const state = await untilText(tab, 'engine-state', /\d+ threads?/);
      // WebKitGTK gives no shared memory to pages, isolated or not.
      if (name !== 'WebKit' && os.availableParallelism() > 1) assert.match(state, /[2-9]\d* threads/);
      await until(tab, async () => {
        const cache = await caches.open('ssdgan-large');
        return (await cache.keys()).filter(({ url }) => /engine/.test(url)).length === 4;
      });
      assert.ok(await tab.run(() => 'mark' in globalThis), 'it is not loaded a third time');
      assert.deepEqual(tab.problems, []);

      site.close();
      if (profile) {
        await tab.close();
        tab = await openBrowser(name, { profile });
      }
      await tab.goto(site.url + QUERY);
      await untilIsolated(tab);
      assert.equal(await untilText(tab, 'engine-state', /\d+ threads?/), state);
      await useEverything(tab);
      await tab.close();
    },
  );
}

test('a network that goes after the load changes nothing, without a service worker too', async () => {
  const { page, close, site } = await openPage();
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.isFetched, null, { timeout: 60000 });
  site.close();
  const tab = /** @type {any} */ ({
    run: (/** @type {any} */ body, /** @type {any[]} */ ...args) =>
      page.evaluate(`(${body})(...${JSON.stringify(args)})`),
    click: (/** @type {string} */ selector) => page.click(selector),
  });
  await useEverything(tab);
  await close();
});

test('where the service worker is refused, the page works on one thread and is not loaded again', async () => {
  let pages = 0;
  const site = await plainServer((name, text) => {
    if (name === 'index.html') pages++;
    return name === 'service-worker.js' ? 'throw new Error("refused")' : text;
  });
  const tab = await openBrowser('Chromium');
  await tab.goto(site.url + QUERY);
  await untilReady(tab);
  await untilText(tab, 'engine-state', /1 thread\./);
  await chooseSize(tab, '32');
  await trainFor(tab, 2);
  assert.equal(pages, 1);
  await tab.close();
  site.close();
});

test('a service worker whose headers do not isolate leads to one reload, not to a loop', async () => {
  const site = await plainServer((name, text) =>
    name === 'service-worker.js' ? text.replaceAll('Cross-Origin-', 'X-') : text,
  );
  const tab = await openBrowser('Chromium');
  await tab.goto(site.url + QUERY);
  await until(tab, () => navigator.serviceWorker.controller !== null);
  await tab.run(() => void Object.assign(globalThis, { mark: true }));
  await untilReady(tab);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.deepEqual(await tab.run(() => ['mark' in globalThis, crossOriginIsolated]), [true, false]);
  await tab.close();
  site.close();
});

test('a page on which something has been done is not loaded again: it says that a reload brings threads', async () => {
  const { page, close } = await openPage({
    isolated: false,
    serviceWorkers: 'allow',
    script: () => addEventListener('DOMContentLoaded', () => dispatchEvent(new Event('pointerdown')), { once: true }),
  });
  await page.waitForFunction(() => /Reload the page/.test(document.getElementById('engine-state')?.textContent ?? ''));
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  await page.reload();
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
  await close();
});

test('a new version is offered, and comes by a click; a training goes on until then', async () => {
  let version = 1;
  const site = await plainServer((name, text) => {
    if (version === 1) return text;
    if (name === 'index.html') return text.replace(/(<title[^>]*>)/, '$1New: ');
    return name === 'service-worker.js' ? text.replace(/(url:"index\.html",revision:")\w+/, '$1second') : text;
  });
  const tab = await openBrowser('Chromium');
  await tab.goto(site.url + QUERY);
  await untilIsolated(tab);
  await chooseSize(tab, '32');
  version = 2;
  await tab.run(async () => void (await (await navigator.serviceWorker.ready).update()));
  await until(tab, () => !document.getElementById('update')?.hidden);
  await trainFor(tab, 2);
  assert.ok(await tab.run(() => 'mark' in globalThis), 'nothing was forced');
  await tab.run(() => {
    /** @type {any} */ (globalThis).ssdganApp.unsaved = false; // it would ask
  });
  await tab.click('#update button');
  await until(tab, () => document.readyState === 'complete' && !('mark' in globalThis));
  await untilReady(tab);
  assert.match(await tab.run(() => document.head.querySelector('title')?.textContent ?? ''), /^New/);
  assert.ok(await tab.run(() => document.getElementById('update')?.hidden));
  await tab.close();
  site.close();
});

for (const name of NAMES) {
  test(`a page that is opened from a file explains itself (${name})`, { skip: MISSING[name] }, async () => {
    const tab = await openBrowser(name);
    await tab.goto(`file://${DIST}/index.html`);
    const seen = await until(tab, () => document.querySelector('.from-file') && document.body.innerText);
    assert.match(seen, /opened from a file.*web server/s);
    assert.doesNotMatch(seen, /Starting|Train/);
    await tab.close();
  });
}

test('without JavaScript, and where the program does not come, the page says so', async () => {
  const { page, close } = await openPage({ javaScriptEnabled: false });
  assert.match(await page.innerText('body'), /Allow JavaScript/);
  await close();
  const site = await serveFolder(DIST, (name, text) => (/^assets\/index-.*js$/.test(name) ? 'syntax error' : text));
  const tab = await openBrowser('Chromium');
  await tab.goto(site.url);
  assert.match(
    await until(tab, () => document.querySelector('.not-loaded') && document.body.innerText),
    /Safari 16\.4/,
  );
  await tab.close();
  site.close();
});

test('the page can be installed', async () => {
  const { page, close, site } = await openPage();
  const href = await page.getAttribute('link[rel=manifest]', 'href');
  const manifest = await (await fetch(new URL(String(href), site.url))).json();
  for (const { src, sizes } of [...manifest.icons, ...manifest.screenshots]) {
    const size = await page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, new URL(src, site.url).href);
    if (sizes !== 'any') assert.equal(size, sizes, src);
  }
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  const real = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'); // as the test's profile is
  assert.deepEqual(real, []);
  await close();
});

for (const language of Object.keys(languages()))
  test(`the first load in ${language}, until one can train, is below 200 KB gzipped without the model`, async (t) => {
    /** @type {string[]} */
    let names = [];
    const tab = await openPage({
      query: '?starter=none',
      doodles: null,
      language,
      script: () =>
        addEventListener('DOMContentLoaded', () => {
          const button = /** @type {HTMLButtonElement} */ (document.getElementById('train-button'));
          new MutationObserver(() => button.disabled || console.debug('trainable')).observe(button, {
            attributes: true,
          });
        }),
      listen: (page, loaded) =>
        page.on('console', (message) => {
          if (message.text() === 'trainable' && !names.length) names = [...loaded];
        }),
    });
    while (!names.length) await tab.page.waitForTimeout(100);
    for (const needed of [/^index/, /worker-/, /\.wasm$/])
      assert.ok(
        names.some((name) => needed.test(name)),
        names.join(),
      );
    const sizes = names.map((name) => zlib.gzipSync(fs.readFileSync(path.join(DIST, name)), { level: 9 }).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${total} bytes`);
    assert.ok(total < 200e3, `${total} bytes: ${names}`);
    await tab.close();
  });

test('every script and module of the site carries a hash of its content in its name', () => {
  const files = fs.readdirSync(DIST, { recursive: true }).map(String);
  const scripts = files.filter((name) => /\.(m?js|wasm|css)$/.test(name));
  assert.equal(scripts.filter((name) => /^engine\//.test(name)).length, 8);
  const named = ['first.js', 'service-worker.js']; // the service worker notes their content
  for (const name of scripts.filter((file) => !named.includes(file)))
    assert.match(name, /^assets\/.*-[\w-]{8}\.\w+$|^engine\/.*\.[0-9a-f]{8}\.\w+$/);
});
