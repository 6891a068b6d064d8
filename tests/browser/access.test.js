/** axe-core, the checker of accessibility rules, in every state of the page: light and dark, desktop and phone. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openPage, plainPictures, untilReady, untilText } from './page.js';
import { visitStates } from './states.js';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A state that is about one part of the page is looked at in the first two: each width and each theme once. */
const LOOKS = /** @type {const} */ ([
  [1440, 900, 'light'],
  [360, 740, 'dark'],
  [1440, 900, 'dark'],
  [360, 740, 'light'],
]);

/** @param {import('playwright-core').Page} page @returns {Promise<string[]>} what breaks a rule, and where */
async function violations(page) {
  await page.evaluate(AXE); // the page's policy allows no other scripts than its own; this is none
  return page.evaluate(async () => {
    const found = await /** @type {any} */ (globalThis).axe.run({ resultTypes: ['violations'] });
    return found.violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map((/** @type {any} */ { target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
  });
}

test('axe finds nothing in any state', async (t) => {
  /** @type {string[]} */
  const found = [];
  let states = 0;
  await visitStates({ query: '?width=4' }, (page) => async (state, part) => {
    states++;
    for (const [width, height, colorScheme] of LOOKS.slice(0, part ? 2 : 4)) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      for (const one of await violations(page)) found.push(`${state}, ${width} pixels, ${colorScheme}: ${one}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });
  t.diagnostic(`${states} states`);
  assert.deepEqual(found, []);
});

test('a screen reader hears what was read, not each 64 of it', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  const isBusy = () => page.getAttribute('#intake-state', 'aria-busy');
  await page.evaluate(() => {
    /** @type {any} */ (globalThis).ssdganApp.client.receive({ event: 'intake', done: 64, total: 901 });
  });
  assert.equal(await isBusy(), 'true');
  await page.setInputFiles('#file-input', plainPictures(24));
  await untilText(page, 'intake-state', /^24 pictures/);
  assert.equal(await isBusy(), null);
  await close();
});
