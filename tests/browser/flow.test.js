/** The whole way through the page: pictures, training, pause, faces, interpolation, files out and in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import {
  chooseSize,
  downloadBy,
  FACES,
  NO_FACES,
  openPage,
  stepOf,
  setEpochs,
  untilReady,
  untilStep,
  untilText,
  startTraining,
} from './page.js';

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

    await setEpochs(page, 500);
    await page.click('#train-button');
    await untilStep(page, 3);
    await page.waitForSelector('#live:not([hidden])');
    await page.click('#curves summary');
    await page.waitForSelector('#curves .u-over:visible');
    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    const paused = await stepOf(page);
    await page.waitForTimeout(300);
    assert.equal(await stepOf(page), paused, 'a paused training stands still');

    await page.click('#train-button');
    await untilStep(page, paused + 1);

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
    await untilText(page, 'interpolate-state', /^2 faces, 2 sec/);
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

    // The same seeds from what was downloaded are the same pictures. (The model may be an earlier one, the best.)
    const picture = () =>
      page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL());
    await page.evaluate(() => document.getElementById('make-state')?.replaceChildren());
    await page.click('#generate-button');
    await untilText(page, 'make-state', /^4 faces/);
    const before = await picture();
    await page.setInputFiles('#model-input', {
      name: 'checkpoint.safetensors',
      mimeType: 'application/octet-stream',
      buffer: checkpoint.bytes,
    });
    await untilText(page, 'make-state', /^Loaded checkpoint/);
    assert.equal(await picture(), before);
    await close();
  },
);

test('pictures that come while others are read wait their turn', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await page.selectOption('[name=image_size]', '128'); // reads the doodles again
  const bytes = (/** @type {number} */ level) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, level)]);
  const files = [1, 2, 3].map((n) => ({
    name: `${n}.ppm`,
    mimeType: 'image/x-portable-pixmap',
    buffer: bytes(60 * n),
  }));
  await page.setInputFiles('#file-input', files);
  await untilText(page, 'intake-state', /^3 pictures/);
  await untilReady(page);
  await close();
});

test('pictures are pasted; pasted text goes where it belongs', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  const paste = (/** @type {string | null} */ text) =>
    page.evaluate((words) => {
      const clipboardData = new DataTransfer();
      if (words) clipboardData.setData('text/plain', words);
      else
        for (const level of [50, 200]) {
          const head = new TextEncoder().encode('P6 8 8 255\n');
          clipboardData.items.add(new File([head, new Uint8Array(192).fill(level)], 'image.png'));
        }
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      return document.body.dispatchEvent(event);
    }, text);
  assert.equal(await paste('a word'), true);
  assert.equal(await paste(null), false);
  await untilText(page, 'intake-state', /^2 pictures/);
  await close();
});

test('the best model is what the page downloads, and it says so', async () => {
  const { page, close } = await openPage({ doodles: null });
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, 1);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Done/);
  const { bytes } = await downloadBy(page, 'save-model');
  await untilText(
    page,
    'make-state',
    /^The best model downloaded.*step 112, with the best score so far \(kernel distance × SWD [\d.]+/,
  );
  assert.equal(readSafetensors(bytes).metadata.step, '112');
  const checkpoint = await downloadBy(page, 'save-checkpoint');
  const { recipe, onTrouble, best } = JSON.parse(readSafetensors(checkpoint.bytes).metadata.plan);
  assert.deepEqual([recipe, onTrouble, best.step], ['best', 'rollback', 112]);
  await close();
});

/** A checkpoint of a few steps on the doodles at 32 pixels. */
async function makeCheckpoint() {
  const { page, close } = await openPage();
  await startTraining(page, 100);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  const step = await stepOf(page);
  const { bytes } = await downloadBy(page, 'save-checkpoint');
  await close();
  return { step, file: { name: 'checkpoint.safetensors', mimeType: 'application/octet-stream', buffer: bytes } };
}

test('a checkpoint is taken up in a new tab, at its own size', async () => {
  const { step, file } = await makeCheckpoint();
  const { page, close } = await openPage();
  await untilReady(page);
  await page.setInputFiles('#model-input', file);
  await untilText(page, 'make-state', /^Loaded checkpoint/);
  assert.equal(await page.inputValue('[name=image_size]'), '32');
  await setEpochs(page, 100);
  await page.click('#train-button');
  await untilStep(page, step + 1);
  await close();
});

test('a checkpoint asks before it takes other pictures', async () => {
  const { step, file } = await makeCheckpoint();
  const { page, close } = await openPage();
  await untilReady(page);
  await page.setInputFiles('#model-input', file);
  await untilText(page, 'make-state', /^Loaded checkpoint/);
  const ppm = (/** @type {number} */ level) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, level)]);
  await page.setInputFiles(
    '#file-input',
    [10, 90, 200].map((level) => ({ name: `${level}.ppm`, mimeType: 'image/x-portable-pixmap', buffer: ppm(level) })),
  );
  await untilText(page, 'intake-state', /^3 pictures/);
  await setEpochs(page, 100000); // of one step each: more than the checkpoint can have
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.click('#train-button');
  await untilText(page, 'train-state', /not the pictures that the training began with/);
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#train-button');
  await untilStep(page, step + 1);
  await close();
});
