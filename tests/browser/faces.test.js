/** Photos become faces: from the drop to the training in two clicks; faces taken out, put back; and the photos again. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { bmpOf, cropsOfFaces, makePhoto, NO_FACES } from '../photos.js';
import { makeZip } from '../zips.js';
import { MISSING, NAMES, openBrowser, until, untilReady, untilText } from './browsers.js';
import { openPage, untilReady as untilPageReady, untilStep } from './page.js';
import { giveFile, onPage } from './steps.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-photos-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** The smallest photos of the forty: without a face, two, one. */
const SMALL = [1, 13, 28];
const FACES = 3;

/** A loaded machine takes a second a photo. */
const PATIENCE = { timeout: 400000 };

test('forty photos: from the drop to the training in two clicks', { skip: NO_FACES || MISSING.Chromium }, async (t) => {
  const cropOf = await cropsOfFaces();
  const files = Array.from({ length: 40 }, (_, n) => {
    const photo = makePhoto(n, cropOf, 128);
    const file = path.join(folder, photo.name);
    fs.writeFileSync(file, bmpOf(photo));
    return file;
  });
  const { page, loaded, close } = await openPage({ query: '?width=4&starter=none&home=memory' });
  await untilPageReady(page);
  await page.setInputFiles('#file-input', files);
  await page.waitForSelector('#faces-offer:visible', PATIENCE);
  assert.match((await page.textContent('#faces-offer')) ?? '', /whole photos.*\(0\.6 MB\)/s);
  assert.ok(![...loaded].some((name) => /finder|blazeface|tfjs/.test(name)), 'nothing of the finder is loaded unasked');

  await page.click('#find-faces'); // the first click
  await page.waitForSelector('#faces-choice:visible', PATIENCE);
  const state = () => page.textContent('#faces-state');
  const said = (await state()) ?? '';
  t.diagnostic(said);
  const [, kept, photos, empty] = (/^(\d+) faces from (\d+) photos\. In (\d+) photos no face/.exec(said) ?? []).map(
    Number,
  );
  assert.deepEqual([photos, empty], [40, 6]);
  assert.ok(kept >= 42 && kept <= 45, said); // measured: 44 of 48, and 4 left out
  assert.equal(await page.locator('#faces-kept button').count(), kept);
  const reasons = await page.locator('#faces-out button').allTextContents();
  t.diagnostic(reasons.join(', '));
  for (const reason of ['too small', 'blurred', 'cut off']) assert.ok(reasons.includes(reason), reasons.join());

  await page.click('#faces-kept button >> nth=2');
  assert.match((await state()) ?? '', new RegExp(`^${kept - 1} faces`));
  assert.ok((await page.locator('#faces-out button').allTextContents()).includes('taken out'));
  await page.click('#faces-undo');
  assert.match((await state()) ?? '', new RegExp(`^${kept} faces`));
  // With the keyboard; the focus stays among the faces.
  await page.focus('#faces-out button >> nth=0');
  await page.keyboard.press('Enter');
  assert.match((await state()) ?? '', new RegExp(`^${kept + 1} faces`));
  assert.ok(await page.evaluate(() => document.activeElement?.closest('#faces-out') !== null));
  await page.click('#faces-undo');
  assert.ok(await page.isDisabled('#faces-undo'));
  // A face is put where it was.
  assert.equal(await page.locator('#faces-kept button').count(), kept);

  await page.click('#train-button'); // the second click
  await untilStep(page, 2);
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.count), kept);
  assert.ok(await page.isHidden('#faces'));
  await close();
});

// WebKitGTK once did not read two of the three photos on a loaded machine (docs/faces.md).
for (const name of NAMES.filter((name) => name !== 'WebKit' || process.env.SSDGAN_LONG))
  test(
    `a zip of photos: found, used, and the photos again (${name})`,
    { skip: NO_FACES || MISSING[name] },
    async () => {
      const cropOf = await cropsOfFaces();
      const photos = SMALL.map((n) => makePhoto(n, cropOf, 128));
      const zip = makeZip(photos.map((photo) => ({ name: `set/${photo.name}`, data: bmpOf(photo) })));
      await onPage(name, { query: '?width=4&starter=none&doodles=100&threads=1' }, async (tab) => {
        await giveFile(tab, 'file-input', 'set.zip', zip);
        const count = photos.length;
        await untilText(tab, 'intake-state', new RegExp(`^${count} pictures`));
        await until(tab, () => document.querySelector('#faces-offer:not([hidden])') !== null);
        await tab.click('#find-faces');
        await untilText(tab, 'faces-state', new RegExp(`^\\d+ faces from ${count} photos`));
        const found = await tab.run(() => document.querySelectorAll('#faces-kept button').length);
        assert.ok(Math.abs(found - FACES) <= 1, `${found} faces`);
        const [first] = await tab.run(() =>
          [...document.querySelectorAll('#faces-kept button')].map((button) => button.getAttribute('title')),
        );
        assert.match(String(first), /^photo \d+ face 1\.png$/);
        await tab.click('#faces-take');
        await untilText(tab, 'intake-state', new RegExp(`^${found} pictures`));
        await until(tab, () => document.querySelector('#faces-back:not([hidden])') !== null);
        await tab.click('#faces-back');
        await untilText(tab, 'intake-state', new RegExp(`^${count} pictures`));
        // Stopped: what was found so far is shown.
        await until(tab, () => document.querySelector('#find-faces:not([hidden]):enabled') !== null);
        await tab.run(() => {
          document.getElementById('find-faces')?.click();
          setTimeout(() => document.getElementById('faces-stop')?.click()); // before three small photos are done
        });
        await untilText(tab, 'faces-state', /You stopped/);
        await tab.click('#faces-forget');
        await untilText(tab, 'intake-state', new RegExp(`^${count} pictures`));
      });
    },
  );

test('what was fetched once finds faces without a network', { skip: NO_FACES || MISSING.Chromium }, async () => {
  const cropOf = await cropsOfFaces();
  const photo = makePhoto(13, cropOf, 128);
  const site = await serveFolder(path.join(ROOT, 'dist'));
  const tab = await openBrowser('Chromium');
  const find = async () => {
    await untilReady(tab);
    await giveFile(tab, 'file-input', photo.name, bmpOf(photo));
    await until(tab, () => document.querySelector('#find-faces:enabled') !== null);
    await tab.click('#find-faces');
    await untilText(tab, 'faces-state', /^2 faces from one photo/);
  };
  /** @param {RegExp} what @param {number} count */
  const untilKept = (what, count) =>
    until(
      tab,
      async (source, least) => {
        const keys = await (await caches.open('ssdgan-large')).keys();
        return keys.filter(({ url }) => new RegExp(source).test(url)).length === least;
      },
      what.source,
      count,
    );
  try {
    await tab.goto(`${site.url}?width=4&starter=none&doodles=100&home=memory`);
    await untilKept(/engine/, 4);
    assert.ok(await tab.run(async () => (await caches.keys()).length > 0));
    await untilKept(/assets/, 0); // nothing is kept that nobody asked for
    await tab.reload();
    await find();
    await untilKept(/finder|blazeface|tfjs/, 3);
    site.close();
    await tab.reload();
    await find();
  } finally {
    await tab.close();
    site.close();
  }
});

test(
  'faces are kept in the place of their photos, and read again at another size',
  { skip: NO_FACES || MISSING.Chromium },
  async () => {
    const cropOf = await cropsOfFaces();
    const photo = makePhoto(13, cropOf, 128);
    const { page, close } = await openPage();
    await untilPageReady(page);
    await page.setInputFiles('#file-input', {
      name: photo.name,
      mimeType: 'image/bmp',
      buffer: Buffer.from(bmpOf(photo)),
    });
    await page.click('#find-faces');
    await page.waitForSelector('#faces-choice:visible', PATIENCE);
    await page.click('#faces-take');
    await page.waitForSelector('#faces-back:visible');
    const project = await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.project);
    await page.waitForTimeout(4000); // changes are kept when they have settled for a second
    await page.reload();
    await untilPageReady(page);
    const ask = (/** @type {string} */ type, /** @type {object} */ fields) =>
      page.evaluate(
        ([what, values]) => /** @type {any} */ (globalThis).ssdganApp.client.request(what, values),
        [type, fields],
      );
    const { pictures } = await ask('project.open', { project });
    assert.deepEqual([pictures.count, pictures.isReadable, pictures.isExchanged], [2, true, false]);
    const { count } = await ask('pictures.read', { size: 32, crop: 'centre', filter: 'triangle' });
    assert.equal(count, 2, 'the photo itself is not read again');
    await close();
  },
);
