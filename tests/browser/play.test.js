/** Playing with faces: by keyboard and mouse, favourites, the storyboard, pictures out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fs from 'node:fs';
import { decode } from 'fast-png';
import { STARTER } from '../../wasm/cli/files.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { openZip, unpack } from '../../wasm/engine/zip.js';
import { downloadBy, openPage, startTraining, untilText } from './page.js';

const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';

/** @typedef {import('playwright-core').Page} Page */

/** Trains a little at 32 pixels, pauses, and makes so many faces. @param {Page} page @param {number} count */
async function makeFaces(page, count) {
  await startTraining(page, 500);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  await page.fill('#generate [name=count]', String(count));
  await page.click('#generate-button');
  await untilText(page, 'make-state', new RegExp(`^${count} faces?`));
}

/** @param {Page} page @returns {Promise<string>} name of what has the focus */
const focused = (page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent ?? '');

/** @param {Page} page @returns {Promise<(string | null)[]>} */
const picked = (page) => page.$$eval('#picked span', (names) => names.map((name) => name.textContent));

/** @param {Uint8Array} bytes @returns {{width: number, height: number}} */
const sizeOf = (bytes) => decode(bytes);

test('faces are picked by the keyboard, put in order, and kept as favourites', async () => {
  const { page, close } = await openPage();
  await makeFaces(page, 9);
  // Arrow keys lead through the grid; Enter picks.
  await page.focus('#made .face-keys [tabindex="0"]');
  assert.equal(await focused(page), 'face 0');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowLeft', 'End', 'ArrowDown', 'Home', 'ArrowDown'])
    await page.keyboard.press(key);
  assert.equal(await focused(page), 'face 3');
  await page.keyboard.press('Enter');
  await untilText(page, 'face-name', /^face 3$/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await untilText(page, 'interpolate-state', /^2 faces/);
  await page.focus('#made .face-keys [aria-label="face 8"]');
  await page.keyboard.press('Enter');
  await untilText(page, 'interpolate-state', /^3 faces/);
  assert.deepEqual(await picked(page), ['face 3', 'face 4', 'face 8']);
  // The live grid has the same keys.
  await page.focus('#live .face-keys [tabindex="0"]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await untilText(page, 'interpolate-state', /^4 faces/);

  // Another order: by keys, by buttons, by dragging; one is taken out.
  await page.focus('#picked li:nth-child(4) button');
  await page.keyboard.press('Shift+ArrowLeft');
  assert.deepEqual(await picked(page), ['face 3', 'face 4', 'face 8', 'face 8']);
  await untilText(page, 'key-place', /^face 8: 3 of 4$/);
  await page.keyboard.press('Delete');
  await untilText(page, 'interpolate-state', /^3 faces/);
  await page.click('#picked li:nth-child(1) button');
  await page.click('#key-later');
  await untilText(page, 'key-place', /^face 3: 2 of 3$/);
  assert.deepEqual(await picked(page), ['face 4', 'face 3', 'face 8']);
  const [from, to] = await Promise.all([3, 1].map((n) => page.locator(`#picked li:nth-child(${n})`).boundingBox()));
  assert.ok(from && to);
  await page.mouse.move(from.x + 20, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 20, { steps: 8 });
  await page.mouse.up();
  assert.deepEqual(await picked(page), ['face 8', 'face 4', 'face 3']);
  assert.equal(await page.locator('#picked .dragged').count(), 0);

  // Favourites and order outlive the tab.
  await page.click('#face-favour');
  await page.waitForSelector('#face-favour[aria-pressed=true]');
  assert.equal(await page.locator('#favourites li').count(), 1);
  await page.reload();
  await page.click('#continue-button');
  await untilText(page, 'interpolate-state', /^3 faces/);
  assert.deepEqual(await picked(page), ['face 8', 'face 4', 'face 3']);
  await page.click('#favourites button');
  await untilText(page, 'interpolate-state', /^4 faces/);
  assert.equal(await page.getAttribute('#face-favour', 'aria-pressed'), 'true');
  await page.click('#face-favour');
  assert.equal(await page.locator('#favourites li').count(), 0);
  await close();
});

test('an interpolation gets 60 frames a second while it plays', async () => {
  const { page, close } = await openPage();
  await makeFaces(page, 4);
  for (const name of ['face 0', 'face 1']) await page.evaluate((label) => {
    const key = /** @type {HTMLElement} */ (document.querySelector(`#made .face-keys [aria-label="${label}"]`));
    key.click();
  }, name); // prettier-ignore
  await page.waitForFunction(
    () => /** @type {HTMLInputElement} */ (document.getElementById('interpolate-slider')).max === '120',
  );
  await untilText(page, 'interpolate-state', /^2 faces, 2 sec/);
  await close();
});

test('faces leave the page as one picture, a zip, a sprite sheet, and by the clipboard', async () => {
  const { page, close } = await openPage();
  await makeFaces(page, 6);
  const one = await downloadBy(page, 'save-grid');
  assert.equal(one.name, 'faces-3x2-256px.png');
  assert.deepEqual([sizeOf(one.bytes).width, sizeOf(one.bytes).height], [3 * 256 + 4, 2 * 256 + 2]);
  await page.selectOption('#out-side', '');
  const sheet = await downloadBy(page, 'save-sheet');
  assert.deepEqual([sizeOf(sheet.bytes).width, sizeOf(sheet.bytes).height], [96, 64]);
  const zip = await downloadBy(page, 'save-zip');
  await untilText(page, 'out-state', /^6 faces of 32 × 32 pixels in a zip/);
  const files = new Map();
  const { files: entries, refused } = await openZip(zip.bytes, 'faces');
  for await (const { name, bytes } of unpack(entries, refused)) files.set(name, bytes);
  assert.deepEqual([...files.keys()].slice(0, 2), ['faces/face-0.png', 'faces/face-1.png']);
  assert.equal(sizeOf(files.get('faces/face-5.png')).width, 32);
  const about = JSON.parse(new TextDecoder().decode(files.get('faces/faces.json')));
  assert.deepEqual(about[5], { file: 'face-5.png', seed: 5, psis: [1, 1] });

  // Crisp: each pixel of the face becomes a square of one colour.
  await page.click('#made-grid', { position: { x: 10, y: 10 } });
  await page.selectOption('#out-edges', 'crisp');
  await page.selectOption('#out-side', '256');
  const face = await downloadBy(page, 'save-face');
  assert.equal(face.name, 'face-0.png');
  const { width, channels, data } = decode(face.bytes);
  assert.equal(width, 256);
  for (let i = 1; i < 8; i++) assert.equal(data[i * channels], data[0]);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('#face-copy');
  await untilText(page, 'out-state', /^Copied/);
  const types = await page.evaluate(async () => (await navigator.clipboard.read())[0].types);
  assert.deepEqual(types, ['image/png']);
  await close();
});

/** @param {Page} page @param {string} id @returns {Promise<string>} */
const drawn = (page, id) =>
  page.evaluate((name) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL(), id);

/** Makes four faces with the starter model. @param {Page} page */
async function makeFour(page) {
  await page.waitForSelector('#generate-button:enabled');
  await page.fill('#generate [name=count]', '4');
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^4 faces/);
}

test('the share sheet gets the face that is shown; closing it is no error', { skip: NO_STARTER }, async () => {
  const { page, close } = await openPage({
    query: '',
    script: () => {
      const page = /** @type {any} */ (globalThis);
      page.shared = [];
      page.fault = '';
      navigator.canShare = (data) => data?.files?.[0].type === 'image/png';
      navigator.share = async (data) => {
        const [file] = data?.files ?? [];
        page.shared.push({ name: file.name, type: file.type, bytes: [...new Uint8Array(await file.arrayBuffer())] });
        if (page.fault) throw new DOMException('no', page.fault);
      };
    },
  });
  await makeFour(page);
  await page.click('#made-grid', { position: { x: 10, y: 10 } });
  /** @param {string} fault name of what the sheet throws @param {number} count how often it has opened */
  const share = async (fault, count) => {
    await page.evaluate((name) => Object.assign(globalThis, { fault: name }), fault);
    await page.click('#face-share');
    await page.waitForFunction((n) => /** @type {any} */ (globalThis).shared.length === n, count);
  };
  await share('', 1);
  const [{ name, type, bytes }] = await page.evaluate(() => /** @type {any} */ (globalThis).shared);
  assert.deepEqual([name, type, sizeOf(Uint8Array.from(bytes)).width], ['face-0.png', 'image/png', 256]);
  await share('AbortError', 2);
  assert.equal(await page.textContent('#out-state'), '');
  await share('NotAllowedError', 3);
  await page.waitForSelector('#out-state.bad:not(:empty)');
  await share('AbortError', 4);
  await page.waitForSelector('#out-state:not(.bad)', { state: 'attached' });
  assert.equal(await page.textContent('#out-state'), '');
  await close();
});

test('sliders are named, made of others, and found again', { skip: NO_STARTER }, async () => {
  const { page, close } = await openPage({ query: '' });
  await makeFour(page);
  const still = await drawn(page, 'made-grid');
  await page.click('#move summary');
  // One face at both ends of each slider.
  await page.waitForFunction(() => document.querySelectorAll('#moves canvas[width="64"]').length === 10);
  await page.click('#move-save');
  await untilText(page, 'move-state', /^Move a slider first/);
  await page.locator('#moves [type=range]').nth(0).fill('2');
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL() !== old,
    still,
  );
  const moved = await drawn(page, 'made-grid');
  await page.fill('#move-title', 'Ears');
  await page.keyboard.press('Enter');
  assert.deepEqual(
    await page.$$eval('#moves [type=range]', (all) => all.map((one) => /** @type {HTMLInputElement} */ (one).value)),
    ['0', '0', '0', '0', '0', '1'],
  );
  await page.click('#generate-button');
  await page.waitForFunction(() => location.hash.includes('move=all:2,0,0,0,0'));
  assert.equal(await drawn(page, 'made-grid'), moved, 'the own slider at 1 is what was saved');
  await page.locator('#moves input.move-name').nth(2).fill('Colour of the ground');
  await page.keyboard.press('Tab');

  await page.goto(page.url().split('#')[0]);
  await makeFour(page);
  await page.click('#move summary');
  await page.waitForSelector('#moves [aria-label="Ears"]');
  assert.equal(await page.locator('#moves input.move-name').nth(2).inputValue(), 'Colour of the ground');
  await page.locator('#moves [aria-label="Ears"]').fill('1');
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL() === old,
    moved,
  );
  await page.click('#move-rest');
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL() === old,
    still,
  );
  await page.click('#moves [aria-label="Remove Ears"]');
  assert.equal(await page.locator('#moves .move').count(), 5);
  await close();
});

test('two models show the same faces side by side', { skip: NO_STARTER }, async () => {
  const engine = await createEngine({ threads: 1 });
  const other = engine.createTrainer({ image_size: 32, width: 4, batch: 2, latent_size: 20 }).save();
  engine.dispose();
  const { page, close } = await openPage({ query: '' });
  await makeFour(page);
  await page.click('#compare summary');
  assert.ok(await page.isHidden('#compare-with'), 'there is no other model yet');
  await page.setInputFiles('#compare-input', STARTER);
  await untilText(page, 'compare-state', /^The same random numbers/);
  assert.equal(await drawn(page, 'compare-left'), await drawn(page, 'compare-right'));
  const file = { name: 'other.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from(other) };
  await page.setInputFiles('#compare-input', file);
  await untilText(page, 'compare-state', /^These models take 100 and 20 random numbers/);
  await untilText(page, 'compare-name', /^other\.safetensors$/);
  assert.notEqual(await drawn(page, 'compare-left'), await drawn(page, 'compare-right'));
  await close();
});
