/** Training that explains itself, and playing with faces, in Firefox and WebKit; Chromium's are in play, film, guide and link. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { makeZip } from '../zips.js';
import { MISSING, until, untilReady, untilText } from './browsers.js';
import { chooseSize, downloadBy, giveFile, onPage, press, setEpochs, setValue, untilStep } from './steps.js';

/** @typedef {import('./browsers.js').Tab} Tab */

/** Patterns of 8 x 8 pixels: fewer than 100 are not scored. @param {number} n */
const pattern = (n) =>
  Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.from(Array.from({ length: 192 }, (_, i) => (n * 37 + i * n) % 256))]); // prettier-ignore
const ZIP = makeZip(Array.from({ length: 120 }, (_, n) => ({ name: `set/${n}.ppm`, data: pattern(n) })));

/** @param {Tab} tab @param {string} selector @returns {Promise<number>} */
const countOf = (tab, selector) => tab.run((all) => document.querySelectorAll(all).length, selector);

/** @param {Tab} tab @param {string} selector that can be seen */
const untilShown = (tab, selector) =>
  until(tab, (one) => /** @type {HTMLElement | null} */ (document.querySelector(one))?.checkVisibility(), selector);

/** @param {Tab} tab @param {string} id of a canvas @returns {Promise<string>} */
const drawn = (tab, id) =>
  tab.run((name) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL(), id);

/** @param {Tab} tab @param {string} id of a canvas @param {string} picture */
const untilOther = (tab, id, picture) =>
  until(tab, (name, old) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL() !== old, id, picture); // prettier-ignore

/** @param {Tab} tab @returns {Promise<string[]>} */
const picked = (tab) => tab.run(() => [...document.querySelectorAll('#picked span')].map((name) => name.textContent));

/** The score over time, the remedy, one step in slow motion, the film. @param {Tab} tab */
async function training(tab) {
  await chooseSize(tab, '32');
  await giveFile(tab, 'file-input', 'set.zip', ZIP);
  await untilText(tab, 'intake-state', /^120 pictures/);
  await setValue(tab, '[name=batch]', '2');
  await setEpochs(tab, tab.name === 'WebKit' ? 20 : 100); // 20 scores, one each 54 steps; WebKitGTK has one thread
  await tab.click('#train-button');
  await untilStep(tab, 2);
  await tab.click('#curves summary');
  await until(tab, () => document.querySelector('#course:not([hidden]) .u-over') !== null);
  const { scores, floor } = await tab.run(() => /** @type {any} */ (globalThis).ssdganRun.curves);
  assert.ok(scores.length > 0 && scores[0].swd > floor && floor > 0);
  await untilStep(tab, 110); // the film's second moment: 100 steps later at least
  await tab.run(() => {
    const view = /** @type {any} */ (globalThis).ssdganRun;
    view.takeCourse({ story: { state: 'enough', step: 1 }, scores: [{ step: 1, swd: 9 }], floor: null });
    view.takeCourse = () => {}; // the next score would say otherwise
  });
  await untilShown(tab, '#remedy');
  await tab.run(() => document.getElementById('remedy')?.click()); // it moves while the figures change
  await untilText(tab, 'train-state', /^Paused/);

  await tab.click('#explain-button');
  for (const pictures of [2, 4, 0, 0]) {
    await until(tab, () => document.querySelector('#explain-next:enabled') !== null);
    const before = await tab.run(() => document.getElementById('explain-text')?.textContent);
    await tab.click('#explain-next');
    await until(tab, (old) => document.getElementById('explain-text')?.textContent !== old, before);
    assert.equal(await countOf(tab, '.explain-pictures canvas'), pictures);
    assert.ok(pictures > 0 || (await countOf(tab, '.explain-bars li')) >= 3);
  }
  await tab.click('#explain-close');

  await until(tab, () => document.querySelector('#film:not([inert])') !== null);
  const now = await drawn(tab, 'grid');
  await setValue(tab, '#film-slider', '0');
  await untilText(tab, 'film-moment', /^Step 0$/);
  await untilOther(tab, 'grid', now);
  await tab.click('#film-play');
  await untilText(tab, 'film-moment', /^Now$/);
  assert.equal(await drawn(tab, 'grid'), now);
  if (tab.name === 'WebKit') return; // WebKitGTK's encoder ends the browser here
  const { name, begin } = await downloadBy(tab, 'film-save');
  assert.ok(name === 'training.mp4' ? begin.endsWith('ft') : begin.startsWith('\x1aE'), `${name}: ${begin}`);
}

/** Favourites, storyboard, files, sliders, two models. @param {Tab} tab @param {Uint8Array} other a model */
async function playing(tab, other) {
  await setValue(tab, '#generate [name=count]', '4');
  await tab.click('#generate-button');
  await untilText(tab, 'make-state', /^4 faces/);
  for (const name of ['face 1', 'face 3', 'face 0']) {
    await tab.run((label) => {
      /** @type {HTMLElement} */ (document.querySelector(`#made .face-keys [aria-label="${label}"]`)).click();
    }, name);
    await until(tab, (label) => document.querySelector('#picked li:last-child')?.textContent === label, name);
  }
  await untilText(tab, 'interpolate-state', /^3 faces, 4 sec/);
  await press(tab, '#picked li:nth-child(3) button', 'ArrowLeft', { shiftKey: true });
  assert.deepEqual(await picked(tab), ['face 1', 'face 0', 'face 3']);
  await tab.click('#picked li:nth-child(1) button');
  await tab.click('#key-later');
  assert.deepEqual(await picked(tab), ['face 0', 'face 1', 'face 3']);
  // Three times the frames that come first: 60 a second.
  await until(tab, () => /** @type {HTMLInputElement} */ (document.getElementById('interpolate-slider')).max === '240');
  await tab.click('#face-favour');
  assert.equal(await countOf(tab, '#favourites li'), 1);

  assert.match((await downloadBy(tab, 'save-sheet')).begin, /^.PNG/);
  const zip = await downloadBy(tab, 'save-zip');
  assert.ok(zip.name === 'faces.zip' && zip.begin.startsWith('PK'));
  assert.equal((await downloadBy(tab, 'save-gif')).begin, 'GIF89a');

  const still = await drawn(tab, 'made-grid');
  await tab.click('#move summary');
  await until(tab, () => document.querySelectorAll('#moves canvas[width="32"]').length === 10);
  await setValue(tab, '#moves [type=range]', '2');
  await untilOther(tab, 'made-grid', still);
  await setValue(tab, '#move-title', 'Ears');
  await tab.click('#move-save');
  assert.equal(await countOf(tab, '#moves [aria-label="Ears"]'), 1);
  await tab.run(() => document.getElementById('move-rest')?.click()); // the new row moves it
  await until(tab, (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL() === old, still); // prettier-ignore

  await tab.click('#compare summary');
  await giveFile(tab, 'compare-input', 'other.safetensors', other);
  await untilText(tab, 'compare-name', /^other\.safetensors$/);
  assert.notEqual(await drawn(tab, 'compare-left'), await drawn(tab, 'compare-right'));
}

for (const name of /** @type {const} */ (['Firefox', 'WebKit']))
  test(`explain, film, play and link (${name})`, { skip: MISSING[name] }, async () => {
    const engine = await createEngine({ threads: 1 });
    const other = engine.createTrainer({ image_size: 32, width: 4, batch: 2, latent_size: 20 }).save();
    engine.dispose();
    await onPage(name, { query: '?width=4&starter=none', width: 1280, height: 900 }, async (tab) => {
      await training(tab);
      await playing(tab, other);

      // The address makes the same faces once more, when its project is open.
      await until(tab, () => location.hash.includes('&keys=0;1;3') && !location.hash.includes('move='));
      const grid = await drawn(tab, 'made-grid');
      await tab.reload();
      await untilShown(tab, '#continue');
      await untilReady(tab);
      // The page brings the link's faces into sight meanwhile: a pointer would miss.
      await tab.run(() => /** @type {HTMLElement} */ (document.querySelector('#project-list summary')).click());
      await until(tab, () => {
        const all = [...document.querySelectorAll('#project-items button')];
        const open = /** @type {HTMLElement | undefined} */ (all.find(({ textContent }) => textContent === 'Open'));
        open?.click();
        return !!open;
      });
      await untilText(tab, 'interpolate-state', /^3 faces/);
      assert.deepEqual(await picked(tab), ['face 0', 'face 1', 'face 3']);
      await until(tab, () => document.querySelectorAll('#favourites li').length === 1);
      await until(tab, (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL() === old, grid); // prettier-ignore
    });
  });
