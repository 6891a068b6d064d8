/** axe-core, the checker of accessibility rules, in every state of the page: light and dark, desktop and phone. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openPage, plainPictures, setEpochs, untilReady, untilStep, untilText } from './page.js';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param {import('playwright-core').Page} page @returns {Promise<string[]>} what breaks a rule, and where */
async function violations(page) {
  await page.evaluate(AXE); // the page's policy allows no other scripts than its own; this is none
  return page.evaluate(async () => {
    const found = await /** @type {any} */ (globalThis).axe.run({ resultTypes: ['violations'] });
    return found.violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map((/** @type {any} */ { target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
  });
}

for (const [width, height, scheme] of /** @type {const} */ ([
  [1440, 900, 'light'],
  [1440, 900, 'dark'],
  [360, 740, 'light'],
  [360, 740, 'dark'],
])) {
  test(`axe finds nothing in any state (${width} pixels, ${scheme})`, async () => {
    /** @type {string[]} */
    const found = [];
    /** @type {() => void} */
    let start = () => {};
    const started = new Promise((resolve) => (start = () => resolve(null)));
    const { page, close } = await openPage({
      query: '?width=4',
      width,
      height,
      scheme,
      listen: (page) => page.route('**/engine/*.wasm', (route) => started.then(() => route.continue())),
    });
    /** @param {string} state */
    const check = async (state) => {
      for (const one of await violations(page)) found.push(`${state}: ${one}`);
    };
    const openAll = () => page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));

    await check('starting');
    start();
    await untilReady(page);
    await page.waitForSelector('#made-grid', { state: 'attached', timeout: 60000 });
    await check('ready');

    // A screen reader hears what was read, not each 64 of it.
    const isBusy = () => page.getAttribute('#intake-state', 'aria-busy');
    await page.evaluate(() => {
      /** @type {any} */ (globalThis).ssdganApp.client.receive({ event: 'intake', done: 64, total: 901 });
    });
    assert.equal(await isBusy(), 'true');

    const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') };
    await page.setInputFiles('#file-input', [...plainPictures(24), broken]);
    await untilText(page, 'intake-state', /^24 pictures/);
    assert.equal(await isBusy(), null);
    await openAll();
    await check('pictures, refused files and settings');

    await page.selectOption('[name=image_size]', '32');
    await untilReady(page);
    await setEpochs(page, 3000);
    await page.click('#train-button');
    await untilStep(page, 2);
    await check('training');
    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    await page.click('#generate-button');
    await untilText(page, 'make-state', /^16 faces/);
    await page.locator('#made-grid').click({ position: { x: 20, y: 20 } });
    await page.locator('#made-grid').click({ position: { x: 100, y: 20 } });
    await page.waitForSelector('#player:not([hidden])');
    await page.click('#evaluate-button');
    await page.waitForSelector('#evaluated:not([hidden])', { timeout: 60000 });
    await openAll();
    await check('paused, with every panel open');

    await page.fill('[name=epochs]', '1');
    await page.click('#train-button');
    await page.waitForSelector('body[data-phase=finished]');
    await check('finished');

    await page.evaluate(() => {
      /** @type {any} */ (globalThis).ssdganApp.client.request('crash').catch(() => {});
    });
    await untilText(page, 'notice', /The engine has stopped/);
    await check('dead');
    assert.deepEqual(found, []);
    await close(/crash, as asked for/);
  });
}
