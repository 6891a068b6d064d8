/** The whole way through the page: pictures, training, pause, faces, interpolation, files out and in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSafetensors } from '../../wasm/safetensors.js';
import { chooseSize, downloadBy, FACES, NO_FACES, openPage, stepOf, untilReady, untilText } from './page.js';

test(
  'pictures in a zip are trained on, paused, generated from, downloaded and loaded again',
  { skip: NO_FACES },
  async () => {
    const { page, close } = await openPage();
    await untilReady(page);
    await chooseSize(page, '32');
    // Dropped, as a user would: the zip and a file that is no picture.
    const input = await page.$('#file-input');
    await input?.setInputFiles([FACES, 'package.json']);
    await untilText(page, 'intake-state', /^901 pictures/);
    await untilText(page, 'refused', /1 file was left out.*package\.json/s);

    await page.fill('[name=epochs]', '500');
    await page.click('#train-button');
    await page.waitForFunction(() => Number(document.getElementById('figure-step')?.textContent?.split('/')[0]) >= 3);
    await page.waitForSelector('#live:not([hidden])');
    await page.waitForSelector('#curves .u-over');
    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    const paused = await stepOf(page);
    await page.waitForTimeout(300);
    assert.equal(await stepOf(page), paused, 'a paused training stands still');

    await page.click('#train-button');
    await page.waitForFunction(
      (step) => Number(document.getElementById('figure-step')?.textContent?.split('/')[0].replaceAll(',', '')) > step,
      paused,
    );

    // While it trains: faces, a way between two of them, files.
    await page.fill('#generate [name=seed]', '7');
    await page.fill('#generate [name=count]', '4');
    await page.click('#generate-button');
    await untilText(page, 'make-state', /^4 faces/);
    for (const position of [
      { x: 20, y: 20 },
      { x: 200, y: 20 },
    ])
      await page.locator('#made-grid').click({ position });
    await untilText(page, 'morph-state', /^2 faces, 41 frames/);
    assert.equal(await page.locator('#picked li').count(), 2);
    const gif = await downloadBy(page, 'save-gif');
    assert.equal(gif.bytes.subarray(0, 6).toString(), 'GIF89a');
    const face = await downloadBy(page, 'save-face');
    assert.equal(face.bytes.subarray(1, 4).toString(), 'PNG');

    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    const checkpoint = await downloadBy(page, 'save-checkpoint');
    const model = await downloadBy(page, 'save-model');
    assert.equal(readSafetensors(model.bytes).metadata.format, 'ssdgan-model');
    const { metadata } = readSafetensors(checkpoint.bytes);
    assert.equal(metadata.format, 'ssdgan-checkpoint');
    assert.equal(Number(metadata.step), await stepOf(page));

    // The same seeds from the loaded model are the same pictures.
    const picture = () =>
      page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL());
    await page.click('#generate-button');
    await page.waitForTimeout(300);
    const before = await picture();
    await page.setInputFiles('#model-input', {
      name: 'model.safetensors',
      mimeType: 'application/octet-stream',
      buffer: model.bytes,
    });
    await untilText(page, 'make-state', /^Loaded model/);
    await page.waitForTimeout(300);
    assert.equal(await picture(), before);
    await close();
  },
);

test('a checkpoint is taken up in a new tab', async () => {
  const first = await openPage();
  await untilReady(first.page);
  await chooseSize(first.page, '32');
  await first.page.fill('[name=epochs]', '100');
  await first.page.click('#train-button');
  await first.page.waitForFunction(
    () => Number(document.getElementById('figure-step')?.textContent?.split('/')[0]) >= 2,
  );
  await first.page.click('#train-button');
  await untilText(first.page, 'train-state', /^Paused/);
  const step = await stepOf(first.page);
  const checkpoint = await downloadBy(first.page, 'save-checkpoint');
  await first.close();

  const second = await openPage();
  await untilReady(second.page);
  await chooseSize(second.page, '32');
  await second.page.setInputFiles('#model-input', {
    name: 'checkpoint.safetensors',
    mimeType: 'application/octet-stream',
    buffer: checkpoint.bytes,
  });
  await untilText(second.page, 'make-state', /^Loaded checkpoint/);
  await second.page.fill('[name=epochs]', '100');
  await second.page.click('#train-button');
  await second.page.waitForFunction(
    (n) => Number(document.getElementById('figure-step')?.textContent?.split('/')[0]) > n,
    step,
  );
  await second.close();
});
