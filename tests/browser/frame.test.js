/** A picture is framed by hand, by keys and mouse; the frame outlives another size and a reload, and can be undone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bmpOf } from '../photos.js';
import { chooseSize, openPage, untilReady, untilText } from './page.js';

const [WIDTH, HEIGHT] = [240, 120];
/** Red grows to the right, green downwards. @param {number} blue */
function photo(blue) {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++) rgb.set([i % WIDTH, Math.floor(i / WIDTH), blue], 3 * i);
  return Buffer.from(bmpOf(/** @type {any} */ ({ width: WIDTH, height: HEIGHT, rgb })));
}

/** Red and green of the first and the last pixel of a picture. @param {import('playwright-core').Page} page @param {number} index */
const cornersOf = (page, index) =>
  page.evaluate(async (wanted) => {
    const { client } = /** @type {any} */ (globalThis).ssdganApp;
    const { rgba } = await client.request('picture.thumbnails', { indices: [wanted] });
    return [rgba[0], rgba[1], rgba.at(-4), rgba.at(-3)];
  }, index);

/** @param {number[]} found @param {number[]} wanted */
const near = (found, wanted) =>
  assert.ok(found.every((value, i) => Math.abs(value - wanted[i]) <= 6), `${found} for ${wanted}`); // prettier-ignore

test('a picture is framed by hand', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  const files = [10, 90, 170].map((blue, n) => ({ name: `${n}.bmp`, mimeType: 'image/bmp', buffer: photo(blue) }));
  await page.setInputFiles('#file-input', files);
  await untilText(page, 'intake-state', /^3 pictures/);
  near(await cornersOf(page, 1), [60, 0, 180, 120]);
  await page.click('.thumb >> nth=1');
  await page.click('#thumb-frame');
  await page.waitForSelector('#frame[open]');

  // The keyboard: far to the left.
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await untilText(page, 'intake-state', /^Framed anew\. 3 pictures/);
  near(await cornersOf(page, 1), [0, 0, 120, 120]);

  // The mouse: a corner makes it smaller, then the square is dragged to the right.
  await page.click('#thumb-frame');
  await page.waitForSelector('#frame[open]');
  const box = async (/** @type {string} */ selector) =>
    /** @type {NonNullable<Awaited<ReturnType<import('playwright-core').Locator['boundingBox']>>>} */ (await page.locator(selector).boundingBox()); // prettier-ignore
  const square = await box('.frame-square');
  /** @param {number} x @param {number} y @param {number} toX @param {number} toY */
  const drag = async (x, y, toX, toY) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move((x + toX) / 2, (y + toY) / 2);
    await page.mouse.move(toX, toY);
    await page.mouse.up();
  };
  const side = square.width;
  await drag(square.x + side - 4, square.y + side - 4, square.x + side / 2, square.y + side / 2);
  const smaller = await box('.frame-square');
  assert.ok(Math.abs(smaller.width / side - 0.5) < 0.05, `${smaller.width} of ${side}`);
  assert.ok(Math.abs(smaller.x - square.x) < 2 && Math.abs(smaller.y - square.y) < 2, 'the other corner stays');
  await drag(square.x + side / 4, square.y + side / 4, square.x + side / 4 + side, square.y + side / 4 + side / 4);
  await page.evaluate(() => document.getElementById('intake-state')?.replaceChildren()); // it says so already
  await page.click('#frame-use');
  await untilText(page, 'intake-state', /^Framed anew\. 3 pictures/);
  const framed = [120, 30, 180, 90];
  near(await cornersOf(page, 1), framed);
  near(await cornersOf(page, 0), [60, 0, 180, 120]);

  // Another size; then a reload: the originals are kept.
  await chooseSize(page, '32');
  near(await cornersOf(page, 1), framed);
  const project = await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.project);
  await page.waitForTimeout(4000); // changes are kept when they have settled for a second
  await page.reload();
  await untilReady(page);
  const ask = (/** @type {string} */ type, /** @type {object} */ fields) =>
    page.evaluate(
      async ([what, values]) => {
        const { bitmap, ...reply } = await /** @type {any} */ (globalThis).ssdganApp.client.request(what, values);
        return { ...reply, width: bitmap?.width };
      },
      [type, fields],
    );
  await ask('project.open', { project });
  near(await cornersOf(page, 1), framed);
  const { frame, name, width } = await ask('picture.original', { index: 1 });
  assert.deepEqual([name, width], ['1.bmp', WIDTH]);
  near([100 * frame.x, 100 * frame.y, 100 * frame.side], [62.5, 50, 50]);
  await ask('pictures.read', { size: 64, crop: 'centre', filter: 'triangle' });
  near(await cornersOf(page, 1), framed);
  await ask('picture.frame', { index: 1, frame: null });
  near(await cornersOf(page, 1), [60, 0, 180, 120]);
  await ask('picture.undo', {});
  near(await cornersOf(page, 1), framed);
  await close();
});

test('where the original is gone, that is said', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none&home=memory' });
  await untilReady(page);
  await page.setInputFiles('#file-input', [
    { name: 'a.ppm', mimeType: 'image/x-portable-pixmap', buffer: Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, 9)]) },
    { name: 'b.bmp', mimeType: 'image/bmp', buffer: photo(9) },
  ]); // prettier-ignore
  await untilText(page, 'intake-state', /^2 pictures/);
  await page.click('.thumb >> nth=0');
  await page.click('#thumb-frame');
  await untilText(page, 'intake-state', /cannot show the original file/);
  assert.ok(await page.isHidden('#frame'));
  await close();
});
