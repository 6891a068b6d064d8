/** What the browser tests share: the built page from a sub-path, and a page that tells of everything unexpected. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { BROWSER, serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';

/** Real pictures beside the project; tests that need them skip where they are absent. */
export const FACES = path.join(ROOT, '../shared/data/faces-128.zip');
export const NO_FACES = fs.existsSync(FACES) ? false : 'no ../shared/data beside the project';

/**
 * @param {{isolated?: boolean, query?: string, doodles?: number | null, width?: number, height?: number, scheme?: 'light' | 'dark',
 *   language?: string, motion?: 'reduce' | 'no-preference', starter?: Uint8Array | null, starterDelay?: number, serviceWorkers?: 'allow' | 'block',
 *   javaScriptEnabled?: boolean, args?: string[], permissions?: string[], script?: () => void,
 *   listen?: (page: import('playwright-core').Page, loaded: Set<string>) => void}} options doodles: null: as many as a visitor gets, which take half of
 *   the time until the page is ready; script: runs before the page's own; starter: served as ?starter=starter/test.safetensors;
 *   starterDelay: milliseconds until it comes
 */
export async function openPage({
  isolated = true,
  query = '?width=4&starter=none',
  doodles = 100,
  width = 1280,
  height = 900,
  scheme = 'light',
  language = 'en-GB',
  motion = 'no-preference',
  starter = null,
  starterDelay = 0,
  serviceWorkers = 'block', // offline.test.js has them
  javaScriptEnabled = true,
  args = [],
  permissions = [],
  script,
  listen,
} = {}) {
  const site = await serveFolder(path.join(ROOT, 'dist'), undefined, { prefix: '/some/where/', isolated });
  const browser = await chromium.launch({ ...BROWSER, args: [...BROWSER.args, ...args] });
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale: language,
    reducedMotion: motion,
    serviceWorkers,
    javaScriptEnabled,
    permissions,
  });
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  if (starter) {
    const body = Buffer.from(starter);
    await page.route('**/starter/test.safetensors', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, starterDelay));
      await route.fulfill({ body, contentType: 'application/octet-stream' });
    });
  }
  /** @type {string[]} */
  const problems = [];
  page.on('console', (message) => {
    if (/Service Worker registration blocked by Playwright/.test(message.text())) return;
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  /** @type {Set<string>} files of the site that have come */
  const loaded = new Set();
  page.on('requestfinished', (request) => {
    const url = request.url();
    if (url.startsWith(site.url)) loaded.add(url.slice(site.url.length).replace(/\?.*/, '') || 'index.html');
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(site.url) && !/^(blob|data):/.test(url)) problems.push(`a request to ${url}`);
  });
  listen?.(page, loaded);
  const address = new URL(site.url + query);
  if (doodles) address.searchParams.set('doodles', String(doodles));
  await page.goto(address.href);
  return {
    page,
    problems,
    site,
    loaded,
    /** Closes; nothing unexpected may have happened. @param {RegExp} [allowed] */
    async close(allowed) {
      await browser.close();
      site.close();
      assert.deepEqual(allowed ? problems.filter((text) => !allowed.test(text)) : problems, []);
    },
  };
}

/** @param {import('playwright-core').Page} page @param {string} id @param {RegExp} wanted */
export async function untilText(page, id, wanted) {
  await page.waitForFunction(
    ([name, source, flags]) => new RegExp(source, flags).test(document.getElementById(name)?.textContent ?? ''),
    [id, wanted.source, wanted.flags],
    { timeout: 60000 },
  );
}

/** The engine runs and the doodles are there. @param {import('playwright-core').Page} page */
export async function untilReady(page) {
  await page.waitForSelector('#train-button:enabled', { timeout: 60000 });
}

/** @param {import('playwright-core').Page} page @param {string} size */
export async function chooseSize(page, size) {
  await page.selectOption('[name=image_size]', size);
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.count > 0);
  await untilReady(page);
}

/** @param {import('playwright-core').Page} page @returns {Promise<number>} steps done, as the page shows them */
export async function stepOf(page) {
  return Number(((await page.textContent('#figure-step')) ?? '').split('/')[0].replaceAll(',', ''));
}

/** @param {import('playwright-core').Page} page @param {string} id @returns {Promise<{name: string, bytes: Buffer}>} the file that a click offers */
export async function downloadBy(page, id) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#${id}`)]);
  return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

/** Until so many steps are done. @param {import('playwright-core').Page} page @param {number} least */
export async function untilStep(page, least) {
  await page.waitForFunction(
    (wanted) =>
      Number(document.getElementById('figure-step')?.textContent?.split('/')[0].replaceAll(',', '')) >= wanted,
    least,
    { timeout: 60000 },
  );
}

/** Chooses a number of epochs. @param {import('playwright-core').Page} page @param {number} [count] the recipe's where none is given */
export async function setEpochs(page, count) {
  await page.selectOption('[name=minutes]', 'epochs');
  if (count) await page.fill('[name=epochs]', String(count));
}

/** Trains what is there at 32 pixels; resolves after two steps. @param {import('playwright-core').Page} page @param {number} [epochs] the recipe's where none are given */
export async function startTraining(page, epochs) {
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, epochs);
  await page.click('#train-button');
  await untilStep(page, 2);
}

/** @param {number} count @returns {{name: string, mimeType: string, buffer: Buffer}[]} plain pictures of different colours */
export const plainPictures = (count) =>
  Array.from({ length: count }, (_, i) => ({
    name: `${i}.ppm`,
    mimeType: 'image/x-portable-pixmap',
    buffer: Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, 5 + 4 * i)]),
  }));
