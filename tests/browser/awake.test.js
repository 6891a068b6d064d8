/** A training that nobody watches: what keeps tab and screen awake, and what tells how it goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MISSING, until } from './browsers.js';
import { onPage, setEpochs as setTabEpochs, untilStep as untilTabStep } from './steps.js';
import { chooseSize, openPage, setEpochs, untilReady, untilStep, untilText, startTraining } from './page.js';

/** Stands in for the browser's screen lock and notifications, and for the tab's being hidden. */
function recordCalls() {
  const page = /** @type {any} */ (globalThis);
  Object.assign(page, { asked: 0, given: 0, notes: [], hiddenTab: false });
  const wakeLock = {
    request: async () => {
      page.asked++;
      const screen = { onrelease: () => {}, release: async () => void page.given++ };
      page.screen = screen;
      return screen;
    },
  };
  Object.defineProperty(navigator, 'wakeLock', { get: () => wakeLock });
  Object.defineProperty(document, 'hidden', { get: () => page.hiddenTab });
  page.Notification = class {
    static permission = 'default';
    static requestPermission = async () => (this.permission = 'granted');
    /** @param {string} title @param {{body: string}} options */
    constructor(title, { body }) {
      page.notes.push(body);
    }
  };
  page.hide = (/** @type {boolean} */ hidden) => {
    page.hiddenTab = hidden;
    if (hidden) page.screen?.onrelease(); // as browsers do
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

/** @param {import('playwright-core').Page} page @returns {Promise<string[]>} names of the locks that are held */
const locksOf = (page) =>
  page.evaluate(async () => ((await navigator.locks.query()).held ?? []).map(({ name }) => String(name)));

/** @param {import('playwright-core').Page} page */
const iconOf = (page) => page.getAttribute('link[rel=icon]', 'href');

test('a training holds a lock and the screen, shows how far it is, and tells when it is done', async () => {
  const { page, close } = await openPage({ script: recordCalls });
  await untilReady(page);
  await chooseSize(page, '32');
  const [title, icon] = [await page.title(), await iconOf(page)];
  assert.ok(await page.isHidden('#notify'), 'nobody is asked before there is a reason');
  await setEpochs(page, 500);
  await page.click('#train-button');
  await untilStep(page, 2);
  assert.ok((await locksOf(page)).includes('ssdgan-training'));
  await page.waitForFunction(() => /^\d+ % · .* left/.test(document.title));
  await page.waitForFunction(() =>
    /^data:image\/png/.test(document.querySelector('link[rel=icon]')?.getAttribute('href') ?? ''),
  );
  const calls = () =>
    page.evaluate(() => [/** @type {any} */ (globalThis).asked, /** @type {any} */ (globalThis).given]);
  assert.deepEqual(await calls(), [1, 0]);
  await page.click('#notify');
  await page.waitForSelector('#notify', { state: 'hidden' });

  // The tab goes and comes back: the screen is asked for again.
  await page.evaluate(() => /** @type {any} */ (globalThis).hide(true));
  await page.evaluate(() => /** @type {any} */ (globalThis).hide(false));
  assert.deepEqual(await calls(), [2, 0]);

  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  assert.match(await page.title(), /^Paused at \d+ %/);
  assert.ok(!(await locksOf(page)).includes('ssdgan-training'));
  assert.deepEqual(await calls(), [2, 1]);

  const epoch = Number(await page.textContent('#figure-epoch'));
  await setEpochs(page, Math.floor(epoch) + 2);
  await page.evaluate(() => /** @type {any} */ (globalThis).hide(true));
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Done/);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).notes), ['The training is done.']);
  assert.match(await page.title(), /^Done/);
  assert.equal(await iconOf(page), new URL(String(icon), page.url()).href);
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#restart');
  await page.waitForFunction(() => document.body.dataset.phase === 'ready');
  assert.equal(await page.title(), title);
  await close();
});

// The drivers of the other two call every tab visible.
test('a tab that is really hidden trains on', { skip: MISSING.Firefox }, () =>
  onPage('Firefox', {}, async (tab) => {
    await setTabEpochs(tab, 5000);
    await tab.click('#train-button');
    await untilTabStep(tab, 2);
    await tab.cover();
    await until(tab, () => document.visibilityState === 'hidden');
    const step = await tab.run(() => /** @type {any} */ (globalThis).ssdganRun.curves.columns[0].at(-1));
    await untilTabStep(tab, step + 100);
    assert.equal(await tab.run(() => document.visibilityState), 'hidden');
  }),
);

test('a drop in speed is told while it lasts', async () => {
  const { page, close } = await openPage();
  await startTraining(page, 500);
  const note = page.locator('#speed-note');
  assert.ok(await note.isHidden());
  /** Five minutes at a rate, at once. @param {number} rate */
  const pretend = (rate) =>
    page.evaluate((pictures) => {
      const { awake } = /** @type {any} */ (globalThis).ssdganRun;
      const began = (awake.pretended ??= 1e9);
      for (let i = 0; i < 300; i++) awake.speed.add(began + 1000 * i, pictures);
      awake.pretended += 300e3;
      awake.progress(0.5, 60, pictures);
    }, rate);
  await pretend(30);
  await pretend(6);
  assert.match((await note.textContent()) ?? '', /6\.0 instead of 30\.0 pictures a second.*goes on/);
  await pretend(30);
  assert.ok(await note.isHidden());
  await close();
});
