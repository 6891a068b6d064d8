/** The page in another language than English: nothing English is left, nothing sticks out, and it changes while one trains. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { languages } from '../../scripts/words.js';
import { chooseSize, openPage, plainPictures, setEpochs, stepOf, untilReady, untilStep, untilText } from './page.js';

/** Words that every English sentence has, and no German one. */
const ENGLISH =
  /\b(the|of|and|your|is|are|to|with|that|it|this|or|from|how|not|for|you|by|as|on|picture|pictures|face|faces|download|settings|more|open)\b/i;

/** Fields' terms that are the same in German. */
const TERMS = /Spectral Style-DCGAN|ssdgan train --resume/g;

/** What a visitor sees or hears. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
const wordsOf = (page) =>
  page.evaluate(() => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      const isSeen = parent?.closest('option, optgroup') || parent?.checkVisibility();
      if (isSeen && !parent?.closest('#language, script, noscript')) found.push(node.textContent?.trim() ?? '');
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], optgroup[label]'))
      for (const name of ['aria-label', 'title', 'placeholder', 'label']) found.push(element.getAttribute(name) ?? '');
    return [...new Set(found.filter(Boolean))];
  });

/** @param {import('playwright-core').Page} page @param {string} state */
async function assertGerman(page, state) {
  const english = (await wordsOf(page)).filter((text) => ENGLISH.test(text.replace(TERMS, '')));
  assert.deepEqual(english, [], state);
}

/** @param {import('playwright-core').Page} page */
const openAll = (page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** Before the page: notes every name that a recipe is shown by. */
function noteRecipes() {
  /** @type {Set<string>} */
  const recipes = new Set();
  Object.assign(globalThis, { recipes });
  addEventListener('DOMContentLoaded', () => {
    const select = /** @type {HTMLSelectElement} */ (document.querySelector('[name=recipe]'));
    const note = () => [...select.options].forEach(({ text }) => recipes.add(text));
    new MutationObserver(note).observe(select, { childList: true, subtree: true });
  });
}

test('the whole way in German, where nothing English is left; the language changes while one trains', async () => {
  const { page, close } = await openPage({ language: 'de-AT', script: noteRecipes });
  await untilReady(page);
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  const { page: german } = languages().de;
  for (const [key, text] of await page.$$eval('[data-t]', (all) =>
    all.map((e) => [e.getAttribute('data-t'), e.textContent]),
  ))
    if (!['train.continue', 'starter.hold'].includes(String(key))) assert.equal(text, german[String(key)], String(key));
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.isFetched);
  const names = await page.evaluate(() => [.../** @type {any} */ (globalThis).recipes]);
  assert.equal(names.length, 7, 'the recipes have no other names for a moment');
  await openAll(page);
  await assertGerman(page, 'at first');
  await page.setInputFiles('#file-input', [
    ...plainPictures(24),
    { name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
    { name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('nothing') },
  ]);
  await untilText(page, 'intake-state', /^24 Bilder\. Das sind wenige/);
  await untilText(page, 'refused', /a\.jpg: Die Datei ist leer/);
  await assertGerman(page, 'pictures');
  await chooseSize(page, '32');
  await setEpochs(page, 500);
  await page.fill('[name=batch]', '1');
  await page.click('#train-button');
  await assertGerman(page, 'a wrong value');
  await page.fill('[name=batch]', '8');
  await page.click('#train-button');
  await untilStep(page, 2);
  await untilText(page, 'train-state', /^Das Training läuft/);
  await assertGerman(page, 'training');

  // Nothing is lost by another language.
  await page.evaluate(() => Object.assign(globalThis, { mark: true }));
  const step = await stepOf(page);
  await page.selectOption('#language', 'en');
  await untilText(page, 'train-state', /^Training\./);
  await untilText(page, 'intake-state', /^24 pictures/);
  await untilText(page, 'other-settings', /judge \(discriminator\)/i);
  await untilStep(page, step + 1);
  assert.ok(await page.evaluate(() => 'mark' in globalThis));
  await page.selectOption('#language', 'de');
  await untilText(page, 'train-state', /^Das Training läuft/);

  await page.click('#train-button');
  await untilText(page, 'train-state', /^Pause/);
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^16 Gesichter/);
  for (const at of [0.1, 0.4]) {
    const box = await page.locator('#made-grid').boundingBox();
    await page.click('#made-grid', { position: { x: at * (box?.width ?? 0), y: 5 } });
  }
  await untilText(page, 'interpolate-state', /^2 Gesichter/);
  await page.setInputFiles('#project-input', plainPictures(1));
  await untilText(page, 'project-state', /von 255 Helligkeitsstufen daneben \(/);
  await page.click('#evaluate-button');
  await untilText(page, 'evaluate-words', /Qualität/);
  await openAll(page);
  await assertGerman(page, 'everything');

  await page.reload();
  await untilReady(page);
  assert.equal(await page.getAttribute('html', 'lang'), 'de', 'it is remembered');
  // The words of engine and settings come after the engine: one can train before them.
  await page.waitForFunction(() => /** @type {any} */ (globalThis).ssdganApp.isFetched);
  await assertGerman(page, 'what was kept');
  await page.evaluate(() => /** @type {any} */ (globalThis).ssdganApp.client.request('crash').catch(() => {}));
  await untilText(page, 'notice', /Das Rechenprogramm ist stehen geblieben/);
  await close(/crash, as asked for/);
});

test('a link chooses the language', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none&lang=de' });
  await untilText(page, 'pictures-title', /Bilder/);
  await close();
});

for (const width of [320, 360])
  test(`in German nothing sticks out at ${width} pixels`, async () => {
    const { page, close } = await openPage({ width, height: 740, language: 'de' });
    await untilReady(page);
    await openAll(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await close();
  });
