/**
 * Pictures of the page's states, to be looked at: node scripts/screenshots.js [WIDTH]... They lie in build/screenshots, in English and
 * German, light and dark; without a width at 320, 360, 768, 1440 and 2560 pixels. It needs dist/.
 */
import fs from 'node:fs';
import path from 'node:path';
import { visitStates } from '../tests/browser/states.js';
import { ROOT } from './shell.js';

const OUT = path.join(ROOT, 'build/screenshots');
fs.mkdirSync(OUT, { recursive: true });
const widths = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1440, 360, 320, 768, 2560];
const heightOf = (/** @type {number} */ width) => (width < 600 ? 740 : width < 1000 ? 1024 : width < 2000 ? 900 : 1440);

/** It lies above a part that is taller than the window. @param {import('playwright-core').Page} page @param {boolean} isHidden */
const hideBar = (page, isHidden) =>
  page.evaluate((hidden) => {
    /** @type {HTMLElement} */ (document.querySelector('#bar')).style.visibility = hidden ? 'hidden' : '';
  }, isHidden);

for (const language of ['en', 'de'])
  await visitStates({ query: '?width=8', language }, (page) => async (state, part) => {
    for (const width of widths)
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        await page.setViewportSize({ width, height: heightOf(width) });
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(300); // canvases follow their room
        const name = `${state.replace(/\W+/g, '-')}-${width}-${colorScheme}-${language}.png`;
        const file = path.join(OUT, name);
        if (!part) {
          await page.screenshot({ path: file, fullPage: true });
          continue;
        }
        await hideBar(page, true);
        await page.locator(part).screenshot({ path: file });
        await hideBar(page, false);
      }
    await page.setViewportSize({ width: widths[0], height: heightOf(widths[0]) });
    console.log(`${language}: ${state}`);
  });
console.log(`screenshots: in ${OUT}`);
