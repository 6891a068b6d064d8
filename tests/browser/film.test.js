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

/** @param {Buffer} bytes @returns {string} the kind of video; '' where it is none */
function kindOf(bytes) {
  if (bytes.subarray(4, 8).toString() === 'ftyp') return 'mp4';
  return bytes.readUInt32BE(0) === 0x1a45dfa3 ? 'webm' : '';
}

test('any moment of a training can be looked at again, and makes faces', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none' });
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, 100);
  await startTraining(page);
  await untilText(page, 'train-story', /^It learns .* The first faces show in about \d+ min\.$/);
  await untilStep(page, 250);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  const picture = () =>
    page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.getElementById('grid')).toDataURL());
  const now = await picture();

  await page.waitForSelector('#film:not([inert])');
  assert.equal(await page.innerText('#film-moment'), 'Now');
  assert.ok(await page.isDisabled('#film-use'));
  await page.locator('#film-slider').press('Home');
  await untilText(page, 'film-moment', /^Step 0$/);
  await page.waitForFunction(
    (before) => /** @type {HTMLCanvasElement} */ (document.getElementById('grid')).toDataURL() !== before,
    now,
  );
  const first = await picture();

  // Faces of the present model, and their video.
  await page.fill('#generate [name=count]', '4');
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^4 faces/);
  for (const x of [20, 150]) await page.locator('#made-grid').click({ position: { x, y: 20 } });
  await untilText(page, 'interpolate-state', /^2 faces, 2 sec/);
  const between = await downloadBy(page, 'save-video');
  assert.match(kindOf(between.bytes), /^(mp4|webm)$/);
  assert.equal(between.name, `interpolation.${kindOf(between.bytes)}`);
  await untilText(page, 'interpolate-state', /^A video of 121 frames downloaded/);

  // Another model: what was made with the last one is not its own.
  await page.click('#film-use');
  await untilText(page, 'make-state', /^Faces of the model as it was at step 0\.$/);
  assert.equal(await page.locator('#picked li').count(), 0);
  assert.ok(await page.isHidden('#player'));

  await page.click('#film-play');
  await untilText(page, 'film-moment', /^Now$/);
  assert.equal(await picture(), now, 'the film ends with the present samples');
  assert.notEqual(first, now);

  const { bytes, name } = await downloadBy(page, 'film-save');
  assert.equal(name, `training.${kindOf(bytes)}`);
  await untilText(page, 'film-state', /^A film of \d+ moments downloaded, \d\.\d MB\.$/);
  await close();
});

test('the score stands beside that of real pictures, and what the sentence advises is one click', async () => {
  const { page, close } = await openPage();
  await startTraining(page, 20);
  await page.click('#curves summary');
  await page.waitForSelector('#course:not([hidden]) .u-over', { timeout: 60000 });
  const { scores, floor } = await page.evaluate(() => /** @type {any} */ (globalThis).ssdganRun.curves);
  assert.ok(scores.length > 0 && scores[0].swd > floor && floor > 0, JSON.stringify({ scores, floor }));
  assert.ok(await page.isHidden('#remedy'));
  await page.evaluate(() => {
    const view = /** @type {any} */ (globalThis).ssdganRun;
    view.takeCourse({ story: { state: 'enough', step: 1 }, scores: [{ step: 1, swd: 9 }], floor: null });
    view.takeCourse = () => {}; // the next score would say otherwise
  });
  await page.click('#remedy');
  await untilText(page, 'train-state', /^Paused/);
  await close();
});
