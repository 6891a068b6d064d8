/** What may go wrong: bad files, a dead worker, a page without isolation; and that it fits a phone. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { makeZip } from '../zips.js';
import { chooseSize, openPage, stepOf, setEpochs, untilReady, untilStep, untilText, startTraining } from './page.js';

/** @param {string} name @param {Uint8Array | string} data */
const file = (name, data) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(data) });

/** @param {string} name a seed of the fuzz targets */
const seed = (name) => fs.readFileSync(path.join(ROOT, 'tests/fuzz/corpus', name));

test('bad files are refused with reasons, good ones kept', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  const pnm = Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, 90)]);
  const inner = makeZip([{ name: 'a.ppm', data: pnm }]);
  await page.setInputFiles('#file-input', [
    file('good.ppm', pnm),
    file('empty.jpg', ''),
    file('page.jpg', '<!DOCTYPE html><p>no picture'),
    file('noise.png', 'this is no picture at all'),
    file(
      'nested.zip',
      makeZip([
        { name: 'inner.zip', data: inner },
        { name: 'b.ppm', data: pnm },
        { name: 'c.ppm', data: pnm, crc: 1 },
      ]),
    ),
    file('broken.zip', inner.subarray(0, 40)),
  ]);
  await untilText(page, 'intake-state', /^2 pictures/);
  const refused = (await page.textContent('#refused')) ?? '';
  for (const reason of [
    /empty\.jpg: the file is empty/,
    /page\.jpg: a text/,
    /noise\.png: not a picture/,
    /inner\.zip: a zip inside/,
    /broken\.zip: .*damaged/,
    /c\.ppm: damaged in the zip/,
  ]) {
    assert.match(refused, reason);
  }
  await page.setInputFiles('#file-input', [file('model.safetensors', 'no model')]);
  await untilText(page, 'make-state', /[Nn]ot a safetensors file/);
  await close();
});

test('pictures that only the browser can decode are taken through it', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  const webp = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 40);
    canvas.getContext('2d')?.fillRect(0, 0, 20, 40);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp' })).arrayBuffer())];
  });
  await page.setInputFiles('#file-input', [
    file('a.webp', Uint8Array.from(webp)),
    file('b.webp', Uint8Array.from(webp)),
    // Kinds of the core's own formats, which it names.
    file('cmyk.jpg', seed('jpeg/cmyk')),
    file('rle.bmp', seed('bmp/rle8')),
  ]);
  await untilText(page, 'intake-state', /^4 pictures/);
  await close();
});

test('where the memory is too small, a smaller batch is offered', async () => {
  const { page, close } = await openPage({ query: '?width=64&starter=none' });
  await untilReady(page);
  await chooseSize(page, '128');
  await page.click('#settings summary');
  await page.fill('[name=batch]', '400');
  await page.dispatchEvent('[name=batch]', 'change');
  await page.click('#train-button');
  await untilText(page, 'train-state', /not enough memory for 400 pictures at once/);
  await page.click('text=Learn from 200 pictures at once');
  await untilText(page, 'train-state', /not enough memory for 200 pictures at once/);
  assert.equal(await page.inputValue('[name=batch]'), '200');
  await page.waitForSelector('text=Learn from 100 pictures at once');
  await untilReady(page);
  await close();
});

test('after the worker died, training goes on from the last checkpoint', async () => {
  const { page, close } = await openPage();
  await startTraining(page);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  const step = await stepOf(page);
  const failures = await page.evaluate(async () => {
    const { client } = /** @type {any} */ (globalThis).ssdganApp;
    client.request('crash').catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    return client.request('train.pause').then(
      () => 'answered',
      (/** @type {any} */ error) => error.code,
    );
  });
  assert.equal(failures, 'dead');
  await untilText(page, 'notice', new RegExp(`up to step ${step} is safe`));
  await page.click('#notice button');
  await untilText(page, 'train-state', new RegExp(`Restarted at step ${step}`));
  await page.click('#train-button');
  await untilStep(page, step + 1);
  await close(/crash, as asked for/);
});

test('a worker that dies before the first checkpoint leaves nothing standing, and one can train again', async () => {
  const { page, close } = await openPage();
  await startTraining(page, 500);
  await page.waitForSelector('#live:not([hidden])');
  await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.client.request('crash').catch(() => {}));
  await untilText(page, 'notice', /The engine has stopped/);
  await page.click('#notice button');
  await untilText(page, 'train-state', /had not been saved yet\. Press Train/);
  await untilReady(page);
  for (const id of ['figures', 'live', 'train-progress', 'curves'])
    assert.ok(await page.locator(`#${id}`).isHidden(), id);
  await page.click('#train-button');
  await untilStep(page, 1);
  await page.click('#curves summary');
  await page.waitForSelector('#curves .u-over:visible');
  await close(/crash, as asked for/);
});

test('curves are there in the second training too, and go back where the run goes back', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, 500);
  page.on('dialog', (dialog) => dialog.accept());
  for (let training = 0; training < 2; training++) {
    await page.click('#train-button');
    await untilStep(page, 3);
    if (training === 0) await page.click('#curves summary'); // they stay open
    await page.waitForSelector('#curves .u-over:visible');
    await page.click('#train-button');
    await untilText(page, 'train-state', /^Paused/);
    if (training === 1) break;
    await page.click('#restart');
    await page.waitForSelector('#curves', { state: 'hidden' });
  }
  const steps = await page.evaluate(() => {
    const { ssdganApp, ssdganRun } = /** @type {any} */ (globalThis);
    ssdganApp.client.receive({ event: 'trouble', action: 'rollback', to: 1, sentence: 'Rolled back.' });
    return ssdganRun.curves.columns[0];
  });
  assert.deepEqual(steps, [1]);
  await close();
});

test('without isolation it trains on one thread, and says so', async () => {
  const { page, close } = await openPage({ isolated: false });
  await untilReady(page);
  await untilText(page, 'engine-state', /1 thread.*not cross-origin isolated/);
  await chooseSize(page, '32');
  await page.click('#train-button');
  await untilStep(page, 2);
  await close();
});

for (const scheme of /** @type {const} */ (['light', 'dark'])) {
  test(`at 360 pixels nothing sticks out (${scheme})`, async () => {
    const { page, close } = await openPage({ width: 360, height: 740, scheme });
    await untilReady(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select')]
        .filter(
          (e) =>
            /** @type {HTMLElement} */ (e).offsetParent && // what is hidden is named when it shows
            !(
              e.textContent?.trim() ||
              e.getAttribute('aria-label') ||
              /** @type {HTMLInputElement} */ (e).labels?.length
            ),
        )
        .map((e) => e.id || e.outerHTML),
    );
    assert.deepEqual(unnamed, [], 'every control has a name');
    await close();
  });
}

test('a worker that hangs while it starts is replaced, at last by one without threads', async () => {
  const script = () => {
    const Real = Worker;
    let hanging = 2;
    const hang = "onmessage = () => { postMessage({ event: 'alive' }); for (;;); }";
    window.Worker = class extends Real {
      /** @param {string | URL} url @param {WorkerOptions} [options] */
      constructor(url, options) {
        super(hanging-- > 0 ? URL.createObjectURL(new Blob([hang], { type: 'text/javascript' })) : url, options);
      }
    };
  };
  const { page, close } = await openPage({ script });
  await untilReady(page);
  await untilText(page, 'engine-state', /, 1 thread\b/);
  await close();
});
