/** Panel 1's health report: what was planted is counted, left out by a click, and put back; training does not wait for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedZip } from '../planted.js';
import { openPage, untilReady, untilText } from './page.js';

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
  await untilText(page, 'thumb-name', /15[45]\.bmp$/);

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
