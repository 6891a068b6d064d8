/** How long? A time, which becomes epochs at the speed of the first seconds, or a number of epochs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { chooseSize, openPage, setEpochs, stepOf, untilReady, untilStep, untilText } from './page.js';
import { ppm } from './steps.js';

/** @typedef {import('playwright-core').Page} Page */

/** Keeps what the engine says it has planned. @param {Page} page */
const listen = (page) =>
  page.evaluate(() => {
    const { listeners } = /** @type {any} */ (globalThis).ssdganApp.client;
    const { planned } = listeners;
    listeners.planned = (/** @type {any} */ message) => {
      planned(message);
      /** @type {any} */ (globalThis).told = message;
    };
  });

/** @param {Page} page @returns {Promise<{minutes: number, epochs: number, total: number}>} what it has planned, which is forgotten here */
const untilPlanned = async (page) => {
  await page.waitForFunction(() => /** @type {any} */ (globalThis).told, null, { timeout: 120e3 });
  return page.evaluate(() => {
    const page = /** @type {any} */ (globalThis);
    const { told } = page;
    page.told = undefined;
    return told;
  });
};

/** @param {Page} page @param {number} total steps, once they are shown */
const untilTotal = (page, total) => untilText(page, 'figure-step', new RegExp(` / ${total.toLocaleString('en')}$`));

/** @param {Page} page */
async function pause(page) {
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
}

test('a time becomes epochs, which a pause and a reload keep', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await chooseSize(page, '32');
  assert.equal(await page.inputValue('[name=minutes]'), '15');
  assert.ok(await page.isHidden('[name=epochs]'));
  await setEpochs(page);
  await page.fill('[name=epochs]', ''); // which would not do, if it were seen
  await page.selectOption('[name=minutes]', '5');
  assert.ok(await page.isHidden('[name=epochs]'));
  await listen(page);
  await page.click('#train-button');
  await untilStep(page, 1);
  const { minutes, epochs, total } = await untilPlanned(page);
  assert.equal(minutes, 5);
  assert.equal(total % epochs, 0);
  await untilTotal(page, total);
  await page.waitForFunction(() => document.getElementById('figure-left')?.textContent !== '–');
  await pause(page);
  assert.equal(await page.inputValue('[name=minutes]'), '5');

  // Continue goes on as planned; only another choice is another plan.
  const step = await stepOf(page);
  await page.click('#train-button');
  await untilStep(page, step + 1);
  await untilTotal(page, total);
  await pause(page);
  await page.selectOption('[name=minutes]', '60');
  await page.click('#train-button');
  const more = await untilPlanned(page);
  assert.equal(more.minutes, 60);
  await untilTotal(page, more.total);
  await pause(page);

  await page.reload();
  await page.click('#continue-button');
  await untilTotal(page, more.total);
  assert.equal(await page.inputValue('[name=minutes]'), 'epochs');
  assert.equal(await page.inputValue('[name=epochs]'), String(more.epochs));
  await close();
});

test('a finished training goes on for so many minutes, and the next one begins with the visitor’s choice', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await chooseSize(page, '32');
  const pictures = Array.from({ length: 12 }, (_, i) => ({
    name: `${i}.ppm`,
    mimeType: 'image/x-portable-pixmap',
    buffer: ppm(20 * i),
  }));
  await page.setInputFiles('#file-input', pictures);
  await untilText(page, 'intake-state', /^12 pictures/);
  await setEpochs(page, 2);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Done/);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^All 2 rounds are done\. Set more rounds, or choose a time/);
  const step = await stepOf(page);
  await page.selectOption('[name=minutes]', '480');
  await listen(page);
  await page.click('#train-button');
  const { epochs, total } = await untilPlanned(page);
  assert.ok(epochs > 2 && total > step);
  await untilTotal(page, total);
  await pause(page);
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#restart');
  await page.waitForFunction(() => document.body.dataset.phase === 'ready');
  assert.equal(await page.inputValue('[name=minutes]'), '480');
  await close();
});

test('before a training the page says how many pictures it will show, and what that gave', async () => {
  const { page, close } = await openPage({ doodles: 100, query: '?starter=none' });
  await untilReady(page);
  const says = (/** @type {RegExp} */ sentence) => untilText(page, 'expected-words', sentence);
  // A laptop's 300 a second for a quarter of an hour. openPage's pictures are the doodles.
  await says(/^The model will see about 270,000 pictures: each of yours about 2,700 times\. That is for a laptop/);
  await says(/the faces after 202,000 pictures/);
  const gallery = fs.readFileSync(new URL('../../docs/guide/gallery.md', import.meta.url), 'utf8');
  const section = gallery.slice(gallery.indexOf('## 811 photographs'), gallery.indexOf('## 4,739'));
  for (const [minutes, sees] of [
    ['5', '90,000'],
    ['60', '1,100,000'],
    ['480', '8,600,000'],
  ]) {
    await page.selectOption('[name=minutes]', minutes);
    await says(new RegExp(`about ${sees} pictures`));
    const [, shown] = /after ([\d,]+) pictures/.exec(await page.innerText('#expected-words')) ?? [];
    assert.ok(section.includes(shown), `the gallery says nothing of ${shown} pictures`);
    await page.waitForFunction(
      () => /** @type {HTMLImageElement} */ (document.querySelector('#example img')).naturalWidth,
    );
  }
  await setEpochs(page);
  await page.fill('[name=epochs]', '30');
  await says(/^The model will see about 3,000 pictures: each of yours about 30 times\. Above/);

  // What nobody measured is not said.
  await page.selectOption('[name=minutes]', '5');
  await page.selectOption('[name=recipe]', 'stylegan');
  await page.waitForSelector('#expected', { state: 'hidden' });
  await page.selectOption('[name=recipe]', 'best');
  await chooseSize(page, '32');
  await page.waitForSelector('#expected', { state: 'hidden' });

  // A training tells how fast this device is.
  await listen(page);
  await page.click('#train-button');
  await untilPlanned(page);
  await says(/^The model will see about [\d,]+ pictures: each of yours about [\d,]+ times\. The last training here/);
  assert.ok(await page.isHidden('#example')); // which is of another size
  await close();
});
