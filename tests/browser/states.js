/** Every state of the page, one after the other in one tab: for axe (access.test.js) and for pictures (scripts/screenshots.js). */
import fs from 'node:fs';
import { STARTER } from '../../wasm/cli/files.js';
import { bmpOf, cropsOfFaces, makePhoto, NO_FACES } from '../photos.js';
import { plantedZip } from '../planted.js';
import { openPage, setEpochs, untilReady, untilStep, untilText } from './page.js';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {(name: string, part?: string) => Promise<void>} Visit part: selector of the part that the state is about; none: all of the page */

const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') };

/**
 * @param {Parameters<typeof openPage>[0] & object} options of the page
 * @param {(page: Page) => Visit} visitorOf
 * @returns {Promise<void>}
 */
export async function visitStates(options, visitorOf) {
  /** @type {() => void} */
  let start = () => {};
  const started = new Promise((resolve) => (start = () => resolve(null)));
  const { page, close } = await openPage({
    ...options,
    args: ['--use-fake-device-for-media-stream'],
    permissions: ['camera'],
    listen: (page) => page.route('**/engine/*.wasm', (route) => started.then(() => route.continue())),
  });
  const visit = visitorOf(page);
  await visit('starting');
  start();
  await untilReady(page);
  await page.waitForSelector('#made-grid', { state: 'attached', timeout: 60000 });
  await page.waitForSelector('#starter.drawn');
  await visit('ready');
  await page.evaluate(() => (location.hash = '#model=64.AbCdEfGhIjKl&from=0&n=4&psi=1,1'));
  await untilText(page, 'link-state', /AbCdEfGhIjKl/);
  await visit('link without its model', '#make');
  await page.evaluate(() => (location.hash = ''));

  await pictures(page, visit);
  await training(page, visit);
  await playing(page, visit);

  await page.fill('[name=epochs]', '1');
  await page.click('#train-button');
  await page.waitForSelector('body[data-phase=finished]');
  await visit('finished');
  await page.reload();
  await page.waitForSelector('#continue:not([hidden])');
  await untilReady(page);
  await visit('continue');
  await page.evaluate(() => {
    document.querySelectorAll('details').forEach((one) => (one.open = true));
    /** @type {any} */ (globalThis).ssdganApp.client.request('crash').catch(() => {});
  });
  await page.waitForSelector('#notice:not([hidden])');
  await visit('dead');
  await close(/crash, as asked for/);
}

/** Faces found in a photo, the report of many pictures, a frame, the camera. @param {Page} page @param {Visit} visit */
async function pictures(page, visit) {
  if (!NO_FACES) {
    const photo = makePhoto(13, await cropsOfFaces(), 128);
    const buffer = Buffer.from(bmpOf(photo));
    await page.setInputFiles('#file-input', { name: photo.name, mimeType: 'image/bmp', buffer });
    await page.click('#find-faces', { timeout: 60000 });
    await page.waitForSelector('#faces-choice:visible', { timeout: 400000 });
    await page.click('#faces-kept button >> nth=0');
    await visit('faces found', '#pictures');
    await page.click('#faces-forget');
  }
  const zip = { name: 'set.zip', mimeType: 'application/zip', buffer: Buffer.from(await plantedZip()) };
  await page.setInputFiles('#file-input', [zip, broken]);
  await page.waitForSelector('.report-kind', { timeout: 60000 });
  await page.waitForSelector('#report-state[aria-live=polite]:not(:empty)', { timeout: 60000 });
  await page.click('.thumb >> nth=3');
  await page.click('#report-change summary');
  await page.click('#refused summary');
  await visit('pictures, report and refused files', '#pictures');
  await page.click('#thumb-frame');
  await page.waitForSelector('#frame[open]');
  await visit('frame', '#frame');
  await page.keyboard.press('Escape');
  await page.click('#use-camera');
  await page.waitForSelector('#camera[open]');
  await page.click('#camera-one');
  await page.waitForSelector('#camera-use:enabled');
  await visit('camera', '#camera');
  await page.keyboard.press('Escape');
  await howLong(page, visit);
  await page.click('#train details summary');
  await visit('settings', '#train');
  await page.click('#train details summary');
}

/** What a length gives, which is said of the usual settings alone. @param {Page} page @param {Visit} visit */
async function howLong(page, visit) {
  const choose = (/** @type {[string, number][]} */ values) =>
    page.evaluate((pairs) => {
      const { settings } = /** @type {any} */ (globalThis).ssdganApp;
      const before = [...settings.chosen];
      settings.chosen = new Map(pairs);
      settings.show();
      settings.form.dispatchEvent(new Event('change'));
      return before;
    }, values);
  const chosen = await choose([]);
  await page.waitForSelector('#example:visible');
  await visit('how long', '#train');
  await choose(chosen);
}

/** A training, one step in slow motion, the remedy, an earlier moment. @param {Page} page @param {Visit} visit */
async function training(page, visit) {
  await setEpochs(page, 400);
  await page.click('#train-button');
  await untilStep(page, 2);
  await page.click('#curves summary');
  await page.waitForSelector('#course:not([hidden]) .u-over', { timeout: 60000 });
  await visit('training');
  await page.evaluate(() => {
    const view = /** @type {any} */ (globalThis).ssdganRun;
    view.told = view.takeCourse;
    view.takeCourse({ story: { state: 'enough', step: 1 }, scores: view.curves.scores, floor: null });
    view.takeCourse = () => {}; // the next score would say otherwise
  });
  await page.waitForSelector('#remedy:not([hidden])');
  await visit('remedy', '#stage');
  await page.click('#explain-button');
  for (const scene of ['paints', 'looks', 'painter', 'judge']) {
    await page.click('#explain-next:enabled');
    await page.waitForSelector('.explain-pictures, .explain-bars');
    await visit(`slow motion, ${scene}`, '#stage');
  }
  await page.click('#explain-close');
  await page.waitForSelector('#film:not([inert])');
  await page.locator('#film-slider').press('Home');
  await page.waitForSelector('#film-use:enabled');
  await visit('film', '#stage');
  await page.locator('#film-slider').press('End');
}

/** Faces, the storyboard, sliders, mixtures, two models, scores. @param {Page} page @param {Visit} visit */
async function playing(page, visit) {
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^16 /);
  for (const x of [20, 130, 240]) await page.locator('#made-grid').click({ position: { x, y: 20 } });
  await page.click('#face-favour');
  await page.click('#picked li:nth-child(2) button');
  await page.waitForSelector('#player:not([hidden])');
  await page.waitForSelector('#key-tools:not([hidden])');
  await visit('faces', '#make');
  await visit('storyboard', '#interpolate');
  await page.click('#mix summary');
  await page.waitForSelector('#mix .face-keys button:not([hidden])');
  await page.click('#move summary');
  await page.waitForFunction(() => document.querySelectorAll('#moves canvas[width="64"]').length === 10);
  await page.click('#move-save');
  await visit('sliders', '#make');
  if (fs.existsSync(STARTER)) {
    await page.click('#compare summary');
    await page.setInputFiles('#compare-input', STARTER);
    await page.waitForSelector('#compared:not([hidden])');
    await visit('two models', '#compare');
  }
  await page.click('#evaluate-button');
  await page.waitForSelector('#evaluated:not([hidden])', { timeout: 60000 });
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  await visit('paused, with every panel open');
}
