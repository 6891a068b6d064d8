/**
 * Pictures of the page's states, to be looked at: node scripts/screenshots.js. They lie in build/screenshots, at 1440 and 360
 * pixels, light and dark, in English and German. It needs dist/.
 */
import fs from 'node:fs';
import path from 'node:path';
import { openPage, plainPictures, startTraining, untilReady, untilText } from '../tests/browser/page.js';
import { ROOT } from './shell.js';

const OUT = path.join(ROOT, 'build/screenshots');
fs.mkdirSync(OUT, { recursive: true });

for (const [width, height] of [
  [1440, 900],
  [360, 740],
])
  for (const scheme of /** @type {const} */ (['light', 'dark']))
    for (const language of ['en', 'de']) {
      const { page, close } = await openPage({ query: '?width=8', width, height, scheme, language });
      /** @param {string} state */
      const shoot = (state) =>
        page.screenshot({ path: path.join(OUT, `${state}-${width}-${scheme}-${language}.png`), fullPage: true });
      await shoot('starting');
      await untilReady(page);
      await page.waitForSelector('#starter.drawn');
      await shoot('ready');
      const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') };
      await page.setInputFiles('#file-input', [...plainPictures(24), broken]);
      await untilText(page, 'intake-state', /^24 /);
      await shoot('pictures');
      await page.click('#use-doodles');
      await untilText(page, 'intake-state', /^1[.,]000 /);
      await startTraining(page, 500);
      await page.click('#curves summary');
      await page.waitForTimeout(3000);
      await shoot('training');
      await page.click('#explain-button');
      for (const scene of ['paints', 'looks', 'painter', 'judge']) {
        await page.click('#explain-next:enabled');
        await page.waitForSelector('.explain-pictures, .explain-bars');
        await shoot(`slow-motion-${scene}`);
      }
      await page.evaluate(() => {
        document.querySelectorAll('details').forEach((one) => (one.open = true));
        /** @type {any} */ (globalThis).ssdganApp.client.request('crash').catch(() => {});
      });
      await page.waitForSelector('#notice:not([hidden])');
      await shoot('dead-all-open');
      await close(/crash, as asked for/);
      console.log(`${width} ${scheme} ${language}`);
    }
console.log(`screenshots: in ${OUT}`);
