/** The starter model: what a visitor sees first, and training from it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { before, test } from 'node:test';
import { STARTER } from '../../wasm/cli/files.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { readSafetensors, writeSafetensors } from '../../wasm/engine/safetensors.js';
import { RECIPES } from '../../wasm/run/recipes.js';
import { chooseSize, downloadBy, openPage, untilReady, untilStep, untilText } from './page.js';

const QUERY = '?width=4&starter=starter/test.safetensors';
const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';

/** @type {Uint8Array} a small stand-in, as it would be shipped */
let starter;

before(async () => {
  const engine = await createEngine({ threads: 1 });
  const trainer = engine.createTrainer({ ...RECIPES.best.settings, image_size: 64, width: 4, batch: 2 });
  const { tensors, metadata } = readSafetensors(trainer.save());
  starter = writeSafetensors(tensors, metadata, { half: true });
  engine.dispose();
});

/** @param {import('playwright-core').Page} page */
const untilFaces = (page) => page.waitForSelector('#starter.drawn', { timeout: 60000 });

/** Frames computed so far. @param {import('playwright-core').Page} page @returns {Promise<number>} */
const frames = (page) => page.evaluate(() => /** @type {any} */ (globalThis).ssdganStarter.frame);

/** @param {import('playwright-core').Page} page @param {number} least */
const untilFrame = (page, least) =>
  page.waitForFunction((n) => /** @type {any} */ (globalThis).ssdganStarter.frame >= n, least, { timeout: 60000 });

/** @param {import('playwright-core').Page} page @param {string} id @returns {Promise<string>} */
const drawing = (page, id) =>
  page.evaluate((name) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL(), id);

test('faces show at the opening, move, hold still, and go while something trains', async () => {
  const { page, close } = await openPage({ query: QUERY, starter });
  await untilFaces(page);
  const first = await drawing(page, 'starter-faces');
  await untilFrame(page, 3);
  assert.notEqual(await drawing(page, 'starter-faces'), first, 'they move');
  await page.click('#starter-hold');
  const held = await frames(page);
  await page.waitForTimeout(2500);
  assert.ok((await frames(page)) <= held + 1, 'one frame may have been on its way');
  await page.click('#starter-hold');
  await untilFrame(page, held + 2);

  // They are a model like any other: more faces, a face to interpolate from, an evaluation.
  await untilReady(page);
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^16 faces/);
  await page.locator('.faces').click({ position: { x: 20, y: 20 } });
  await untilText(page, 'picked', /face \d+/);
  assert.ok(await page.isEnabled('#evaluate-button'));

  await page.selectOption('[name=start]', 'scratch');
  await page.click('#settings summary');
  await page.fill('[name=batch]', '4');
  await page.click('#train-button');
  await untilStep(page, 2);
  assert.ok(await page.isHidden('#starter'));
  const training = await frames(page);
  await page.waitForTimeout(1500);
  assert.ok((await frames(page)) <= training + 1, 'nobody computes what nobody sees');
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#restart');
  await untilFaces(page);
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^16 faces/);
  await close();
});

test('training begins with the weights of the starter model, where the sizes are its own', async () => {
  const { page, close } = await openPage({ query: QUERY, starter });
  await untilFaces(page);
  await chooseSize(page, '32');
  assert.equal(await page.inputValue('[name=start]'), 'scratch');
  assert.match(String(await page.textContent('[name=start] option')), /only with picture size 64/);
  await chooseSize(page, '64');
  assert.equal(await page.inputValue('[name=start]'), 'starter');
  await page.click('#settings summary');
  await page.fill('[name=lr]', '0.000001'); // that the weights stay near the starter's
  await page.fill('[name=batch]', '4');
  await page.click('#train-button');
  await untilStep(page, 2);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  const tuned = readSafetensors((await downloadBy(page, 'save-model')).bytes).tensors;
  for (const [name, { data }] of Object.entries(readSafetensors(starter).tensors)) {
    if (/running_/.test(name)) continue; // statistics of the pictures, not weights
    const far = data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - tuned[name].data[i])), 0);
    assert.ok(far < 1e-3, `${name} has moved by ${far}`);
  }
  await close();
});

test('a dead worker gets the starter model again', async () => {
  const { page, close } = await openPage({ query: QUERY, starter });
  await untilFaces(page);
  await untilReady(page);
  await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.client.request('crash'));
  await page.waitForSelector('#notice:not([hidden]) button');
  assert.ok(await page.isHidden('#starter'));
  await page.click('#notice button');
  await untilFaces(page);
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^16 faces/);
  await close(/crash, as asked for/);
});

test('who wants no motion gets faces that stand still', async () => {
  const { page, close } = await openPage({ query: QUERY, starter, motion: 'reduce' });
  await untilFaces(page);
  await page.waitForTimeout(1500);
  assert.equal(await frames(page), 1);
  assert.ok(await page.isHidden('#starter-hold'));
  await close();
});

test('without the file, or with a damaged one, the page is as without', async () => {
  const { page, close } = await openPage({ query: QUERY, starter: null });
  await untilReady(page);
  assert.ok(await page.isHidden('#starter'));
  assert.ok(await page.isHidden('#start-row'));
  assert.ok(await page.isDisabled('#generate-button'));
  await close(/404/);
  const damaged = await openPage({ query: QUERY, starter: starter.subarray(0, 5000) });
  await untilReady(damaged.page);
  assert.ok(await damaged.page.isHidden('#starter'));
  await damaged.close(/the starter model cannot be used/);
});

test('the shipped model shows faces, from a sub-path', { skip: NO_STARTER }, async () => {
  const { page, close } = await openPage({ query: '' });
  await untilFaces(page);
  await untilReady(page);
  assert.equal(await page.locator('#start-row').isVisible(), true);
  const response = await page.request.get(
    await page.locator('#starter-about').evaluate((a) => /** @type {any} */ (a).href),
  );
  assert.match((await response.json()).command, /^ssdgan train /);
  await close();
});
