/** Projects on the page: nothing is lost with the tab, the browser, a crash, or another tab. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { STARTER } from '../../wasm/cli/files.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import {
  chooseSize,
  downloadBy,
  openPage,
  plainPictures,
  stepOf,
  setEpochs,
  untilReady,
  untilStep,
  untilText,
} from './page.js';

/** @typedef {import('playwright-core').Page} Page */

const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';
const MAIN = fileURLToPath(new URL('../../wasm/cli/main.js', import.meta.url));

/** Trains some pictures a few steps and pauses. @param {Page} page @param {number} steps @returns {Promise<number>} the step */
async function trainAWhile(page, steps) {
  await setEpochs(page, 500);
  await page.click('#train-button');
  await untilStep(page, steps);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  return stepOf(page);
}

/** @param {Page} page */
async function own(page) {
  await untilReady(page);
  await chooseSize(page, '32');
  await page.setInputFiles('#file-input', plainPictures(12));
  await untilText(page, 'intake-state', /^12 pictures/);
  await untilReady(page);
}

/** @param {Page} page @returns {Promise<Record<string, any>>} tensors of the present state */
async function stateOf(page) {
  const { bytes } = await downloadBy(page, 'save-checkpoint');
  return readSafetensors(bytes).tensors;
}

/** Before the page: presses Continue at the very moment when it comes; the project opens slowly, as on a busy machine. */
const pressContinueAtOnce = () =>
  addEventListener('DOMContentLoaded', () => {
    const card = /** @type {HTMLElement} */ (document.getElementById('continue'));
    const watcher = new MutationObserver(() => {
      if (card.hidden) return;
      watcher.disconnect();
      const { client } = /** @type {any} */ (globalThis).ssdganApp;
      const { request } = client;
      client.request = async (/** @type {any[]} */ ...asked) => {
        const reply = await request.apply(client, asked);
        if (asked[0] === 'project.open') await new Promise((resolve) => setTimeout(resolve, 1500));
        return reply;
      };
      document.getElementById('continue-button')?.click();
    });
    watcher.observe(card, { attributes: true });
  });

test(
  'Continue that is pressed at once is not undone by the doodles of a first visit',
  { skip: NO_STARTER },
  async () => {
    const { page, close } = await openPage({
      query: '?width=4&starter=starter/test.safetensors',
      starter: fs.readFileSync(STARTER),
      starterDelay: 3000, // the page waits half a second for it, and then takes doodles
      script: pressContinueAtOnce,
    });
    await own(page);
    const step = await trainAWhile(page, 5);
    await page.reload();
    await untilStep(page, step + 1);
    await untilText(page, 'intake-state', /^12 pictures/);
    await close();
  },
);

for (const home of ['file system', 'database']) {
  test(`a reload offers what was there, bit for bit (${home})`, async () => {
    const { page, close } = await openPage({ query: `?width=4&starter=none&home=${home}` });
    await own(page);
    await page.click('.thumb >> nth=0');
    await page.keyboard.press('Delete');
    await untilText(page, 'intake-state', /^Took one out\. 11 pictures/);
    const step = await trainAWhile(page, 5);
    const before = await stateOf(page);
    await page.reload();
    await untilText(page, 'continue', new RegExp(`11 pictures · step ${step} of`));
    await page.click('#project-list summary');
    await page.click('#project-items button:has-text("Open")');
    await untilText(page, 'train-state', /^Press Continue to train on/);
    assert.equal(await stepOf(page), step);
    assert.deepEqual(await stateOf(page), before);
    await page.click('#train-button');
    await untilStep(page, step + 1);
    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    // A picture that was removed stays out through every reading, also in a later visit.
    page.on('dialog', (dialog) => dialog.accept());
    await page.click('#restart');
    await untilReady(page);
    await page.selectOption('[name=image_size]', '64');
    await untilText(page, 'intake-state', /^11 pictures/);
    await close();
  });
}

test('one click continues; the pictures, the curves and the picked faces are there', async () => {
  const { page, close } = await openPage();
  await own(page);
  const step = await trainAWhile(page, 5);
  await page.locator('#grid').click({ position: { x: 20, y: 20 } });
  await page.locator('#grid').click({ position: { x: 90, y: 20 } });
  await untilText(page, 'interpolate-state', /^2 faces/);
  await page.reload();
  await page.click('#continue-button');
  await untilStep(page, step + 1);
  await untilText(page, 'intake-state', /^12 pictures/);
  await untilText(page, 'projects-state', /not to delete it\.$|If room gets short/);
  const steps = await page.evaluate(() => /** @type {any} */ (globalThis).ssdganRun.curves.columns[0].slice(0, 3));
  assert.deepEqual(steps, [1, 2, 3]);
  await untilText(page, 'interpolate-state', /^2 faces/);
  assert.deepEqual(await page.$$eval('#picked span', (names) => names.map((name) => name.textContent)), [
    'face 0',
    'face 1',
  ]);
  await close();
});

test('a second tab can look, not train; it says who has the project', async () => {
  const { page, close } = await openPage();
  await own(page);
  await trainAWhile(page, 3);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await untilText(other, 'continue', /Open/);
  await other.click('#continue-button');
  await untilText(other, 'train-state', /Another tab has this project open/);
  await untilText(other, 'intake-state', /^12 pictures/);
  assert.ok(await other.locator('#train-button').isDisabled());
  await other.click('#generate-button');
  await untilText(other, 'make-state', /^16 faces/);
  await other.close();
  await close();
});

test('a project is renamed, duplicated, downloaded, deleted, and taken in again', async () => {
  const { page, close } = await openPage();
  page.on('dialog', (dialog) => dialog.accept());
  await own(page);
  await trainAWhile(page, 3);
  const before = await stateOf(page);
  await page.click('#project-list summary');
  await page.fill('#project-items .project-name', 'Twelve greys');
  // The list is drawn anew meanwhile: what is typed stays.
  const typed = await page.evaluate(() => {
    /** @type {any} */ (globalThis).ssdganApp.enter('paused');
    return /** @type {any} */ (document.activeElement)?.value;
  });
  assert.equal(typed, 'Twelve greys');
  await page.press('#project-items .project-name', 'Enter');
  await untilText(page, 'project-name', /^Twelve greys$/);
  await page.click('#project-items button:has-text("Duplicate")');
  await page.waitForSelector('#project-items li:nth-child(2)');
  const names = await page.$$eval('#project-items input', (inputs) => inputs.map((input) => /** @type {HTMLInputElement} */ (input).value)); // prettier-ignore
  assert.deepEqual(names.sort(), ['Twelve greys', 'Twelve greys (copy)']);
  const zip = await downloadBy(page, 'project-download');
  assert.equal(zip.name, 'Twelve greys.zip');
  await page.click('#project-new');
  await untilReady(page);
  for (let left = 2; left > 0; left--) {
    if (!(await page.locator('#project-list[open]').count())) await page.click('#project-list summary');
    await page.click('#project-items li:first-child button:has-text("Delete")');
    await page.waitForFunction((count) => document.querySelectorAll('#project-items li').length === count, left - 1);
  }
  await page.setInputFiles('#file-input', { name: zip.name, mimeType: 'application/zip', buffer: zip.bytes });
  await untilText(page, 'train-state', /^Press Continue to train on/);
  assert.deepEqual(await stateOf(page), before);
  await close();
});

test('begun in a tab, continued in the terminal, and brought back: the same bits', async () => {
  const { page, close } = await openPage();
  page.on('dialog', (dialog) => dialog.accept());
  await own(page);
  const step = await trainAWhile(page, 3);
  const zip = await downloadBy(page, 'project-download');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-project-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, 'tab.zip'), zip.bytes);
  for (const args of [
    ['train', '--resume', 'tab.zip', '--epochs', String(step + 20)],
    ['export', 'tab', 'back.zip'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
  /** Trains on to so many epochs, of one step each. @param {number} epochs */
  const trainTo = async (epochs) => {
    await setEpochs(page, epochs);
    await page.click('#train-button');
    await untilStep(page, epochs);
    await page.waitForFunction(() => document.body.dataset.phase === 'finished');
    assert.equal(await stepOf(page), epochs);
  };
  await trainTo(step + 20);
  await trainTo(step + 40);
  const unbroken = await stateOf(page);
  await page.click('#project-new');
  await untilReady(page);
  await page.setInputFiles('#file-input', path.join(folder, 'back.zip'));
  await untilText(page, 'train-state', /^It is trained/);
  await untilText(page, 'intake-state', /^12 pictures/);
  await trainTo(step + 40);
  assert.deepEqual(await stateOf(page), unbroken);
  await close();
});

test('pictures given while the engine starts are taken; a wrong file empties nothing', async () => {
  const { page, close } = await openPage();
  await page.setInputFiles('#file-input', plainPictures(5)); // at once
  await untilText(page, 'intake-state', /^5 pictures/);
  await untilReady(page);
  await page.setInputFiles('#file-input', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await untilText(page, 'refused', /a\.txt: not a picture/);
  await untilText(page, 'intake-state', /^5 pictures/);
  await page.click('#project-new');
  await untilText(page, 'intake-state', /^100 doodles/);
  await page.setInputFiles('#file-input', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await untilText(page, 'intake-state', /^100 doodles.*None of these files/);
  await page.waitForSelector('#train-button:enabled');
  await close();
});

test('storage that is full or refused: a sentence, training goes on, a download is offered', async () => {
  const { page, close } = await openPage();
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch();
    const spoil = `{
      const open = FileSystemFileHandle.prototype.createSyncAccessHandle;
      FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
        if (this.name.startsWith('checkpoint')) throw new DOMException('full', 'QuotaExceededError');
        return open.call(this);
      };
    }\n`;
    await route.fulfill({ response, body: spoil + (await response.text()) });
  });
  await page.reload();
  await own(page);
  await page.click('#train-button');
  await untilStep(page, 2);
  await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.client.request('train.save'));
  await untilText(page, 'notice', /training could not be saved: the browser gives this page no more room.*goes on/);
  const step = await stepOf(page);
  await untilStep(page, step + 1);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#notice button')]);
  assert.ok(Number(readSafetensors(fs.readFileSync(await download.path())).metadata.step) > step);
  page.on('dialog', (dialog) => dialog.accept());
  await close();

  const memory = await openPage({ query: '?width=4&starter=none&home=memory' });
  await own(memory.page);
  await untilText(memory.page, 'projects-state', /keeps nothing for this page.*Download the project/);
  await trainAWhile(memory.page, 3);
  memory.page.on('dialog', (dialog) => dialog.accept());
  await memory.close();
});

test('a storage that does not answer is told, and the page works all the same', async () => {
  const script = () => {
    const opening = indexedDB.open('ssdgan', 1);
    opening.onupgradeneeded = () => ['sizes', 'pieces'].forEach((name) => opening.result.createObjectStore(name));
    opening.onsuccess = () => {
      const sizes = opening.result.transaction(['sizes', 'pieces'], 'readwrite').objectStore('sizes');
      const goOn = () => (sizes.count().onsuccess = goOn); // a transaction that never ends, as a worker of WebKit may leave it
      goOn();
    };
  };
  const { page, close } = await openPage({ query: '?width=4&starter=none&home=database', script });
  await untilText(page, 'notice', /does not answer.*start it again/);
  await untilText(page, 'projects-state', /keeps nothing for this page.*Download the project/);
  await own(page);
  await trainAWhile(page, 3);
  page.on('dialog', (dialog) => dialog.accept());
  await close();
});
