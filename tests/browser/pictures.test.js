/** Panel 1: thousands of pictures as a grid of which only the view is drawn; taking out, and undo; in every browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bmpOf, randomOf } from '../photos.js';
import { makeZip } from '../zips.js';
import { MISSING, NAMES, until, untilText } from './browsers.js';
import { chooseSize, giveFile, onPage, press } from './steps.js';

/** Noise, wider than high, in a format that every browser can show. @param {number} seed */
function bmp(seed) {
  const [width, height] = [72, 48];
  const random = randomOf(seed);
  const rgb = Uint8Array.from({ length: 3 * width * height }, () => 256 * random());
  return Buffer.from(bmpOf(/** @type {any} */ ({ width, height, rgb })));
}
const PHOTOS = makeZip([1, 2, 3, 4, 5, 6, 7, 8, 8].map((seed, n) => ({ name: `set/${n}.bmp`, data: bmp(seed) })));

const COUNT = 3000;
/** A picture of one colour, which tells its number. @param {number} n */
const pictureOf = (n) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.from(Array.from({ length: 64 }, () => [n & 255, n >> 8, 0]).flat())]); // prettier-ignore
const ZIP = makeZip(Array.from({ length: COUNT }, (_, n) => ({ name: `set/${n}.ppm`, data: pictureOf(n) })));

/** @typedef {import('./browsers.js').Tab} Tab */

/** The number that a tile's picture tells, once it is drawn. @param {Tab} tab @param {number} index @returns {Promise<number | null>} null: it is not drawn */
const drawnAt = (tab, index) =>
  tab.run((at) => {
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector(`#thumb-${at} canvas`));
    if (!canvas || canvas.width < 8) return null;
    const copy = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context?.drawImage(canvas, 0, 0);
    const [r, g] = context?.getImageData(4, 4, 1, 1).data ?? [0, 0];
    return r + 256 * g;
  }, index);

/** @param {Tab} tab @param {number} index @param {number} number */
async function untilDrawn(tab, index, number) {
  for (let tries = 0; tries < 300; tries++) {
    if ((await drawnAt(tab, index)) === number) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(await drawnAt(tab, index), number, `the picture at ${index}`);
}

/** @param {Tab} tab */
const tiles = (tab) => tab.run(() => document.querySelectorAll('.thumb:not([hidden])').length);

for (const name of NAMES)
  test(`3,000 pictures: only the view is drawn; one is taken out and put back (${name})`, { skip: MISSING[name] }, () =>
    onPage(name, {}, async (tab) => {
      await giveFile(tab, 'file-input', 'set.zip', ZIP);
      await untilText(tab, 'intake-state', /^3,000 pictures\./);
      await untilDrawn(tab, 0, 0);
      assert.ok((await tiles(tab)) < 200, `${await tiles(tab)} elements`);

      // To the end and back, by the wheel and by the keyboard.
      await tab.run(() => document.getElementById('thumbs')?.scrollTo(0, 1e6));
      await untilDrawn(tab, COUNT - 1, COUNT - 1);
      assert.ok((await tiles(tab)) < 200, `${await tiles(tab)} elements`);
      await press(tab, '#thumbs', 'Home');
      await untilDrawn(tab, 0, 0);
      await press(tab, '#thumbs', 'ArrowRight');
      await press(tab, '#thumbs', 'ArrowRight');
      assert.equal(
        await tab.run(() => document.getElementById('thumbs')?.getAttribute('aria-activedescendant')),
        'thumb-2',
      );
      await untilText(tab, 'thumb-name', /^3: .*2\.ppm$/);

      await press(tab, '#thumbs', 'Delete');
      await untilText(tab, 'intake-state', /^Took one out\. 2,999 pictures\./);
      await untilDrawn(tab, 2, 3);
      await press(tab, '#thumbs', 'Delete');
      await untilText(tab, 'intake-state', /^Took one out\. 2,998 pictures\./);
      await press(tab, '#thumbs', 'End');
      await untilDrawn(tab, COUNT - 3, COUNT - 1);
      await tab.click('#thumb-remove');
      await untilText(tab, 'intake-state', /^Took one out\. 2,997 pictures\./);
      await press(tab, '#thumbs', 'z', { ctrlKey: true });
      await untilText(tab, 'intake-state', /^Undone\. 2,998 pictures\./);
      // Also when all have been read again since.
      await chooseSize(tab, '32');
      await untilText(tab, 'intake-state', /^2,998 pictures\./);
      await tab.click('#thumb-undo');
      await untilText(tab, 'intake-state', /^Undone\. 2,999 pictures\./);
      await tab.click('#thumb-undo');
      await untilText(tab, 'intake-state', /^Undone\. 3,000 pictures\./);
      await until(tab, () => document.querySelector('#thumb-undo:disabled') !== null);
      await press(tab, '#thumbs', 'Home');
      for (const index of [0, 1, 2, 3, 4]) await untilDrawn(tab, index, index);
      await press(tab, '#thumbs', 'End');
      await untilDrawn(tab, COUNT - 1, COUNT - 1);

      // A click alone takes nothing out.
      await tab.run(() => /** @type {HTMLElement | null} */ (document.querySelector(`#thumb-2990 canvas`))?.click());
      await untilText(tab, 'thumb-name', /^2,991: .*2990\.ppm$/);
      await untilText(tab, 'intake-state', /^Undone\. 3,000 pictures\./);
      // While they are trained on, they stay.
      await tab.click('#train-button');
      await untilText(tab, 'train-state', /^Training/);
      await press(tab, '#thumbs', 'Delete');
      await until(tab, () => document.querySelector('#thumb-remove:disabled') !== null);
      assert.equal(await tab.run(() => /** @type {any} */ (globalThis).ssdganApp.count), COUNT);
    }),
  );

for (const name of NAMES)
  test(
    `a copy is left out and put back, a picture framed, others pasted and taken (${name})`,
    { skip: MISSING[name] },
    () =>
      onPage(name, {}, async (tab) => {
        await giveFile(tab, 'file-input', 'set.zip', PHOTOS);
        await untilText(tab, 'intake-state', /^9 pictures/);
        await until(tab, () => document.querySelector('.report-kind[data-kind=same] > button:enabled') !== null);
        await tab.click('.report-kind[data-kind=same] > button');
        await untilText(tab, 'intake-state', /left out\. 8 pictures/);
        await tab.click('#report-undo');
        await untilText(tab, 'intake-state', /^Undone\. 9 pictures/);
        await tab.run(() => /** @type {HTMLElement | null} */ (document.querySelector('#thumb-1 canvas'))?.click());
        await untilText(tab, 'thumb-name', /^2: .*1\.bmp$/);
        await tab.click('#thumb-frame');
        await until(tab, () => document.querySelector('#frame[open] .frame-square') !== null);
        await press(tab, '#frame .frame-square', 'ArrowLeft');
        await tab.click('#frame-use');
        await untilText(tab, 'intake-state', /^Framed anew\. 9 pictures/);
        await giveFile(tab, 'folder-input', 'ten.bmp', bmp(10));
        await untilText(tab, 'intake-state', /^10 pictures/);
        await tab.run((base64) => {
          const file = new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], 'pasted.bmp');
          const event = new Event('paste', { bubbles: true, cancelable: true });
          globalThis.dispatchEvent(Object.assign(event, { clipboardData: { files: [file] } }));
        }, bmp(11).toString('base64'));
        await untilText(tab, 'intake-state', /^11 pictures/);
        // A camera of this page's own: a canvas that changes.
        await tab.run(() => {
          const canvas = document.createElement('canvas');
          const context = canvas.getContext('2d');
          setInterval(() => {
            if (context) context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
            context?.fillRect(40, 30, canvas.width, canvas.height);
          }, 50);
          const devices = navigator.mediaDevices ?? {};
          devices.getUserMedia = async () => canvas.captureStream(20);
          Object.defineProperty(navigator, 'mediaDevices', { value: devices, configurable: true });
        });
        await tab.click('#use-camera');
        await until(tab, () => document.querySelector('#camera[open]') !== null);
        await tab.click('#camera-one');
        await untilText(tab, 'camera-state', /^One picture taken/);
        await tab.click('#camera-use');
        await untilText(tab, 'intake-state', /^12 pictures/);
      }),
  );
