/** A link holds what is shown: opened beside the same model it shows the same; without the model it says which is missing. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { STARTER } from '../../wasm/cli/files.js';
import { openPage, untilText } from './page.js';

const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';

/** @param {import('playwright-core').Page} page @returns {Promise<string>} */
const grid = (page) =>
  page.evaluate(() => /** @type {HTMLCanvasElement} */ (document.getElementById('made-grid')).toDataURL());

/** @param {import('playwright-core').Page} page @param {string[]} names */
async function pick(page, names) {
  for (const name of names) {
    await page.focus(`#made .face-keys [aria-label="${name}"]`);
    await page.keyboard.press('Enter');
    await page.waitForFunction((label) => document.querySelector('#picked li:last-child')?.textContent === label, name);
  }
}

test(
  'a link makes the same faces beside the same model, and says which model is missing',
  { skip: NO_STARTER },
  async () => {
    const { page, close } = await openPage({ query: '' });
    await page.waitForSelector('#generate-button:enabled');
    await page.fill('#generate [name=seed]', '40');
    await page.fill('#generate [name=count]', '4');
    await page.fill('#generate [name=psi]', '0.7');
    await page.click('#move summary');
    await page.locator('#moves [type=range]').nth(1).fill('1.5');
    await page.click('#generate-button');
    await untilText(page, 'make-state', /^4 faces/);
    await pick(page, ['face 41', 'face 43', 'face 40']);
    await page.check('#interpolate-loop');
    await page.selectOption('#interpolate-space', 'z');
    // A mixture has no seed: the link leaves it out.
    await page.click('#mix summary');
    await page.waitForSelector('#mix .face-keys button:not([hidden])');
    await page.focus('#mix .face-keys [tabindex="0"]');
    await page.keyboard.press('Enter');
    await untilText(page, 'interpolate-state', /^4 faces.*The way is the gentle one/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('#copy-link');
    await untilText(page, 'link-state', /^Copied.*1 face of a photo or a mixture is not in it/);
    const { hash } = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    assert.match(
      hash,
      /^#model=64\.[\w-]{12}&from=40&n=4&psi=0\.7,0\.7&move=all:0,1\.5,0,0,0&keys=41!0\.7,0\.7!all:0,1\.5,0,0,0;43!.*;40!.*&z=1&loop=1$/,
    );
    const before = await grid(page);
    await close();

    const again = await openPage({ query: hash });
    await untilText(again.page, 'interpolate-state', /^3 faces, 6 sec/);
    assert.equal(await again.page.inputValue('#generate [name=seed]'), '40');
    assert.equal(await grid(again.page), before);
    assert.deepEqual(await again.page.$$eval('#picked span', (names) => names.map((name) => name.textContent)), [
      'face 41',
      'face 43',
      'face 40',
    ]);
    assert.equal(await again.page.inputValue('#interpolate-space'), 'z');
    // What is changed then is in the address.
    await again.page.fill('#generate [name=count]', '2');
    await again.page.click('#generate-button');
    await again.page.waitForFunction(() => location.hash.includes('&n=2&'));
    await again.close();

    const without = await openPage({ query: `?starter=none${hash}` });
    const mark = hash.slice('#model=64.'.length).split('&')[0];
    await untilText(without.page, 'link-state', new RegExp(`not here: .* 64 × 64 pixels, and its mark is ${mark}\\.`));
    await without.page.setInputFiles('#model-input', STARTER);
    await untilText(without.page, 'interpolate-state', /^3 faces, 6 sec/);
    assert.equal(await grid(without.page), before);
    await untilText(without.page, 'link-state', /^$/);
    await without.close();
  },
);
