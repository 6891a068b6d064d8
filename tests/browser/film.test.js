/** The film of a training: an earlier moment is looked at, made faces with, played, and downloaded as a video. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseSize,
  downloadBy,
  openPage,
  setEpochs,
  startTraining,
  untilReady,
  untilStep,
  untilText,
} from './page.js';

test('any moment of a training can be looked at again, and makes faces', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none' });
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, 100);
  await startTraining(page);
  await untilStep(page, 250);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  const picture = () =>
    page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.getElementById('grid')).toDataURL());
  const now = await picture();

  await page.waitForSelector('#film:not([hidden])');
  assert.equal(await page.innerText('#film-moment'), 'Now');
  assert.ok(await page.isDisabled('#film-use'));
  await page.locator('#film-slider').press('Home');
  await untilText(page, 'film-moment', /^Step 0$/);
  await page.waitForFunction(
    (before) => /** @type {HTMLCanvasElement} */ (document.getElementById('grid')).toDataURL() !== before,
    now,
  );
  const first = await picture();
  await page.click('#film-use');
  await untilText(page, 'make-state', /^Faces of the model as it was at step 0\.$/);

  await page.click('#film-play');
  await untilText(page, 'film-moment', /^Now$/);
  assert.equal(await picture(), now, 'the film ends with the present samples');
  assert.notEqual(first, now);

  const { bytes, name } = await downloadBy(page, 'film-save');
  const isMp4 = bytes.subarray(4, 8).toString() === 'ftyp';
  assert.ok(isMp4 || bytes.readUInt32BE(0) === 0x1a45dfa3, 'neither MP4 nor WebM');
  assert.equal(name, isMp4 ? 'training.mp4' : 'training.webm');
  await untilText(page, 'film-state', /^A film of \d+ moments downloaded, \d\.\d MB\.$/);
  await close();
});
