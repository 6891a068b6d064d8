/** Pictures from the camera (Chromium's, which shows a test card): asked for by a click only, one, many, refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, untilReady, untilText } from './page.js';

const QUERY = '?width=4&starter=none&home=memory';
/** Counts the tracks that run. */
const script = () => {
  const page = /** @type {any} */ (globalThis);
  page.streams = [];
  const { mediaDevices } = navigator;
  const get = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await get(wanted);
    page.streams.push(stream);
    return stream;
  };
};

test('one picture and many, from the camera', async () => {
  const { page, close } = await openPage({
    query: QUERY,
    args: ['--use-fake-device-for-media-stream'],
    permissions: ['camera'],
    script,
  });
  await untilReady(page);
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).streams.length), 0, 'not asked for by itself');
  await page.click('#use-camera');
  await page.waitForSelector('#camera[open]');
  assert.ok(await page.isDisabled('#camera-use'));
  await page.click('#camera-one');
  await untilText(page, 'camera-state', /^One picture taken/);
  await page.click('#camera-burst');
  await untilText(page, 'camera-state', /^([4-9]|\d\d) pictures taken/);
  await page.click('#camera-burst');
  const said = (await page.textContent('#camera-use')) ?? '';
  const count = Number(/\d+/.exec(said)?.[0]);
  await page.click('#camera-use');
  await untilText(page, 'intake-state', new RegExp(`^${count} pictures`));
  const live = () => /** @type {any} */ (globalThis).streams.flatMap((/** @type {any} */ stream) => stream.getTracks()).filter((/** @type {any} */ track) => track.readyState === 'live').length; // prettier-ignore
  assert.equal(await page.evaluate(live), 0, 'the camera is off');
  // The pictures are the camera's: not of one colour.
  const levels = await page.evaluate(async () => {
    const { rgba } = await /** @type {any} */ (globalThis).ssdganApp.client.request('picture.thumbnails', { indices: [0] }); // prettier-ignore
    return new Set(rgba).size;
  });
  assert.ok(levels > 10, `${levels} levels`);
  await page.click('#use-camera');
  await page.waitForSelector('#camera[open]');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('#camera[open]'));
  assert.equal(await page.evaluate(live), 0, 'the camera is off');
  await close();
});

test('a camera that is refused, or not there: a sentence', async () => {
  for (const [name, wanted] of [
    ['NotAllowedError', /was not allowed\. Allow it/],
    ['NotFoundError', /No camera was found/],
    ['NotReadableError', /Another program/],
  ]) {
    const { page, close } = await openPage({ query: `${QUERY}&fault=${name}`, script: () => {
        const fault = String(new URLSearchParams(location.search).get('fault'));
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', fault));
      } }); // prettier-ignore
    await untilReady(page);
    await page.click('#use-camera');
    await untilText(page, 'intake-state', /** @type {RegExp} */ (wanted));
    assert.ok(await page.isHidden('#camera'));
    await close();
  }
});
