/** Panel 1's health report: what was planted is counted, left out by a click, and put back; training does not wait for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { randomOf } from '../photos.js';
import { makeZip } from '../zips.js';
import { openPage, untilReady, untilText } from './page.js';

const SIZE = 64;
const COUNT = 150;

/** @param {number} width @param {number} height @param {Uint8Array} rgb */
const ppm = (width, height, rgb) => Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), rgb]);

/** Doodles, and among them what a report should find. */
async function plantedZip() {
  const engine = await createEngine({ threads: 1 });
  const random = randomOf(11);
  const doodle = (/** @type {number} */ n, /** @type {number} */ size) => engine.doodle(0, n, size);
  const noisy = (/** @type {Uint8Array} */ rgb) => rgb.map((value) => Math.max(0, Math.min(255, value + 12 * (random() - 0.5)))); // prettier-ignore
  const long = new Uint8Array(SIZE * 200 * 3);
  for (let i = 0; i < 3; i++) long.set(doodle(300 + i, SIZE), i * SIZE * SIZE * 3);
  const files = [
    ...Array.from({ length: COUNT }, (_, n) => ppm(SIZE, SIZE, doodle(n, SIZE))),
    ...[0, 1, 2, 2].map((n) => ppm(SIZE, SIZE, noisy(doodle(n, SIZE)))), // four copies
    ppm(
      SIZE,
      SIZE,
      Uint8Array.from({ length: SIZE * SIZE * 3 }, () => 256 * random()),
    ), // odd
    ppm(
      SIZE,
      SIZE,
      Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 255 * (Math.floor(i / 3 / SIZE / 5) % 2)),
    ), // odd
    ppm(48, 48, doodle(200, 48)), // small
    ppm(48, 48, doodle(201, 48)),
    ppm(SIZE, 200, long),
  ];
  engine.dispose();
  return makeZip(files.map((data, n) => ({ name: `set/${String(n).padStart(3, '0')}.ppm`, data })));
}

test('copies, odd, small and long pictures are counted, left out and put back', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none' });
  await untilReady(page);
  await page.setInputFiles('#file-input', { name: 'set.zip', mimeType: 'application/zip', buffer: Buffer.from(await plantedZip()) }); // prettier-ignore
  await untilText(page, 'intake-state', /^159 pictures/);
  await page.waitForSelector('.report-kind[data-kind=odd]', { timeout: 60000 });
  const kinds = () => page.$$eval('.report-kind', (rows) => rows.map((row) => `${/** @type {HTMLElement} */ (row).dataset.kind}: ${row.querySelector('p')?.textContent}`)); // prettier-ignore
  const first = await kinds();
  assert.deepEqual(first.map((text) => text.replace(/ (picture|of|have|has|is|are).*/, '')), ['same: 4', 'odd: 2', 'small: 2', 'long: One']); // prettier-ignore
  assert.match((await page.textContent('#report-state')) ?? '', /few hundred/);

  // A picture of the report is shown in the grid.
  await page.click('.report-kind[data-kind=odd] .strip button >> nth=0');
  await untilText(page, 'thumb-name', /15[45]\.ppm$/);

  await page.click('.report-kind[data-kind=same] > button');
  await untilText(page, 'intake-state', /^4 were left out\. 155 pictures/);
  await untilText(page, 'report-state', /^4 were left out/);
  await page.waitForSelector('.report-kind[data-kind=odd]');
  assert.ok(!(await kinds()).some((text) => /^same/.test(text)));
  await page.click('#report-undo');
  await untilText(page, 'intake-state', /^Undone\. 159 pictures/);
  await page.waitForSelector('.report-kind[data-kind=odd]');
  assert.deepEqual(await kinds(), first);

  // What the training makes of them.
  await page.click('#report-change summary');
  await page.waitForSelector('#report-change canvas >> nth=7');
  assert.match((await page.textContent('#report-change p')) ?? '', /mirrored|shifted/);

  // A training begins while pictures are being looked at.
  await page.click('.thumb >> nth=5');
  await page.keyboard.press('Delete');
  await untilText(page, 'report-state', /Looking at your pictures/);
  await page.click('#train-button');
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.phase === 'training');
  assert.ok(await page.isHidden('#report'));

  // The project knows how large the files' pictures were: they are not read again.
  await page.click('#train-button');
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.phase === 'paused');
  await page.reload();
  await untilReady(page);
  await page.click('#continue-button');
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.phase === 'training');
  await page.click('#train-button');
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.phase === 'paused');
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#restart');
  await page.waitForSelector('.report-kind[data-kind=odd]', { timeout: 60000 });
  assert.deepEqual((await kinds()).slice(-2), first.slice(-2));
  await close();
});
