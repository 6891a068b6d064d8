/** Settings on the page: what is shown is what is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetadata } from '../../wasm/engine/safetensors.js';
import { chooseSize, downloadBy, openPage, setEpochs, untilReady, untilStep, untilText } from './page.js';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @returns {Promise<Record<string, string>>} by name, as checkpoints have them */
const shown = (page) =>
  page.evaluate(() => {
    const { elements } = /** @type {HTMLFormElement} */ (document.getElementById('settings'));
    const controls = /** @type {HTMLInputElement[]} */ ([...elements]).filter(({ id }) => id.startsWith('setting-'));
    return Object.fromEntries(
      controls.map(({ name, type, checked, value }) => [name, type === 'checkbox' ? String(Number(checked)) : value]),
    );
  });

/** Trains a few steps. @param {Page} page @returns {Promise<{metadata: Record<string, string>, bytes: Buffer}>} the checkpoint */
async function trained(page) {
  await page.evaluate(() => {
    const main = document.getElementById('train-button');
    main?.click();
    main?.click(); // while the network is set up: one too many, and ignored
  });
  await untilText(page, 'train-state', /^Training/);
  await untilStep(page, 1);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^(Paused|Done)/);
  const { bytes } = await downloadBy(page, 'save-checkpoint');
  return { metadata: readMetadata(bytes), bytes };
}

/** @param {Record<string, string>} settings @param {Record<string, string>} metadata @param {string} recipe */
function same(settings, metadata, recipe) {
  for (const [name, value] of Object.entries(settings))
    assert.ok(
      value === metadata[name] || Number(value) === Number(metadata[name]),
      `${recipe}: ${name} is ${metadata[name]}, but ${value} was shown`,
    );
}

test('each recipe trains with the settings that are shown', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await chooseSize(page, '32');
  await setEpochs(page, 500);
  const recipes = await page
    .locator('[name=recipe] option')
    .evaluateAll((all) => all.map((o) => /** @type {any} */ (o).value));
  assert.equal(recipes[0], 'best');
  assert.equal(await page.locator('[name=recipe] optgroup option').count(), recipes.length - 1, 'for comparison');
  for (const recipe of recipes) {
    await page.selectOption('[name=recipe]', recipe);
    const before = await shown(page);
    assert.ok(Object.keys(before).length > 40, 'all settings');
    same(before, (await trained(page)).metadata, recipe);
    page.once('dialog', (dialog) => dialog.accept());
    await page.click('#restart');
    await untilReady(page);
    assert.deepEqual(await shown(page), before);
  }
  await close();
});

test('what a recipe switches on can be switched off, and back again', async () => {
  const { page, close } = await openPage({ query: '?width=4&starter=none' });
  await untilReady(page);
  await chooseSize(page, '32');
  await page.click('#settings > details > summary');
  assert.equal(await page.inputValue('[name=lr]'), '0.0002');
  assert.ok(await page.isChecked('[name=flip]'));
  await page.uncheck('[name=flip]');
  assert.match(String(await page.textContent('.setting:has([name=flip]) p')), /Usual: on\.$/);
  await page.selectOption('[name=recipe]', 'stylegan');
  assert.equal(await page.isChecked('[name=flip]'), false, 'the user’s choice stays');
  await page.selectOption('[name=recipe]', 'best');
  await page.click('#recipe-values');
  assert.ok(await page.isChecked('[name=flip]'));
  assert.equal(await page.inputValue('[name=width]'), '24');
  assert.equal(await page.inputValue('[name=image_size]'), '32', 'which stands above');
  assert.ok(await page.isDisabled('#recipe-values'));

  await page.fill('[name=width]', '4');
  await page.uncheck('[name=flip]');
  assert.equal(await page.textContent('#changed-count'), ' (2 changed)');
  const { metadata, bytes } = await trained(page);
  assert.deepEqual([metadata.flip, metadata.width, metadata.lr], ['0', '4', '0.00020000000000000001']);
  await close();

  // A checkpoint shows its own settings, which cannot change.
  const other = await openPage({ query: '?width=8&starter=none' });
  await untilReady(other.page);
  await other.page.setInputFiles('#model-input', {
    name: 'checkpoint.safetensors',
    mimeType: 'application/octet-stream',
    buffer: bytes,
  });
  await untilText(other.page, 'make-state', /^Loaded checkpoint/);
  same(await shown(other.page), metadata, 'checkpoint');
  assert.equal(await other.page.inputValue('[name=recipe]'), 'best');
  assert.ok(await other.page.isDisabled('[name=flip]'));
  for (const language of ['de', 'en']) {
    await other.page.selectOption('#language', language);
    await other.page.waitForFunction((code) => document.documentElement.lang === code, language);
    await other.page.waitForTimeout(200);
    assert.ok(await other.page.isDisabled('[name=flip]'), 'other words unlock nothing');
  }
  await other.page.click('#restart');
  // The worker drops the run first.
  await other.page.waitForFunction(() => {
    const width = /** @type {HTMLInputElement | null} */ (document.querySelector('[name=width]'));
    return width?.value === '8' && !width.disabled;
  });
  await other.close();
});

test('a value that cannot be is shown to the user, and not used', async () => {
  const { page, close } = await openPage();
  await untilReady(page);
  await page.evaluate(() => {
    const rate = /** @type {HTMLInputElement} */ (document.querySelector('[name=lr_g]'));
    rate.value = '5';
    rate.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.focus('[name=recipe]');
  await page.selectOption('#language', 'de'); // other words change no value
  await page.waitForFunction(() => document.documentElement.lang === 'de');
  await page.selectOption('#language', 'en');
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  await page.click('#train-button');
  await page.waitForSelector('[name=lr_g]:visible');
  assert.equal(await page.getAttribute('body', 'data-phase'), 'ready');
  await page.fill('[name=lr_g]', '0');

  await page.click('#other-settings details:has([name=adain]) > summary');
  await page.uncheck('[name=adain]');
  await page.click('#train-button');
  await untilText(
    page,
    'train-state',
    /generator's norm batch needs styles in each layer and first layer's input latent/i,
  );
  await close();
});
